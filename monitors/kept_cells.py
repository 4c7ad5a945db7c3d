"""
Cells that stay: learned of a model's traffic once a quarter, whatever is compared with what.

Rows that were counted over them once need not be counted again when a baseline moves on. They
hang on the logs before their quarter alone, so they are the same whoever asks first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from detectors.grid import MAX_LABELS
from domain.column import Column
from domain.profile import Float, Grid, GridKind, Profile
from domain.window import align
from monitors.cells import learn
from monitors.usable import Usable
from store.store import Store

RENEWED_EVERY: Final = timedelta(weeks=13)
LEARNED_SPAN: Final = timedelta(weeks=8)
"""Logs before a quarter that teach its cells; a model that is younger has none."""

ROWS_AN_HOUR: Final = 750
"""With fewer, reading rows costs less than counting and adding hundreds of cells (ADR 0019)."""

MOST_IN_CELL: Final = 1 / 20
MOST_UNSEEN: Final = 1 / 100


@dataclass(frozen=True, eq=False)
class KeptCells:
    """
    The cells that one model's columns are counted over, quarter by quarter.

    Parameters
    ----------
    store : Store
    model : str
    columns : sequence of Column
    timezone : str
        Of the quarters.
    traffic : callable
        The model's rows in a span, in complete windows.
    """

    store: Store
    model: str
    columns: Sequence[Column]
    timezone: str
    traffic: Callable[[datetime, datetime], Usable]
    _known: dict[datetime, Mapping[Column, Grid]] = field(
        default_factory=dict[datetime, Mapping[Column, Grid]]
    )

    def at(self, moment: datetime, first_data: datetime) -> Mapping[Column, Grid]:
        """
        Return the cells of the quarter that a moment lies in; learned where nobody asked before.

        None where the logs before it are too short, or too few an hour.

        Parameters
        ----------
        moment : datetime
        first_data : datetime
            Of the model.
        """
        start = align(moment, RENEWED_EVERY, self.timezone)
        if first_data > start - LEARNED_SPAN:
            return {}
        if start not in self._known:
            self._known[start] = self._found(start)
        return self._known[start]

    def _found(self, start: datetime) -> Mapping[Column, Grid]:
        kept = {
            column: one.grid
            for column, grids in self.store.grids(self.model).items()
            for one in grids
            if one.since == start and column in self.columns
        }
        missing = [column for column in self.columns if column not in kept]
        taught = self.traffic(start - LEARNED_SPAN, start)
        if not missing or not dense(taught):
            return kept
        learned = learn(self.store, self.model, missing, taught.rows, taught.n_rows)
        new = {c: grid for c, grid in learned.grids.items() if c not in learned.faults}
        self.store.keep_grids(self.model, new, start)
        return {**kept, **new}


def dense(usable: Usable) -> bool:
    """Return whether windows hold so many rows that adding counts is cheaper than reading them."""
    spans = (window.duration for window in usable.rows.windows)
    return usable.n_rows >= ROWS_AN_HOUR * (sum(spans, timedelta()) / timedelta(hours=1)) > 0


def fits(total: Profile) -> bool:
    """
    Return whether cells tell the values of a baseline apart.

    Not where a cell of more than one number holds more than a twentieth of the values, or where
    more than a hundredth were seen in no cell; of labels beyond the 200 most frequent that is no
    fault of the cells.

    Parameters
    ----------
    total : Profile
        Of the whole baseline.
    """
    if not total.present:
        return True
    if total.grid.kind is GridKind.QUANTILES:
        return bool(_in_stretches(total).max() <= MOST_IN_CELL * total.present)
    full = total.grid.kind is GridKind.CATEGORIES and total.grid.n_cells >= MAX_LABELS
    return full or total.unseen <= MOST_UNSEEN * total.present


def _in_stretches(total: Profile) -> Float:
    """Return the rows of each cell that can hold more than one number, else 0."""
    edges = total.grid.edges
    single = np.zeros(total.grid.n_cells, bool)
    single[1:-1] = np.nextafter(edges[:-1], np.inf) == edges[1:]
    return np.where(single, 0, total.cells).astype(np.float64)
