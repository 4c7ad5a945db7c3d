"""Sources that are followed: named in the configuration, and shown with how they stand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain.checkpoint import FollowedSource, FollowedState
from domain.errors import ConfigurationError
from monitors.config_file import load_config
from monitors.gathering.followed import followed
from monitors.views.data import Following
from tests.monitors.followed import Followed, append, events

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
GOOD = FollowedSource(
    state=FollowedState(source="logs", looked_at=NOW, files=1, bytes_behind=0, every_s=2.0),
    bytes_taken=9,
    newest=NOW,
)


def standing(after: timedelta = timedelta(), **state: object) -> Following:
    changed = replace(GOOD.state, **state)  # pyright: ignore[reportArgumentType]
    (one,) = followed([replace(GOOD, state=changed)], NOW + after)
    return one.following


def test_a_source_says_how_it_stands() -> None:
    assert standing() is Following.CURRENT
    assert standing(bytes_behind=1) is Following.BEHIND
    assert standing(failing=1, error="no", bytes_behind=1) is Following.FAILING
    assert standing(every_s=0.0) is Following.ONCE


def test_nobody_is_taken_for_dead_between_two_signs_of_life_and_everybody_after() -> None:
    assert standing(timedelta(seconds=90)) is Following.CURRENT
    assert standing(timedelta(minutes=3)) is Following.STOPPED
    assert standing(timedelta(minutes=3), every_s=600.0) is Following.CURRENT
    assert standing(timedelta(days=3), every_s=0.0) is Following.ONCE


def test_the_source_that_needs_somebody_comes_first() -> None:
    bad = replace(GOOD, state=replace(GOOD.state, source="z", failing=1))
    assert [one.source for one in followed([GOOD, bad], NOW)] == ["z", "logs"]


def test_the_data_page_is_told_of_followed_sources(tmp_path: Path) -> None:
    desk = Followed(tmp_path)
    append(desk.logs / "app.log", events(1, 2))
    desk.look()
    (source,) = desk.service.data(desk.now).followed

    assert (source.source, source.files) == (str(desk.logs), 1)
    assert (source.bytes_taken, source.bytes_behind) == (len(events(1, 2)), 0)


def test_paths_of_the_configuration_are_taken_from_its_folder(tmp_path: Path) -> None:
    (tmp_path / "map.yaml").write_text("ts: time\n", encoding="utf-8")
    (tmp_path / "driftline.yaml").write_text(
        "follow:\n"
        "  - {path: logs/, model: m, version: 2, map: map.yaml, every: 5s, settle: 2m}\n"
        "  - {path: 's3://bucket/prefix'}\n",
        encoding="utf-8",
    )
    local, bucket = load_config(tmp_path / "driftline.yaml", {}).follow

    assert local.path == str(tmp_path / "logs")
    assert local.mapping is not None
    assert local.mapping.column("ts") == "time"
    assert (local.version, local.every, local.settle.seconds) == ("2", timedelta(seconds=5), 120)
    assert (bucket.path, bucket.every) == ("s3://bucket/prefix", None)


def test_an_unknown_key_of_a_followed_source_is_named_with_its_neighbour(tmp_path: Path) -> None:
    (tmp_path / "driftline.yaml").write_text("follow: [{path: logs, modle: m}]", encoding="utf-8")

    with pytest.raises(ConfigurationError, match=r"modle.*did you mean 'model'"):
        load_config(tmp_path / "driftline.yaml", {})
