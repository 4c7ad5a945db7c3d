"""A file of the archive that is damaged or gone is named and never passed over in silence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from domain.column import Column
from domain.erasure import Condition, Erasing
from domain.errors import StoreError
from domain.profile import ColumnKind, ColumnRole
from domain.tiers import Fault
from domain.window import Window
from store.archive.catalog import add_leftover
from store.backup import restore
from store.catalog import DeploymentInfo
from store.store import Store
from tests.store.archived import GRID, archive_all
from tests.store.made import START, at, batch, event

DAY = timedelta(days=1)
NOW = START + 100 * DAY
WINDOWS = [Window(START + i * DAY, START + (i + 1) * DAY) for i in range(3)]


@pytest.fixture
def cold(tmp_path: Path) -> Path:
    return tmp_path / "cold"


@pytest.fixture
def store(tmp_path: Path, cold: Path) -> Iterator[Store]:
    """Three archived days of three rows each."""
    with Store.open(tmp_path / "store") as opened:
        minutes = [d * 1440 + m for d in range(3) for m in (0, 720, 1439)]
        made = [
            event(m, version="1", request_id=f"r{m}", prediction="x", score=0.5) for m in minutes
        ]
        opened.load([batch(made)], "a")
        archive_all(opened, "m", START + 3 * DAY, cold, NOW)
        yield opened


def _file(cold: Path, kind: str, day: str) -> Path:
    [path] = (cold / kind).rglob(f"date={day}/*.parquet")
    return path


def _flip(path: Path) -> bytes:
    """Change the bytes in the middle of a file; return them as they were."""
    before = path.read_bytes()
    middle = len(before) // 3
    path.write_bytes(
        before[:middle]
        + bytes(b ^ 0xFF for b in before[middle : middle + 400])
        + before[middle + 400 :]
    )
    return before


def test_a_whole_archive_has_no_fault(store: Store) -> None:
    assert store.check_archive("me", NOW, repair=True, every_byte=True) == []


def test_every_byte_is_read_again_after_a_month_or_when_asked_for_and_the_footer_always(
    store: Store, cold: Path
) -> None:
    path = _file(cold, "calls", "2013-07-02")
    day = timedelta(days=1)

    def faults(at: int, *, every_byte: bool = False) -> list[Fault]:
        found = store.check_archive("me", NOW + at * day, repair=False, every_byte=every_byte)
        return [one.fault for one in found]

    assert faults(31) == []
    whole = path.read_bytes()
    # of the first page, far from the footer
    path.write_bytes(whole[:20] + bytes(b ^ 0xFF for b in whole[20:28]) + whole[28:])
    assert faults(60) == []
    assert faults(60, every_byte=True) == [Fault.DAMAGED]
    assert faults(61) == [Fault.DAMAGED]
    path.write_bytes(whole[:-8] + b"\xff" * 8)
    assert faults(1) == [Fault.DAMAGED]
    path.write_bytes(_file(cold, "calls", "2013-07-01").read_bytes())
    assert faults(1) == [Fault.DAMAGED]
    path.write_bytes(whole)
    assert faults(62) == []


def test_a_file_whose_rows_came_back_while_others_were_looked_at_is_no_fault(
    store: Store,
) -> None:
    worse = event(1440 * 2 + 1, version="1", request_id=f"r{2 * 1440}", status=500)
    steps = iter(range(100))

    def go_on() -> None:
        if next(steps) == 1:
            store.load([batch([worse])], "b")
            assert store.sweep_archive()

    assert store.check_archive("me", NOW, repair=True, every_byte=True, go_on=go_on) == []
    assert store.sql("select count(*) as n from calls").to_pylist() == [{"n": 9}]


def test_a_question_over_a_damaged_file_fails_and_says_who_helps(store: Store, cold: Path) -> None:
    _flip(_file(cold, "predictions", "2013-07-02"))

    with pytest.raises(StoreError, match="driftline doctor"):
        store.logs("m").prediction_counts("1", WINDOWS)
    assert store.logs("m").prediction_counts("1", WINDOWS[:1]).predictions.tolist() == [3]


@pytest.mark.parametrize("fault", list(Fault))
def test_what_is_set_aside_is_passed_over_said_and_taken_back(
    store: Store, cold: Path, fault: Fault
) -> None:
    path = _file(cold, "predictions", "2013-07-02")
    whole = _flip(path)
    if fault is Fault.MISSING:
        path.unlink()

    [looked] = store.check_archive("me", NOW, repair=False, every_byte=True)
    assert (looked.fault, looked.rows, looked.set_aside) == (fault, 3, False)
    assert store.missing_shares("m", "1", WINDOWS) == [0, 0, 0]

    [repaired] = store.check_archive("me", NOW, repair=True, every_byte=True)
    assert repaired.set_aside
    assert store.logs("m").prediction_counts("1", WINDOWS).predictions.tolist() == [3, 0, 3]
    shares = store.missing_shares("m", "1", WINDOWS)
    assert shares == [0, pytest.approx(1439 / 1440, abs=1e-6), 0]
    assert store.missing_shares("m", "2", WINDOWS) == [0, 0, 0]
    assert path.with_name(path.name + ".damaged").exists() == (fault is Fault.DAMAGED)

    path.write_bytes(whole)
    assert store.check_archive("me", NOW, repair=True, every_byte=True) == []
    assert store.logs("m").prediction_counts("1", WINDOWS).predictions.tolist() == [3, 3, 3]
    assert store.missing_shares("m", "1", WINDOWS) == [0, 0, 0]


def test_erasing_refuses_while_nobody_can_look_into_a_damaged_file(
    store: Store, cold: Path
) -> None:
    path = _file(cold, "predictions", "2013-07-02")
    _flip(path)
    wanted = Erasing("m", (Condition("request_id", "r0"),), None)

    with pytest.raises(StoreError, match="doctor --repair"):
        store.erase(wanted, "me", NOW)
    store.check_archive("me", NOW, repair=True, every_byte=True)
    aside = path.with_name(path.name + ".damaged")
    with pytest.raises(StoreError, match=f"{aside.name} is damaged and may hold"):
        store.erase(wanted, "me", NOW)
    aside.unlink()

    assert store.erase(wanted, "me", NOW).predictions == 1


def test_a_load_that_has_to_change_a_damaged_day_stores_nothing(store: Store, cold: Path) -> None:
    _flip(_file(cold, "calls", "2013-07-01"))
    worse = event(1, version="1", request_id="r0", status=500)

    with pytest.raises(StoreError, match="doctor"):
        store.load([batch([worse])], "b")

    assert store.sql("select count(*) as n from m_m.calls").to_pylist() == [{"n": 0}]


def test_a_restored_copy_removes_no_file_that_counts_for_the_original(
    store: Store, cold: Path, tmp_path: Path
) -> None:
    store.load([batch([event(5, version="1", prediction="x", request_id="late")])], "b")
    [rows] = store.days_before("m", START + DAY)
    file = _file(cold, "calls", "2013-07-03")
    with store._database.writing() as connection:
        add_leftover(connection, str(cold), str(file.relative_to(cold)))
    store.backup(tmp_path / "copy.duckdb")

    restore(tmp_path / "copy.duckdb", tmp_path / "other", NOW)

    with Store.open(tmp_path / "other") as other:
        assert other.sweep_archive() == []
        assert other.check_archive("me", NOW, repair=False, every_byte=True) == []
    assert file.exists()
    assert rows.version == "1"


def test_hours_of_a_file_set_aside_keep_their_counts_until_it_is_back(
    store: Store, cold: Path
) -> None:
    store.refresh_call_hours()
    store.refresh_column_hours()
    path = _file(cold, "calls", "2013-07-02")
    served = _file(cold, "predictions", "2013-07-02")
    whole = _flip(path), _flip(served)
    store.check_archive("me", NOW, repair=True, every_byte=True)

    late = event(1440 + 721, version="1", request_id="late", prediction="x", score=0.5)
    store.load([batch([late])], "b")
    store.refresh_call_hours()
    store.refresh_column_hours()

    cold_rows = store.volumes(WINDOWS[0])["m"].archived
    assert (cold_rows.damaged, cold_rows.lost_rows, cold_rows.rows) == (2, 6, 12)
    assert _by_hour(store, "call_hours", "logged") == [3, 3, 3]
    assert _by_hour(store, "prediction_hours", "predictions") == [3, 3, 3]
    # every question about the window tells of the one row that is left of it
    assert store.logs("m").prediction_counts("1", WINDOWS).predictions.tolist() == [3, 1, 3]
    assert store.logs("m").row_counts(WINDOWS)["1"].tolist() == [3, 1, 3]
    assert store.logs("m").call_counts(WINDOWS)["1"].tolist() == [3, 1, 3]
    assert store.logs("m").deployments() == (DeploymentInfo("1", at(0), at(3 * 1440 - 1), 7, 7),)
    score = Column("score", ColumnKind.NUMBER, ColumnRole.SCORE)
    counted = store.logs("m").counts({score: GRID}, WINDOWS, ["1"] * 3)[score]
    assert counted.counts.sum(axis=1).tolist() == [3, 1, 3]

    path.write_bytes(whole[0])
    served.write_bytes(whole[1])
    store.check_archive("me", NOW, repair=True, every_byte=True)
    store.refresh_call_hours()
    store.refresh_column_hours()

    assert _by_hour(store, "call_hours", "logged") == [3, 4, 3]
    assert _by_hour(store, "prediction_hours", "predictions") == [3, 4, 3]
    assert store.logs("m").call_counts(WINDOWS)["1"].tolist() == [3, 4, 3]


def test_a_version_of_which_every_file_is_lost_is_still_known(store: Store, cold: Path) -> None:
    for path in cold.rglob("*.parquet"):
        path.unlink()
    store.check_archive("me", NOW, repair=True, every_byte=True)

    assert store.logs("m").deployments() == (DeploymentInfo("1", at(0), at(3 * 1440 - 1), 0, 0),)
    assert store.missing_shares("m", None, WINDOWS) == pytest.approx([1, 1, 1], abs=1e-3)


def _by_hour(store: Store, table: str, count: str) -> list[int]:
    sql = f"select sum({count})::int as n from {table} group by hour::date order by hour::date"
    return store.sql(sql).column("n").to_pylist()
