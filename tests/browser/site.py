"""The pages of the dashboard as a reader knows them: a new one is tested without being told."""

from app import site
from domain.catalogue import say
from domain.links import ROOT

# path and title
PAGES = {
    "/" if page.name == ROOT else f"/{page.name}": say(f"pages.{page.name}.title", "en")
    for pages in site.present().values()
    for page in pages
}
# what a page shows where something failed
ERROR_CARDS = ("could not be drawn", "does not answer")
# what the server may send to draw one page
BUDGET_BYTES = 200_000
