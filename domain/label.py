"""How far the true outcomes of a model have come."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelStanding:
    """
    What predictions and labels of one model have found of each other.

    Parameters
    ----------
    model : str
    predictions : int
        That are stored, archived ones too.
    pending : int
        Those of them that no label was told of yet.
    unmatched : int
        Predictions and requests that labels name, and of which nothing is stored: the label is
        early, or the id is another.
    """

    model: str
    predictions: int
    pending: int
    unmatched: int
