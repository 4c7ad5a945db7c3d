"""TFRecord files: records with their lengths, both under a checksum (CRC-32C)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from ingest.tf_serving.crc32c import crc32c, crc32c_of_few, masked
from ingest.unpack import LogStream

# What stands before the record: its length and the checksum of that; behind it: its own checksum.
_HEADER: Final = struct.Struct("<QI")
_FOOTER: Final = struct.Struct("<I")
_LENGTH_BYTES: Final = 8

# A call whose tensors are larger is no prediction from a table.
RECORD_LIMIT_BYTES: Final = 64 * 1024 * 1024
_PIECE_BYTES: Final = 1024 * 1024
# small, for a byte of a tensor may be a cell of a table
_BATCH_BYTES: Final = 1024 * 1024
_BATCH_RECORDS: Final = 5_000


@dataclass(frozen=True, slots=True)
class Record:
    """
    One record.

    Parameters
    ----------
    number : int
        1-based.
    raw : bytes
        With its length and checksums: what is kept of it can be read again.
    intact : bool
        Whether the content has the checksum that was written behind it.
    """

    number: int
    raw: bytes
    intact: bool

    @property
    def content(self) -> bytes:
        """The record itself."""
        return self.raw[_HEADER.size : -_FOOTER.size]


@dataclass(frozen=True, slots=True)
class Fault:
    """
    A place where no record can be had.

    Parameters
    ----------
    number : int
        Of the record, 1-based.
    reason : {"bad_frame", "too_large", "truncated"}
        Only behind a record that is too large does the file go on.
    raw : bytes
        The beginning of what is there.
    why : str
        For a message: where it is in the unpacked file, or what is missing.
    """

    number: int
    reason: str
    raw: bytes
    why: str


class Source(Protocol):
    """A file's bytes in order, as `LogStream` gives them."""

    damage: str | None

    def read(self, n_bytes: int) -> bytes:
        """Take `n_bytes` bytes; fewer only at the end."""
        ...


def records(source: Source) -> Iterator[list[Record] | Fault]:
    """
    Cut a file into its records, a bounded number at a time.

    Parameters
    ----------
    source : Source
        At its beginning.
    """
    window = _Window(source)
    number, raws = 1, list[bytes]()
    while window.holds(1):
        found = _cut(window, number)
        if isinstance(found, Fault):
            yield _judged(number, raws)
            yield found
            raws = []
            if found.reason != "too_large":
                return
        else:
            raws.append(found)
            if len(raws) == _BATCH_RECORDS or window.since_last > _BATCH_BYTES:
                yield _judged(number + 1, raws)
                raws = []
                window.since_last = 0
        number += 1
    yield _judged(number, raws)
    if source.damage is not None:
        yield Fault(number, "truncated", b"", source.damage)


def is_framed(head: bytes) -> bool:
    """Return whether bytes begin with the length of a record under its checksum."""
    if len(head) < _HEADER.size:
        return False
    length, checksum = _HEADER.unpack_from(head)
    return bool(length) and checksum == _masked_sum(head[:_LENGTH_BYTES])


class Inflated:
    """
    A file that is one zlib stream, which TensorFlow writes as well as gzip.

    Such a stream has no mark of its own (a text may begin with ``x^``), so it is told by what
    comes out of it.

    Parameters
    ----------
    packed : LogStream
        At its beginning.
    """

    def __init__(self, packed: LogStream) -> None:
        self.damage: str | None = None
        self._packed = packed
        self._inflate = zlib.decompressobj()

    def read(self, n_bytes: int) -> bytes:
        """Take `n_bytes` unpacked bytes; fewer only at the end."""
        taken: list[bytes] = []
        missing = n_bytes
        while missing and not self._inflate.eof and self.damage is None:
            source = self._inflate.unconsumed_tail or self._packed.read(_PIECE_BYTES)
            if not source:
                self.damage = self._packed.damage or "the packed file is cut off"
                break
            try:
                taken.append(self._inflate.decompress(source, missing))
            except zlib.error as error:
                self.damage = str(error)
                break
            missing -= len(taken[-1])
        return b"".join(taken)


