"""The frame: every page says what it looks at, and what is wrong in one card."""

import logging
from datetime import timedelta

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app import provided
from ingest.sources import find
from monitors.config_file import load_config
from monitors.ingest_logs import Options
from monitors.local_service import LocalService
from tests.app.conftest import AS_OF, Dashboard, texts_of

FAILING = """
from app import site
from app.frame import show

site.shown.set(site.entry("fleet"))
show(lambda context: 1 / 0, needs="nothing")
"""
LOOKING = """
import streamlit as st
from app import site
from app.frame import show

def draw(context):
    st.session_state["seen"] = (
        context.selection.model, context.selection.version, str(context.selection.window),
        context.selection.against.value, context.language,
    )

site.shown.set(site.entry("drift"))
show(draw, needs={needs!r})
"""


def looking(needs, **keys):
    """Draw a page that only keeps what it was given to look at."""
    shown = AppTest.from_string(LOOKING.format(needs=needs), default_timeout=60)
    for name, value in keys.items():
        shown.query_params[name] = value
    return shown.run()


# ---------------------------------------------------------------------- the head


def test_the_front_page_says_until_when_there_is_data_and_that_it_is_recorded(dashboard):
    shown = dashboard.open("fleet")
    assert not shown.exception
    assert shown.title[0].value == "Fleet"
    said = texts_of(shown)
    assert "Data through 2013-12-31 23:59 UTC" in said
    assert "recorded data, shown as of 2014-01-01 00:00 UTC" in said
    assert "next check" not in said


def test_live_data_says_when_the_next_check_is(demo_service, monkeypatch):
    live = Dashboard(demo_service, monkeypatch, now=AS_OF + timedelta(hours=6), recorded=False)
    said = texts_of(live.open("fleet"))
    assert "next check in 18 h" in said
    assert "recorded" not in said


def test_a_monitor_that_stands_still_is_told_on_every_page(demo_service, monkeypatch):
    later = Dashboard(demo_service, monkeypatch, now=AS_OF + timedelta(days=9), recorded=False)
    for page in ("fleet", "reports"):
        assert any("stands still" in str(w.value) for w in later.open(page).warning), page


def test_the_address_chooses_the_language(dashboard):
    assert dashboard.open("fleet", lang="zh").title[0].value == "模型总览"
    assert dashboard.open("fleet", lang="xx").title[0].value == "Fleet"


# ---------------------------------------------------------------------- what is looked at


def test_a_page_looks_at_what_its_address_names(dashboard):
    window = "2013-11-13T00:00:00Z/2013-11-14T00:00:00Z"
    shown = looking("window", model="flight-delay", version="1", window=window, against="previous")
    assert shown.session_state["seen"] == ("flight-delay", "1", window, "previous", "en")
    assert not shown.warning


def test_an_address_that_leaves_something_open_is_completed(dashboard):
    shown = looking("version")
    assert shown.query_params["model"] == "flight-delay"
    assert shown.query_params["version"] == "2"
    assert "window" not in shown.query_params
    # a page about all versions does not choose one
    assert set(looking("model").query_params) == {"model"}
    assert set(looking("nothing").query_params) == set()


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"model": "flight-dealy"}, ["flight-dealy", "nearest is flight-delay"]),
        ({"version": "9"}, ["version “9”", "Shown instead: 2"]),
        ({"window": "soon"}, ["“soon”", "the newest window"]),
        ({"window": "2013-11-13T05:00:00Z/2013-11-13T06:00:00Z"}, ["was not judged", "2013-11-13"]),
        ({"against": "zzz"}, ["“zzz”", "Baseline of the verdict"]),
    ],
)
def test_what_is_not_there_is_told_with_what_is_shown_instead(dashboard, keys, told):
    shown = looking("window", **keys)
    (warning,) = shown.warning
    said = str(warning.value).replace("\\", "")
    assert [part for part in told if part not in said] == []
    # it stays in the address, or the notice would be gone with the next click
    assert all(shown.query_params[name] == value for name, value in keys.items())


