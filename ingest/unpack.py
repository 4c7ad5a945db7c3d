"""Packed logs: recognised by their first bytes, read in pieces, kept as far as they go."""

from __future__ import annotations

import bz2
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import BinaryIO, Final, Protocol, Self

import pyarrow as pa

_PIECE_BYTES: Final = 1024 * 1024
_PACKED_BYTES: Final = 32 * 1024  # small, so that what precedes a damaged place is not lost with it
_DAMAGE: Final = (zlib.error, OSError, EOFError, lzma.LZMAError, ValueError)

PACKED_ENDINGS: Final = (".gz", ".zst", ".bz2", ".xz")


class _Unpacker(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


def _gzip() -> _Unpacker:
    return zlib.decompressobj(wbits=31)


_UNPACKERS: Final[tuple[tuple[bytes, Callable[[], _Unpacker]], ...]] = (
    (b"\x1f\x8b", _gzip),
    (b"BZh", bz2.BZ2Decompressor),
    (b"\xfd7zXZ\x00", lzma.LZMADecompressor),
)
_ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"

Near = Callable[[str], list[tuple[str, bytes]]]


class LogStream:
    """
    A log's bytes, unpacked, in order.

    Parameters
    ----------
    name : str
        As messages show it.
    raw : BinaryIO
        The bytes as stored; closed with the stream.
    near : callable or None
        From a pattern relative to the log's folder to the names and contents of the files there,
        for formats of which a part stands in a file of its own; None: nothing is known to be near.

    Attributes
    ----------
    packed : bool
    damage : str or None
        Why the packing ends too early; set when reading came to that place.
    """

    def __init__(self, name: str, raw: BinaryIO, near: Near | None = None) -> None:
        self.name = name
        self.damage: str | None = None
        self._raw = raw
        self._near = near
        start = raw.read(8)
        self.packed = start.startswith(_ZSTD_MAGIC) or any(
            start.startswith(m) for m, _ in _UNPACKERS
        )
        self._start = start
        self._pieces = self._unpacked(start)
        self._ahead = b""
        self._whole: bytes | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._raw.close()

    def beside(self, pattern: str) -> list[tuple[str, bytes]]:
        """Return names and contents of the files that a pattern finds from the log's folder."""
        return [] if self._near is None else self._near(pattern)

    def peek(self, n_bytes: int) -> bytes:
        """Return up to `n_bytes` bytes without taking them."""
        head = self.read(n_bytes)
        self._ahead = head + self._ahead
        return head

    def read(self, n_bytes: int) -> bytes:
        """Take `n_bytes` bytes; fewer only where the log ends, none at its end."""
        taken = [self._ahead]
        length = len(self._ahead)
        while length < n_bytes:
            piece = next(self._pieces, None)
            if piece is None:
                break
            taken.append(piece)
            length += len(piece)
        whole = b"".join(taken)
        self._ahead = whole[n_bytes:]
        return whole[:n_bytes]

    def seekable(self) -> BinaryIO:
        """Return the whole log as a stream that can be read from its end, as Parquet is."""
        if not self.packed and self._raw.seekable():
            self._raw.seek(0)
            return self._raw
        if self._whole is None:
            self._whole = b"".join([self._ahead, *self._pieces])
            self._ahead = b""
        return io.BytesIO(self._whole)

    def _unpacked(self, start: bytes) -> Iterator[bytes]:
        if not self.packed:
            yield start
            while piece := self._raw.read(_PIECE_BYTES):
                yield piece
            return
        try:
            zstd = start.startswith(_ZSTD_MAGIC)
            yield from self._zstd(start) if zstd else self._members(start)
        except _DAMAGE as error:
            self.damage = str(error) or type(error).__name__

    def _members(self, packed: bytes) -> Iterator[bytes]:
        """Unpack one member after the other: rotated logs are often packed files put together."""
        make = next(make for magic, make in _UNPACKERS if packed.startswith(magic))
        unpacker = make()
        while packed or (packed := self._raw.read(_PACKED_BYTES)):
            if unpacker.eof:
                packed = packed.lstrip(b"\0")  # tapes and block devices pad with zeros
                if not packed:
                    continue
                unpacker = make()
            yield unpacker.decompress(packed)
            packed = unpacker.unused_data if unpacker.eof else b""
        if not unpacker.eof:
            raise EOFError("the packed file is cut off")

    def _zstd(self, start: bytes) -> Iterator[bytes]:
        # pyarrow wants a file; what was already taken comes first
        whole = pa.PythonFile(_Rejoined(start, self._raw), mode="r")
        with pa.CompressedInputStream(whole, "zstd") as stream:
            while piece := stream.read(_PACKED_BYTES):
                yield piece


class _Rejoined(io.RawIOBase):
    """A stream with bytes put back in front of it."""

    def __init__(self, start: bytes, rest: BinaryIO) -> None:
        super().__init__()
        self._start = start
        self._rest = rest

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        start, self._start = self._start, b""
        return start or self._rest.read(size)


def without_packing(name: str) -> str:
    """Return a file's name in lower case without ``.gz`` and its like."""
    lower = name.lower()
    for ending in PACKED_ENDINGS:
        if lower.endswith(ending):
            return lower.removesuffix(ending)
    return lower
