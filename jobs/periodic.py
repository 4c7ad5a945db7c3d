"""Work that a server does again and again in the background."""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Callable
from typing import Self

from domain.errors import DriftlineError

log = logging.getLogger(__name__)


class StoppedError(Exception):
    """The server ends; what is at work stops at the next point where nothing is lost."""


class Periodic:
    """
    Runs one thing in a thread, again and again, never twice at once.

    A failure is logged, and the next time comes all the same.

    Parameters
    ----------
    name : str
        Of the thread and of the events in the log.
    every_s : float
        From the end of one time to the start of the next.
    work : callable
        Given a function that raises `StoppedError` once the server ends, to be called now and then.
    """

    def __init__(
        self, name: str, every_s: float, work: Callable[[Callable[..., None]], object]
    ) -> None:
        self._name = name
        self._every_s = every_s
        self._work = work
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name=name, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    def _loop(self) -> None:
        while not self._stopping.is_set():
            try:
                self._work(self._go_on)
            except StoppedError:
                return
            except DriftlineError as error:
                log.warning(f"{self._name}.failed", extra={"error": str(error)})  # noqa: G004 (one of few names)
            except Exception as error:  # noqa: BLE001 (the next time may go well)
                # where, not what: an error's message may hold a feature's value
                frames = traceback.extract_tb(error.__traceback__)
                where = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-8:]]
                fields = {"error": type(error).__name__, "where": where}
                log.error(f"{self._name}.failed", extra=fields)  # noqa: G004, TRY400 (see above)
            self._stopping.wait(self._every_s)

    def _go_on(self, *_: object) -> None:
        if self._stopping.is_set():
            raise StoppedError
