"""Logs read where they lie: the same findings as after a load, over several layouts."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import yaml

from domain.call_hours import CallHours
from domain.errors import UsageError
from domain.run import Run
from domain.window import Window
from ingest.mapping import load_mapping
from ingest.sources import SourceFile
from monitors.config import Config
from monitors.config_file import load_config
from monitors.ingest_logs import Options
from monitors.local_service import LocalService
from monitors.run import Reprocess
from monitors.views.drift import Against

START = datetime(2013, 7, 1, tzinfo=UTC)
DAYS = 36
NOW = START + timedelta(days=DAYS)
DAY_US = 86_400_000_000
MONITOR: dict[str, Any] = {
    "baseline": {"window": ["2013-07-01", "2013-07-29"]},
    "slos": [
        {"name": "availability", "target": "99%"},
        {"name": "latency", "latency_ms": 30, "target": "95%"},
    ],
}


def native(n: int = 2600, seed: int = 1) -> pa.Table:
    """Return five weeks of a model whose distance shifts on the 31st day."""
    rng = np.random.default_rng(seed)
    us = np.sort(rng.integers(0, DAYS * DAY_US, n)) + int(START.timestamp()) * 10**6
    late = us >= int((START + timedelta(days=31)).timestamp()) * 10**6
    failed = rng.random(n) < 0.03
    score = rng.random(n)
    answer = np.where(score > 0.6, "late", "on time")
    return pa.table(
        {
            "ts": pa.array(us, pa.timestamp("us", tz="UTC")),
            "model": pa.array(["flights"] * n),
            "version": pa.array(np.where(np.arange(n) % 5 == 0, "2", "1")),
            "prediction_id": pa.array([f"p-{i}" for i in range(n)]),
            "prediction": pa.array(answer, mask=failed),
            "score": pa.array(score, mask=failed),
            "latency_ms": rng.gamma(4, 4, n),
            "status": pa.array(np.where(failed, 503, 200).astype(np.int32)),
            "replica": pa.array(rng.choice(["pod-1", "pod-2"], n)),
            "label": pa.array(np.where(rng.random(n) < score, "late", "on time"), mask=us % 3 == 0),
            "distance": rng.normal(1000 + 600 * late, 300, n).round(),
            "carrier": pa.array(rng.choice(["UA", "AA", "DL"], n)).dictionary_encode(),
        }
    )


def parts_of(table: pa.Table, days: int) -> list[tuple[str, pa.Table]]:
    """Part rows into those of some days each, called by the first of them."""
    moments = np.asarray(table["ts"].cast(pa.int64()))
    first = int(START.timestamp()) // 86_400
    number = (moments // DAY_US - first) // days
    return [
        (str((START + timedelta(days=int(n) * days)).date()), table.filter(pa.array(number == n)))
        for n in np.unique(number)
    ]


def flat(folder: Path) -> dict[str, Any]:
    pq.write_table(native(), folder / "all.parquet", row_group_size=300)
    return {}


def by_date_with_structs_and_requests(folder: Path, days: int = 4) -> dict[str, Any]:
    table = native()
    n = table.num_rows
    features = pa.StructArray.from_arrays(
        [c.combine_chunks() for c in (table["distance"], table["carrier"].cast(pa.string()))],
        ["distance", "carrier"],
    )
    # three rows of one request, an hour apart at the most
    minute = np.asarray(table["ts"].cast(pa.int64())) // (40 * 60_000_000)
    table = table.drop_columns(["distance", "carrier"])
    table = table.append_column("features", features)
    table = table.append_column("request_id", pa.array([f"r-{m}" for m in minute]))
    assert len(np.unique(minute)) < n
    for day, part in parts_of(table, days):
        (folder / f"date={day}").mkdir()
        pq.write_table(part, folder / f"date={day}" / "part-0.parquet", row_group_size=50)
    return {}


def renamed_with_other_types(folder: Path) -> dict[str, Any]:
    table = native()
    berlin = pc.local_timestamp(table["ts"].cast(pa.timestamp("us", tz="Europe/Berlin")))
    columns = {
        "scored_at": berlin.cast(pa.timestamp("ns")),
        "klass": table["prediction"],
        "p": table["score"].cast(pa.float32()),
        "took": pa.array([Decimal(str(round(v, 3))) for v in table["latency_ms"].to_pylist()]),
        "code": table["status"].cast(pa.int64()),
        "truth": table["label"],
        "km": table["distance"].cast(pa.int64()),
        "who": table["carrier"],
        "weekend": pa.array(np.arange(table.num_rows) % 7 > 4),
        "row_number": pa.array(np.arange(table.num_rows)),
        "empty": pa.nulls(table.num_rows, pa.float64()),
        "id64": pa.array(np.arange(table.num_rows) + 2**60),
        "zip": pa.array([f"{i % 9:05}" for i in range(table.num_rows)]),
    }
    (folder / "deep" / "er").mkdir(parents=True)
    half = table.num_rows // 2
    whole = pa.table(columns)
    pq.write_table(whole.slice(0, half), folder / "deep" / "first.parquet", row_group_size=200)
    # a later file brings a column more and another one less
    rest = whole.slice(half).drop_columns(["weekend"])
    rest = rest.append_column("humid", pa.array(np.arange(rest.num_rows) % 11 / 3.0))
    pq.write_table(rest, folder / "deep" / "er" / "second.parquet", row_group_size=200)
    return {
        "model": {"value": "flights"},
        "version": {"value": 3},
        "ts": "scored_at",
        "ts_zone": "Europe/Berlin",
        "prediction": "klass",
        "score": "p",
        "latency_ms": "took",
        "status": "code",
        "label": "truth",
        "exclude": ["row_number"],
        "rename": {"km": "distance"},
        "types": {"zip": "text"},
    }


def messy(folder: Path) -> dict[str, Any]:
    """Return rows that are refused, another model's, labels alone, and features alone."""
    table = native()
    n = table.num_rows
    place = np.arange(n)
    latency = np.where(place % 50 == 3, -1.0, np.asarray(table["latency_ms"]))
    other = place % 4 == 1
    model = np.where(other, "hotels", "flights")
    only_features = (place % 9 == 2) & ~other
    hidden = pa.array(only_features)
    changed = table.set_column(1, "model", pa.array(model))
    changed = changed.set_column(6, "latency_ms", pa.array(latency))
    for at, name in ((4, "prediction"), (5, "score")):
        changed = changed.set_column(at, name, pc.if_else(hidden, None, changed[name]))
    nothing = changed.slice(0, 5).select(["ts", "model"])
    early = changed.filter(pa.array(~other & ~only_features)).slice(0, 200)
    told = pa.table(
        {
            "ts": pc.add(early["ts"], pa.scalar(5 * DAY_US, pa.duration("us"))),
            "model": early["model"],
            "prediction_id": early["prediction_id"],
            "label": pa.array(["late"] * early.num_rows),
        }
    )
    parts = [changed, nothing, told]
    for number, part in enumerate(parts):
        pq.write_table(part, folder / f"{number}.parquet", row_group_size=400)
    return {}


