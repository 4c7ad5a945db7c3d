"""What a page is drawn from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.palette import Palette
from app.selection import Selection
from domain.catalogue import say
from domain.window import Window
from monitors.service import Service
from monitors.views.fleet import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """
    What a page is drawn from: who answers, when it is, what is chosen, how it is shown.

    Parameters
    ----------
    service : Service
    revision : str
        Of the store when this drawing began.
    now : datetime
        The clock's; for recorded data a moment just behind its end.
    recorded : bool
    language : {"en", "zh"}
    palette : Palette
    selection : Selection
    target : Target
        The selected model.
    """

    service: Service
    revision: str
    now: datetime
    recorded: bool
    language: str
    palette: Palette
    selection: Selection
    target: Target

    def say(self, key: str, /, **values: object) -> str:
        """Fill a text of the catalogue in the reader's language."""
        return say(key, self.language, **values)

    @property
    def window(self) -> Window | None:
        """The chosen window, else the model's newest judged one; None before the first run."""
        if self.selection.window is not None or not self.target.windows:
            return self.selection.window
        return self.target.windows[-1].window
