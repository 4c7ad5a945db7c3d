"""`driftline backup` and `driftline restore`, as somebody uses them who needs them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.jobs.conftest import console
from tests.jobs.serving import owner_of, server

COUNT = "select count(*) as n from predictions"


def counted(call) -> int:
    return call("sql", COUNT, "--json").json["rows"][0][0]


@pytest.fixture
def late(desk: Path) -> Path:
    """A log that is not in the store yet."""
    path = desk / "late.ndjson"
    path.write_text('{"model":"parcel","version":"1","ts":"2024-04-08T10:00:00Z","score":0.5}\n')
    return path


def test_a_backup_brings_back_what_was_there_when_it_was_made(desk, late, call):
    before = counted(call)
    assert call("backup", "copy.duckdb").code == 0
    assert call("ingest", late).code == 0
    assert counted(call) == before + 1
    answer = call("restore", "copy.duckdb", "--json")
    assert answer.code == 0
    assert counted(call) == before
    kept = Path(answer.json["kept"])
    assert kept.exists()
    assert call("restore", kept).code == 0
    assert counted(call) == before + 1


def test_a_store_that_was_lost_comes_back(desk, call):
    before = counted(call)
    call("backup", "copy.duckdb")
    (desk / "store" / "driftline.duckdb").unlink()
    answer = call("restore", "copy.duckdb")
    assert (answer.code, "kept" in answer.out) == (0, False)
    assert counted(call) == before


def test_restore_names_the_owner_that_has_to_end_first(desk, call):
    call("backup", "copy.duckdb")
    before = counted(call)
    with server("collect", "--no-scheduler", cwd=desk) as owner:
        answer = call("restore", "copy.duckdb")
        pid = owner_of(desk)["pid"]
        assert answer.code == 2
        assert f"process {pid}" in answer.err
        assert owner.url in answer.err
        assert counted(call) == before
    assert call("restore", "copy.duckdb").code == 0


def test_restore_asks_no_server(desk, call, monkeypatch):
    monkeypatch.setenv("DRIFTLINE_SERVER", "http://127.0.0.1:9")
    answer = call("restore", "copy.duckdb")
    assert answer.code == 2
    assert "where its store lies" in answer.err


def test_a_backup_says_what_it_does_not_hold_and_restore_what_is_not_there(cold_desk, call):
    cold = cold_desk / "cold"
    files = sorted(cold.rglob("*.parquet"))
    before = counted(call)

    made = console("backup", "copy.duckdb", cwd=cold_desk)
    whole = console("restore", "copy.duckdb", cwd=cold_desk)
    assert f"not in it: {len(files)} archived files of 5760 rows at {cold}" in made.out
    assert (whole.code, "archived" in whole.out) == (0, False)
    assert counted(call) == before

    files[0].unlink()
    files[1].write_bytes(b"short")
    partly = call("restore", "copy.duckdb")
    assert partly.code == 0
    assert f"missing: 1 archived files of 80 rows, the first of them {files[0]}; put" in partly.out
    assert f"damaged: 1 archived files of 80 rows, the first of them {files[1]}; put" in partly.out

    cold.rename(cold_desk / "elsewhere")
    [line] = call("restore", "copy.duckdb", "--json").json["archive"]
    assert line.startswith(f"missing: {len(files)} archived files of 5760 rows")
    assert call("doctor", "--repair").code == 2
    assert counted(call) == 0
    [said] = call("backup", "other.duckdb", "--json").json["archived"] or [None]
    assert said is None


def test_a_backup_of_a_store_without_an_archive_holds_everything(desk, call):
    assert "not in it" not in call("backup", "copy.duckdb").out
