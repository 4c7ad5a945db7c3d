"""Archiving in tests, and everything that can be asked of a model."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import numpy as np

from domain.column import Column
from domain.profile import ColumnKind, Grid, GridKind
from domain.window import Rows, Window
from store.archive.catalog import Moved
from store.store import Store

GRID = Grid(GridKind.QUANTILES, np.array([0.3, 2.0, 5.0]))
_OF_CELLS = ("replica", "bucket", "cell", "count")


def archive_all(store: Store, model: str, before: datetime, to: Path, now: datetime) -> Moved:
    """Archive every whole day before a midnight; return what was moved."""
    total = Moved()
    for rows in store.days_before(model, before):
        moved = store.archive_day(rows, str(to), "test", now)
        assert moved is not None
        total += moved
    return total


def answers(store: Store, model: str, windows: Sequence[Window]) -> dict[str, object]:
    """Return what every question is answered, in a form that can be compared."""
    columns = store.logs(model).columns()
    numbers = [c for c in columns if c.kind is ColumnKind.NUMBER]
    told: dict[str, object] = {
        "deployments": store.logs(model).deployments(),
        "columns": columns,
        "first": store.logs(model).first_values(columns),
        "span": store.logs(model).data_span(),
        "rows": _plain(store.logs(model).row_counts(windows)),
        "calls": _plain(store.logs(model).call_counts(windows)),
        "requests": store.logs(model)
        .request_counts(Window(windows[0].start, windows[-1].end), 3600)
        .tolist(),
    }
    store.refresh_call_hours()
    for info in store.logs(model).deployments():
        told[info.version] = _of_version(store, model, info.version, windows, columns, numbers)
    return told


def _of_version(
    store: Store,
    model: str,
    version: str,
    windows: Sequence[Window],
    columns: Sequence[Column],
    numbers: Sequence[Column],
) -> dict[str, object]:
    versions = (version,) * len(windows)
    rows = Rows(tuple(windows), versions)
    whole = Window(windows[0].start, windows[-1].end)
    served = store.logs(model).prediction_counts(version, windows)
    buckets = store.logs(model).call_buckets(version, whole, 7200, (100.0,))
    hours = store.call_hours(model, version, whole, 3600)
    grids = dict.fromkeys(numbers, GRID)
    sorted_ = store.logs(model).each_sorted(
        numbers, rows, rows, lambda _, one, parts: [one, *parts]
    )
    sample = store.logs(model).rows(columns, windows, versions, 10**9)
    return {
        "served": (served.predictions.tolist(), served.shadow.tolist()),
        "counts": {
            c: series.counts.tolist()
            for c, series in store.logs(model).counts(grids, windows, versions).items()
        },
        "sorted": {
            c: [(s.values.tolist(), s.counts.tolist(), s.missing) for s in parts]
            for c, parts in sorted_.items()
        },
        "sample": sorted(map(repr, sample.to_pylist())),
        "buckets": [np.round(getattr(buckets, n), 9).tolist() for n in ("total", "failed", "slow")],
        "hours": (
            hours.replicas,
            hours.total.tolist(),
            hours.failed.tolist(),
            # cells come in any order
            sorted(zip(*(getattr(hours, n).tolist() for n in _OF_CELLS), strict=True)),
        ),
        "quantiles": repr(
            store.logs(model).latency_quantiles(version, windows, (0.0, 0.5, 0.9)).tolist()
        ),
        "failed": store.logs(model).failed_statuses(version, windows),
        "spans": store.logs(model).event_spans(version, windows),
        "outcomes": [
            (
                sorted(zip(o.predictions, o.labels, map(repr, o.scores.tolist()), strict=True)),
                o.pending,
                o.newest_label_at,
            )
            for o in store.logs(model).outcomes(version, windows)
        ],
    }


def _plain(counts: dict[str, np.ndarray]) -> dict[str, list[int]]:
    return {version: n.tolist() for version, n in counts.items()}
