"""An address says all of what is shown: it survives reload, Back and links, and lies to nobody."""

import pytest

LOST = "2013-11-13T00:00:00Z/2013-11-14T00:00:00Z"
CHOSEN = {"model": "flight-delay", "version": "2", "window": LOST}
DEEP = f"/drift?model=flight-delay&version=2&window={LOST}&column=sched_dep_hour"


def shows_the_lost_column(visitor):
    assert visitor.keys() == {**CHOSEN, "column": "sched_dep_hour"}
    shown = visitor.chosen()
    assert (shown["Model"], shown["Version"]) == ("flight-delay", "2")
    assert shown["Window"].startswith("2013-11-13")
    said = visitor.text()
    assert "Window 2013-11-13" in said
    assert "since 2013-11-13 00:00 UTC" in said
    # as many as version 2 served on that day
    assert "Missing in all 974 rows" in said


def test_a_deep_link_opens_what_it_names_and_survives_reload_links_and_back(served, visit):
    visitor = visit(served, DEEP)
    shows_the_lost_column(visitor)
    visitor.page.reload()
    visitor.settle()
    shows_the_lost_column(visitor)
    visitor.aside("Latency & SLO", "/slo")
    assert visitor.keys() == CHOSEN
    assert visitor.chosen()["Window"].startswith("2013-11-13")
    visitor.aside("Drift", "/drift")
    assert visitor.keys() == CHOSEN
    visitor.back("/slo")
    visitor.back("/drift")
    shows_the_lost_column(visitor)


def test_a_choice_is_written_into_the_address_and_taken_back_by_back(served, visit):
    visitor = visit(served, f"/drift?model=flight-delay&version=2&window={LOST}")
    visitor.choose("Version", "1")
    assert visitor.keys() == {**CHOSEN, "version": "1"}
    visitor.page.go_back()
    visitor.page.wait_for_function("() => location.search.includes('version=2')")
    visitor.settle()
    assert visitor.keys() == CHOSEN
    assert visitor.chosen()["Version"] == "2"


def test_a_bare_address_is_completed_without_trapping_back(served, visit):
    visitor = visit(served, "/")
    visitor.aside("Drift", "/drift")
    assert visitor.keys() == {"model": "flight-delay", "version": "2"}
    for _ in range(2):
        if visitor.path() != "/":
            visitor.page.go_back()
            visitor.page.wait_for_timeout(500)
            visitor.settle()
    assert visitor.heading() == "Fleet"


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("model=flight-dealy", ("“flight-dealy”", "The nearest is flight-delay")),
        (
            "model=flight-delay&version=2&column=sched_dep_our",
            ("“sched_dep_our”", "The nearest is sched_dep_hour"),
        ),
    ],
    ids=["model", "column"],
)
def test_what_is_not_there_is_told_with_the_nearest(served, visit, asked, told):
    said = visit(served, f"/drift?{asked}").text()
    assert not [part for part in told if part not in said]


def test_a_chinese_browser_reads_chinese_unless_the_address_says_otherwise(served, visit):
    assert visit(served, "/", locale="zh-CN").heading() == "模型总览"
    visitor = visit(served, "/?lang=en", locale="zh-CN")
    assert visitor.heading() == "Fleet"
    visitor.page.get_by_text("中文").click()
    visitor.page.wait_for_url("**lang=zh**")
    visitor.settle()
    assert visitor.heading() == "模型总览"
    visitor.aside("漂移", "/drift")
    assert visitor.heading() == "漂移"


def test_a_link_says_in_which_language_it_is_read(served, visit):
    visitor = visit(served, f"{DEEP}&lang=zh")
    assert visitor.heading() == "漂移"
    assert "974 行全部缺失" in visitor.text()
    assert visitor.keys()["lang"] == "zh"
