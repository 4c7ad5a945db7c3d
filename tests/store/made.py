"""Batches as the readers make them, for tests of the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pyarrow as pa
from hypothesis import settings

from domain.column import Column
from domain.profile import SortedColumn
from domain.window import Rows, Window
from store.store import Store

# `make soak` gets far more examples of what a store goes through
SOAKING = settings.get_current_profile_name() == "soak"

START = datetime(2013, 7, 1, tzinfo=UTC)
DAY = Window(START, START + timedelta(days=1))

_TYPES = {
    "ts": pa.timestamp("us", tz="UTC"),
    "score": pa.float64(),
    "latency_ms": pa.float64(),
    "sampling_rate": pa.float64(),
    "status": pa.int32(),
}

Event = Mapping[str, object]
Batch = tuple[str, pa.Table, pa.Table]


def at(minutes: float) -> datetime:
    """A moment of the first day and those after it."""
    return START + timedelta(minutes=minutes)


def event(minutes: float = 0, **fields: object) -> dict[str, object]:
    """One event; what is no field of an event stands under ``features``."""
    return {"ts": at(minutes), **fields}


def batch(events: Sequence[Event], model: str = "m", order: Sequence[str] | None = None) -> Batch:
    """Turn events into the two tables of a batch, with `order` of the feature columns."""
    fields = sorted({name for e in events for name in e if name != "features"})
    names = dict.fromkeys(n for e in events for n in _features(e))
    columns = {n: _column([_features(e).get(n) for e in events]) for n in order or names}
    table = pa.table(
        {f: pa.array([e.get(f) for e in events], _TYPES.get(f, pa.string())) for f in fields}
    )
    # a table without columns forgets how many rows it has
    features = pa.table(columns) if columns else table.select([])
    return model, table, features


def _features(e: Event) -> Mapping[str, object]:
    return e.get("features") or {}  # type: ignore[return-value]


def _column(values: list[object]) -> pa.Array:
    known = [v for v in values if v is not None]
    if all(isinstance(v, bool) for v in known):
        return pa.array(values, pa.bool_() if known else pa.null())
    if all(isinstance(v, int | float) and not isinstance(v, bool) for v in known):
        return pa.array([None if v is None else float(v) for v in values], pa.float64())  # type: ignore[arg-type]
    return pa.array([None if v is None else str(v) for v in values], pa.string())


def sorted_columns(
    store: Store,
    model: str,
    columns: Sequence[Column],
    windows: Sequence[Window],
    versions: Sequence[str],
) -> dict[Column, list[SortedColumn]]:
    """Keep the exact values of all columns side by side."""
    rows = Rows(tuple(windows), tuple(versions))
    return store.logs(model).each_sorted(columns, Rows(), rows, lambda *found: found[2])
