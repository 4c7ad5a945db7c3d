"""Predictions of one window beside the labels that have arrived for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from domain.window import Window

Text = NDArray[np.str_]


@dataclass(frozen=True, eq=False, kw_only=True)
class Outcomes:
    """
    The labelled predictions of one deployment in one window.

    Parameters
    ----------
    window : Window
    predictions : ndarray of str, shape (n,)
        As the logs write them, ``""`` where there is only a score; ``.astype(float)`` where they
        are numbers.
    labels : ndarray of str, shape (n,)
        The newest label of each.
    scores : ndarray of float64, shape (n,)
        NaN where there is none.
    pending : int
        Predictions of the window without a label.
    newest_label_at : datetime or None
        Time of the newest label counted; None without one, or where labels carry no time.
    """

    window: Window
    predictions: Text
    labels: Text
    scores: NDArray[np.float64]
    pending: int
    newest_label_at: datetime | None = None

    @property
    def labelled(self) -> int:
        """Predictions with a label."""
        return len(self.labels)
