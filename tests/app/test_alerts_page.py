"""The Alerts page over real stores: evidence, and decisions that are really kept."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime

import pytest

from monitors.config_file import load_config
from monitors.local_service import LocalService
from tests.app.conftest import AS_OF, Dashboard, texts_of


@pytest.fixture
def desk(demo, tmp_path, monkeypatch):
    """The dashboard over a copy of the judged sample, to decide on."""
    folder = shutil.copytree(demo, tmp_path / "demo")
    config = load_config(folder / "driftline.yaml", {})
    config = config.model_copy(update={"store": folder / "store"})
    with LocalService.open(config, "0.1.0", create=False) as service:
        yield Dashboard(service, monkeypatch)


def id_of(dashboard, subject: str, since: str) -> str:
    return next(
        one.incident_id
        for one in dashboard.service.incidents()
        if subject in one.subjects and f"{one.started_at:%Y-%m-%d}" == since
    )


def press(shown, key: str):
    return next(button for button in shown.button if button.key == key).click().run()


def test_open_incidents_are_listed_and_the_worst_is_shown_in_full(dashboard):
    shown = dashboard.open("alerts")
    assert not shown.exception
    (listed, *_) = shown.dataframe
    assert set(listed.value["state"]) == {"open"}
    assert "7 columns are missing" in texts_of(shown)
    assert "dewp: missing in 761 of 799 rows" in texts_of(shown)


def test_a_link_to_one_that_is_over_lists_all_and_shows_it(dashboard):
    name = id_of(dashboard, "sched_duration_min", "2013-11-11")
    shown = dashboard.open("alerts", incident=name)
    assert len(shown.dataframe[0].value) == len(dashboard.service.incidents())
    said = texts_of(shown)
    assert "sched_duration_min drifts (2013-11-11 to 2013-11-17)" in said
    assert "counted as over from 2013-11-21 00:00 UTC" in said
    (row,) = shown.dataframe[1].value.to_dict("records")
    assert (row["trigger"], row["windows"]) == ("1.2× its alarm line", 7)
    assert row["now"] != row["trigger"]
    (chart,) = (json.loads(one.proto.spec) for one in shown.get("plotly_chart"))
    assert len(chart["data"][1]["x"]) == 7  # as many alarms as bad windows


def test_a_slow_replica_is_shown_by_its_latency(dashboard):
    name = id_of(dashboard, "latency", "2013-05-14")
    shown = dashboard.open("alerts", incident=name[:6])
    assert not shown.exception
    rows = shown.dataframe[1].value.set_index("subject")
    assert rows.loc["latency@pod-3", "trigger"] == "100.0% bad calls"
    assert "Latency: p50 to p95" in texts_of(shown)
    assert shown.get("plotly_chart")
    assert "Accept as the new normal" not in [one.label for one in shown.expander]


def test_filters_come_from_the_address(dashboard):
    shown = dashboard.open("alerts", state="all", severity="warning")
    severities = {word for cell in shown.dataframe[0].value["severity"] for word in cell}
    assert severities == {"Warning"}
    shown = dashboard.open("alerts", state="all", severity="info")
    assert "No incident matches" in texts_of(shown)


def test_an_unknown_incident_is_told(dashboard):
    assert "There is no incident nope." in texts_of(dashboard.open("alerts", incident="nope"))


def test_an_acknowledgement_is_kept_and_shown(desk):
    name = id_of(desk, "dewp", "2013-12-31")
    shown = desk.open("alerts", incident=name)
    shown.text_input(key=f"ack-{name}-who").input("Ada")
    shown.text_input(key=f"ack-{name}-note").input("asked the weather team")
    shown = press(shown, f"ack-{name}-do")
    assert not shown.exception
    (kept,) = desk.service.acknowledgements(name, AS_OF)
    assert (kept.who, kept.note) == ("Ada", "asked the weather team")
    said = texts_of(shown)
    assert "Acknowledged by Ada." in said
    assert "acknowledged by Ada: asked the weather team" in said
    assert shown.dataframe[0].value["state"][0] == "acknowledged"


def test_an_acknowledgement_without_a_name_is_not_kept_and_says_so(desk):
    name = id_of(desk, "dewp", "2013-12-31")
    shown = press(desk.open("alerts", incident=name), f"ack-{name}-do")
    assert not desk.service.acknowledgements(name, AS_OF)
    assert "Your name is missing" in texts_of(shown)
    assert "That was not done" in texts_of(shown)


def test_the_last_name_is_offered_again(desk):
    first, second = id_of(desk, "dewp", "2013-12-31"), id_of(desk, "latency", "2013-05-14")
    shown = desk.open("alerts", incident=first)
    shown.text_input(key=f"ack-{first}-who").input("Ada")
    shown = press(shown, f"ack-{first}-do")
    shown.query_params["incident"] = second
    shown.run()
    assert shown.text_input(key=f"ack-{second}-who").value == "Ada"


def accept(desk, name: str, *, why="new timetable", who="Ada", sure=True):
    shown = desk.open("alerts", incident=name)
    shown.text_input(key=f"accept-{name}-why").input(why)
    shown.text_input(key=f"accept-{name}-who").input(who)
    if sure:
        shown.checkbox(key=f"accept-{name}-sure").check()
    return press(shown, f"accept-{name}-do")


def test_a_new_normal_is_kept_with_its_reason_and_ends_the_alert(desk):
    name = id_of(desk, "dewp", "2013-12-31")
    shown = accept(desk, name)
    assert not shown.exception
    (kept,) = desk.service.acceptances("flight-delay")
    assert (kept.why, kept.who) == ("new timetable", "Ada")
    assert kept.since == datetime(2013, 12, 31, tzinfo=UTC)
    assert set(kept.columns) >= {"dewp", "humid"}
    assert "Accepted by Ada" in texts_of(shown)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"why": " "}, "The reason is missing"),
        ({"who": ""}, "Your name is missing"),
        ({"sure": False}, "Tick that you know"),
    ],
)
def test_a_new_normal_needs_a_reason_a_name_and_a_confirmation(desk, given, words):
    shown = accept(desk, id_of(desk, "dewp", "2013-12-31"), **given)
    assert not desk.service.acceptances("flight-delay")
    assert words in texts_of(shown)


def test_an_empty_store_shows_how_to_begin(empty_dashboard):
    shown = empty_dashboard.open("alerts")
    assert not shown.exception
    assert "/v1/predictions" in shown.code[0].value
