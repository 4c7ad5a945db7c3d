"""From the front page to the cause, to a decision, to a file for others."""

import json

from tests.browser.site import BUDGET_BYTES


def test_one_click_leads_from_the_front_page_to_the_column_with_since_when_and_how_sure(
    served, visit
):
    visitor = visit(served, "/")
    visitor.page.get_by_role("link", name="Investigate").first.click()
    visitor.arrive("/drift")
    assert visitor.keys() == {"model": "flight-delay", "version": "2", "column": "dewp"}
    said = visitor.text()
    assert "dewp" in said
    assert "since 2013-12-31" in said
    assert "missing in 761 of 799 rows" in said.lower()
    assert "counted, not estimated" in said.lower()
    visitor.back("/")
    assert visitor.heading() == "Fleet"


def test_a_click_anywhere_in_a_row_goes_to_that_deployment_and_back_returns(served, visit):
    visitor = visit(served, "/")
    box = visitor.page.locator("[data-testid=stDataFrame]").first.bounding_box()
    visitor.page.mouse.click(box["x"] + 150, box["y"] + 32 * 2.5)
    visitor.arrive("/drift")
    assert visitor.keys() == {"model": "flight-delay", "version": "1"}
    visitor.back("/")
    assert visitor.heading() == "Fleet"


def test_an_incident_that_is_taken_on_in_the_browser_is_taken_on_everywhere(
    served_to_change, visit
):
    visitor = visit(served_to_change, "/alerts")
    visitor.page.get_by_label("Your name").first.fill("wei")
    visitor.page.get_by_label("Note (optional)").fill("the weather record has ended")
    visitor.page.get_by_role("button", name="Acknowledge").click()
    visitor.page.get_by_text("the weather record has ended").first.wait_for()
    visitor.settle()
    assert "wei" in visitor.text()
    listed = json.loads(served_to_change.command("alerts", "list", "--json"))["incidents"]
    taken = [one for one in listed if one["acknowledged_by"]]
    assert [(one["acknowledged_by"], one["cause"]) for one in taken] == [("wei", "missing")]
    assert "wei" in visit(served_to_change, "/alerts").text()


def test_a_page_that_stays_open_shows_what_others_decided(served_to_change, visit):
    visitor = visit(served_to_change, "/")
    visitor.page.clock.install()
    visitor.go("/alerts")
    listed = json.loads(served_to_change.command("alerts", "list", "--json"))["incidents"]
    [shown] = [one["incident_id"] for one in listed if one["cause"] == "missing"]
    served_to_change.command("alerts", "ack", shown, "--note", "seen by the night")
    assert "seen by the night" not in visitor.text()
    visitor.page.clock.fast_forward(61_000)  # the browser's clock, not ours
    visitor.page.get_by_text("seen by the night").first.wait_for()


def test_a_report_is_generated_previewed_and_downloaded(served, visit, tmp_path):
    visitor = visit(served, "/reports?model=flight-delay&span=newest")
    visitor.page.get_by_role("button", name="Generate").click()
    frame = visitor.page.frame_locator("iframe").last
    frame.locator("h1").wait_for()
    assert frame.locator("h1").inner_text() == "flight-delay"
    with visitor.page.expect_download() as download:
        visitor.page.get_by_role("button", name="Download").click()
    target = tmp_path / download.value.suggested_filename
    download.value.save_as(target)
    assert target.name == "flight-delay-20131231-20140101.html"
    text = target.read_text(encoding="utf-8")
    assert text.startswith("<!")
    assert "7 columns are missing" in text
    assert visitor.received < BUDGET_BYTES
