"""Files as a look finds them, on this machine."""

from __future__ import annotations

import errno
import fnmatch
import functools
import glob
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final, Protocol

from ingest.following.names import unrotated
from ingest.readers.registry import is_log

# several that are no larger go into one commit
_SMALL_BYTES: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class Found:
    """
    A file that is there.

    Parameters
    ----------
    key : str
        What tells it from the others of its source.
    shown : str
        The same for people: always printable text.
    device, inode : str
        What stays when a file is renamed.
    size_bytes, changed_ns : int
    opened : callable
        Opens it for reading; raises OSError.
    number : tuple of int
        `device` and `inode` as the system says them; empty: they are no numbers.
    """

    key: str
    shown: str
    device: str
    inode: str
    size_bytes: int
    changed_ns: int
    opened: Callable[[], BinaryIO]
    number: tuple[int, ...] = ()

    @property
    def stamp(self) -> tuple[str, str, int, int]:
        """What is another where the file is, or has been written to."""
        return self.device, self.inode, self.size_bytes, self.changed_ns

    def small_content(self) -> bytes:
        """Return what a small file holds; nothing of a larger one."""
        if self.size_bytes > _SMALL_BYTES:
            return b""
        with self.opened() as file:
            content = file.read(_SMALL_BYTES + 1)
        return content if len(content) <= _SMALL_BYTES else b""


@dataclass(slots=True)
class Look:
    """
    What one look at a source found.

    Parameters
    ----------
    files : list of Found
        Each file once, whatever leads to it.
    problems : dict of str to str
        Places that could not be looked at, and why.
    """

    files: list[Found] = field(default_factory=list[Found])
    problems: dict[str, str] = field(default_factory=dict[str, str])


class FollowedPlace(Protocol):
    """A source of files: what `look` is asked again and again."""

    @property
    def name(self) -> str:
        """What was named to be followed."""
        ...

    @property
    def every_s(self) -> float:
        """How often it is worth to look, in seconds, unless somebody says otherwise."""
        ...

    def look(self) -> Look:
        """Return what there is now."""
        ...


def shown(path: str) -> str:
    """Return a path as text: a name on disk is any bytes."""
    return os.fsencode(path).decode("utf-8", "replace")


class LocalFiles:
    """
    Files of this machine.

    Parameters
    ----------
    word : str
        A folder (the logs in it and below, by their names), a file or a pattern. A file or a
        pattern also stands for what rotation made of it: ``app.log`` for ``app.log.1`` and
        ``app.log-20261122.gz``.
    """

    every_s = 2.0

    def __init__(self, word: str) -> None:
        self._word = os.path.abspath(os.path.expanduser(word))  # noqa: PTH100, PTH111 (a pattern)
        self.name = shown(self._word)
        # ten thousand files that stay as they are cost a look little more than asking for them
        self._before: dict[str, Found] = {}

    def look(self) -> Look:
        """Return what there is now."""
        found = Look()
        seen: set[tuple[int, int]] = set()
        for path in [self._word] if os.path.isdir(self._word) else _matching(self._word):  # noqa: PTH112
            for one, stat in _reached(path, found.problems):
                if (stat.st_dev, stat.st_ino) not in seen:
                    seen.add((stat.st_dev, stat.st_ino))
                    found.files.append(self._found(one, stat))
        self._before = {one.key: one for one in found.files}
        if not found.files and not found.problems:
            found.problems[self.name] = "nothing is there yet"
        return found

    def _found(self, path: str, stat: os.stat_result) -> Found:
        known = self._before.get(path)
        if (
            known is not None
            and known.number == (stat.st_dev, stat.st_ino)
            and known.size_bytes == stat.st_size
            and known.changed_ns == stat.st_mtime_ns
        ):
            return known
        return Found(
            key=path,
            shown=shown(path),
            device=str(stat.st_dev),
            inode=str(stat.st_ino),
            size_bytes=stat.st_size,
            changed_ns=stat.st_mtime_ns,
            opened=_Opener(path),
            number=(stat.st_dev, stat.st_ino),
        )


def _reached(path: str, problems: dict[str, str]) -> Iterator[tuple[str, os.stat_result]]:
    """Yield a file, or the logs in a folder."""
    try:
        if os.path.isdir(path):  # noqa: PTH112
            yield from _below(path, problems)
        else:
            yield path, os.stat(path)  # noqa: PTH116 (ten thousand paths a look)
    except OSError as error:
        _note(problems, path, error)


def _note(problems: dict[str, str], path: str, error: OSError) -> None:
    # gone since it was listed, or a link that leads to itself, is no problem
    if error.errno not in {errno.ENOENT, errno.ELOOP}:
        problems[shown(path)] = error.strerror or str(error)


@dataclass(frozen=True, slots=True)
class _Opener:
    path: str

    def __call__(self) -> BinaryIO:
        return open(self.path, "rb", buffering=0)  # noqa: PTH123 (closed by who asked)


@functools.lru_cache(maxsize=65_536)
def _is_log(name: str) -> bool:
    return is_log(unrotated(name))


def _below(folder: str, problems: dict[str, str]) -> Iterator[tuple[str, os.stat_result]]:
    """Yield the logs in a folder and below it; links are followed, in circles only once."""
    waiting, known = [folder], set[tuple[int, int]]()
    while waiting:
        at = waiting.pop()
        for entry in _listed(at, known, problems):
            try:
                if entry.is_dir():
                    waiting.append(entry.path)
                elif _is_log(entry.name) and entry.is_file():
                    yield entry.path, entry.stat()
            except OSError as error:
                _note(problems, entry.path, error)


def _listed(
    folder: str, known: set[tuple[int, int]], problems: dict[str, str]
) -> list[os.DirEntry[str]]:
    """Return what lies in a folder that is not known yet, by name."""
    try:
        stat = os.stat(folder)  # noqa: PTH116
        if (stat.st_dev, stat.st_ino) in known:
            return []
        known.add((stat.st_dev, stat.st_ino))
        with os.scandir(folder) as entries:
            inside = [entry for entry in entries if not entry.name.startswith((".", "_"))]
    except OSError as error:
        _note(problems, folder, error)
        return []
    return sorted(inside, key=lambda entry: entry.name)


def _matching(word: str) -> list[str]:
    """Return what a file or a pattern stands for, with what rotation made of it."""
    pattern = word if glob.has_magic(word) and not os.path.exists(word) else glob.escape(word)  # noqa: PTH110
    last = os.path.basename(pattern)  # noqa: PTH119
    exact = glob.glob(pattern, recursive=True)  # noqa: PTH207 (any pattern)
    more = [] if "**" in last else glob.glob(pattern + "[._-]*", recursive=True)  # noqa: PTH207
    rotated = [
        path
        for path in more
        if fnmatch.fnmatchcase(unrotated(os.path.basename(path)), last)  # noqa: PTH119
    ]
    return sorted({*exact, *rotated})
