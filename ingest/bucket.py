"""Logs in S3 and what speaks its protocol: listed by their keys, read piece by piece."""

from __future__ import annotations

import fnmatch
import io
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO, Final, cast

from pyarrow import fs

from domain.errors import InputError, StoreError
from ingest.following.found import Found, Look
from ingest.following.names import unrotated
from ingest.readers.registry import is_log
from store.file_places import S3, Place, place_of

_MAGIC: Final = frozenset("*?[")
# small reads, of headers and line ends, would each be a request
_BUFFER_BYTES: Final = 1024 * 1024


def names_bucket(word: str) -> bool:
    """Return whether a word is the address of a bucket."""
    return word.startswith(f"{S3}://")


@dataclass(frozen=True, slots=True)
class _Opener:
    """Opens one object."""

    place: Place
    key: str

    def __call__(self) -> BinaryIO:
        """
        Open it for reading.

        Raises
        ------
        OSError
            If it is not there or cannot be reached.
        """
        file = self.place.filesystem.open_input_file(self.key)
        return cast("BinaryIO", io.BufferedReader(cast("io.RawIOBase", file), _BUFFER_BYTES))


class BucketFiles:
    """
    Objects of a bucket: one, all below a prefix that are logs by their names, or a pattern.

    Parameters
    ----------
    word : str
        ``s3://BUCKET/PREFIX?endpoint=…&region=…``; see `store.file_places.place_of`. ``*`` stands
        for a part of a name, ``**`` for any number of folders.

    Raises
    ------
    ConfigurationError
        If it names no bucket, or holds credentials.
    """

    # each look is a request for every thousand keys
    every_s = 30.0

    def __init__(self, word: str) -> None:
        self.name = word
        address, question, query = _split(word)
        steps = address.removeprefix(f"{S3}://").split("/")
        plain = next((i for i, step in enumerate(steps) if _MAGIC & set(step)), len(steps))
        self._pattern = "/".join(steps) if plain < len(steps) else None
        self._place = place_of(f"{S3}://" + "/".join(steps[:plain]) + question + query)

    def look(self) -> Look:
        """Return what there is now; a bucket that cannot be reached is a problem of its own."""
        found = Look()
        try:
            with self._place.reached("listed"):
                listed = self._listed()
        except StoreError as error:
            found.problems[self.name] = str(error)
            return found
        found.files = [self._found(info) for info in listed]
        if not listed:
            found.problems[self.name] = "nothing is there yet"
        return found

    def _listed(self) -> list[fs.FileInfo]:
        filesystem, root = self._place.filesystem, self._place.root
        whole = filesystem.get_file_info(root)
        if whole.type is fs.FileType.File:
            return [whole]
        selector = fs.FileSelector(root, recursive=True, allow_not_found=True)
        infos = [i for i in filesystem.get_file_info(selector) if i.type is fs.FileType.File]
        return sorted((i for i in infos if self._is_meant(i.path)), key=lambda info: info.path)

    def _is_meant(self, path: str) -> bool:
        below = PurePosixPath(path).relative_to(self._place.root)
        if any(part.startswith((".", "_")) for part in below.parts):
            return False
        if self._pattern is None:
            return is_log(unrotated(below.name))
        return _matches(path, self._pattern)

    def _found(self, info: fs.FileInfo) -> Found:
        return Found(
            key=info.path,
            shown=f"{S3}://{info.path}",
            device=self._place.url.partition("?")[2] or S3,
            inode=info.path,
            size_bytes=int(info.size or 0),
            changed_ns=int(info.mtime_ns or 0),
            opened=_Opener(self._place, info.path),
        )


def found_in_bucket(word: str) -> list[Found]:
    """
    Return the objects that an address means, now.

    Raises
    ------
    InputError
        If there is none.
    StoreError
        If the bucket cannot be reached.
    """
    place = BucketFiles(word)
    look = place.look()
    if look.files:
        return look.files
    why = look.problems[word]
    if why.startswith(word.partition("?")[0]):
        raise StoreError(why)
    raise InputError(f"{word}: no log is there; give a key, a prefix or a pattern")


def _split(word: str) -> tuple[str, str, str]:
    """Part an address from its query: a ``?`` may also stand for a letter of a name."""
    address, question, query = word.rpartition("?")
    return (address, question, query) if "=" in query else (word, "", "")


def _matches(path: str, pattern: str) -> bool:
    return _match_steps(path.split("/"), pattern.split("/"))


def _match_steps(steps: list[str], wanted: list[str]) -> bool:
    if not wanted:
        return not steps
    if wanted[0] == "**":
        return any(_match_steps(steps[i:], wanted[1:]) for i in range(len(steps) + 1))
    return (
        bool(steps)
        and fnmatch.fnmatchcase(steps[0], wanted[0])
        and _match_steps(steps[1:], wanted[1:])
    )
