"""What only a browser shows: addresses, Back, clicks on cells, downloads, foreign requests."""

import pytest

PAGES = {
    "/": "Fleet",
    "/alerts": "Alerts",
    "/drift": "Drift",
    "/slo": "Latency & SLO",
    "/versions": "Versions",
    "/performance": "Performance",
    "/reports": "Reports",
}
BUDGET_BYTES = 200_000


def heading(visitor):
    return visitor.page.locator("h1").inner_text()


def choose(visitor, label, option):
    visitor.page.get_by_label(label, exact=True).first.click()
    visitor.page.get_by_role("option", name=option, exact=True).click()
    visitor.settle()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_every_page_opens_over_the_sample_and_sends_little(served, visit, path, scheme):
    visitor = visit(served, path, scheme=scheme)
    assert heading(visitor) == PAGES[path]
    assert "could not be drawn" not in visitor.text()
    assert "does not answer" not in visitor.text()
    assert visitor.received < BUDGET_BYTES


@pytest.mark.parametrize("path", PAGES)
def test_every_page_opens_over_an_empty_store(served_empty, visit, path):
    visitor = visit(served_empty, path)
    assert heading(visitor) == PAGES[path]
    assert "/v1/predictions" in visitor.text()


@pytest.mark.parametrize("path", PAGES)
def test_no_page_is_wider_than_a_phone(served, visit, path):
    visitor = visit(served, path, width=420)
    main = "document.querySelector('[data-testid=stMain]')"
    assert visitor.page.evaluate(f"() => {main}.scrollWidth - {main}.clientWidth") <= 1


def test_one_click_leads_from_the_front_page_to_the_column_with_since_when_and_how_sure(
    served, visit
):
    visitor = visit(served, "/")
    visitor.page.get_by_role("link", name="Investigate").first.click()
    visitor.page.wait_for_url("**/drift?**")
    visitor.settle()
    assert visitor.keys() == {"model": "flight-delay", "version": "2", "column": "dewp"}
    said = visitor.text()
    assert "dewp" in said
    assert "since 2013-12-31" in said
    assert "counted, not estimated" in said.lower()
    visitor.page.go_back()
    visitor.page.wait_for_function("() => location.pathname === '/'")
    visitor.settle()
    assert heading(visitor) == "Fleet"


def test_a_click_anywhere_in_a_row_goes_to_that_deployment_and_back_returns(served, visit):
    visitor = visit(served, "/")
    box = visitor.page.locator("[data-testid=stDataFrame]").first.bounding_box()
    visitor.page.mouse.click(box["x"] + 150, box["y"] + 32 * 2.5)
    visitor.page.wait_for_url("**/drift?**")
    visitor.settle()
    assert visitor.keys() == {"model": "flight-delay", "version": "1"}
    visitor.page.go_back()
    visitor.page.wait_for_function("() => location.pathname === '/'")
    visitor.settle()
    assert heading(visitor) == "Fleet"


def test_what_is_chosen_survives_reload_links_and_back(served, visit):
    window = "2013-11-13T00:00:00Z/2013-11-14T00:00:00Z"
    visitor = visit(served, f"/drift?model=flight-delay&version=2&window={window}")
    keys = visitor.keys()
    assert "2013-11-13" in visitor.page.locator("[data-testid=stMain]").inner_text()
    visitor.page.reload()
    visitor.settle()
    assert visitor.keys() == keys
    sidebar = visitor.page.get_by_test_id("stSidebar")
    sidebar.get_by_role("link", name="Reports").click()
    visitor.page.wait_for_url("**/reports?**")
    visitor.settle()
    assert visitor.keys() == keys
    sidebar.get_by_role("link", name="Drift").click()
    visitor.page.wait_for_url("**/drift?**")
    visitor.settle()
    assert visitor.keys() == keys
    choose(visitor, "Version", "1")
    assert visitor.keys()["version"] == "1"
    visitor.page.go_back()
    visitor.page.wait_for_function("() => location.search.includes('version=2')")
    visitor.settle()
    assert visitor.keys() == keys


def test_a_bare_address_is_completed_without_trapping_back(served, visit):
    visitor = visit(served, "/")
    visitor.page.get_by_test_id("stSidebar").get_by_role("link", name="Drift").click()
    visitor.page.wait_for_url("**/drift?**")
    visitor.settle()
    assert visitor.keys() == {"model": "flight-delay", "version": "2"}
    for _ in range(2):
        if visitor.path() != "/":
            visitor.page.go_back()
            visitor.page.wait_for_timeout(500)
            visitor.settle()
    assert heading(visitor) == "Fleet"


def test_a_model_that_is_not_there_is_told(served, visit):
    said = visit(served, "/drift?model=flight-dealy").text()
    assert "flight-dealy" in said
    assert "The nearest is flight-delay" in said


def test_a_chinese_browser_reads_chinese_unless_the_address_says_otherwise(served, visit):
    assert heading(visit(served, "/", locale="zh-CN")) == "模型总览"
    visitor = visit(served, "/?lang=en", locale="zh-CN")
    assert heading(visitor) == "Fleet"
    visitor.page.get_by_text("中文").click()
    visitor.page.wait_for_url("**lang=zh**")
    visitor.settle()
    assert heading(visitor) == "模型总览"


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
