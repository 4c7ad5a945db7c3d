"""A file as the answer to a request: lines while it is made, its size, then its bytes."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import Executor
from pathlib import Path
from typing import Final

from api.methods import Method
from api.steps import AskerLeftError, Steps, lines

_PIECE_BYTES: Final = 1024 * 1024


async def download(
    method: Method, pool: Executor, folder: Path, make: Callable[[Path], int]
) -> AsyncGenerator[bytes]:
    """
    Make a file in a thread and yield it; nothing is left of it afterwards.

    Parameters
    ----------
    method : Method
    pool : Executor
    folder : Path
        Where it lies until it is sent.
    make : callable
        Given a path that does not exist; returns the size of what it made there, in bytes.
    """
    path = folder / f"sent-{secrets.token_hex(8)}.part"

    def work(steps: Steps) -> int:
        size = make(path)
        try:
            steps.require_asker()
        except AskerLeftError:
            path.unlink(missing_ok=True)
            raise
        return size

    try:
        # closed before the file is: from then on whoever makes it knows that nobody waits
        async with contextlib.aclosing(lines(method, pool, work)) as told:
            async for line in told:
                yield line
        if path.exists():
            with path.open("rb") as file:
                path.unlink()
                while piece := await asyncio.to_thread(file.read, _PIECE_BYTES):
                    yield piece
    finally:
        path.unlink(missing_ok=True)
