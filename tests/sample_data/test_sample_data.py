"""The committed files are what sample_data/README.md says they are."""

import gzip
import json
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sample_data import faults, files, readme
from sample_data.build import CSV_EXCERPT, FAULTS, FOLDER, MAX_BYTES, NDJSON_EXCERPT, data_files
from sample_data.flights import FEATURES
from sample_data.latency import deal, read_measured
from sample_data.models import VERSIONS, auc
from sample_data.serving import PHASES

MONTHS = [f"2013-{month:02d}" for month in range(1, 13)]


def read_folder(name: str) -> pd.DataFrame:
    tables = [pq.read_table(path) for path in sorted((FOLDER / name).glob("*.parquet"))]
    return pa.concat_tables(tables).to_pandas()


@pytest.fixture(scope="module")
def events() -> pd.DataFrame:
    log = read_folder("predictions")
    return log.assign(
        role=log["tags"].map({text: json.loads(text)["role"] for text in log["tags"].unique()}),
        number=log["request_id"].str[2:].astype(int),
        day=log["ts"].dt.floor("D"),
        month=log["ts"].dt.month,
    )


@pytest.fixture(scope="module")
def labels() -> pd.DataFrame:
    return read_folder("labels")


@pytest.fixture(scope="module")
def page() -> str:
    return (FOLDER / "README.md").read_text("utf-8")


