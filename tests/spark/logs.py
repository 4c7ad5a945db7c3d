"""One log as Parquet, with all that makes counting hard."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from domain.column import Column
from domain.profile import ColumnKind, ColumnRole, Grid, GridKind
from domain.window import Window

START = datetime(2013, 7, 1, tzinfo=UTC)
START_US = int(START.timestamp()) * 1_000_000
EDGES = np.array([-1.5, 0.0, 0.1, 1 / 3, 0.7, 1e300])
# each edge, its neighbours on both sides, and what else a double can be
HARD = np.array(
    [
        *EDGES,
        *np.nextafter(EDGES, -np.inf),
        *np.nextafter(EDGES, np.inf),
        -0.0,
        np.inf,
        -np.inf,
        np.nan,
        5e-324,
    ]
)
LABELS = ("UA", "ü", "Ü", "日本", "a'b\\c", "", " UA")

X = Column("x", ColumnKind.NUMBER)
TIED = Column("tied", ColumnKind.NUMBER)
FARE = Column("fare", ColumnKind.NUMBER)
CARRIER = Column("carrier", ColumnKind.CATEGORY)
WINTER = Column("winter", ColumnKind.CATEGORY)
SCORE = Column("score", ColumnKind.NUMBER, ColumnRole.SCORE)
ANSWER = Column("prediction", ColumnKind.CATEGORY, ColumnRole.PREDICTION)
NONE = np.empty(0)
GRIDS = {
    X: Grid(GridKind.QUANTILES, EDGES),
    TIED: Grid(GridKind.ATOMS, np.array([-3.0, 0.0, 4.0, 7.0])),
    FARE: Grid(GridKind.QUANTILES, np.array([0.07, 12.25])),
    SCORE: Grid(GridKind.QUANTILES, NONE),
    CARRIER: Grid(GridKind.CATEGORIES, NONE, ("日本", "UA", "", "a'b\\c")),
    WINTER: Grid(GridKind.CATEGORIES, NONE, ("false", "true")),
    ANSWER: Grid(GridKind.CATEGORIES, NONE, ("late",)),
}
# hours, then a gap, then two days, the last of them behind the data; two versions in turn
WINDOWS = (
    *(Window(START + timedelta(hours=h), START + timedelta(hours=h + 1)) for h in range(4)),
    Window(START + timedelta(hours=6), START + timedelta(hours=30)),
    Window(START + timedelta(days=9), START + timedelta(days=10)),
)
VERSIONS = ("1", "1", "2", "v'2", "1", "2")


def write(path: Path, n: int = 4000) -> Path:
    """Write the log, in two files so that rows do not lie in the order of time."""
    rng = np.random.default_rng(5)
    us = START_US + rng.integers(-2 * 3_600_000_000, 40 * 3_600_000_000, n)
    us = us[np.arange(n) // 3 * 3] + rng.integers(0, 60_000_000, n)  # rows of one request are near
    us[:8] = START_US + np.arange(8) * 3_600_000_000  # on the bounds of windows
    us[8:16] = us[:8] - 1

    def some(values: object, share: float = 0.1) -> pa.Array:
        array = pa.array(values)
        return pa.compute.if_else(pa.array(rng.random(n) < share), None, array)

    failed = rng.random(n) < 0.1
    table = pa.table(
        {
            "ts": pa.array(us, pa.timestamp("us", tz="UTC")),
            "version": some(rng.choice(["1", "2", "v'2"], n), 0.02),
            "prediction_id": [f"p{i}" for i in range(n)],
            "request_id": some([f"r{i // 3}" for i in range(n)], 0.3),
            "prediction": pa.compute.if_else(
                pa.array(failed), None, pa.array(rng.choice(["late", "early", "日本"], n))
            ),
            "score": some(rng.choice([0.1, 0.5, 0.9, np.nan], n)),
            "latency_ms": some(np.round(rng.gamma(2, 20, n), 1)),
            "status": pa.array(
                np.where(failed, rng.choice([503, 500, 0, 429], n), 200), pa.int32()
            ),
            "replica": some(rng.choice(["pod-1", "pod-2"], n)),
            "sampling_rate": some(rng.choice([1.0, 0.5, 0.3], n)),
            "tags": some(rng.choice(['{"role": "shadow"}', '{"role": "stable", "t": "x"}'], n)),
            "label": some(rng.choice(["late", "early"], n), 0.5),
            "x": some(rng.choice(HARD, n)),
            "tied": some(rng.integers(-3, 8, n), 0.05),
            "fare": pa.array(np.round(rng.random(n) * 25, 2)).cast(pa.decimal128(9, 2)),
            "carrier": some(rng.choice(LABELS, n)),
            "winter": some(rng.random(n) < 0.4),
        }
    )
    path.mkdir()
    pq.write_table(table.slice(0, n // 2), path / "a.parquet")
    pq.write_table(table.slice(n // 2), path / "b.parquet")
    return path
