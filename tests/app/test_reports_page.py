"""The Reports page: what it offers is what the command line makes."""

import shlex
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.queries.report_span import (
    EXTENSIONS,
    MIME,
    ReportChoice,
    covers_any,
    spans,
    window_of,
)
from domain.run import RunStatus
from domain.window import Window
from monitors.views.fleet import JudgedWindow
from reports.registry import FORMATS
from tests.app.conftest import texts_of

END = datetime(2014, 1, 1, tzinfo=UTC)
NEWEST = Window(END - timedelta(days=1), END)
DRIFTLINE = Path(sys.executable).with_name("driftline")


# ---------------------------------------------------------------------- pure


@pytest.mark.parametrize(("span", "days"), [("newest", 1), ("week", 7), ("month", 28)])
def test_days_are_counted_back_from_the_end_of_the_newest_window(span, days):
    assert window_of(span, NEWEST, None) == Window(END - timedelta(days=days), END)


def test_everything_has_no_bounds_and_a_chosen_window_is_itself():
    chosen = Window(END - timedelta(days=50), END - timedelta(days=49))
    assert window_of("all", NEWEST, chosen) is None
    assert window_of("window", NEWEST, chosen) == chosen
    assert spans(None)[0] == "newest"
    assert spans(chosen)[0] == "window"


def test_a_span_without_a_judged_window_offers_no_report():
    judged = [JudgedWindow(NEWEST, RunStatus.OK)]
    before = Window(END - timedelta(days=9), NEWEST.start)
    assert covers_any(None, judged)
    assert covers_any(NEWEST, judged)
    assert not covers_any(before, judged)
    assert not covers_any(None, [])


def test_every_format_that_is_offered_is_one_that_reports_can_make():
    assert set(EXTENSIONS) == set(MIME)
    assert set(EXTENSIONS) <= set(FORMATS)


@given(st.text(min_size=1, max_size=20), st.sampled_from(sorted(EXTENSIONS)))
def test_any_models_report_has_a_file_name_and_a_command_that_a_shell_reads_as_meant(model, output):
    if "\x00" in model:
        return
    choice = ReportChoice(model, NEWEST, output, "zh")
    words = shlex.split(choice.command)
    assert words[words.index("--model") + 1] == model
    assert words[words.index("--window") + 1] == "2013-12-31/2014-01-01"
    assert words[words.index("--out") + 1] == choice.file_name
    assert "/" not in choice.file_name
    assert not choice.file_name.startswith(".")


# ---------------------------------------------------------------------- the page


@pytest.mark.parametrize("output", ["json", "csv"])
def test_a_report_is_made_shown_and_offered(dashboard, output):
    shown = dashboard.open("reports", model="flight-delay", span="newest", format=output)
    assert not shown.exception
    before = len(shown.code)
    shown = shown.button[0].click().run()
    assert not shown.exception
    assert len(shown.code) == before + 1
    made = shown.code[0].value
    assert "flight-delay" in made
    assert shown.status[0].state == "complete"
    assert f"flight-delay-20131231-20140101.{output}" in shown.status[0].label


def test_the_preview_of_a_page_can_run_nothing(dashboard):
    shown = dashboard.open("reports", model="flight-delay", span="newest").button[0].click().run()
    (frame,) = shown.get("iframe")
    html = frame.proto.srcdoc
    assert html.index("script-src 'none'") < html.index("<body")
    assert "<script" not in html


def test_the_report_comes_in_the_language_that_was_chosen(dashboard):
    keys = {"model": "flight-delay", "span": "newest", "format": "md", "report_lang": "zh"}
    shown = dashboard.open("reports", **keys).button[0].click().run()
    assert "事件" in shown.code[0].value
    assert shown.title[0].value == "Reports"


def test_a_choice_goes_into_the_address(dashboard):
    shown = dashboard.open("reports", model="flight-delay")
    shown = shown.selectbox(key="span").select("week").run()
    assert shown.query_params["span"] == "week"
    assert "2013-12-25/2014-01-01" in shown.code[0].value
    shown = shown.selectbox(key="span").select("month").run()
    assert "span" not in shown.query_params


def test_the_command_that_is_shown_makes_the_same_report(dashboard, demo, tmp_path):
    shown = dashboard.open("reports", model="flight-delay", span="newest", format="csv")
    command = shown.code[0].value
    made = shown.button[0].click().run().code[0].value
    shutil.copytree(demo, tmp_path / "demo")
    words = shlex.split(command)
    assert words[0] == "driftline"
    subprocess.run([DRIFTLINE, *words[1:]], check=True, cwd=tmp_path / "demo")
    written = (tmp_path / "demo" / words[-1]).read_text(encoding="utf-8").splitlines()
    assert made.splitlines() == written[:60]


def test_the_page_is_told_in_chinese_too(dashboard):
    shown = dashboard.open("reports", model="flight-delay", lang="zh")
    assert not shown.exception
    assert shown.title[0].value == "报告"
    assert "报告是一个自足的文件" in texts_of(shown)