@pytest.fixture(scope="module")
def labelled(events: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    joined = events.merge(labels, on="prediction_id", how="left", suffixes=("", "_label"))
    late = joined["label"].map({"late": 1.0, "on-time": 0.0})
    return joined.assign(late=late.astype(float))


# ---------------------------------------------------------------------- files


def test_all_data_files_together_stay_under_the_limit():
    assert sum(path.stat().st_size for path in data_files(FOLDER)) <= MAX_BYTES == 6_000_000


@pytest.mark.parametrize("folder", ["predictions", "labels"])
def test_there_is_one_file_a_month_and_no_other(folder: str):
    assert sorted(path.name for path in (FOLDER / folder).iterdir()) == [
        f"{month}.parquet" for month in MONTHS
    ]


@pytest.mark.parametrize("month", MONTHS)
def test_a_month_holds_only_its_own_rows_in_the_columns_of_the_native_event(month: str):
    table = pq.read_table(FOLDER / "predictions" / f"{month}.parquet")
    assert table.schema.equals(files.EVENT_SCHEMA)
    times = table["ts"].to_pandas()
    assert set(times.dt.strftime("%Y-%m")) == {month}
    assert times.is_monotonic_increasing


@pytest.mark.parametrize("month", MONTHS)
def test_a_label_file_has_the_columns_of_the_contract(month: str):
    assert pq.read_schema(FOLDER / "labels" / f"{month}.parquet").equals(files.LABEL_SCHEMA)


def test_a_feature_is_never_called_like_a_field_of_the_event():
    fields = {"trace_id", "label", "sampling_rate", "features"} | {
        name for name in files.EVENT_SCHEMA.names if name not in FEATURES
    }
    assert len(FEATURES) == 16
    assert not fields & set(FEATURES)


def test_the_ndjson_excerpt_holds_the_same_events_as_parquet(events: pd.DataFrame):
    start, end = NDJSON_EXCERPT
    expected = events[(events["ts"] >= start) & (events["ts"] < end)]
    text = gzip.decompress((FOLDER / "excerpts" / "2013-07-10.ndjson.gz").read_bytes())
    found = [json.loads(line) for line in text.splitlines()]
    rows = expected[files.EVENT_SCHEMA.names].to_dict("records")
    assert found == [files.to_native(row) for row in rows]
    assert {event["tags"]["role"] for event in found} == {"stable", "canary", "shadow"}


def test_the_csv_excerpt_holds_the_same_events_as_parquet(events: pd.DataFrame):
    start, end = CSV_EXCERPT
    expected = events[(events["ts"] >= start) & (events["ts"] < end)]
    found = pd.read_csv(FOLDER / "excerpts" / "2013-10-16.csv", parse_dates=["ts"])
    assert list(found.columns) == files.EVENT_SCHEMA.names
    assert found["prediction_id"].tolist() == expected["prediction_id"].tolist()
    assert (found["ts"].to_numpy() == expected["ts"].to_numpy()).all()
    for column in ("score", "latency_ms", "status", "temp"):
        np.testing.assert_array_equal(found[column].to_numpy(), expected[column].to_numpy())


# -------------------------------------------------------------------- rollout


def test_every_day_of_the_year_has_hundreds_of_answers(events: pd.DataFrame):
    answers = events[events["role"] != "shadow"].groupby("day").size()
    days = pd.date_range("2013-01-01", "2013-12-31", tz="UTC").as_unit(answers.index.unit)
    assert answers.index.equals(days)
    assert answers.min() >= 600


@pytest.mark.parametrize(
    ("version", "months", "shadow"),
    [("1", range(1, 9), False), ("2", range(7, 13), False), ("2", range(1, 4), True)],
)
def test_a_running_version_scores_on_every_day(events: pd.DataFrame, version, months, shadow):
    mine = events[(events["version"] == version) & events["month"].isin(months)]
    days = mine.loc[(mine["role"] == "shadow") == shadow, "day"].nunique()
    assert days == sum(pd.Period(MONTHS[month - 1]).days_in_month for month in months)


@pytest.mark.parametrize("phase", PHASES, ids=lambda phase: phase.start.strftime("%B"))
def test_the_canary_gets_its_share(events: pd.DataFrame, phase):
    inside = events[(events["ts"] >= phase.start) & (events["ts"] < phase.end)]
    answers = inside[inside["role"] != "shadow"]
    assert (answers["version"] == "2").mean() == pytest.approx(phase.share_of_v2, abs=0.01)
    assert answers["request_id"].is_unique
    is_canary = (answers["version"] == "2") & (phase.share_of_v2 < 1)
    assert (answers["role"] == np.where(is_canary, "canary", "stable")).all()


def test_shares_are_those_the_readme_promises():
    assert [(phase.start.month, phase.share_of_v2) for phase in PHASES] == [
        (1, 0.0),
        (4, 0.0),
        (7, 0.1),
        (8, 0.5),
        (9, 1.0),
    ]


@pytest.mark.parametrize("phase", PHASES, ids=lambda phase: phase.start.strftime("%B"))
def test_a_shadow_pair_is_one_request_seen_by_both_versions(events: pd.DataFrame, phase):
    inside = events[(events["ts"] >= phase.start) & (events["ts"] < phase.end)]
    shadows = inside[inside["role"] == "shadow"].set_index("request_id")
    answers = inside[inside["role"] != "shadow"].set_index("request_id")
    if not phase.shadow:
        assert shadows.empty
        return
    assert shadows.index.is_unique
    assert set(shadows.index) == set(answers.index)
    partner = answers.loc[shadows.index]
    assert (partner["version"] != shadows["version"]).all()
    assert partner[["ts", *FEATURES]].equals(shadows[["ts", *FEATURES]])


def test_ids_are_unique(events: pd.DataFrame):
    assert events["prediction_id"].is_unique
    assert not events.duplicated(["request_id", "version"]).any()


def test_every_version_runs_on_four_replicas_with_about_equal_load(events: pd.DataFrame):
    shares = events.groupby("version")["replica"].value_counts(normalize=True)
    assert len(shares) == 8
    assert shares.to_numpy() == pytest.approx(0.25, abs=0.005)


# --------------------------------------------------------------------- labels


def test_labels_belong_to_predictions_and_come_after_the_flight_left(labelled: pd.DataFrame):
    known = labelled[labelled["label"].notna()]
    assert known["prediction"].notna().all()
    assert (known["ts_label"] > known["ts"] + pd.Timedelta(hours=2)).all()
    assert (known["ts_label"] < known["ts"] + pd.Timedelta(hours=36)).all()


def test_labels_exist_only_for_flights_that_arrived(labels: pd.DataFrame, labelled: pd.DataFrame):
    assert labels["prediction_id"].is_unique
    assert labels["prediction_id"].isin(labelled["prediction_id"]).all()
    flights = labelled.drop_duplicates("request_id")
    lost = flights["label"].isna() & flights["score"].notna()
    failed = flights["score"].isna() & flights["label"].isna()
    # 9,430 flights of the source never arrived as planned; some of them met a failed call
    assert 9430 - failed.sum() <= lost.sum() <= 9430


def test_both_halves_of_a_shadow_pair_have_the_same_label(labelled: pd.DataFrame):
    extremes = labelled.groupby("request_id")["late"].agg(["min", "max"]).dropna()
    assert extremes["min"].equals(extremes["max"])
    counts = labelled.groupby("request_id")["late"].agg(["count", "size"])
    failed = labelled[labelled["status"] != 200]["request_id"]
    whole = counts[~counts.index.isin(failed)]
    assert ((whole["count"] == 0) | (whole["count"] == whole["size"])).all()


def test_storm_days_lose_more_labels_than_calm_days(labelled: pd.DataFrame):
    share = labelled["label"].notna().groupby(labelled["day"]).mean()
    assert share[pd.Timestamp("2013-02-08", tz="UTC")] < 0.6
    assert share.median() > 0.98


# -------------------------------------------------------------------- scores


def test_predictions_follow_from_scores_by_one_threshold_a_version(events: pd.DataFrame):
    for _, rows in events[events["score"].notna()].groupby("version"):
        is_late = rows["prediction"] == "late"
        assert rows.loc[~is_late, "score"].max() < rows.loc[is_late, "score"].min()
    assert events["score"].dropna().between(0, 1).all()


def test_baseline_scores_of_version_2_are_out_of_fold(labelled: pd.DataFrame):
    """In sample this model would show more than .8 in January to March."""
    mine = labelled[labelled["version"] == "2"]
    baseline, canary = mine[mine["month"] <= 3], mine[mine["month"].between(7, 8)]
    served = auc(canary["score"].to_numpy(), canary["late"])
    assert auc(baseline["score"].to_numpy(), baseline["late"]) < served + 0.03


@pytest.mark.parametrize("version", VERSIONS)
def test_models_know_something_and_not_everything(labelled: pd.DataFrame, version: str):
    mine = labelled[labelled["version"] == version]
    for _, rows in mine.groupby("month"):
        assert 0.6 < auc(rows["score"].to_numpy(), rows["late"]) < 0.75


# -------------------------------------------------------------------- faults


def test_a_replica_is_slow_where_the_readme_says_and_nowhere_else(events: pd.DataFrame):
    hit = faults.touched(faults.SLOW, events)
    assert hit.sum() > 500
    assert set(events.loc[hit, "role"]) == {"stable"}
    usual = np.concatenate(
        [
            deal(measured, rows["number"].to_numpy(), version)
            for version, measured in read_measured(FOLDER / "latency_ms.parquet").items()
            for rows in [events[events["version"] == version]]
        ]
    )
    ordered = pd.concat([events[events["version"] == version] for version in VERSIONS])
    extra = ordered["latency_ms"] - usual
    assert extra[hit].between(149.98, 400.02).all()
    assert (extra[~hit].dropna() == 0).all()


def test_calls_fail_where_the_readme_says_and_nowhere_else(events: pd.DataFrame):
    failed = events["status"] != 200
    inside = faults.FAILED_CALLS.covers(events["ts"])
    assert set(events.loc[failed, "status"]) == {faults.FAILED_STATUS}
    assert not (failed & ~inside).any()
    assert failed[inside].mean() == pytest.approx(faults.FAILED_SHARE, abs=0.06)
    for column in ("prediction", "score", "latency_ms"):
        assert events[column].isna().equals(failed)
    assert events.loc[failed, "replica"].nunique() == 4


def test_the_feature_is_missing_where_the_readme_says_and_nowhere_else(events: pd.DataFrame):
    missing = events[faults.MISSING_FEATURE].isna()
    assert missing.equals(faults.MISSING.covers(events["ts"]))
    assert events.loc[missing, "score"].notna().all()
    assert events.loc[missing, "day"].nunique() == 4


def test_spans_of_faults_are_apart_and_away_from_storms_and_holidays():
    spans = sorted((fault.start, fault.end) for fault in FAULTS)
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))
    for month, day in ((2, 8), (2, 9), (7, 4), (11, 28), (12, 25), (12, 31)):
        noon = datetime(2013, month, day, 12, tzinfo=UTC)
        assert not any(start <= noon < end for start, end in spans)


# ---------------------------------------------------------------------- page


def test_the_readme_lists_exactly_the_faults_of_the_build(page: str, labelled: pd.DataFrame):
    block = page.partition("<!-- faults -->\n")[2].partition("\n<!-- /faults -->")[0]
    assert block == readme.fault_table(labelled)
    assert block.count("\n") == 1 + len(FAULTS)
    assert all(readme.format_span(fault) in block for fault in FAULTS)


@pytest.mark.parametrize("month", MONTHS)
def test_the_readme_shows_the_measured_quality(page: str, labelled: pd.DataFrame, month: str):
    line = next(line for line in page.splitlines() if line.startswith(f"| {month} |"))
    rows = labelled[labelled["month"] == int(month[-2:])]
    for version, cell in zip(VERSIONS, line.split("|")[-3:-1], strict=True):
        mine = rows[rows["version"] == version]
        if len(mine):
            assert cell.strip() == f"{auc(mine['score'].to_numpy(), mine['late']):.3f}"
        else:
            assert cell.strip().startswith("(")
    assert f"{len(rows):,}" in line


def test_the_readme_names_every_feature(page: str):
    assert all(f"| `{name}` |" in page for name in FEATURES)
