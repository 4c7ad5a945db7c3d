"""
Connections that nobody fills and nobody holds open, with a key or without.

uvicorn keeps what it has of a request's head for as long as more of it comes, and waits for the
rest as long as nobody leaves: before any guard is asked. Bodies are bounded where they are
received.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from api.problem import problem

# of line and headers, as of whatever else is no body: trailers, extensions of chunks
HEAD_LIMIT_BYTES: Final = 64 * 1024
# from the connection, or the first byte of a request, to the end of its head
HEAD_S: Final = 20.0


class Connection(HttpToolsProtocol):
    """One connection; what uvicorn takes as ``http``."""

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 (uvicorn's own)
        super().__init__(*args, **options)
        # since the last that was understood
        self._loose_bytes = 0
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Wait for a head."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes, as long as they come to something."""
        self._loose_bytes += len(data)
        super().data_received(data)
        if self._loose_bytes > HEAD_LIMIT_BYTES and not self.transport.is_closing():
            self._refuse()

    def on_message_begin(self) -> None:
        """Wait for the end of the head that begins."""
        self._wait()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Let the request in."""
        self._stop_waiting()
        self._loose_bytes = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self._loose_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Take the end of the request."""
        self._loose_bytes = 0
        super().on_message_complete()

    def _wait(self) -> None:
        self._stop_waiting()
        self._patience = self.loop.call_later(HEAD_S, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _refuse(self) -> None:
        # in the middle of another answer there is no place for this one
        # (that there is none before the first request, uvicorn does not say)
        cycle = cast("RequestResponseCycle | None", self.cycle)
        if cycle is None or cycle.response_complete:
            answer = problem(431, "api.problem.long-head", limit_bytes=HEAD_LIMIT_BYTES)
            head = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n"
            told = b"".join(b"%s: %s\r\n" % pair for pair in answer.raw_headers)
            self.transport.write(head + told + b"\r\n" + bytes(answer.body))
        self.transport.close()
