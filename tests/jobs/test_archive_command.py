"""`driftline archive` and what other commands say afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jobs.context import now
from tests.jobs.conftest import ARCHIVE, CONFIGURATION

SQL = "select version, count(*) as n, min(ts) as first from predictions group by all order by all"


@pytest.fixture
def archiving(desk: Path) -> Path:
    """A desk whose logs are all old enough."""
    (desk / "driftline.yaml").write_text(CONFIGURATION + ARCHIVE)
    return desk


def test_rows_move_once_and_are_still_answered_for(archiving: Path, call) -> None:
    before = call("sql", SQL)

    looked = call("archive", "--dry-run", "--json").json
    moved = call("archive", "--json").json
    again = call("archive", "--json").json

    [looked_at], [done], [nothing] = looked["models"], moved["models"], again["models"]
    assert done["archived"] > 5000
    assert (looked_at["days"], looked_at["archived"]) == (done["days"], 0)
    assert (nothing["days"], nothing["archived"]) == (0, 0)
    assert len(list((archiving / "cold").rglob("*.parquet"))) >= done["days"]
    assert call("sql", SQL) == before
    left = call("sql", "select count(*) as n from m_parcel.predictions")
    assert left.out.splitlines()[-1].strip('"') == "0"


def test_a_run_says_the_same_of_archived_windows(archiving: Path, call) -> None:
    window = ("run", "--window", "2024-04-06/2024-04-07", "--format", "json")
    before = call(*window).json

    call("archive")

    after = call(*window).json
    assert _judged(after) == _judged(before)
    assert before["runs"][0]["findings"]


def test_retention_drops_rows_and_keeps_runs(cold_desk: Path, call) -> None:
    days = (now().date() - _day("2024-04-02")).days
    (cold_desk / "driftline.yaml").write_text(
        CONFIGURATION + ARCHIVE + f"    retention: {{after: {days}d}}\n"
    )
    runs = call("sql", "select count(*) as n from runs").out

    done = call("archive", "--model", "parcel", "--json").json["models"][0]

    assert done["dropped"] > 1000
    first = call("sql", "select min(ts) as first from calls").out
    assert "2024-04-02" in first
    assert call("sql", "select count(*) as n from runs").out == runs


def test_without_a_setting_everything_stays_and_is_said_to(desk: Path, call) -> None:
    answer = call("archive")

    assert (answer.code, answer.err) == (0, "")
    assert "everything stays in the store" in answer.out
    assert not (desk / "cold").exists()


def test_a_place_that_cannot_be_written_is_one_line_with_what_to_do(archiving: Path, call) -> None:
    (archiving / "cold").write_text("a file")

    answer = call("archive")

    assert answer.code == 2
    assert len(answer.err.splitlines()) == 1
    assert "cold cannot be written" in answer.err
    assert "check that the folder" in answer.err


def _judged(told: dict[str, Any]) -> object:
    """Leave out when it was judged."""
    when = {"generated_at", "judged_at", "duration_s", "run_id", "started_at"}
    return [{k: v for k, v in run.items() if k not in when} for run in told["runs"]]


def _day(text: str):
    from datetime import date

    return date.fromisoformat(text)
