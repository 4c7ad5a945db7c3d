"""The content of one file, unpacked, from any place on; and whether it is what was known of it."""

from __future__ import annotations

import hashlib
import zlib
from contextlib import ExitStack
from types import TracebackType
from typing import BinaryIO, Final, Protocol, Self

from domain.checkpoint import HEAD_BYTES, Checkpoint
from ingest.following.found import Found
from ingest.unpack import LogStream

# in which the header of a CSV must be
BEGINNING_BYTES: Final = 256 * 1024
_STEP_BYTES: Final = 1024 * 1024
MOST_OPEN: Final = 64


def hash_of(content: bytes) -> str:
    """Return a hash by which bytes are known again."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()


class Content(Protocol):
    """What a file holds, unpacked."""

    def beginning(self) -> bytes:
        """Return its first bytes, at most `BEGINNING_BYTES`."""
        ...

    def is_of(self, checkpoint: Checkpoint, *, wholly: bool) -> bool:
        """
        Return whether it begins with what was taken.

        Parameters
        ----------
        checkpoint : Checkpoint
        wholly : bool
            Compare every byte that was taken, not only the first and the last ones.
        """
        ...

    def before(self, place: int) -> bytes:
        """Return the last `HEAD_BYTES` bytes before a place that is there."""
        ...

    def read(self, start: int, n_bytes: int) -> bytes:
        """Return `n_bytes` bytes from a place on; fewer only where it ends."""
        ...


class PlainContent:
    """
    Of a file that is not packed.

    Parameters
    ----------
    raw : BinaryIO
    """

    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw

    def beginning(self) -> bytes:
        """Return its first bytes."""
        return self.read(0, BEGINNING_BYTES)

    def is_of(self, checkpoint: Checkpoint, *, wholly: bool) -> bool:
        """Return whether it begins with what was taken; never a remembered answer."""
        if hash_of(self.read(0, checkpoint.head_bytes)) != checkpoint.head:
            return False
        if (
            checkpoint.taken_bytes
            and hash_of(self.before(checkpoint.taken_bytes)) != checkpoint.tail
        ):
            return False
        return not wholly or self._checksum(checkpoint.taken_bytes) == checkpoint.checksum

    def before(self, place: int) -> bytes:
        """Return the last bytes before a place."""
        begin = max(0, place - HEAD_BYTES)
        return self.read(begin, place - begin)

    def read(self, start: int, n_bytes: int) -> bytes:
        """Return `n_bytes` bytes from a place on; fewer only where it ends."""
        self._raw.seek(start)
        taken: list[bytes] = []
        while n_bytes > 0 and (piece := self._raw.read(n_bytes)):
            taken.append(piece)
            n_bytes -= len(piece)
        return b"".join(taken)

    def _checksum(self, end: int) -> int:
        checksum = 0
        for start in range(0, end, _STEP_BYTES):
            checksum = zlib.crc32(self.read(start, min(_STEP_BYTES, end - start)), checksum)
        return checksum


class PackedContent:
    """
    Of a packed file: there is no way to a place in it but from the beginning.

    Parameters
    ----------
    raw : BinaryIO
    """

    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw
        self._start_again()
        self._beginning = self._stream.peek(BEGINNING_BYTES)

    def _start_again(self) -> None:
        self._raw.seek(0)
        self._stream = LogStream("", self._raw)
        self._at = self._checksum = 0
        self._last = b""

    def beginning(self) -> bytes:
        """Return its first bytes."""
        return self._beginning

    def is_of(self, checkpoint: Checkpoint, *, wholly: bool) -> bool:
        """Return whether it begins with what was taken: every byte of it passes by anyway."""
        del wholly
        if hash_of(self._beginning[: checkpoint.head_bytes]) != checkpoint.head:
            return False
        there = self._pass_to(checkpoint.taken_bytes)
        return there and self._checksum == checkpoint.checksum

    def before(self, place: int) -> bytes:
        """Return the last bytes before a place."""
        return self._last if self._pass_to(place) else b""

    def read(self, start: int, n_bytes: int) -> bytes:
        """Return `n_bytes` bytes from a place on; fewer only where it ends, or is damaged."""
        return self._stream.peek(n_bytes) if self._pass_to(start) else b""

    def _pass_to(self, place: int) -> bool:
        """Go to a place; return whether there is such a one."""
        if self._at > place:
            self._start_again()
        while self._at < place:
            taken = self._stream.read(min(_STEP_BYTES, place - self._at))
            if not taken:
                return False
            self._at += len(taken)
            self._checksum = zlib.crc32(taken, self._checksum)
            self._last = (self._last + taken)[-HEAD_BYTES:]
        return True


class OpenFile:
    """
    An open file and its content.

    Parameters
    ----------
    raw : BinaryIO
        At its beginning; closed with this.
    """

    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw
        try:
            packed = LogStream("", raw).packed
            self.packed = packed
            self.content: Content = PackedContent(raw) if packed else PlainContent(raw)
        except BaseException:
            raw.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._raw.close()


class OpenFiles:
    """Files of which more than one piece is taken: open between the two, at most a few."""

    def __init__(self, stack: ExitStack) -> None:
        self._files: dict[str, OpenFile] = {}
        stack.callback(self._close_all)

    def opened(self, found: Found) -> OpenFile:
        """Return a file, opened now or before."""
        if len(self._files) >= MOST_OPEN and found.key not in self._files:
            self.close(next(iter(self._files)))
        file = self._files.get(found.key)
        if file is None:
            file = self._files[found.key] = OpenFile(found.opened())
        return file

    def close(self, key: str) -> None:
        """Close a file, if it is open."""
        file = self._files.pop(key, None)
        if file is not None:
            file.__exit__(None, None, None)

    def _close_all(self) -> None:
        for key in list(self._files):
            self.close(key)