def inflated_head(head: bytes) -> bytes:
    """Return what the beginning of a zlib stream unpacks to, cut short; nothing if it is none."""
    try:
        return zlib.decompressobj().decompress(head, _HEADER.size)
    except zlib.error:
        return b""


class _Window:
    """
    The part of a file that is being cut.

    Attributes
    ----------
    offset : int
        Of the next byte in the file.
    since_last : int
        Bytes taken since the caller set it to zero.
    damage : str or None
        Why the packing ends too early.
    """

    def __init__(self, source: Source) -> None:
        self.offset = 0
        self.since_last = 0
        self._source = source
        self._content = b""
        self._at = 0

    @property
    def damage(self) -> str | None:
        return self._source.damage

    def holds(self, n_bytes: int) -> bool:
        """Return whether so many bytes come next, and fetch them."""
        missing = n_bytes - (len(self._content) - self._at)
        if missing > 0:
            fetched = self._source.read(max(missing, _PIECE_BYTES))
            self._content = self._content[self._at :] + fetched
            self._at = 0
        return len(self._content) - self._at >= n_bytes

    def take(self, n_bytes: int) -> bytes:
        """Take so many bytes, which are there."""
        begin = self._at
        self._at += n_bytes
        self.offset += n_bytes
        self.since_last += n_bytes
        return self._content[begin : self._at]

    def left(self, n_bytes: int) -> bytes:
        """Return what is there of the next bytes, without taking them."""
        return self._content[self._at : self._at + n_bytes]

    def skip(self, n_bytes: int) -> None:
        """Pass over bytes that may be too many for memory."""
        while n_bytes and self.holds(1):
            n_bytes -= len(self.take(min(n_bytes, len(self._content) - self._at)))


def _cut(window: _Window, number: int) -> bytes | Fault:
    """Take one record with what stands before and behind it."""
    begin = window.offset
    if not window.holds(_HEADER.size):
        return _torso(window, number, _HEADER.size)
    header = window.left(_HEADER.size)
    length, checksum = _HEADER.unpack(header)
    if checksum != _masked_sum(header[:_LENGTH_BYTES]):
        return Fault(number, "bad_frame", window.left(_PIECE_BYTES), str(begin))
    n_bytes = _HEADER.size + length + _FOOTER.size
    if length > RECORD_LIMIT_BYTES:
        window.skip(n_bytes)  # so that memory stays flat
        return Fault(number, "too_large", header, str(RECORD_LIMIT_BYTES))
    return window.take(n_bytes) if window.holds(n_bytes) else _torso(window, number, n_bytes)


def _torso(window: _Window, number: int, wanted: int) -> Fault:
    begin, raw = window.offset, window.left(wanted)
    why = window.damage or f"at byte {begin}: {len(raw)} of {wanted} bytes"
    return Fault(number, "truncated", raw, why)


def _judged(end: int, raws: list[bytes]) -> list[Record]:
    """Return the records before a number, each with whether it has its checksum."""
    contents = [memoryview(raw)[_HEADER.size : -_FOOTER.size] for raw in raws]
    written = [_FOOTER.unpack_from(raw, len(raw) - _FOOTER.size)[0] for raw in raws]
    good = masked(crc32c(contents)) == np.array(written, dtype=np.uint32)
    numbers = range(end - len(raws), end)
    return [
        Record(number, raw, intact)
        for number, raw, intact in zip(numbers, raws, good.tolist(), strict=True)
    ]


def _masked_sum(length: bytes) -> int:
    value = crc32c_of_few(length)
    return (((value >> 15) | (value << 17)) + 0xA282EAD8) & 0xFFFFFFFF