@pytest.mark.parametrize(
    ("needs", "controls"),
    [
        ("nothing", []),
        ("model", ["model"]),
        ("version", ["model", "version"]),
        ("window", ["model", "version", "window", "against"]),
    ],
)
def test_only_controls_that_matter_on_the_page_are_shown(dashboard, needs, controls):
    assert [control.key for control in looking(needs).selectbox] == controls


def test_a_choice_goes_into_the_address_and_the_page_follows(dashboard):
    shown = looking("window", column="temp").selectbox(key="version").select("1").run()
    assert shown.session_state["seen"][1] == "1"
    assert shown.query_params["version"] == "1"
    assert shown.query_params["column"] == "temp"
    older = shown.selectbox(key="window").options[5]
    shown = shown.selectbox(key="window").select(older).run()
    assert shown.session_state["seen"][2].startswith("2013-12-27")
    assert "window" in shown.query_params
    shown.query_params["lang"] = "zh"
    shown = shown.selectbox(key="window").select_index(0).run()
    assert "window" not in shown.query_params
    assert shown.query_params["lang"] == "zh"


# ---------------------------------------------------------------------- when all is not well


@pytest.mark.parametrize("page", ["fleet", "reports"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_empty_store_shows_how_to_send_the_first_prediction(empty_dashboard, page, language):
    shown = empty_dashboard.open(page, lang=language)
    assert not shown.exception
    assert "/v1/predictions" in shown.code[0].value
    assert "driftline ingest" in shown.code[1].value


def test_logs_that_nobody_judged_yet_say_when_they_will_be(tmp_path, monkeypatch):
    log = tmp_path / "log.ndjson"
    log.write_text(
        '{"model":"m","version":"1","ts":"2013-07-01T10:00:00Z","features":{"age":4}}\n',
        encoding="utf-8",
    )
    config = load_config(None, {}).model_copy(update={"store": tmp_path / "store"})
    with LocalService.open(config, "0.1.0", create=True) as service:
        now = AS_OF.replace(year=2013, month=7, day=1, hour=12)
        service.ingest(find([str(log)]), Options(None, None, None, "auto", now))
        board = Dashboard(service, monkeypatch, now=now, recorded=False)
        for page in ("reports",):
            shown = board.open(page, model="m")
            assert not shown.exception
            assert "Nothing judged yet" in texts_of(shown)
            assert shown.code[0].value == "driftline run"
        front = board.open("fleet")
        assert not front.exception
        assert not front.success  # nothing was seen, so nothing is well
        assert not looking("window").exception
        assert "Nothing judged yet" in texts_of(looking("window"))


def test_a_store_that_does_not_answer_is_a_card_with_a_way_to_try_again(tmp_path, monkeypatch):
    config = load_config(None, {}).model_copy(update={"store": tmp_path / "store"})
    with LocalService.open(config, "0.1.0", create=True) as service:
        board = Dashboard(service, monkeypatch, recorded=False)
    shown = board.open("fleet")
    assert not shown.exception
    assert "does not answer" in texts_of(shown)
    assert shown.button(key="retry")


def test_a_fault_of_the_code_is_a_card_whose_id_is_in_the_log(dashboard, caplog):
    with caplog.at_level(logging.ERROR, logger="app.frame"):
        shown = AppTest.from_string(FAILING, default_timeout=60).run()
    assert not shown.exception
    (record,) = [r for r in caplog.records if r.getMessage() == "page.failed"]
    said = texts_of(shown)
    assert record.error_id in said
    assert "ZeroDivisionError" not in said
    assert record.exc_info is not None


def test_without_a_service_the_page_says_how_to_start_one(monkeypatch):
    monkeypatch.setattr(provided._Place, "provided", None)
    st.cache_resource.clear()
    shown = looking("nothing")
    assert not shown.exception
    assert "driftline serve" in texts_of(shown)
