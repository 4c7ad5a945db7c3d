"""Which report is asked for: its span, its file's name, and the command that makes the same."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from domain.window import Window, iso
from monitors.views.fleet import JudgedWindow

_DAYS: Final = {"week": 7, "month": 28}
EXTENSIONS: Final = {"html": "html", "json": "json", "csv": "csv", "md": "md", "junit": "xml"}
MIME: Final = {
    "html": "text/html",
    "json": "application/json",
    "csv": "text/csv",
    "md": "text/markdown",
    "junit": "application/xml",
}
SPANS: Final = ("newest", "week", "month", "all")
CHOSEN: Final = "window"


@dataclass(frozen=True, slots=True)
class ReportChoice:
    """
    A report that is asked for.

    Parameters
    ----------
    model : str
    window : Window or None
        The windows inside it; None: everything judged.
    format : str
        One of `EXTENSIONS`.
    language : {"en", "zh"}
    """

    model: str
    window: Window | None
    format: str
    language: str

    @property
    def file_name(self) -> str:
        """Name of its file: letters, digits and what no file system minds."""
        model = re.sub(r"[^\w.-]+", "-", self.model).strip("-.") or "model"
        span = f"-{self.window.start:%Y%m%d}-{self.window.end:%Y%m%d}" if self.window else ""
        return f"{model}{span}.{EXTENSIONS[self.format]}"

    @property
    def command(self) -> str:
        """The command line that makes the same report."""
        parts = ["driftline report", f"--model {_quoted(self.model)}"]
        if self.window is not None:
            parts.append(f"--window {_moment(self.window, 'start')}/{_moment(self.window, 'end')}")
        parts.append(f"--format {self.format}")
        if self.language != "en":
            parts.append(f"--language {self.language}")
        return " ".join([*parts, f"--out {self.file_name}"])


def spans(chosen: Window | None) -> tuple[str, ...]:
    """Return the spans that are offered: a chosen window first, where there is one."""
    return (CHOSEN, *SPANS) if chosen is not None else SPANS


def window_of(span: str, newest: Window, chosen: Window | None) -> Window | None:
    """
    Return the time that a span means.

    Parameters
    ----------
    span : str
        One of `spans`.
    newest : Window
        The newest judged window; days are counted back from its end.
    chosen : Window or None

    Returns
    -------
    Window or None
        None: everything judged.
    """
    if span == "all":
        return None
    if span == CHOSEN:
        return chosen or newest
    days = _DAYS.get(span)
    return newest if days is None else Window(newest.end - timedelta(days=days), newest.end)


def covers_any(span: Window | None, judged: Sequence[JudgedWindow]) -> bool:
    """Return whether a judged window starts inside the span; None spans everything."""
    return any(span is None or span.contains(one.window.start) for one in judged)


def _moment(window: Window, side: str) -> str:
    text = iso(getattr(window, side))
    return text.removesuffix("T00:00:00Z")


def _quoted(name: str) -> str:
    return name if re.fullmatch(r"[\w./@:+-]+", name) else "'" + name.replace("'", "'\\''") + "'"
