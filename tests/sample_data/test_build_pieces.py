"""The pieces of the build, on a few made-up flights: times, joins, folds, draws, files."""

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sample_data import faults, files, latency, models, readme
from sample_data.flights import FEATURES, build_requests, keep_share
from sample_data.hashing import hash_numbers, uniform
from sample_data.serving import build_events, build_labels, role_of

COLUMNS = (
    "month day sched_dep_time sched_arr_time arr_delay carrier flight tailnum origin dest distance"
)
FLIGHTS = """1,15,900,1220,20,UA,1,N1,EWR,LAX,2454
7,15,900,1220,15,UA,2,N1,EWR,LAX,2454
7,15,2359,340,16,B6,3,N2,JFK,SJU,1598
7,15,930,1040,,9E,4,,JFK,BOS,187
12,31,2230,2355,0,B6,5,N2,JFK,BOS,187
"""


def source_tables() -> dict[str, pd.DataFrame]:
    rows = [line.split(",") for line in FLIGHTS.strip().splitlines()]
    flights = pd.DataFrame(rows, columns=COLUMNS.split()).replace("", None)
    counts = ["month", "day", "sched_dep_time", "sched_arr_time", "flight", "distance"]
    flights = flights.astype(dict.fromkeys(counts, int) | {"arr_delay": float})
    hours = pd.date_range("2013-01-01", "2013-12-30", freq="h", tz="UTC")
    weather = pd.concat(
        pd.DataFrame({"origin": origin, "time_hour": hours.strftime("%Y-%m-%dT%H:%M:%SZ")})
        for origin in ("EWR", "JFK")
    )
    readings = dict.fromkeys(["dewp", "humid", "wind_speed", "pressure", "visib", "precip"], 1.0)
    weather = weather.assign(temp=pd.to_datetime(weather["time_hour"]).dt.hour.astype(float))
    return {
        "flights": flights.assign(year=2013, hour=flights["sched_dep_time"] // 100),
        "planes": pd.DataFrame({"tailnum": ["N1"], "year": [2000.0], "seats": [180]}),
        "weather": weather.assign(**readings),
        "airports": pd.DataFrame(
            {"faa": ["LAX", "BOS"], "tzone": ["America/Los_Angeles", "America/New_York"]}
        ),
    }


@pytest.fixture(scope="module")
def requests() -> pd.DataFrame:
    return build_requests(source_tables())


def some_requests(times: pd.DatetimeIndex) -> pd.DataFrame:
    """Requests at given times, of which every third arrives late."""
    n = len(times)
    draws = {name: uniform(np.arange(n), name).round(2) for name in FEATURES[3:]}
    names = {name: np.where(np.arange(n) % 2, "x", "y") for name in FEATURES[:3]}
    late = np.where(np.arange(n) % 3 == 0, 1.0, 0.0)
    return pd.DataFrame(
        {"number": np.arange(1, n + 1), "ts": times, **names, **draws, "late": late}
    ).assign(
        arrived_at=times + pd.Timedelta(hours=4),
        score_1=uniform(np.arange(n), "one").round(4),
        score_2=uniform(np.arange(n), "two").round(4),
    )


# -------------------------------------------------------------------- flights


def test_the_question_is_asked_two_hours_before_departure_in_utc(requests: pd.DataFrame):
    winter, summer = requests["ts"].iloc[0], requests["ts"].iloc[1]
    assert winter == pd.Timestamp("2013-01-15T12:00:00Z")
    assert summer == pd.Timestamp("2013-07-15T11:00:00Z")


def test_scheduled_minutes_cross_time_zones_and_midnight(requests: pd.DataFrame):
    by_dest = requests.groupby("dest")["sched_duration_min"].first()
    assert by_dest.to_dict() == {"LAX": 380.0, "SJU": 221.0, "BOS": 70.0}


def test_a_label_comes_when_the_plane_does(requests: pd.DataFrame):
    assert requests["arrived_at"].iloc[0] == pd.Timestamp("2013-01-15T20:40:00Z")
    overnight = requests[requests["dest"] == "SJU"].iloc[0]
    assert overnight["arrived_at"] == pd.Timestamp("2013-07-16T07:56:00Z")


def test_late_means_more_than_fifteen_minutes(requests: pd.DataFrame):
    assert requests["late"].iloc[:2].tolist() == [1.0, 0.0]


def test_a_flight_that_never_arrived_has_no_outcome(requests: pd.DataFrame):
    cancelled = requests[requests["carrier"] == "9E"].iloc[0]
    assert np.isnan(cancelled["late"])
    assert pd.isna(cancelled["arrived_at"])
    assert np.isnan(cancelled["plane_age"])


def test_weather_is_that_of_the_last_hour_that_was_over(requests: pd.DataFrame):
    asked_at_noon = requests.iloc[0]
    assert asked_at_noon["temp"] == 11.0


def test_a_question_that_falls_into_the_next_year_is_left_out(requests: pd.DataFrame):
    assert len(requests) == 4
    assert requests["number"].tolist() == [1, 2, 3, 4]


@given(st.floats(0.05, 1.0))
def test_the_same_share_of_every_day_is_kept(share: float):
    times = pd.date_range("2013-05-01", periods=200, freq="30min", tz="UTC")
    asked = some_requests(times)
    kept = keep_share(asked, share, uniform(asked["number"].to_numpy(), "keep"))
    sizes = asked.groupby(asked["ts"].dt.date).size()
    found = kept.groupby(kept["ts"].dt.date).size().reindex(sizes.index, fill_value=0)
    assert found.tolist() == (share * sizes).round().astype(int).tolist()
    assert kept["ts"].is_monotonic_increasing


# --------------------------------------------------------------------- hashes


def test_hashes_never_change():
    """A changed hash would move every replica, latency and canary of the committed files."""
    assert hash_numbers(np.array([1, 2]), "canary").tolist() == [
        16579874959672997823,
        8842248863446817034,
    ]


def test_draws_of_two_purposes_are_unrelated():
    numbers = np.arange(20_000)
    first, second = uniform(numbers, "canary"), uniform(numbers, "replica-1")
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.03


# --------------------------------------------------------------------- models


def test_a_fold_takes_whole_weeks():
    days = pd.Series(pd.date_range("2013-01-01", "2013-03-31 23:00", freq="h", tz="UTC"))
    folds = models.fold_of(days)
    assert folds.groupby(days.dt.date).nunique().eq(1).all()
    assert (folds.iloc[: 7 * 24] == 0).all()
    assert set(folds) == {0, 1, 2, 3, 4}


def test_a_baseline_request_is_scored_by_a_model_that_did_not_see_its_week(monkeypatch):
    asked = some_requests(pd.date_range("2013-01-01", "2013-03-31", freq="6h", tz="UTC"))
    seen: list[set[int]] = []

    def fit(_version: str, learned: pd.DataFrame) -> str:
        seen.append(set(learned["number"]))
        return "model"

    def score(_model: str, held_out: pd.DataFrame) -> np.ndarray:
        assert not seen[-1] & set(held_out["number"])
        return held_out["number"].to_numpy(dtype=float)

    monkeypatch.setattr(models, "fit", fit)
    monkeypatch.setattr(models, "score", score)
    scores = models.score_out_of_fold("2", asked)
    assert scores.tolist() == asked["number"].tolist()
    assert len(seen) == models.FOLDS


@pytest.mark.parametrize("version", models.VERSIONS)
def test_models_score_missing_values_unknown_names_and_the_missing_feature(version: str):
    asked = some_requests(pd.date_range("2013-01-01", periods=900, freq="2h", tz="UTC"))
    model = models.fit(version, asked)
    odd = asked.head(3).assign(dest="never seen", plane_age=np.nan)
    odd[faults.MISSING_FEATURE] = np.nan
    scores = models.score(model, odd)
    assert np.isfinite(scores).all()
    assert (scores == scores.round(4)).all()


def test_training_twice_gives_the_same_scores():
    asked = some_requests(pd.date_range("2013-01-01", periods=900, freq="2h", tz="UTC"))
    for version in models.VERSIONS:
        first, second = (models.score(models.fit(version, asked), asked) for _ in range(2))
        np.testing.assert_array_equal(first, second)


def test_the_threshold_calls_as_many_late_as_were_late():
    scores = uniform(np.arange(1000), "scores").round(4)
    late = pd.Series(np.where(np.arange(1000) < 300, 1.0, 0.0))
    threshold = models.threshold_for(scores, late)
    assert (scores >= threshold).mean() == pytest.approx(0.3, abs=0.005)


# -------------------------------------------------------------------- serving


@pytest.mark.parametrize(
    ("version", "served", "share", "role"),
    [
        ("1", True, 0.0, "stable"),
        ("2", True, 0.5, "canary"),
        ("2", True, 1.0, "stable"),
        ("1", False, 0.1, "shadow"),
    ],
)
def test_a_role_follows_from_who_answered(version, served, share, role):
    assert role_of(version, served=served, share_of_v2=share) == role


def build_some() -> pd.DataFrame:
    asked = some_requests(pd.date_range("2013-01-01", "2013-12-31", freq="1h", tz="UTC"))
    measured = {"1": np.array([4.0, 5.0]), "2": np.array([6.0])}
    asked = faults.blank_missing_feature(asked)
    return build_events(asked, {"1": 0.5, "2": 0.5}, measured)


def test_building_events_twice_gives_the_same_events():
    pd.testing.assert_frame_equal(build_some(), build_some())


def test_a_failed_call_gets_no_label_and_an_unknown_outcome_neither():
    events = build_some()
    events.loc[events["number"] == 5, "late"] = np.nan
    labels = build_labels(events)
    failed = events[events["status"] == faults.FAILED_STATUS]["prediction_id"]
    assert len(failed)
    assert not labels["prediction_id"].isin(failed).any()
    assert not labels["prediction_id"].str.contains("p-000005").any()
    assert len(labels) == (events["score"].notna() & events["late"].notna()).sum()


def test_only_the_three_faults_touch_the_events():
    events = build_some()
    slow = events["latency_ms"] > 6.0
    assert slow.equals(faults.touched(faults.SLOW, events))
    assert slow.any()
    missing = events[faults.MISSING_FEATURE].isna()
    assert missing.equals(faults.touched(faults.MISSING, events))
    failed = events["prediction"].isna()
    assert failed.equals(faults.touched(faults.FAILED_CALLS, events))


# -------------------------------------------------------------------- latency


def test_measured_latencies_survive_their_file(tmp_path):
    measured = {"1": np.array([4.61, 4.52]), "2": np.array([5.0])}
    latency.write_measured(measured, tmp_path / "latency_ms.parquet")
    found = latency.read_measured(tmp_path / "latency_ms.parquet")
    assert {name: values.tolist() for name, values in found.items()} == {
        "1": [4.61, 4.52],
        "2": [5.0],
    }


def test_the_kept_latencies_are_thousands_of_measurements():
    from sample_data.build import FOLDER

    kept = latency.read_measured(FOLDER / "latency_ms.parquet")
    assert list(kept) == list(models.VERSIONS)
    assert all(len(values) == latency.CALLS_PER_VERSION for values in kept.values())
    assert all((values > 0).all() for values in kept.values())


def test_a_call_is_timed_from_its_features_to_its_score(monkeypatch):
    monkeypatch.setattr(latency, "CALLS_PER_VERSION", 5)
    asked = some_requests(pd.date_range("2013-01-01", periods=300, freq="2h", tz="UTC"))
    spent = latency.measure(models.fit("1", asked), asked)
    assert spent.shape == (5,)
    assert (spent > 0).all()


# ---------------------------------------------------------------------- files


def test_writing_events_twice_gives_the_same_bytes(tmp_path):
    events = build_some()
    for name in ("one.parquet", "two.parquet"):
        files.write_events(events, tmp_path / name)
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()
    back = pq.read_table(tmp_path / "one.parquet").to_pandas()
    for column in files.EVENT_SCHEMA.names:
        assert back[column].isna().equals(events[column].isna())
    np.testing.assert_array_equal(back["score"].to_numpy(), events["score"].to_numpy())


def test_writing_ndjson_twice_gives_the_same_bytes(tmp_path):
    events = build_some().head(50)
    for name in ("one.gz", "two.gz"):
        files.write_ndjson(events, tmp_path / name)
    assert (tmp_path / "one.gz").read_bytes() == (tmp_path / "two.gz").read_bytes()


def test_a_failed_call_has_a_status_and_no_prediction_in_json():
    events = build_some()
    failed = events[events["status"] == faults.FAILED_STATUS].iloc[0].to_dict()
    native = files.to_native({name: failed[name] for name in files.EVENT_SCHEMA.names})
    assert native["status"] == faults.FAILED_STATUS
    assert not {"prediction", "score", "latency_ms"} & set(native)
    assert set(native["features"]) == set(FEATURES)


def test_filling_a_block_leaves_the_rest_of_the_page_alone():
    page = "a\n<!-- x -->\nold\n<!-- /x -->\nb\n<!-- y -->\nkeep\n<!-- /y -->\n"
    filled = readme.fill_blocks(page, {"x": r"new \1"})
    assert filled == page.replace("old", r"new \1")
    assert readme.fill_blocks(filled, {"x": r"new \1"}) == filled
