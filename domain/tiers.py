"""What was moved to the archive and dropped from a store, or would be."""

from __future__ import annotations

from dataclasses import dataclass


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
