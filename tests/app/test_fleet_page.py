"""The front page over the judged sample: its story can be read by who has read nothing."""

import re

import pytest

from app.components.markdown import code, plain
from tests.app.conftest import texts_of


def test_the_open_incident_says_what_and_since_when_and_leads_to_its_column(dashboard):
    shown = dashboard.open("fleet")
    assert not shown.exception
    said = texts_of(shown)
    assert "Needs attention" in said
    assert "7 columns are missing: dewp" in said
    assert "since 2013-12-31" in said
    assert "missing in 761 of 799 rows" in said
    (link,) = [one for one in shown.get("page_link") if "Investigate" in one.proto.label]
    assert link.proto.page == "drift"
    assert "column=dewp" in link.proto.query_string
    assert "model=flight-delay&version=2" in link.proto.query_string


def test_the_row_on_top_counts_what_is_open_and_what_drifts(dashboard):
    shown = dashboard.open("fleet")
    values = {metric.label: (metric.value, metric.delta) for metric in shown.metric}
    assert values["Open incidents"] == ("1", "1 critical, 6 over")
    assert values["Columns drifting"][0] == "7 of 18"
    assert values["Predictions, newest window"][0] == "799"
    # all cards of a row have the same parts
    assert all(value and note for value, note in values.values())


def test_every_deployment_has_a_row_and_the_worst_comes_first(dashboard):
    shown = dashboard.open("fleet")
    table = shown.dataframe[0].value
    assert list(table["deployment"]) == ["flight-delay v2", "flight-delay v1"]
    assert [list(chips) for chips in table["health"]] == [
        ["Critical"],
        ["No traffic since 31 Aug 2013"],
    ]
    # what it did then is no number of now
    assert list(table["left"])[1] == list(table["worst"])[1] == "—"
    assert max(table["trend"][0]) <= 3
    assert table["trend"][0][-1] == 3  # the newest window alarmed by a hard rule


def test_incidents_that_are_over_tell_the_samples_faults(dashboard):
    over = dashboard.open("fleet").dataframe[1].value
    told = "\n".join(over["what"])
    for fault in ("pod-3 is slow", "503: 61% of 351 calls failed", "sched_dep_hour is missing"):
        assert fault in told


def test_a_click_on_a_row_goes_to_that_deployment(dashboard):
    shown = dashboard.open("fleet")
    shown.session_state["deployments"] = {
        "selection": {"rows": [], "columns": [], "cells": [[1, "deployment"]]}
    }
    gone = shown.run()
    assert gone.title[0].value == "Drift"
    assert gone.query_params["version"] == "1"


def test_the_page_is_told_in_chinese_too(dashboard):
    shown = dashboard.open("fleet", lang="zh")
    assert not shown.exception
    said = texts_of(shown)
    assert "需要关注" in said
    assert "7 列缺失" in said
    assert "Needs attention" not in said


@pytest.mark.parametrize(
    "name", ["a_b_c", "x`y", "$1$", ":red[x]", "[a](b)", "**", ":material/home:", "<b>", "# h"]
)
def test_a_name_from_the_logs_is_never_taken_for_markup(name):
    escaped = plain(name)
    assert escaped.replace("\\", "") == name
    for i, sign in enumerate(escaped):
        if sign in "`*_[]$<>#":
            assert escaped[i - 1] == "\\"
    assert not re.search(r"(?<!\\):[a-z]", escaped)
    assert code(name).count("`") == 2


# what GitHub's markdown, which Streamlit speaks, makes links of without any markup
AUTOLINK = re.compile(r"https?://|www\.|(mailto|xmpp):|[\w.+-]+@[\w-]+\.[\w-]", re.IGNORECASE)


@pytest.mark.parametrize(
    "name",
    ["http://evil.example", "xHTTPS://e.x", "www.evil.example", "a@evil.example", "mailto:a"],
)
def test_a_name_from_the_logs_is_never_a_link(name):
    assert AUTOLINK.search(name)
    shown = plain(f"{name} drifts").replace("\\", "")
    assert not AUTOLINK.search(shown)
    # nothing that can be seen has changed
    assert shown.replace("\u2060", "") == f"{name} drifts"


def test_what_is_no_address_stays_as_it_is():
    assert plain("latency@pod-3 took 5 ms") == "latency@pod-3 took 5 ms"
