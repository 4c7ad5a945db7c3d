"""The Parquet files that a path names: on this machine or in S3, one, a folder or a pattern."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import unquote

from pyarrow import fs

from domain.errors import InputError, StoreError
from store.file_places import Place, place_of

ENDINGS: Final = (".parquet", ".pq", ".parq")
_PATTERN: Final = re.compile(r"[*?\[]")
_URL_PATTERN: Final = re.compile(r"[*\[]")
# files that other formats no longer count lie there too: read as a folder, rows would come back
_TABLES: Final = {"_delta_log": "a Delta table", "_hudi": "a Hudi table"}
_DATE: Final = re.compile(r"^\d{4}-\d{2}-\d{2}$")


@dataclass(frozen=True, slots=True)
class ParquetFile:
    """
    One of them.

    Parameters
    ----------
    path : str
        As the file system names it.
    stamp : str
        Another one when the file was written anew: its size and when it was last changed.
    partitions : dict of str to str
        What the names of its folders tell: ``date=2013-07-01``.
    """

    path: str
    stamp: str
    partitions: dict[str, str] = field(default_factory=dict[str, str], compare=False, hash=False)

    @property
    def size(self) -> int:
        """What it takes, in bytes."""
        return int(self.stamp.partition(":")[0])

    @property
    def date(self) -> str | None:
        """The day that the name of a folder tells, as ISO 8601."""
        return next((v for v in self.partitions.values() if _DATE.match(v)), None)


@dataclass(frozen=True, slots=True)
class Lake:
    """
    A path, and how to read there.

    Parameters
    ----------
    name : str
        As it was configured; messages call it so.
    place : Place
        The folder or the file that is above all that it names.
    pattern : Pattern or None
        Which of the files below count; None: all.
    """

    name: str
    place: Place
    pattern: re.Pattern[str] | None

    @property
    def filesystem(self) -> fs.FileSystem:
        """Where the files are."""
        return self.place.filesystem

    def files(self) -> tuple[ParquetFile, ...]:
        """
        Return the files there are now, by path.

        Raises
        ------
        InputError
            If there are none, or the path cannot be reached or is another format's table.
        """
        try:
            with self.place.reached("read"):
                top = self.filesystem.get_file_info(self.place.root)
                if top.type == fs.FileType.File:
                    return (self._file(top),)
                if top.type == fs.FileType.NotFound and self.place.is_local:
                    raise InputError(f"{self.name} is not there; correct the source's path")
                below = fs.FileSelector(self.place.root, recursive=True, allow_not_found=True)
                infos = self.filesystem.get_file_info(below)
        except StoreError as error:
            raise InputError(f"the source {error}") from error
        found = sorted((self._file(i) for i in infos if self._counts(i)), key=lambda f: f.path)
        if not found:
            raise InputError(
                f"{self.name} holds no Parquet files (*{ENDINGS[0]}); correct the source's path"
            )
        return tuple(found)

    def _counts(self, info: fs.FileInfo) -> bool:
        inside = self._inside(info.path)
        for part in inside.parts:
            if part in _TABLES:
                raise InputError(
                    f"{self.name} is {_TABLES[part]}, whose folder also holds rows that were "
                    "removed; read it with 'engine: spark' and 'table:'"
                )
        hidden = any(part.startswith(("_", ".")) for part in inside.parts)
        if hidden or info.type != fs.FileType.File or not info.path.endswith(ENDINGS):
            return False
        return self.pattern is None or self.pattern.fullmatch(str(inside)) is not None

    def _inside(self, path: str) -> PurePosixPath:
        return PurePosixPath(path).relative_to(PurePosixPath(self.place.root))

    def _file(self, info: fs.FileInfo) -> ParquetFile:
        folders = [part.partition("=") for part in PurePosixPath(info.path).parts[:-1]]
        told = {key: unquote(value) for key, sign, value in folders if sign}
        return ParquetFile(info.path, f"{info.size}:{info.mtime_ns}", told)


def lake_of(path: str) -> Lake:
    """
    Return what a path names; nothing is asked of it yet.

    Parameters
    ----------
    path : str
        A file, a folder, or a pattern in which ``*`` and ``**`` stand for names; also ``s3://…``.

    Raises
    ------
    ConfigurationError
        If it names no place.
    """
    address, mark, query = path.partition("?") if "://" in path else (path, "", "")
    pattern = _URL_PATTERN if "://" in path else _PATTERN
    parts = address.split("/")
    first = next((i for i, part in enumerate(parts) if pattern.search(part)), None)
    if first is None:
        return Lake(path, place_of(path), None)
    above = "/".join(parts[:first]) or "/"
    return Lake(path, place_of(f"{above}{mark}{query}"), _compiled(parts[first:]))


def _compiled(parts: list[str]) -> re.Pattern[str]:
    written = [r"(?:.*/)?" if part == "**" else _segment(part) + "/" for part in parts[:-1]]
    last = parts[-1]
    return re.compile("".join(written) + (".*" if last == "**" else _segment(last)))


def _segment(part: str) -> str:
    shapes = {"*": "[^/]*", "?": "[^/]"}
    pieces = re.split(r"(\*|\?|\[[^\]]+\])", part)
    return "".join(
        shapes.get(p, p if p.startswith("[") and p.endswith("]") else re.escape(p)) for p in pieces
    )
