"""What was moved to the archive and dropped from a store, or would be."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from domain.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Tidied:
    """
    What became of one model's old rows.

    Parameters
    ----------
    model : str
    days : int
        Days of versions that were archived.
    archived : int
        Predictions, unanswered rows and calls in them; 0 where it was only looked.
    changed : int
        Days that loads changed while they were written; they are left for the next time.
    to : str or None
        Where to; None: the model has no archive.
    dropped_days : int
        Days whose rows were dropped.
    dropped : int
        Predictions, unanswered rows, calls and labels; 0 where it was only looked.
    """

    model: str
    days: int = 0
    archived: int = 0
    changed: int = 0
    to: str | None = None
    dropped_days: int = 0
    dropped: int = 0


class Fault(StrEnum):
    """What is wrong with a file of the archive."""

    MISSING = "missing"
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveFault:
    """
    A file of the archive that cannot be read as it was written.

    Parameters
    ----------
    path : str
    fault : Fault
    model, version, kind : str
        Whose rows, and whether predictions, unanswered rows or calls.
    span : Window
        From its first row to just behind the last.
    rows : int
    set_aside : bool
        Questions pass it over, and windows over it are said to be incomplete; else they fail.
    """

    path: str
    fault: Fault
    model: str
    version: str
    kind: str
    span: Window
    rows: int
    set_aside: bool
