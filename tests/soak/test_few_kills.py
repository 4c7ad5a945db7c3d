"""A few of the kills of `make soak`: one of each kind that no other test has."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak.__main__ import soak

KINDS = ("checkpoint", "backup", "archive", "ending", "migration", "restore", "full_disk")


def test_whatever_an_owner_was_doing_nothing_is_lost_and_nothing_is_there_twice(tmp_path: Path):
    told: list[str] = []
    tallies = soak(tmp_path, len(KINDS), 1, told.append, KINDS)
    for name, tally in tallies.items():
        assert (tally.lost, tally.twice, tally.torn) == (0, 0, 0), name
        assert tally.kills
    assert sum(tally.acknowledged for tally in tallies.values())
    missing = set(KINDS) - tallies.keys()
    if missing:
        pytest.skip(f"all held, but {missing} was not tried: {told[0]}")
