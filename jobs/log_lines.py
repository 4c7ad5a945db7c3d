"""Log lines: the event's name, then its fields."""

from __future__ import annotations

import json
import logging

_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class LogLines(logging.Formatter):
    """Writes ``time level logger: event field=value …``."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (logging's name)
        """Return the line without a traceback."""
        fields = [
            f"{name}={json.dumps(value, ensure_ascii=False, default=str)}"
            for name, value in vars(record).items()
            if name not in _OWN and not name.startswith("_")
        ]
        return " ".join([super().formatMessage(record), *fields])
