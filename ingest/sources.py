"""Where logs are: files, globs, folders, buckets, standard input; packed or not."""

from __future__ import annotations

import glob
import io
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final

from domain.errors import InputError
from ingest.bucket import found_in_bucket, names_bucket
from ingest.following.names import unrotated
from ingest.readers.registry import READERS, endings, is_log
from ingest.unpack import LogStream, Near

Beside = Mapping[str, list[tuple[str, bytes]]]

STANDARD_INPUT: Final = "-"
_NEAR_BYTES: Final = 1024 * 1024
_MOST_NEAR: Final = 1_000


@dataclass(frozen=True, slots=True)
class SourceFile:
    """
    One log.

    Parameters
    ----------
    name : str
        As messages and the table of rejections show it.
    path : Path or None
        None, without `data` as well: standard input.
    data : bytes or None
        The content itself: a request's body.
    opened : callable or None
        Opens a log that is no file of this machine.
    beside : mapping of str to list of (str, bytes), or None
        Names and contents of the files that patterns find from the log's folder, where that is
        not on this machine; None: they are looked for.
    """

    name: str
    path: Path | None = None
    data: bytes | None = None
    opened: Callable[[], BinaryIO] | None = None
    beside: Beside | None = None

    def open(self) -> LogStream:
        """
        Open the log for reading, unpacked.

        Raises
        ------
        InputError
            If it cannot be opened.
        """
        return LogStream(self.name, self.raw(), self._near())

    def _near(self) -> Near | None:
        beside, path = self.beside, self.path
        if beside is not None:
            return lambda pattern: list(beside.get(pattern, ()))
        if path is None and self.opened is not None and Path(self.name).is_file():
            path = Path(self.name)
        return None if path is None else partial(_near, path.parent)

    def found_beside(self) -> Beside:
        """Return what readers may ask for beside the log; nothing where nothing is there."""
        near = self._near()
        asked = {pattern for reader in READERS for pattern in reader.beside}
        found = {} if near is None else {pattern: near(pattern) for pattern in sorted(asked)}
        return {pattern: files for pattern, files in found.items() if files}

    def raw(self) -> BinaryIO:
        """
        Open the log for reading, as it is.

        Raises
        ------
        InputError
            If it cannot be opened.
        """
        if self.data is not None:
            return io.BytesIO(self.data)
        opened = self.opened if self.path is None else partial(self.path.open, "rb")
        if opened is None:
            return sys.stdin.buffer
        try:
            return opened()
        except OSError as error:
            said = error.strerror or " ".join(str(error).split())
            raise InputError(f"{self.name} cannot be read: {said}") from error


def _near(folder: Path, pattern: str) -> list[tuple[str, bytes]]:
    """Return the small files that a pattern finds; those that cannot be read are not there."""
    found: list[tuple[str, bytes]] = []
    for name in sorted(glob.glob(str(Path(glob.escape(str(folder)), pattern))))[:_MOST_NEAR]:  # noqa: PTH207
        with suppress(OSError), Path(name).open("rb") as file:
            found.append((name, file.read(_NEAR_BYTES)))
    return found


def find(paths: Sequence[str]) -> list[SourceFile]:
    """
    Find the logs that words of the command line mean.

    Parameters
    ----------
    paths : sequence of str
        Files, globs (``logs/**/*.csv``), folders (searched below for files of known
        endings, rotated, packed or not; names that begin with a dot or an underscore are skipped),
        ``s3://BUCKET/PREFIX``, or ``-`` for standard input.

    Returns
    -------
    list of SourceFile
        Each file once, in the order of the words; the files of a folder by name.

    Raises
    ------
    InputError
        If a file, a glob or a folder leads to nothing.
    """
    found: dict[str, SourceFile] = {}
    for word in paths:
        for source in _meant_by(word):
            found.setdefault(str(source.path.resolve()) if source.path else source.name, source)
    return list(found.values())


def _meant_by(word: str) -> list[SourceFile]:
    if word == STANDARD_INPUT:
        return [SourceFile("standard input")]
    if names_bucket(word):
        return [SourceFile(one.shown, opened=one.opened) for one in found_in_bucket(word)]
    path = Path(word).expanduser()
    if path.is_dir():
        return _inside(path)
    if path.exists():
        return [SourceFile(word, path)]
    matches = sorted(glob.glob(str(path), recursive=True))  # noqa: PTH207 - also absolute ones
    if not matches:
        hint = "the pattern matches nothing" if glob.has_magic(word) else "no such file or folder"
        raise InputError(f"{word}: {hint}; give a file, a folder, a glob in quotes, or - for stdin")
    return [
        source
        for match in matches
        for source in (
            _inside(Path(match)) if Path(match).is_dir() else [SourceFile(match, Path(match))]
        )
    ]


def _inside(folder: Path) -> list[SourceFile]:
    """Return the logs below a folder by name."""
    logs = [
        SourceFile(str(path), path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not any(part.startswith((".", "_")) for part in path.relative_to(folder).parts)
        and is_log(unrotated(path.name))
    ]
    if not logs:
        raise InputError(
            f"{folder}: no log in this folder; looked for {', '.join(sorted(endings()))} "
            "(also packed); name files of another ending one by one"
        )
    return logs
