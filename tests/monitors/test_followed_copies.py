"""Copies of followed files are known by their content, and go on as files of their own."""

from __future__ import annotations

import gzip
import os
import shutil
from collections import Counter
from pathlib import Path

import pytest

from tests.monitors.followed import Followed, append, events


@pytest.fixture
def followed(tmp_path: Path) -> Followed:
    return Followed(tmp_path)


def ids(followed: Followed) -> list[int | None]:
    return sorted(one.id or 0 for one in followed.service.checkpoints())


@pytest.mark.parametrize("grows", ["original", "copy"])
def test_what_is_appended_to_one_of_two_that_were_alike_is_taken(
    followed: Followed, grows: str
) -> None:
    log, copy = followed.logs / "app.log", followed.logs / "backup.log"
    append(log, events(1, 1))
    followed.look()
    shutil.copy(log, copy)
    followed.look()
    append(copy, events(2))
    followed.look()
    append(log if grows == "original" else copy, events(3, 1))
    followed.look()
    followed.look()

    # of the same record in two files one is a repetition of the other
    assert followed.features() == {1.0: 3, 2.0: 1, 3.0: 1}
    assert len(ids(followed)) == 2
    assert followed.ingest_everything().stored.predictions == 0


@pytest.mark.parametrize("by", ["the same follower", "another one"])
def test_two_copies_of_a_file_that_was_cut_off_are_two_files(followed: Followed, by: str) -> None:
    log = followed.logs / "app.log"
    append(log, events(1, 1))
    followed.look()
    append(log, events(2))
    # logrotate has copied and packed, and not yet removed what it packed
    shutil.copy(log, followed.logs / "app.log.1")
    (followed.logs / "app.log.1.gz").write_bytes(gzip.compress(log.read_bytes()))
    os.truncate(log, 0)
    append(log, events(3))
    if by == "another one":
        followed.restart()
    followed.look()
    followed.look()
    append(followed.logs / "app.log.1", events(4))
    append(log, events(5))
    if by == "another one":
        followed.restart()
    followed.look()

    assert followed.features() == Counter({1.0: 2, 2.0: 1, 3.0: 1, 4.0: 1, 5.0: 1})
    assert len(set(ids(followed))) == len(ids(followed)) == 3
    assert followed.ingest_everything().stored.predictions == 0
