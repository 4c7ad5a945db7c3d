"""The Data page as Streamlit draws it, over the sample and over stores that are hardly any."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from ingest.sources import SourceFile
from monitors.config_file import load_config
from monitors.ingest_logs import Options
from monitors.local_service import LocalService
from tests.app.conftest import Dashboard, texts_of

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def mixed(tmp_path, monkeypatch):
    """A silent model whose feature changed its type, one that has just begun, four bad lines."""

    def told(model, at, **features):
        event = {"model": model, "ts": at.isoformat(), "features": features, "prediction": "a"}
        return json.dumps(event)

    old = [told("churn", NOW - timedelta(days=9, hours=i), age=i) for i in range(20)]
    old.append(told("churn", NOW - timedelta(days=10), age="unknown"))
    lines = [*old, told("new", NOW - timedelta(minutes=5), x=1.0)]
    lines += ["not json", '{"model": "churn"}', "neither", '{"model": "churn", "ts": "yesterday"}']
    log = tmp_path / "log.ndjson"
    log.write_text("\n".join(lines))
    config = load_config(None, {}).model_copy(update={"store": tmp_path / "store"})
    with LocalService.open(config, "0.1.0", create=True) as service:
        service.ingest([SourceFile("log.ndjson", log)], Options(None, None, None, "auto", NOW))
        yield Dashboard(service, monkeypatch, now=NOW, recorded=False)


def table(shown, column):
    """The table that has a column, as rows of words."""
    (found,) = [one.value for one in shown.dataframe if column in one.value]
    return [
        {k: v[0] if isinstance(v, list) and k == "freshness" else v for k, v in row.items()}
        for row in found.to_dict("records")
    ]


def test_the_sample_is_complete_and_says_so(dashboard):
    shown = dashboard.open("data")
    assert not shown.exception
    assert shown.success[0].value.startswith("**flight\\-delay logs".replace("\\-", "-"))
    (row,) = table(shown, "coverage")
    assert (row["freshness"], row["coverage"]) == ("Current", "30 of 30")
    assert (row["predictions"], row["calls"], row["labels"]) == (476_065, 476_279, 462_055)
    assert row["since"] == "2013-01-01"
    assert len(row["trend"]) == 89
    assert min(row["trend"]) > 0.3
    assert "No line was rejected" in texts_of(shown)


def test_what_came_from_the_sources_adds_up_to_what_is_stored(dashboard):
    shown = dashboard.open("data")
    sources = table(shown, "duplicates")
    (row,) = table(shown, "coverage")
    for name in ("predictions", "calls", "labels"):
        assert sum(source[name] for source in sources) == row[name]


def test_a_silent_model_comes_first_and_opens_the_page(mixed):
    shown = mixed.open("data")
    assert "churn is silent: its newest event is 9 d old" in shown.warning[0].value
    rows = table(shown, "coverage")
    assert [row["model"] for row in rows] == ["churn", "new"]
    assert [row["freshness"] for row in rows] == ["Silent", "Current"]
    assert rows[1]["coverage"] == "none complete"
    cards = {metric.label: metric.value for metric in shown.metric}
    assert cards["Models behind"] == "1 of 2"
    assert cards["Rejected lines"] == "4"
    assert cards["Last backup"] == "never"


def test_rejected_lines_stand_by_reason_with_the_place_of_the_newest_and_not_their_text(mixed):
    shown = mixed.open("data")
    reasons = table(shown, "reason")
    assert [(row["reason"], row["lines"], row["position"]) for row in reasons] == [
        ("bad_json", 2, 25),
        ("bad_ts", 1, 26),
        ("missing_ts", 1, 24),
    ]
    assert {row["place"] for row in reasons} == {"log.ndjson"}
    assert "neither" not in str(reasons)


def test_a_feature_that_changed_its_type_is_named(mixed):
    (found,) = table(mixed.open("data"), "feature")
    assert found == {"model": "churn", "feature": "age", "types": "number, text"}


def test_a_backup_is_told_once_one_was_made(mixed):
    mixed.service.note_backup(NOW - timedelta(hours=5))
    shown = mixed.open("data")
    assert {m.label: m.value for m in shown.metric}["Last backup"] == "5 h ago"
    assert "no backup was ever made" not in texts_of(shown)


def test_a_click_on_a_model_leads_to_its_calls(mixed):
    shown = mixed.open("data")
    shown.session_state["data-models"] = {
        "selection": {"rows": [], "columns": [], "cells": [[1, "model"]]}
    }
    gone = shown.run()
    assert gone.title[0].value == "Latency & SLO"
    assert gone.query_params["model"] == ["new"] or gone.query_params["model"] == "new"


def test_an_empty_store_says_how_it_is_filled_and_what_it_is(empty_dashboard):
    shown = empty_dashboard.open("data")
    assert not shown.exception
    said = texts_of(shown)
    assert "No predictions yet" in said
    assert "No line was rejected" in said
    assert "no backup was ever made here" in said


def test_where_every_line_was_rejected_the_page_says_why_nothing_is_there(
    empty_dashboard, tmp_path
):
    log = tmp_path / "bad.ndjson"
    log.write_text("nonsense\n")
    options = Options(None, None, None, "auto", NOW)
    empty_dashboard.service.ingest([SourceFile("bad.ndjson", log)], options)
    shown = empty_dashboard.open("data")
    assert "No predictions yet" in texts_of(shown)
    assert [row["reason"] for row in table(shown, "reason")] == ["bad_json"]


def test_the_page_speaks_chinese(mixed):
    shown = mixed.open("data", lang="zh")
    assert not shown.exception
    said = texts_of(shown)
    assert "churn 没有数据" in said
    assert "page_data" not in said
    assert [row["freshness"] for row in table(shown, "coverage")] == ["无数据", "正常"]
