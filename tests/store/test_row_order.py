"""Columns are read one by one and belong together by their place: the order must hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from domain.column import Column
from domain.profile import ColumnKind
from domain.window import Window
from store.store import Store
from tests.store.made import sorted_columns

ROWS, DAYS = 500_000, 50
START = datetime(2026, 1, 1, tzinfo=UTC)


def test_every_row_of_many_keeps_its_window_in_every_column(tmp_path: Path) -> None:
    day = np.arange(ROWS) * DAYS // ROWS
    ts_us = int(START.timestamp() * 1e6) + np.arange(ROWS) * (DAYS * 86_400_000_000 // ROWS)
    events = pa.table(
        {
            "ts": pa.array(ts_us, pa.timestamp("us", tz="UTC")),
            "version": pa.array(np.where(np.arange(ROWS) % 2, "1", "2")),
            "prediction_id": pa.array(np.arange(ROWS).astype(str)),
            "score": pa.array(np.full(ROWS, 0.5)),
        }
    )
    features = pa.table({"day": day.astype(np.float64), "name": np.char.add("d", day.astype(str))})
    number, text = Column("day", ColumnKind.NUMBER), Column("name", ColumnKind.CATEGORY)
    windows = [
        Window(START + timedelta(days=i), START + timedelta(days=i + 1)) for i in range(DAYS)
    ]
    whose = ["1" if i % 3 else "2" for i in range(DAYS)]
    with Store.open(tmp_path) as store:
        store.load([("m", events, features)], "made")
        for _ in range(3):
            exact = sorted_columns(store, "m", [number], windows, whose)[number]
            assert [list(one.values) for one in exact] == [[float(i)] for i in range(DAYS)]
            found = store.logs("m").rows([number, text], windows, whose, ROWS)
            assert [f"d{v:g}" for v in found["day"].to_pylist()] == found["name"].to_pylist()