Layout = Callable[[Path], dict[str, Any]]
LAYOUTS = [by_date_with_structs_and_requests, renamed_with_other_types, messy]


def config_of(folder: Path, name: str, source: dict[str, Any] | None) -> Config:
    file = folder / f"{name}.yaml"
    monitor = MONITOR | ({} if source is None else {"source": source})
    told = {"store": f"./{name}", "monitors": {"flights": monitor}}
    file.write_text(yaml.safe_dump(told), encoding="utf-8")
    return load_config(file, {})


def ingested(folder: Path, keys: dict[str, Any]) -> LocalService:
    file = folder / "map.yaml"
    file.write_text(yaml.safe_dump(keys), encoding="utf-8")
    service = LocalService.open(config_of(folder, "loaded", None), "test", create=True)
    files = sorted((folder / "lake").rglob("*.parquet"))
    sources = [SourceFile(str(path), path) for path in files]
    service.ingest(sources, Options(load_mapping(file), None, None, "auto", NOW))
    return service


def in_place(folder: Path, keys: dict[str, Any], path: str = "lake") -> LocalService:
    source: dict[str, Any] = {"path": path} | ({"map": keys} if keys else {})
    return LocalService.open(config_of(folder, "in-place", source), "test", create=True)


def judged(service: LocalService, first: int = 29, end: int = 34) -> list[Run]:
    begin, until = START + timedelta(days=first), START + timedelta(days=end)
    planned = service.plan_backfill("flights", begin, until, Reprocess.NONE, NOW)
    runs = service.execute(planned, NOW, lambda *_: None)
    return [replace(run, duration_s=0.0, config_hash="") for run in runs]


@pytest.fixture(scope="module")
def judged_flat(
    tmp_path_factory: pytest.TempPathFactory,
) -> Generator[tuple[LocalService, LocalService]]:
    """One file, loaded and in place, both judged alike."""
    folder = tmp_path_factory.mktemp("flat")
    (folder / "lake").mkdir()
    keys = flat(folder / "lake")
    with ingested(folder, keys) as loaded, in_place(folder, keys) as placed:
        judged_alike(loaded, placed)
        yield loaded, placed


