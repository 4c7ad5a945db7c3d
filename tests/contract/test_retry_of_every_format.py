"""
Rejected records of every format are read again as their log would have brought them.

The twin is a store that read the log rightly from the beginning; positions and numbers of what is
rejected are counted by the writers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest

from ingest.mapping import Mapping
from ingest.readers.registry import READERS
from ingest.sources import SourceFile
from monitors.collect_logs import Body, Collecting, Kind
from monitors.ingest_logs import Options, ingest_events
from monitors.retrying import RetryCounts, Retrying, retry_rejected
from store.counted import LoadCounts
from store.store import Store
from tests.contract.logs_of_every_format import FORMATS, Format
from tests.contract.written_calls import Call, Log

THEN = datetime(2026, 11, 20, 12, tzinfo=UTC)
NOW = THEN + timedelta(days=5)
SOON, LATER = THEN - timedelta(hours=2), THEN + timedelta(days=3)


def calls(of: Format, tag: str) -> list[Call]:
    """Calls with and without names, of one row and of two; some of the future, some twice."""
    # no record of one log is one of another
    own = timedelta(seconds=crc32(tag.encode()) % 3_000)

    def call(second: int, n_rows: int, name: str | None, at: datetime = SOON) -> Call:
        rows = [{"x": second + 0.5 * row, "who": f"p{row}"} for row in range(n_rows)]
        return Call(at + own + timedelta(seconds=second), rows, name)

    made = [
        call(1, 2, f"{tag}-1"),
        call(2, 1, f"{tag}-2", LATER),
        call(3, 2, f"{tag}-3", LATER),
        call(4, 1, f"{tag}-4"),
    ]
    if of.repeats:
        nameless = [call(5, 2, None), call(6, 2, None, LATER), call(7, 1, None, LATER)]
        made += [*nameless, *nameless]
    return made


class Pair:
    """The store that reads again, and the one that knew from the beginning."""

    def __init__(self, folder: Path) -> None:
        self.own = Store.open(folder / "own")
        self.twin = Store.open(folder / "twin")

    def check(self, source: str, model: str) -> None:
        assert stored(self.own, model) == stored(self.twin, model)
        assert rejected(self.own, source) == rejected(self.twin, source)


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Generator[Callable[[str], Pair]]:
    opened: dict[str, Pair] = {}

    def pair_of(test: str) -> Pair:
        if test not in opened:
            opened[test] = Pair(tmp_path_factory.mktemp("retry"))
        return opened[test]

    yield pair_of
    for pair in opened.values():
        pair.own.close()
        pair.twin.close()


@pytest.fixture
def stores(pairs: Callable[[str], Pair], request: pytest.FixtureRequest) -> Pair:
    """Two stores for all formats of one test: a model more costs less than a store."""
    return pairs(request.function.__name__)


def stored(store: Store, model: str) -> dict[str, Counter[str]]:
    if model not in store.models():
        return {}
    return {
        table: Counter(
            repr(sorted((name, cell) for name, cell in row.items() if cell is not None))
            for row in store.sql(f"select * from {table} where model = '{model}'").to_pylist()
        )
        for table in ("predictions", "calls", "labels")
    }


def rejected(store: Store, source: str) -> dict[tuple[int, str], int]:
    found = store.rejected(10_000, source)
    return {(one.rejection.position, one.rejection.reason): one.times for one in found}


def options(of: Format, model: str | None, now: datetime) -> Options:
    mapping = None if of.mapping is None else Mapping.model_validate(of.mapping)
    return Options(mapping, model, None, "auto", now)


def ingest(store: Store, log: Log, source: str, how: Options) -> Any:
    return ingest_events(store, [SourceFile(source, data=log.content)], how)


def retry(store: Store, source: str, model: str | None = None, **how: Any) -> RetryCounts:
    return retry_rejected(store, Retrying(now=NOW, source=source, model=model, **how))


def test_every_reader_is_tried_here() -> None:
    assert {one.reader for one in FORMATS.values()} == {reader.name for reader in READERS}


# a file without a column for the model is refused as a whole; samples may have none
NAMELESS = [name for name, of in FORMATS.items() if not of.has_header and name != "resources"]


def recounted(of: Format, made: Sequence[Call]) -> tuple[int, int]:
    """Predictions and calls; rows that nothing holds together are a call each."""
    n_rows = [len(one.rows) for one in made]
    n_calls = [
        n if of.by_row and one.name is None else 1 for one, n in zip(made, n_rows, strict=True)
    ]
    return sum(n_rows), sum(n_calls)


@pytest.mark.parametrize("name", NAMELESS)
def test_records_without_a_model_are_read_with_the_one_that_is_said(
    stores: Pair, name: str
) -> None:
    of, model, source = FORMATS[name], f"model of {name}", f"nameless {name}"
    made = calls(of, name.replace(" ", ""))
    log = of.write(made)
    first = ingest(stores.own, log, source, options(of, None, NOW))
    reasons = Counter(log.broken.values())
    assert first.stored == LoadCounts()
    assert first.rejected_reasons == reasons + Counter(missing_model=len(log.positions))
    assert at_their_places(rejected(stores.own, source), log)

    again = retry(stores.own, source, model)
    twin = ingest(stores.twin, log, source, options(of, model, NOW))

    assert twin.rejected_reasons == reasons
    assert (again.stored.predictions, again.stored.calls) == recounted(of, made)
    assert (again.still, again.untried) == (reasons, {})
    stores.check(source, model)
    second = retry(stores.own, source, model)
    assert (second.read, second.stored) == (0, LoadCounts())
    by_file = ingest(stores.own, log, source, options(of, model, NOW)).stored
    assert (by_file.predictions, by_file.calls, by_file.labels) == (0, 0, 0)
    stores.check(source, model)


def at_their_places(found: dict[tuple[int, str], int], log: Log) -> bool:
    """Whether each line is kept with its place; one that stands there twice with its first."""
    places = {at for at, _ in found}
    broken = {(at, reason) for at, reason in log.broken.items()}
    times = sum(n for (at, _), n in found.items() if at not in log.broken)
    return (
        broken <= found.keys()
        and places <= {*log.positions, *log.broken}
        and times == len(log.positions)
    )


def n_records(of: Format, made: Sequence[Call]) -> int:
    return sum(len(one.rows) if of.by_row else 1 for one in made)


# what is around a line is gone before a reader sees it
TIMED = [name for name in FORMATS if name != "resources" and " in " not in name]


@pytest.mark.parametrize("name", TIMED)
def test_records_of_the_future_are_read_when_it_has_come(stores: Pair, name: str) -> None:
    of, model, source = FORMATS[name], f"timed {name}", f"early {name}"
    made = calls(of, f"timed-{name.replace(' ', '')}")
    log = of.write(made)
    early = options(of, model, SOON - timedelta(days=3) if of.mapping else THEN)
    first = ingest(stores.own, log, source, early)
    future = [one for one in made if of.mapping or one.at >= LATER]
    assert first.rejected_reasons["future_ts"] == n_records(of, future)

    again = retry(stores.own, source)
    ingest(stores.twin, log, source, options(of, model, NOW))

    assert (again.stored.predictions, again.stored.calls) == recounted(of, future)
    assert not again.untried
    stores.check(source, model)
    assert ingest(stores.own, log, source, options(of, model, NOW)).stored.predictions == 0
    stores.check(source, model)


# a body has no mapping
SENT = [name for name in TIMED if FORMATS[name].mapping is None and "table" not in name]


@pytest.mark.parametrize("name", SENT)
def test_what_the_collector_was_sent_is_read_again_like_a_file(stores: Pair, name: str) -> None:
    of, model = FORMATS[name], f"sent {name}"
    log = of.write(calls(of, f"sent-{name.replace(' ', '')}"))
    body = Body(Kind.PREDICTIONS, log.content, of.reader, model)
    source = f"http {name}"
    (first,) = Collecting(stores.own).collect([body], THEN, source)
    assert "future_ts" in {one.reason for one in first.rejections}

    for kept in {
        one.source for one in stores.own.rejected(10_000) if one.source.startswith(source)
    }:
        assert not retry(stores.own, kept).untried
    Collecting(stores.twin).collect([body], NOW, source)

    assert stored(stores.own, model) == stored(stores.twin, model)
    (second,) = Collecting(stores.own).collect([body], NOW, source)
    assert (second.stored.predictions, second.stored.calls) == (0, 0)


# whose times are texts, and half the world writes them without a zone
LOCAL = [
    "ndjson in cri", "json", "csv", "parquet", "arrow", "tap", "v2", "sagemaker", "vertex table",
    "databricks", "ecs", "elasticsearch-bulk", "bentoml",
]  # fmt: skip


@pytest.mark.parametrize("name", LOCAL)
def test_local_times_are_read_when_their_zone_is_told(stores: Pair, name: str) -> None:
    of, model, source = FORMATS[name], f"local {name}", f"local {name}"
    made = calls(of, f"local-{name.replace(' ', '')}")
    log = of.write([replace(one, at=one.at.replace(tzinfo=None)) for one in made])
    how = options(of, model, NOW)
    first = ingest(stores.own, log, source, how)
    assert first.rejected_reasons["naive_ts"] == len(log.positions)
    assert first.stored.calls == 0

    mended = Mapping(ts_zone="America/New_York")
    again = retry(stores.own, source, mapping=mended)
    ingest(stores.twin, log, source, replace(how, mapping=mended))

    assert (again.stored.predictions, again.stored.calls) == recounted(of, made)
    stores.check(source, model)
    assert retry(stores.own, source, mapping=mended).read == 0
    twice = ingest(stores.own, log, source, replace(how, mapping=mended)).stored
    assert (twice.predictions, twice.calls) == (0, 0)


def test_a_triton_trace_is_read_when_its_day_is_told(stores: Pair) -> None:
    of, model = FORMATS["triton"], "traced"
    made = calls(of, "traced")
    log = of.write(made)
    first = ingest(stores.own, log, "traces", replace(options(of, model, NOW), mapping=None))
    assert first.rejected_reasons == {"no_time_of_day": len(made), "bad_json": 1}
    again = retry(stores.own, "traces", mapping=Mapping.model_validate(of.mapping))
    ingest(stores.twin, log, "traces", options(of, model, NOW))
    assert (again.stored.predictions, again.stored.calls) == recounted(of, made)
    stores.check("traces", model)


def test_samples_that_are_none_stay_and_the_others_are_stored(stores: Pair) -> None:
    of = FORMATS["resources"]
    log = of.write(calls(of, "samples"))
    first = ingest(stores.own, log, "samples", options(of, None, NOW))
    assert (first.samples, first.rejected_reasons) == (4, {"bad_json": 1})
    again = retry(stores.own, "samples")
    assert (again.read, again.still) == (0, {"bad_json": 1})
