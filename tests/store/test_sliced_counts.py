"""A column counted slice by slice is what a plain recount of the rows gives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from domain.column import Column
from domain.errors import UnknownNameError
from domain.profile import ColumnKind, ColumnRole, Grid, GridKind
from domain.slice import Slice, SliceKind
from domain.window import Rows, Window
from ingest.in_place import InPlace
from ingest.mapping import Mapping
from store.store import Store
from tests.store.made import at, batch, event

FARE = Column("fare", ColumnKind.NUMBER)
CARRIER = Column("carrier", ColumnKind.CATEGORY)
STOPS = Column("stops", ColumnKind.NUMBER)
REPLICA = Column("replica", ColumnKind.CATEGORY, ColumnRole.CALLS)
GRID = Grid(GridKind.QUANTILES, np.array([10.0, 20.0]))
LABELS = Grid(GridKind.CATEGORIES, np.empty(0), ("UA", "B6"))
HOURS = [Window(at(60 * h), at(60 * h + 60)) for h in range(6)]
# the third window lies in the baseline, too; versions take turns
WHOLE = Rows(tuple(HOURS[:3]), ("1", "2", "1"))
APART = Rows((HOURS[2], HOURS[4], HOURS[5]), ("1", "1", "2"))
KEYS = {"carrier": CARRIER, "stops": STOPS, "replica": REPLICA}


def made(n: int = 1500) -> list[dict[str, object]]:
    rng = np.random.default_rng(3)
    carriers = np.array(["UA", "AA", "B6", "日本", "a'b", None], object)
    return [
        {
            "minute": float(rng.integers(-20, 400)),
            "version": str(rng.choice(["1", "2", "3"])),
            "replica": str(rng.choice(["pod-1", "pod-2"])),
            "fare": None if rng.random() < 0.1 else float(rng.choice([5, 10, 15, 20, 25])),
            "carrier": rng.choice(carriers, p=[0.4, 0.2, 0.15, 0.1, 0.1, 0.05]),
            "stops": None if rng.random() < 0.1 else float(rng.choice([0, 1, 2.5])),
        }
        for _ in range(n)
    ]


ROWS = made()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    events = [
        event(
            row["minute"],
            request_id=f"r{i}",
            version=row["version"],
            replica=row["replica"],
            prediction="late",
            features={k: row[k] for k in ("fare", "carrier", "stops") if row[k] is not None},
        )
        for i, row in enumerate(ROWS)
    ]
    with Store.open(tmp_path_factory.mktemp("sliced")) as store:
        store.load([batch(events[:900])], "a")
        store.load([batch(events[900:])], "b")
        yield store


def place(fare: object) -> int:
    if fare is None:
        return 3
    return sum(float(str(fare)) >= edge for edge in GRID.edges)


def recount(by: str, rows: Rows) -> Counter[tuple[object, int]]:
    """Count (value of the slice, place of the fare) of the rows one by one."""
    spans = list(zip(rows.windows, rows.versions, strict=True))
    return Counter(
        (row[by], place(row["fare"]))
        for row in ROWS
        if any(w.contains(at(row["minute"])) and v == row["version"] for w, v in spans)
    )


@pytest.mark.parametrize("by", KEYS)
@pytest.mark.parametrize("most", [2, 20])
def test_every_slice_holds_the_rows_of_a_plain_recount(filled: Store, by: str, most: int):
    found = filled.logs("m").sliced_counts(FARE, GRID, KEYS[by], WHOLE, APART, most=most)

    baseline = recount(by, WHOLE)
    assert len(found) == len(APART.windows)
    for i, sliced in enumerate(found):
        window = recount(by, Rows((APART.windows[i],), (APART.versions[i],)))
        rows: Counter[object] = Counter()
        for (value, _), n in [*baseline.items(), *window.items()]:
            rows[value] += n if value is not None else 0
        top = sorted((v for v in rows if v is not None), key=lambda v: (-rows[v], v))[:most]
        named = {v: Slice(by, SliceKind.VALUE, f"{v:g}" if by == "stops" else v) for v in top}
        slots = {None: Slice(by, SliceKind.MISSING), **named}
        for side, counted in enumerate((baseline, window)):
            wanted: Counter[tuple[Slice, int]] = Counter()
            for (value, cell), n in counted.items():
                wanted[slots.get(value, Slice(by, SliceKind.OTHER)), cell] += n
            told = {
                (one, cell): int(n)
                for one, cells in zip(sliced.slices, sliced.counts[side], strict=True)
                for cell, n in enumerate(cells)
                if n
            }
            assert told == dict(wanted)
        assert [s for s in sliced.slices if s.kind is SliceKind.VALUE] == list(named.values())


@pytest.mark.parametrize(("column", "grid"), [(FARE, GRID), (CARRIER, LABELS)])
def test_all_slices_together_are_the_columns_own_counts(filled: Store, column: Column, grid: Grid):
    found = filled.logs("m").sliced_counts(column, grid, STOPS, WHOLE, APART)

    whole = filled.logs("m").counts({column: grid}, WHOLE.windows, WHOLE.versions)[column]
    apart = filled.logs("m").counts({column: grid}, APART.windows, APART.versions)[column]
    for i, sliced in enumerate(found):
        reference, current = sliced.totals()
        assert reference.counts.tolist() == whole.total().counts.tolist()
        assert current.counts.tolist() == apart.at(i).counts.tolist()


def test_a_windows_slices_do_not_hang_on_which_others_are_asked_for(filled: Store):
    together = filled.logs("m").sliced_counts(FARE, GRID, CARRIER, WHOLE, APART, most=2)
    for i, sliced in enumerate(together):
        only = Rows((APART.windows[i],), (APART.versions[i],))
        (alone,) = filled.logs("m").sliced_counts(FARE, GRID, CARRIER, WHOLE, only, most=2)
        assert (alone.slices, alone.counts.tolist()) == (sliced.slices, sliced.counts.tolist())


def test_without_rows_there_are_no_slices(filled: Store):
    long_ago = Rows((Window(at(-9000), at(-8000)),), ("1",))
    (found,) = filled.logs("m").sliced_counts(FARE, GRID, CARRIER, Rows(), long_ago)
    assert (found.slices, found.counts.shape) == ((), (2, 0, GRID.n_cells + 2))
    assert filled.logs("m").sliced_counts(FARE, GRID, CARRIER, WHOLE, Rows()) == []


def test_a_column_that_is_not_there_is_named_with_the_nearest(filled: Store):
    wrong = Column("carier", ColumnKind.CATEGORY)
    with pytest.raises(UnknownNameError, match="did you mean 'carrier'"):
        filled.logs("m").sliced_counts(FARE, GRID, wrong, WHOLE, APART)


def test_parquet_that_nobody_loads_is_sliced_alike(filled: Store, tmp_path: Path):
    pq.write_table(
        pa.table(
            {
                "ts": pa.array([at(row["minute"]) for row in ROWS], pa.timestamp("us", "UTC")),
                "version": [row["version"] for row in ROWS],
                "replica": [row["replica"] for row in ROWS],
                "prediction": ["late"] * len(ROWS),
                "fare": pa.array([row["fare"] for row in ROWS], pa.float64()),
                "carrier": pa.array([row["carrier"] for row in ROWS], pa.string()),
                "stops": pa.array([row["stops"] for row in ROWS], pa.float64()),
            }
        ),
        tmp_path / "log.parquet",
    )
    with Store.open(tmp_path / "store") as store:
        store.attach_files("p", str(tmp_path / "log.parquet"), InPlace(Mapping(), "p"))
        store.look("p")
        for by in KEYS.values():
            mine = store.logs("p").sliced_counts(FARE, GRID, by, WHOLE, APART)
            theirs = filled.logs("m").sliced_counts(FARE, GRID, by, WHOLE, APART)
            for own, other in zip(mine, theirs, strict=True):
                assert (own.slices, own.counts.tolist()) == (other.slices, other.counts.tolist())
