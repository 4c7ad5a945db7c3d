"""What a reader hands on: a piece of a log as columns, and what it could not take apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from domain.catalogue import say
from domain.event import RAW_LIMIT_BYTES
from domain.rejection import Rejection
from domain.resource import ResourceSample
from ingest.exchange import Half
from ingest.lines import Torso
from ingest.pieces import Pieces
from ingest.times import ZONED, TimeRule
from ingest.unpack import LogStream
from ingest.values import Values, quote

NATIVE_OBJECTS: Final = frozenset({"features", "tags"})


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """
    What a reader has to know of the mapping to take a log apart.

    Parameters
    ----------
    objects : frozenset of str
        Paths of the objects whose members are columns of their own.
    as_written : frozenset of str
        Columns of a text format that stay text, so that the version ``2.0`` is not ``2``.
    by_cell : frozenset of str
        Columns of a text format where each cell that is a number is read as one, whatever the
        others hold.
    named : frozenset of str
        Columns that the mapping names: a reader that gives columns other names keeps these.
    elsewhere : frozenset of str
        Fields of an event that the mapping finds elsewhere than under their own name: such a
        reader gives no column of theirs.
    times : TimeRule
        What is meant by a time without a zone, for readers that have to know when a record was.
    ts : str or None
        The time that the mapping gives to all rows.
    """

    objects: frozenset[str] = NATIVE_OBJECTS
    as_written: frozenset[str] = frozenset()
    by_cell: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()
    elsewhere: frozenset[str] = frozenset()
    times: TimeRule = ZONED
    ts: str | None = None

    def names(self, path: str) -> bool:
        """Return whether the mapping names a column, or all members of an object above it."""
        above = (f"{path[:at]}.*" for at, letter in enumerate(path) if letter == ".")
        return path in self.named or any(item in self.named for item in above)


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """
    A bounded piece of a log.

    Parameters
    ----------
    positions : ndarray of int64, shape (n_rows,)
        1-based line or row of each row.
    columns : dict of str to Values
        By path: ``ts``, ``features.distance``.
    raw : callable
        From the index of a row to what was read.
    rejections : tuple of Rejection
        What could not be taken apart.
    complete : bool
        True where `columns` names all columns of the whole file: CSV and Parquet.
    halves : tuple of Half
        Sides of calls whose other side may come later, or in another file.
    samples : tuple of ResourceSample
        What processes used: some logs tell that too.
    passed_over : mapping of str to int
        Records that are whole and tell of no prediction or call, by what they are.
    from_path : mapping of str to str
        Fields that the log's path tells: they fill in where neither a row nor the command line
        does.
    """

    positions: NDArray[np.int64]
    columns: dict[str, Values]
    raw: Callable[[int], bytes]
    rejections: tuple[Rejection, ...] = ()
    complete: bool = False
    halves: tuple[Half, ...] = ()
    samples: tuple[ResourceSample, ...] = ()
    passed_over: Mapping[str, int] = field(default_factory=dict[str, int])
    from_path: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.positions)


@dataclass(frozen=True, slots=True)
class Reader:
    """
    A log format.

    Parameters
    ----------
    name : str
        What ``--format`` calls it.
    endings : tuple of str
        Of file names, without compression: ``(".csv", ".tsv")``.
    recognises : callable
        Whether the first bytes of a file look like it.
    read : callable
        The blocks of a file, in order.
    recognises_table : callable or None
        Whether a Parquet file of this schema is one; None: the format has no Parquet form.
    patterns : tuple of str
        Of file names, without compression, where an ending does not do: ``("*.tfrecord*",)``.
    only_likely : bool
        Whether `recognises` tells only what a file looks like, so that its ending counts for more.
    pieces : Pieces or None
        How a file that grows is read as far as it goes; None: it is read only whole.
    behind_record : bytes or None
        What a record has behind it, so that the same one several times is a log; None: it is a log
        by itself only.
    beside : tuple of str
        Patterns, from a log's folder, of the other files that the reader asks for.
    """

    name: str
    endings: tuple[str, ...]
    recognises: Callable[[bytes], bool]
    read: Callable[[LogStream, Layout], Iterator[Block]]
    recognises_table: Callable[[pa.Schema], bool] | None = None
    patterns: tuple[str, ...] = ()
    only_likely: bool = False
    pieces: Pieces | None = None
    behind_record: bytes | None = b"\n"
    beside: tuple[str, ...] = ()

    def bears(self, file_name: str) -> bool:
        """Return whether a file's name, without compression, is one of the format."""
        return file_name.endswith(self.endings) or any(
            fnmatchcase(file_name, pattern) for pattern in self.patterns
        )


def reject(position: int, reason: str, raw: bytes, **values: object) -> Rejection:
    """
    Build a rejection with its sentence from the catalogue.

    Parameters
    ----------
    position : int
    reason : str
        Code; ``rejection.<reason>`` is the sentence.
    raw : bytes
        Of any length.
    **values
        What the sentence needs.
    """
    shown = {name: quote(v) if isinstance(v, str) else v for name, v in values.items()}
    message, cut = say(f"rejection.{reason}", **shown), len(raw) > RAW_LIMIT_BYTES
    return Rejection(position, reason, message, raw[:RAW_LIMIT_BYTES], cut=cut)


def with_raw(rejection: Rejection, raw: bytes) -> Rejection:
    """Return a rejection of which other bytes are kept: all that it takes to read it again."""
    return replace(rejection, raw=raw[:RAW_LIMIT_BYTES], cut=len(raw) > RAW_LIMIT_BYTES)


def rejection_block(rejection: Rejection) -> Block:
    """Return a block without rows."""
    return Block(np.empty(0, np.int64), {}, _no_raw, (rejection,))


def torso_block(torso: Torso) -> Block:
    """Reject the line that a log ends in."""
    return rejection_block(reject(torso.number, "truncated", torso.raw, value=torso.why))


def _no_raw(row: int) -> bytes:
    raise IndexError(row)
