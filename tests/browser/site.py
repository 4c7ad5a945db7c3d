"""The pages of the dashboard as a reader knows them."""

PAGES = {
    "/": "Fleet",
    "/alerts": "Alerts",
    "/drift": "Drift",
    "/slo": "Latency & SLO",
    "/versions": "Versions",
    "/performance": "Performance",
    "/reports": "Reports",
}
# what a page shows where something failed
ERROR_CARDS = ("could not be drawn", "does not answer")
# what the server may send to draw one page
BUDGET_BYTES = 200_000
