"""A baseline that was fixed once: its windows, its cells and what was counted in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from domain.column import Column
from domain.profile import Grid
from domain.window import Window


@dataclass(frozen=True, eq=False)
class FrozenBaseline:
    """
    What windows are compared with, kept as it was when it was fixed.

    Parameters
    ----------
    model : str
    name : str
        Tells the baselines of a model apart: made from what was configured, so that another
        configuration freezes another baseline.
    windows : tuple of Window, length K
        Oldest first.
    grids : mapping of Column to Grid
    counts : mapping of Column to ndarray of int64, shape (K, n_cells + 2)
        Rows of each window in each cell, then missing, then unseen.
    created_at : datetime
        When it was frozen.
    """

    model: str
    name: str
    windows: tuple[Window, ...]
    grids: Mapping[Column, Grid]
    counts: Mapping[Column, NDArray[np.int64]]
    created_at: datetime
