"""A logged share weighs what is counted, wherever the rows lie: recounted call by call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from domain.window import Window
from ingest.in_place import InPlace
from ingest.mapping import Mapping
from store.store import Store
from tests.store.made import START, at, batch, event

HOURS = 48
SPAN = Window(START, START + timedelta(hours=HOURS))
LIMIT_MS = 40.0
BUCKET_S = 3600


def calls() -> list[dict[str, object]]:
    """Calls of two replicas that log one in 1, 2, 4 or 10, one line each."""
    rng = np.random.default_rng(3)
    return [
        event(
            float(rng.integers(0, 60 * HOURS)),
            version="1",
            request_id=f"r{i}",
            replica=str(rng.choice(["a", "b"])),
            sampling_rate=[None, 1.0, 0.5, 0.25, 0.1][i % 5],
            status=int(rng.choice([200, 404, 503, 0])) if i % 7 else None,
            latency_ms=float(rng.integers(1, 90)) if i % 11 else None,
            score=0.5,
        )
        for i in range(600)
    ]


CALLS = calls()


def recount() -> dict[str, Counter[tuple[str, int]]]:
    found: dict[str, Counter[tuple[str, int]]] = {
        name: Counter() for name in ("total", "with_status", "failed", "with_latency", "slow")
    }
    for call in CALLS:
        place = call["replica"], (call["ts"] - START) // timedelta(hours=1)  # type: ignore[operator]
        weight = 1 / (call["sampling_rate"] or 1.0)  # type: ignore[operator]
        status, latency = call["status"], call["latency_ms"]
        failed = status is not None and (status < 100 or status >= 500)  # type: ignore[operator]
        found["total"][place] += weight  # type: ignore[index]
        found["with_status"][place] += weight * (status is not None)  # type: ignore[index]
        found["failed"][place] += weight * failed  # type: ignore[index]
        slow = failed or (latency is not None and latency > LIMIT_MS)  # type: ignore[operator]
        if latency is not None or failed:
            found["with_latency"][place] += weight  # type: ignore[index]
            found["slow"][place] += weight * slow  # type: ignore[index]
    return found


def stored(store: Store, _: Path) -> None:
    store.load([batch(CALLS)], "f")


def archived(store: Store, folder: Path) -> None:
    stored(store, folder)
    for rows in store.days_before("m", SPAN.end):
        assert store.archive_day(rows, str(folder / "archive"), "me", at(5 * 24 * 60))
    assert not store.days_before("m", SPAN.end)


def in_place(store: Store, folder: Path) -> None:
    _, table, _ = batch(CALLS)
    pq.write_table(table, folder / "log.parquet")
    store.attach_files("m", str(folder / "log.parquet"), InPlace(Mapping(), "m"))
    store.look("m")


PLACES = [stored, archived, in_place]


@pytest.fixture(params=PLACES, ids=lambda place: place.__name__)
def sampled(request: pytest.FixtureRequest, tmp_path: Path):
    place: Callable[[Store, Path], None] = request.param
    with Store.open(tmp_path / "store") as store:
        place(store, tmp_path)
        yield store


def test_calls_of_rows_are_weighed(sampled: Store):
    buckets = sampled.logs("m").call_buckets("1", SPAN, BUCKET_S, [LIMIT_MS])
    assert_recounted(
        buckets.replicas,
        {
            "total": buckets.total,
            "with_status": buckets.with_status,
            "failed": buckets.failed,
            "with_latency": buckets.with_latency,
            "slow": buckets.slow[0],
        },
    )


def test_calls_of_hours_are_weighed_and_of_latencies_each_is_one(sampled: Store):
    sampled.refresh_call_hours("m")
    hours = sampled.call_hours("m", "1", SPAN, BUCKET_S)
    assert_recounted(
        hours.replicas,
        {"total": hours.total, "with_status": hours.with_status, "failed": hours.failed},
    )
    assert hours.count.sum() == sum(call["latency_ms"] is not None for call in CALLS)


def assert_recounted(replicas: tuple[str, ...], counts: dict[str, np.ndarray]) -> None:
    expected = recount()
    for name, found in counts.items():
        plain = np.zeros((len(replicas), HOURS))
        for (replica, hour), weight in expected[name].items():
            plain[replicas.index(replica), hour] = weight
        np.testing.assert_allclose(found, plain, rtol=1e-12, err_msg=name)


def test_the_volumes_of_days_are_weighed(sampled: Store):
    sampled.refresh_call_hours("m")
    volume = sampled.volumes(SPAN)["m"]
    assert volume.hourly_calls.sum() == pytest.approx(sum(recount()["total"].values()))
    assert volume.calls == len(CALLS), "rows are rows"
