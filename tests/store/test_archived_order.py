"""Columns that are read one after the other come in one order, over the table and over files."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np

from domain.column import Column
from domain.profile import ColumnKind, ColumnRole
from domain.window import Window
from store.archive.spanning import asking
from store.scan import Scan
from store.store import Store
from tests.store.archived import archive_all
from tests.store.made import START, batch, event

DAY = timedelta(days=1)
N = 300_000
MADE = f"""
    insert into m_m.predictions by name
    select
        i::uhugeint as id,
        '' as version,
        timestamp '2013-07-01' + to_microseconds(i * {3 * 86_400_000_000 // N}) as ts,
        i::double as score,
        i::double as f_n
    from range({N}) rows(i)
"""


def test_rows_of_files_and_of_the_table_are_aligned_in_every_column(tmp_path: Path) -> None:
    columns = [
        Column("n", ColumnKind.NUMBER, ColumnRole.FEATURE),
        Column("score", ColumnKind.NUMBER, ColumnRole.SCORE),
    ]
    windows = [Window(START + i * DAY, START + (i + 1) * DAY) for i in range(3)]
    with Store.open(tmp_path / "s") as store:
        first = event(-60, prediction="x", score=0.5, features={"n": 1.0})
        store.load([batch([first])], "a")
        with store._database.writing() as connection:
            connection.execute(MADE)
        # two days in files of several row groups, one in the table
        moved = archive_all(store, "m", START + 2 * DAY, tmp_path / "cold", START + 100 * DAY)
        assert moved.predictions == 200_001

        with asking(store._database, "m", windows) as (connection, logs):
            scan = Scan(connection, logs, windows, [""] * 3)
            n, score = (scan.column_numbers(column) for column in columns)
            day = scan.index

    assert len(n) == N
    assert np.array_equal(n, score)
    # the window that a row was found in is that of its own time
    assert np.array_equal(day, n // (N // 3))
    assert np.array_equal(np.sort(n), np.arange(N))
