"""`driftline erase`, as somebody uses it who has to answer a person."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.jobs.serving import server

PERSON = "u-4711-q"
LINE = '{"model":"m","version":"1","ts":"2024-04-0%dT10:00:00Z","prediction_id":"p%d",'
LINE += '"score":0.5,"tags":{"user":"%s"},"features":{"x":%d}}\n'
ERASE = ("erase", "--model", "m", "--where", f"tags.user={PERSON}")


@pytest.fixture
def log(desk: Path) -> Path:
    path = desk / "people.ndjson"
    path.write_text(
        "".join(LINE % (1 + i % 7, i, PERSON if i % 3 else "u-1", i) for i in range(60))
    )
    return path


def in_the_store(desk: Path) -> bool:
    found = subprocess.run(
        ["grep", "-rqaF", PERSON, str(desk / "store")], capture_output=True, check=False
    )
    return found.returncode == 0


@pytest.mark.parametrize("owned", [False, True])
def test_no_byte_of_a_person_is_left_beside_the_store(desk, call, log, owned):
    def erase() -> None:
        assert call("ingest", log).code == 0
        assert in_the_store(desk)
        answer = call(*ERASE, "--yes")
        assert answer.code == 0
        assert "erased 40 predictions" in answer.out
        assert "ingesting such a log stores them again" in answer.err
        assert not in_the_store(desk)

    if not owned:
        erase()
        return
    with server("collect", "--no-scheduler", cwd=desk):
        erase()


def test_nothing_is_erased_where_nobody_can_be_asked(desk, call, log):
    call("ingest", log)
    answer = call(*ERASE)
    assert answer.code == 2
    assert "--yes" in answer.err
    assert call(*ERASE, "--dry-run", "--json").json["predictions"] == 40


def test_a_log_that_still_holds_the_rows_brings_them_back_as_new(desk, call, log):
    call("ingest", log)
    call(*ERASE, "--yes")
    again = call("ingest", log, "--json").json
    assert (again["predictions"], again["duplicates"]) == (40, 20)
