"""Archived rows are answered for as if they still lay in the tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import store.archive.moving
from domain.column import Column
from domain.errors import StoreError
from domain.profile import ColumnKind, ColumnRole
from domain.window import Window
from store.file_places import Place
from store.store import Store
from tests.store.archived import answers, archive_all
from tests.store.made import START, at, batch, event

DAY = timedelta(days=1)
WINDOWS = [Window(START + i * DAY, START + (i + 1) * DAY) for i in range(5)]
NOW = START + 100 * DAY


def events(n: int = 400, days: int = 5, seed: int = 1) -> list[dict[str, object]]:
    rng = np.random.default_rng(seed)
    found: list[dict[str, object]] = []
    for i in range(n):
        fields: dict[str, object] = {
            "version": str(rng.choice(["1", "2", "a/b c"])),
            "prediction_id": f"p{i}",
            "latency_ms": float(rng.integers(1, 400)),
            "status": int(rng.choice([200, 200, 500])),
            "replica": str(rng.choice(["x", "y"])),
            "tags": '{"role":"shadow"}' if i % 7 == 0 else None,
        }
        if i % 3 == 0:
            fields["request_id"] = f"r{i // 6}"
        if i % 11:
            fields |= {
                "prediction": str(rng.choice(["late", "early"])),
                "score": float(rng.choice([0.1, 0.5, np.nan])),
                "features": {
                    "n": float(rng.choice([1.0, np.inf, np.nan, 7.25])),
                    "c": rng.choice(["UA", "é\u2603", ""]),
                    "flag": bool(rng.integers(2)),
                    "odd": "text" if i % 2 else 3.5,
                },
            }
        if i % 5 == 0:
            fields["label"] = "late"
        found.append(event(float(rng.integers(0, days * 1440 * 60)) / 60, **fields))
    return found


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "store") as store:
        made = events()
        store.load([batch([e for e in made if e["version"] == "1"])], "first")
        store.load([batch(made)], "all")
        yield store


def test_every_answer_is_the_same_before_and_after(filled: Store, tmp_path: Path) -> None:
    before = answers(filled, "m", WINDOWS)

    moved = archive_all(filled, "m", START + 3 * DAY, tmp_path / "cold", NOW)

    assert moved.predictions > 100
    assert moved.calls > 100
    assert moved.unanswered > 5
    assert answers(filled, "m", WINDOWS) == before


def test_views_of_sql_show_archived_rows(filled: Store, tmp_path: Path) -> None:
    query = """
        select version, count(*), min(ts), sum(f_n) filter (isfinite(f_n)), max(f_c)
        from predictions group by all order by all
    """
    calls = (
        "select model, count(*), sum(latency_ms), sum(rows) from calls group by all order by all"
    )
    before = filled.sql(query), filled.sql(calls), filled.sql("select * from labels").num_rows

    archive_all(filled, "m", START + 9 * DAY, tmp_path / "cold", NOW)

    assert filled.sql("select count(*) from m_m.predictions").to_pylist() == [{"count_star()": 0}]
    assert (filled.sql(query), filled.sql(calls)) == before[:2]
    assert filled.sql("select * from labels").num_rows == before[2]


def test_a_feature_that_came_later_is_missing_in_older_files(filled: Store, tmp_path: Path) -> None:
    archive_all(filled, "m", START + 9 * DAY, tmp_path / "cold", NOW)
    new = Column("new", ColumnKind.NUMBER, ColumnRole.FEATURE)
    filled.load([batch([event(4 * 1440, version="1", prediction="x", features={"new": 3.0})])], "b")

    assert filled.logs("m").first_values([new]) == {new: at(4 * 1440)}
    rows = filled.logs("m").rows([new], WINDOWS[:1], ["1"], 10**6).column("new")
    assert rows.null_count == len(rows) > 0


def test_files_lie_where_other_tools_look_for_them(filled: Store, tmp_path: Path) -> None:
    import pyarrow.dataset as ds

    archive_all(filled, "m", START + 9 * DAY, tmp_path / "cold", NOW)

    table = ds.dataset(tmp_path / "cold" / "predictions", partitioning="hive").to_table()
    assert sorted(set(table.column("model").to_pylist())) == ["m"]
    n = filled.sql("select count(*) as n from predictions").to_pylist()[0]["n"]
    assert table.num_rows == n
    for path in (tmp_path / "cold").rglob("*.parquet"):
        ts = ds.dataset(path).to_table().column("ts").to_pylist()
        assert ts == sorted(ts)
        assert {moment.date().isoformat() for moment in ts} == {
            path.parent.name.removeprefix("date=")
        }


def test_nothing_is_left_where_every_day_was_moved(filled: Store, tmp_path: Path) -> None:
    archive_all(filled, "m", START + 9 * DAY, tmp_path / "cold", NOW)

    on_disk = {str(path) for path in (tmp_path / "cold").rglob("*") if path.is_file()}
    known = {f"{file.place}/{file.path}" for file in filled.archived_files()}
    assert on_disk == known
    assert filled.days_before("m", datetime(2100, 1, 1, tzinfo=NOW.tzinfo)) == []


@pytest.mark.parametrize("wrong", ["a row less", "another value"])
def test_a_place_that_gives_back_other_rows_takes_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    write = store.archive.moving.write_files

    def careless(place: Place, paths: Sequence[str], rows: pa.RecordBatchReader) -> None:
        table = rows.read_all()
        if wrong == "a row less":
            table = table.slice(1)
        elif "score" in table.column_names:
            place_of_score = table.column_names.index("score")
            table = table.set_column(place_of_score, "score", pa.array([0.25] * len(table)))
        write(place, paths, table.to_reader())

    monkeypatch.setattr(store.archive.moving, "write_files", careless)
    with Store.open(tmp_path / "s") as opened:
        opened.load([batch([event(m, prediction="x", score=0.5) for m in (1, 2, 3)])], "a")
        [rows] = opened.days_before("m", START + DAY)

        with pytest.raises(StoreError, match="gives back other rows"):
            opened.archive_day(rows, str(tmp_path / "cold"), "test", NOW)

        left = opened.sql("select count(*) as n, sum(score) as s from m_m.predictions").to_pylist()
        assert left == [{"n": 3, "s": 1.5}]
        assert opened.archived_files() == []
        opened.sweep_archive()
    assert not list((tmp_path / "cold").rglob("*.parquet"))
