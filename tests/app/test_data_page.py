"""The Data page as Streamlit draws it, over the sample and over stores that are hardly any."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from domain.checkpoint import FollowedState
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
    assert "No line is rejected" in texts_of(shown)


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


def test_rejected_lines_stand_by_source_and_reason_and_never_with_their_text(mixed):
    shown = mixed.open("data")
    reasons = table(shown, "reason")
    assert [(row["reason"], row["lines"], row["position"]) for row in reasons] == [
        ("bad_json", 2, 25),
        ("bad_ts", 1, 26),
        ("missing_ts", 1, 24),
    ]
    assert {row["place"] for row in reasons} == {"log.ndjson"}
    assert "neither" not in str(reasons)
    assert "neither" not in texts_of(shown)
    assert "kept for 30 d, at most 100,000" in texts_of(shown)


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
    assert "No line is rejected" in said
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


@pytest.fixture
def naive(tmp_path, monkeypatch):
    """A store in which nothing could be read, for the times of all lines have no zone."""
    at = (NOW - timedelta(hours=2)).replace(tzinfo=None)
    event = {"model": "m", "ts": at.isoformat(), "features": {"x": 1}, "prediction": "a"}
    lines = [json.dumps({**event, "prediction_id": f"p{i}"}) for i in range(12)] + ["{", "[1]"]
    log = tmp_path / "log.ndjson"
    log.write_text("\n".join(lines))
    config = load_config(None, {}).model_copy(update={"store": tmp_path / "store"})
    with LocalService.open(config, "0.1.0", create=True) as service:
        service.ingest([SourceFile("log.ndjson", log)], Options(None, None, None, "auto", NOW))
        yield Dashboard(service, monkeypatch, now=NOW, recorded=False)


def retry(shown, mapping="", which=None):
    """Press the button, after putting in a mapping and choosing lines."""
    shown.text_area(key="data-retry-mapping").set_value(mapping)
    if which is not None:
        shown.selectbox(key="data-retry-which").select_index(which)
    return shown.button(key="data-retry-do").click().run()


def test_lines_are_read_again_with_a_mended_mapping_and_the_page_says_what_became_of_them(naive):
    shown = naive.open("data")
    assert "No predictions yet" in texts_of(shown)
    assert "What can be read now is stored, once" in texts_of(shown)

    again = retry(shown, "ts_zone: Europe/Berlin")
    assert not again.exception
    said = texts_of(again)
    assert "12 of 14 lines were read. New: 12 predictions, 12 calls, 0 labels." in said
    assert "2 are still rejected: bad_json 2." in said
    assert "12 were read later" in said
    assert naive.service.data(NOW).models[0].predictions == 12
    # what is stored is shown at once, though nothing was judged
    assert [row["model"] for row in table(again, "coverage")] == ["m"]
    assert [(row["reason"], row["lines"]) for row in table(again, "reason")] == [("bad_json", 2)]
    # and what was said is said once
    assert "12 of 14" not in texts_of(again.run())


def test_without_a_mapping_lines_are_read_as_they_were_then(naive):
    again = retry(naive.open("data"))
    assert "None of the 14 lines could be read." in texts_of(again)
    assert naive.service.rejected_counts() == {"naive_ts": 12, "bad_json": 2}


def test_only_the_chosen_lines_are_read_again(naive):
    shown = naive.open("data")
    options = shown.selectbox(key="data-retry-which").options
    assert options == ["All 14 lines", "log.ndjson, naive_ts: 12", "log.ndjson, bad_json: 2"]
    again = retry(shown, "ts_zone: Europe/Berlin", which=1)
    assert "12 of 12 lines were read." in texts_of(again)


def test_a_mapping_that_is_none_changes_nothing_and_says_what_is_wrong(naive):
    again = retry(naive.open("data"), "tz: Europe/Berlin")
    assert "unknown key 'tz'" in texts_of(again)
    assert naive.service.rejected_counts() == {"naive_ts": 12, "bad_json": 2}


def test_lines_of_which_only_a_part_is_kept_offer_no_button(empty_dashboard, tmp_path):
    log = tmp_path / "bad.ndjson"
    log.write_text("{" + "x" * 70_000 + "\n")
    options = Options(None, None, None, "auto", NOW)
    empty_dashboard.service.ingest([SourceFile("bad.ndjson", log)], options)
    shown = empty_dashboard.open("data")
    assert "None of these lines is kept whole" in texts_of(shown)
    assert not [one for one in shown.button if one.key == "data-retry-do"]


def test_a_section_stands_only_where_there_is_something_to_tell(dashboard):
    quiet = {one.value for one in dashboard.open("data").subheader}
    assert "Followed sources" not in quiet
    assert "Waiting for the other side" not in quiet
    assert "Labels and predictions" in quiet


def test_where_there_are_no_labels_nothing_is_said_of_them(mixed):
    assert "Labels and predictions" not in {one.value for one in mixed.open("data").subheader}


def test_labels_and_predictions_that_wait_for_each_other_are_counted(dashboard):
    (row,) = table(dashboard.open("data"), "pending")
    (stored,) = dashboard.service.label_standing()
    assert (row["pending"], row["unmatched"]) == (stored.pending, stored.unmatched)
    assert row["pending"] >= 476_065 - 462_055


def test_followed_sources_and_halves_are_told(empty_dashboard, tmp_path):
    service, before = empty_dashboard.service, NOW - timedelta(minutes=9)
    state = FollowedState(
        source="logs", looked_at=NOW, files=4, bytes_behind=2_000_000, every_s=2.0, failing=1,
        error="logs/a.csv: permission denied",
    )  # fmt: skip
    service.note_followed(state, ())
    request = {
        "specversion": "1.0", "id": "1", "source": "s", "time": before.isoformat(),
        "type": "org.kubeflow.serving.inference.request", "inferenceservicename": "m",
        "data": {"instances": [[1.0]]},
    }  # fmt: skip
    log = tmp_path / "halves.json"
    log.write_text(json.dumps(request))
    options = Options(None, None, None, "cloudevents", before)
    service.ingest([SourceFile("halves.json", log)], options)
    shown = empty_dashboard.open("data")
    assert not shown.exception
    said = texts_of(shown)
    assert "Requests without their answer: 1; answers without their request: 0" in said
    assert "logs/a.csv: permission denied" in said
    (row,) = table(shown, "standing")
    assert (row["source"], row["behind"], row["files"]) == ("logs", "2.0 MB", 4)
