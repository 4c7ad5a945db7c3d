"""How much is stored, told from what the database knows of its tables."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from domain.rejection import Rejection
from domain.window import Window
from store import measured_sizes
from store.database import FILE_NAME
from store.store import Store
from tests.store.made import DAY, at, batch, event

TWO_DAYS = Window(DAY.start, DAY.end + timedelta(days=1))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path) as opened:
        yield opened


def fill(store: Store, n: int, model: str = "m", **features: object) -> None:
    """Store `n` answered calls, one each second, each with its own score."""
    events = [
        event(i / 60, score=i / n, prediction_id=f"{model}-{i}", features=features)
        for i in range(n)
    ]
    store.load([batch(events, model)], model)


def test_rows_are_counted_by_model_and_kind(store: Store) -> None:
    fill(store, 5, "a")
    fill(store, 3, "b")
    store.load([batch([event(9, status=500)], "b")], "failed")
    told = pa.table({"prediction_id": ["a-1", "a-2"], "label": ["1", "0"]})
    store.load_labels([("a", told)], "labels")
    found = store.volumes(DAY)
    assert {m: (v.predictions, v.calls, v.labels) for m, v in found.items()} == {
        "a": (5, 5, 2),
        "b": (3, 4, 0),
    }


def test_the_span_reaches_from_the_first_event_to_the_last(store: Store) -> None:
    store.load([batch([event(90.5), event(7), event(200, status=503)])], "s")
    volume = store.volumes(DAY)["m"]
    assert (volume.first, volume.last) == (at(7), at(200))


def test_calls_stand_in_their_hours_and_sampled_ones_are_scaled_up(store: Store) -> None:
    events = [event(10), event(70), event(71, sampling_rate=0.1), event(25 * 60)]
    store.load([batch(events)], "s")
    store.refresh_call_hours()
    hourly = store.volumes(TWO_DAYS)["m"].hourly_calls
    expected = np.zeros(48)
    expected[[0, 1, 25]] = 1, 11, 1
    assert np.allclose(hourly, expected)


def test_calls_outside_the_span_are_in_none_of_its_hours(store: Store) -> None:
    store.load([batch([event(-1), event(0), event(24 * 60)])], "s")
    store.refresh_call_hours()
    hourly = store.volumes(DAY)["m"].hourly_calls
    assert (hourly[0], hourly.sum()) == (1, 1)


def test_events_whose_rows_are_gone_are_known_by_the_hour(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        events = [event(minute, score=0.5) for minute in (7, 130, 1500)]
        store.load([batch(events)], "s")
        store.refresh_call_hours()
    with duckdb.connect(str(tmp_path / FILE_NAME)) as connection:
        for table in ("predictions", "calls"):
            connection.execute(f"delete from m_m.{table} where ts < '2013-07-02'")
    with Store.open(tmp_path) as store:
        volume = store.volumes(TWO_DAYS)["m"]
        assert (volume.predictions, volume.calls) == (1, 1)
        # 00:07 is known as the hour from 00:00 on; the last one still has its row
        assert (volume.first, volume.last) == (at(0), at(1500))
        assert volume.hourly_calls.sum() == 3


def test_a_model_with_labels_alone_has_no_events(store: Store) -> None:
    store.load_labels([("m", pa.table({"prediction_id": ["x"], "label": ["1"]}))], "labels")
    volume = store.volumes(DAY)["m"]
    assert (volume.labels, volume.first, volume.last, volume.size_bytes) == (1, None, None, None)
    assert not volume.hourly_calls.any()


def test_an_empty_store_has_no_volumes(store: Store) -> None:
    assert store.volumes(DAY) == {}


def test_sizes_of_the_models_are_those_of_their_rows(store: Store) -> None:
    fill(store, 200_000, "large")
    fill(store, 100, "small")
    store.checkpoint()
    found = store.volumes(DAY)
    large, small = found["large"].size_bytes, found["small"].size_bytes
    assert large is not None
    assert small is not None
    assert large > 5 * small
    # each model rounds up to whole blocks, and the rest of the file are the shared tables
    assert 0.5 * store.size_bytes() < large + small < 1.2 * store.size_bytes()


def test_rows_that_lie_in_the_log_have_no_size_yet_and_get_one(store: Store) -> None:
    fill(store, 50)
    assert store.volumes(DAY)["m"].size_bytes is None
    store.checkpoint()
    assert store.volumes(DAY)["m"].size_bytes


def test_blocks_are_counted_again_only_after_growth(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[str] = []
    real = measured_sizes.count_blocks

    def count(connection: duckdb.DuckDBPyConnection, tables: measured_sizes.ModelTables) -> int:
        counted.append(tables.model)
        return real(connection, tables)

    monkeypatch.setattr(measured_sizes, "count_blocks", count)
    fill(store, 100_000)
    store.checkpoint()
    first = store.volumes(DAY)["m"].size_bytes
    assert store.volumes(DAY)["m"].size_bytes == first
    assert counted == ["m"]
    fill(store, 120_000)
    store.checkpoint()
    assert (store.volumes(DAY)["m"].size_bytes or 0) > (first or 0)
    assert counted == ["m", "m"]


def test_a_model_too_large_to_measure_is_not_measured(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store, 1000)
    store.checkpoint()
    monkeypatch.setattr(measured_sizes, "MOST_VALUES", 10)
    assert store.volumes(DAY)["m"].size_bytes is None
    assert store.volumes(DAY)["m"].predictions == 1000


def test_names_of_models_are_quoted_where_their_blocks_are_asked_for(store: Store) -> None:
    fill(store, 1000, 'it\'s "odd". --')
    store.checkpoint()
    (volume,) = store.volumes(DAY).values()
    assert volume.size_bytes


def test_reasons_come_by_source_with_the_newest_line_of_each(store: Store) -> None:
    def line(position: int, reason: str) -> Rejection:
        return Rejection(position, reason, f"{reason} at {position}", f"raw {position}".encode())

    store.reject("a", [line(1, "bad_json"), line(2, "naive_ts"), line(3, "bad_json")])
    store.reject("b", [line(9, "bad_json"), line(4, "bad_ts")])
    rows = store.rejected_reasons(10)
    assert [(r.source, r.reason, r.lines, r.position, r.message) for r in rows] == [
        ("a", "bad_json", 2, 3, "bad_json at 3"),
        ("a", "naive_ts", 1, 2, "naive_ts at 2"),
        ("b", "bad_json", 1, 9, "bad_json at 9"),
        ("b", "bad_ts", 1, 4, "bad_ts at 4"),
    ]
    assert store.rejected_reasons(2) == rows[:2]


def test_no_rejected_line_is_no_reason(store: Store) -> None:
    assert store.rejected_reasons(10) == ()
