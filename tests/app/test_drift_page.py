"""The Drift page over real stores: what moved is said first, and the address leads."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from monitors.config_file import load_config
from monitors.ingest_logs import Options
from monitors.local_service import LocalService
from tests.app.conftest import AS_OF, Dashboard, texts_of
from tests.golden.logs import Service
from tests.monitors.made import judge_days, load, opened

DAY_IT_WAS_LOST = "2013-11-13T00:00:00Z/2013-11-14T00:00:00Z"


def figures(shown) -> list[dict]:
    return [json.loads(one.proto.spec) for one in shown.get("plotly_chart")]


def table(shown, column: str) -> pd.DataFrame:
    """The table that this column stands in."""
    return next(one.value for one in shown.dataframe if column in list(one.value["column"]))


@pytest.fixture
def lost(dashboard):
    return dashboard.open(
        "drift", model="flight-delay", version="2", window=DAY_IT_WAS_LOST, column="sched_dep_hour"
    )


def test_a_link_to_a_lost_column_shows_it_on_its_first_day(lost):
    assert not lost.exception
    said = texts_of(lost)
    assert "2 of 18 columns drift: sched_dep_hour, sched_duration_min" in said
    assert "gone or of another type: sched_dep_hour" in said
    assert "first: sched_duration_min, since 2013-11-11 00:00 UTC" in said
    assert "Missing in all 974 rows; in the reference 0.0% of 51,730 rows were." in said
    assert "calibrated on 56 baseline windows" in said.lower()
    row = table(lost, "sched_dep_hour").set_index("column").loc["sched_dep_hour"]
    assert list(row["state"]) == ["Missing"]
    assert row["since"] == "13 Nov"


def test_its_row_is_marked_and_the_pictures_are_its_own(lost):
    inputs = list(table(lost, "sched_dep_hour")["column"])
    marked = lost.session_state["drift-inputs"]["selection"]["rows"]
    assert [inputs[at] for at in marked] == ["sched_dep_hour"]
    shares, course, heat = figures(lost)
    assert shares["data"][0]["type"] == "bar"
    assert "x" in course["data"][1]["marker"]["symbol"]
    assert "<b>sched_dep_hour</b>" in heat["layout"]["yaxis"]["ticktext"]


def test_outputs_stand_above_inputs_in_table_and_heatmap(lost):
    outputs, inputs = (list(one.value["column"]) for one in lost.dataframe)
    assert set(outputs) == {"prediction", "score"}
    heat = figures(lost)[-1]
    assert heat["layout"]["yaxis"]["categoryarray"] == [*outputs, *inputs]


def test_the_charts_of_a_page_are_small(lost):
    assert sum(len(one.proto.spec) for one in lost.get("plotly_chart")) < 120_000


def test_without_a_column_the_worst_one_is_shown_and_an_unknown_one_is_told(dashboard):
    keys = {"model": "flight-delay", "version": "2", "window": DAY_IT_WAS_LOST}
    shown = dashboard.open("drift", **keys)
    assert "### sched_dep_hour" in texts_of(shown)
    shown = dashboard.open("drift", **keys, column="sched_dep_our")
    assert "There is no column “sched_dep_our” in this window" in texts_of(shown)
    assert "The nearest is sched_dep_hour" in texts_of(shown)
    assert "### sched_dep_hour" in texts_of(shown)
    assert "### sched_dep_hour" in texts_of(dashboard.open("drift", **keys, column="qqq"))


def test_another_picture_says_that_the_verdict_is_not_made_of_it(dashboard):
    shown = dashboard.open(
        "drift", version="2", window=DAY_IT_WAS_LOST, column="carrier", against="week-before"
    )
    said = texts_of(shown)
    assert "The grey side is version 2, 2013-11-06." in said
    assert "the verdict, the history and every number" in said


def test_a_window_of_another_version_is_said_not_to_be_judged(dashboard):
    shown = dashboard.open("drift", version="1", window=DAY_IT_WAS_LOST)
    assert not shown.exception
    assert "This version was not judged in this window" in texts_of(shown)


def test_the_page_speaks_chinese(dashboard):
    shown = dashboard.open("drift", version="2", window=DAY_IT_WAS_LOST, lang="zh")
    assert "18 列中有 2 列漂移" in texts_of(shown)


def test_an_empty_store_shows_how_to_begin(empty_dashboard):
    shown = empty_dashboard.open("drift")
    assert not shown.exception
    assert "/v1/predictions" in shown.code[0].value


@pytest.fixture
def little(tmp_path, monkeypatch):
    """A dashboard over three judged days of a few rows: no baseline to compare with."""
    config = load_config(None, {}).model_copy(update={"store": tmp_path / "store"})
    rows = pd.DataFrame(
        {
            "model": "tiny",
            "version": "1",
            "ts": pd.date_range("2013-12-01", periods=12, freq="6h", tz="UTC"),
            "amount": range(12),
            "prediction": ["yes", "no"] * 6,
        }
    )
    log = tmp_path / "tiny.parquet"
    rows.to_parquet(log, index=False)
    with LocalService.open(config, "test", create=True) as service:
        from ingest.sources import find

        service.ingest(find([str(log)]), Options(None, None, None, "auto", AS_OF))
        service.execute(service.plan_due(AS_OF), AS_OF, lambda *_: None)
        yield Dashboard(service, monkeypatch)


def test_too_little_data_is_said_and_not_shown_as_healthy(little):
    shown = little.open(
        "drift", model="tiny", version="1", window="2013-12-01T00:00:00Z/2013-12-02T00:00:00Z"
    )
    assert not shown.exception
    said = texts_of(shown)
    assert "Nothing could be judged" in said
    assert "None of" not in said
    assert not shown.success


def test_too_little_data_leaves_no_alert(little):
    shown = little.open("alerts")
    assert not shown.exception


@pytest.fixture
def older(tmp_path, monkeypatch):
    """A dashboard over a day that a version judged which did not keep what it counted."""
    made = Service(days=34, calls_a_day=60)
    with opened(tmp_path / "store") as service:
        load(service, made.events())
        (run,) = judge_days(service, made, 33, 34)
        service.store.save_runs([run])
        yield Dashboard(service, monkeypatch, now=made.window(34).start), str(made.window(33))


@pytest.mark.parametrize("against", ["configured", "previous"])
def test_a_distribution_that_was_not_kept_says_so_and_how_to_get_it(older, against):
    dashboard, window = older
    shown = dashboard.open(
        "drift", model="parcel", version="1", window=window, column="weight_kg", against=against
    )
    assert not shown.exception
    said = texts_of(shown)
    assert "an earlier version of Driftline judged the window" in said
    assert "driftline backfill --reprocess completed" in said
    assert "neither side has rows" not in said