def judged_alike(loaded: LocalService, placed: LocalService) -> None:
    expected, found = judged(loaded), judged(placed)
    assert len(expected) >= 5
    assert sum(len(run.findings) for run in expected) > 50
    for one, other in zip(expected, found, strict=True):
        assert str(other) == str(one)
    assert str(placed.incidents()) == str(loaded.incidents())
    assert any(run.status.value == "violations" for run in found)
    for question in (
        lambda s: s.store.logs("flights").columns(),
        lambda s: s.store.logs("flights").data_span(),
        lambda s: s.store.logs("flights").first_values(s.store.logs("flights").columns()),
    ):
        assert question(placed) == question(loaded)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_is_read_in_place_is_judged_as_what_was_loaded(tmp_path: Path, layout: Layout):
    (tmp_path / "lake").mkdir()
    keys = layout(tmp_path / "lake")
    with ingested(tmp_path, keys) as loaded, in_place(tmp_path, keys) as placed:
        judged_alike(loaded, placed)


def test_logs_of_a_model_that_is_read_in_place_are_not_loaded(tmp_path: Path):
    (tmp_path / "lake").mkdir()
    flat(tmp_path / "lake")
    file = tmp_path / "lake" / "all.parquet"
    with in_place(tmp_path, {}) as service:
        with pytest.raises(UsageError, match="read where they lie"):
            service.ingest([SourceFile("x", file)], Options(None, None, None, "auto", NOW))
        assert service.models() == ("flights",)


def test_a_damaged_file_fails_the_windows_it_is_of_and_is_named(tmp_path: Path):
    (tmp_path / "lake").mkdir()
    by_date_with_structs_and_requests(tmp_path / "lake", days=1)
    broken = tmp_path / "lake" / "date=2013-08-02" / "part-0.parquet"
    broken.write_bytes(broken.read_bytes()[:-9])
    with in_place(tmp_path, {}) as service:
        by_day = {run.window.start.date().isoformat(): run for run in judged(service, 31)}
        bad = by_day["2013-08-02"]
        assert bad.status.value == "failed"
        assert str(broken) in (bad.error or "")
        assert not any(run.status.value == "ok" for run in by_day.values())
        # a week before it nothing hangs on that file
        day = Window(START + timedelta(days=22), START + timedelta(days=23))
        assert [run.error for run in service.run("flights", day, NOW, NOW)] == [None, None]


def held(hours: CallHours) -> dict[tuple[int, ...], int]:
    """How many latencies each cell of a replica's bucket holds: the cells come in no order."""
    places = zip(hours.replica, hours.bucket, hours.cell, strict=True)
    return dict(zip(places, hours.count.tolist(), strict=True))


def test_pages_count_calls_of_files_and_recount_what_a_file_changed(tmp_path: Path):
    (tmp_path / "lake").mkdir()
    keys = by_date_with_structs_and_requests(tmp_path / "lake")
    span = Window(START, NOW)
    with ingested(tmp_path, keys) as loaded, in_place(tmp_path, keys) as placed:
        assert loaded.refresh()
        assert placed.refresh()
        for version in ("1", "2"):
            one, other = (
                s.store.call_hours("flights", version, span, 3600) for s in (loaded, placed)
            )
            np.testing.assert_array_equal(one.total, other.total)
            np.testing.assert_array_equal(one.failed, other.failed)
            assert held(one) == held(other)
            assert sum(held(one).values()) == one.count.sum() > 0
        assert placed.refresh() == 0
        changed = tmp_path / "lake" / "date=2013-07-05" / "part-0.parquet"
        table = pq.read_table(changed, partitioning=None)
        pq.write_table(table.slice(5), changed)
        assert 0 < placed.refresh() <= 4 * 24 + 1
        files = [pq.read_table(f, partitioning=None) for f in (tmp_path / "lake").rglob("*.par*")]
        rows = pa.concat_tables([f.select(["version", "request_id"]) for f in files])
        calls = [placed.store.call_hours("flights", v, span, 3600).total.sum() for v in ("1", "2")]
        assert sum(calls) == rows.group_by(["version", "request_id"]).aggregate([]).num_rows


def test_pages_show_what_they_would_after_a_load(judged_flat: tuple[LocalService, LocalService]):
    span = Window(START, NOW)
    for service in judged_flat:
        service.refresh()

    def shown(service: LocalService) -> list[str]:
        [data] = service.data(NOW).models
        window = service.targets()[0].windows[-1].window
        texts = [
            str(replace(data, size_bytes=None)),
            str(service.targets()),
            str(service.service_levels("flights", "1", span)),
            str(service.versions("flights")),
            str(service.performance("flights")),
            str(service.distribution("flights", "1", window, "distance", Against.CONFIGURED)),
        ]
        return [re.sub(r"(config_hash|duration_s)=[^,]+", "", text) for text in texts]

    loaded, placed = judged_flat
    for one, other in zip(shown(loaded), shown(placed), strict=True):
        assert other == one
    assert placed.data(NOW).models[0].size_bytes is None
