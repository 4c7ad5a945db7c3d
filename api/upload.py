"""A log as the body of a request: one line of JSON that says what it is, then the file as it is."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

import orjson
from starlette.requests import Request

from api.parcels import unpacked
from domain.errors import DiskFullError, InputError
from ingest.sources import SourceFile

MOST_HEAD_BYTES: Final = 16 * 1024 * 1024
_PIECE_BYTES: Final = 1024 * 1024


class Upload:
    """A received log; its file is gone when this is closed."""

    def __init__(self, folder: Path) -> None:
        self._file: IO[bytes] = tempfile.NamedTemporaryFile(  # noqa: SIM115 (closed by __exit__)
            dir=folder, prefix="log-", suffix=".part"
        )
        self.head = b""
        self._waiting = bytearray()
        self._has_head = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def take(self, piece: bytes) -> bool:
        """Take the next bytes; return whether there are enough to be written."""
        self._waiting += piece
        if not self._has_head:
            head, newline, rest = bytes(self._waiting).partition(b"\n")
            if len(head) > MOST_HEAD_BYTES:
                raise InputError("the body does not begin with a line of JSON; see docs/server.md")
            if newline:
                self.head, self._waiting, self._has_head = head, bytearray(rest), True
        return self._has_head and len(self._waiting) >= _PIECE_BYTES

    def write(self) -> None:
        """Write what was taken."""
        self._file.write(self._waiting)
        self._waiting.clear()

    def finish(self) -> None:
        """Write what is left; from now on the log can be read."""
        if not self._has_head:
            raise InputError("the body does not begin with a line of JSON; see docs/server.md")
        self.write()
        self._file.flush()

    def sources(self) -> list[SourceFile]:
        """
        Return the logs under the names their sender gave them.

        Raises
        ------
        InputError
            If they are not what the first line says.
        """
        return unpacked(orjson.loads(self.head), Path(self._file.name))


async def receive(request: Request, folder: Path) -> Upload:
    """
    Take a log from a request into a file; memory does not grow with it.

    Parameters
    ----------
    request : Request
    folder : Path

    Raises
    ------
    InputError
        If it does not begin with a line of JSON.
    DiskFullError
        If it does not fit beside the store.
    """
    try:
        upload = Upload(folder)
        try:
            async for piece in request.stream():
                if upload.take(piece):
                    await asyncio.to_thread(upload.write)
            upload.finish()
        except BaseException:
            upload.__exit__(None, None, None)
            raise
    except OSError as error:
        raise DiskFullError(
            f"{folder} cannot take the log: {error.strerror}; free some space and try again"
        ) from error
    return upload
