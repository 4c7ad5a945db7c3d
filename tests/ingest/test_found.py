"""A look at a folder finds every log there is once, whatever stands in its way."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ingest.following.found import LocalFiles
from ingest.following.names import unrotated


def names(word: Path | str) -> list[str]:
    return [Path(one.key).name for one in LocalFiles(str(word)).look().files]


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}\n", encoding="utf-8")


@pytest.mark.parametrize(
    "rotated",
    [
        "app.log.1", "app.log.12.gz", "app.log-20261122", "app.log-20261122-1795406383.gz",
        "app.log.2026-11-22", "app.log.2026-11-22T10-00", "app.log.20261122-101500.zst",
        "app.log.old", "app.log.1.bak",
    ],
)  # fmt: skip
def test_rotation_is_seen_in_a_name(rotated: str) -> None:
    assert unrotated(rotated) == "app.log"


@pytest.mark.parametrize("name", ["app.log", "2026-11-22.csv", "part-0001.parquet", "1", ".log"])
def test_other_names_stay_as_they_are(name: str) -> None:
    assert unrotated(name) == name


def test_a_folder_is_searched_below_for_logs_rotated_and_packed_ones_too(tmp_path: Path) -> None:
    touch(
        tmp_path / "a.log", tmp_path / "a.log.1", tmp_path / "a.log.2.gz", tmp_path / "x" / "b.csv",
        tmp_path / "notes.md", tmp_path / ".hidden.log", tmp_path / "_tmp" / "c.log",
    )  # fmt: skip
    assert sorted(names(tmp_path)) == ["a.log", "a.log.1", "a.log.2.gz", "b.csv"]


def test_a_file_stands_for_what_rotation_made_of_it_and_for_nothing_else(tmp_path: Path) -> None:
    touch(*(tmp_path / n for n in ("app.log", "app.log.1", "app.log-20261122.gz", "app.log.md")))
    touch(tmp_path / "other.log", tmp_path / "app.log2")

    wanted = ["app.log", "app.log-20261122.gz", "app.log.1"]
    assert names(tmp_path / "app.log") == wanted
    assert names(tmp_path / "ap*.log") == wanted
    (tmp_path / "app.log").unlink()
    assert names(tmp_path / "app.log") == wanted[1:]


def test_brackets_and_stars_in_the_name_of_a_file_are_only_letters(tmp_path: Path) -> None:
    touch(tmp_path / "app[1]*.log", tmp_path / "app1.log")

    assert names(tmp_path / "app[1]*.log") == ["app[1]*.log"]


def test_links_in_a_circle_end_and_each_file_is_found_once(tmp_path: Path) -> None:
    touch(tmp_path / "logs" / "a.log", tmp_path / "pods" / "b.log")
    (tmp_path / "logs" / "round").symlink_to(tmp_path / "logs")
    (tmp_path / "logs" / "self.log").symlink_to("self.log")
    (tmp_path / "logs" / "b.log").symlink_to(tmp_path / "pods" / "b.log")
    (tmp_path / "logs" / "pods").symlink_to(tmp_path / "pods")
    os.link(tmp_path / "logs" / "a.log", tmp_path / "logs" / "z.log")
    look = LocalFiles(str(tmp_path / "logs")).look()

    assert sorted(Path(one.key).name for one in look.files) == ["a.log", "b.log"]
    assert not look.problems


def test_names_of_any_bytes_are_found_opened_and_shown_as_text(tmp_path: Path) -> None:
    for name in (b"line\nbreak.log", b"\xff\xfe.log", "größe 漢.log".encode()):
        (Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))).write_bytes(b"{}\n")
    found = LocalFiles(str(tmp_path)).look().files

    assert len(found) == 3
    for one in found:
        one.shown.encode()
        with one.opened() as file:
            assert file.read() == b"{}\n"


def test_what_is_not_there_yet_is_said_and_found_when_it_is(tmp_path: Path) -> None:
    place = LocalFiles(str(tmp_path / "later"))
    assert place.look().problems == {str(tmp_path / "later"): "nothing is there yet"}
    touch(tmp_path / "later" / "a.log")
    assert [Path(one.key).name for one in place.look().files] == ["a.log"]


def test_a_folder_that_may_not_be_read_hides_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(tmp_path / "mine" / "a.log", tmp_path / "theirs" / "b.log")
    real = os.scandir

    def refusing(path: str) -> object:  # root may read every folder
        if path.endswith("theirs"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", refusing)
    look = LocalFiles(str(tmp_path)).look()

    assert [Path(one.key).name for one in look.files] == ["a.log"]
    assert look.problems == {str(tmp_path / "theirs"): "Permission denied"}
