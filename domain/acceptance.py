"""A lasting shift that somebody declared the new normal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Acceptance:
    """
    From `since` on, the columns are compared with what they are now.

    Parameters
    ----------
    model : str
    columns : tuple of str
        Empty: all of them.
    since : datetime
        Where the new normal starts.
    why, who : str
        The reason given, and by whom.
    at : datetime
        When it was accepted.
    """

    model: str
    columns: tuple[str, ...]
    since: datetime
    why: str
    who: str
    at: datetime
