"""A run is found by its deployment and window; so is all that belongs to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import pyarrow as pa

from domain.run import Run
from domain.window import Window
from store.bulk import texts, times
from store.moments import to_stored, to_stored_or_none

# model, version, start and end of the window, as stored
RunKey = tuple[str, str, datetime, datetime]

KEY_COLUMNS: Final = "model, version, window_start, window_end"

_CHOSEN = """
    with chosen as (
        select {key}
        from runs
        where ($model is null or model = $model)
          and ($version is null or version = $version)
          and ($start is null or window_end > $start)
          and ($end is null or window_start < $end)
        {newest}
    )
"""
_NEWEST = """
        qualify row_number() over (
            partition by model, version
            order by window_end desc, window_start
        ) <= $most
"""


@dataclass(frozen=True, slots=True)
class RunChoice:
    """
    Which runs are asked for.

    Parameters
    ----------
    model, version : str or None
        None: all of them.
    span : Window or None
        Those whose window overlaps it.
    most : int or None
        Only so many of the newest windows of each deployment; None: all.
    """

    model: str | None = None
    version: str | None = None
    span: Window | None = None
    most: int | None = None

    @property
    def sql(self) -> str:
        """The keys of the chosen runs, as a table ``chosen`` in front of a query."""
        return _CHOSEN.format(key=KEY_COLUMNS, newest="" if self.most is None else _NEWEST)

    @property
    def values(self) -> dict[str, object]:
        """What the names in `sql` stand for."""
        values: dict[str, object] = {
            "model": self.model,
            "version": self.version,
            "start": to_stored_or_none(self.span.start if self.span else None),
            "end": to_stored_or_none(self.span.end if self.span else None),
        }
        return values if self.most is None else {**values, "most": self.most}


def run_key(run: Run) -> RunKey:
    """Return a run's key as it is stored."""
    of, window = run.deployment, run.window
    return of.model, of.version, to_stored(window.start), to_stored(window.end)


def key_columns(runs: Sequence[Run]) -> dict[str, pa.Array]:
    """Return the keys of some runs as columns, one row for each."""
    return {
        "model": texts([run.deployment.model for run in runs]),
        "version": texts([run.deployment.version for run in runs]),
        "window_start": times([run.window.start for run in runs]),
        "window_end": times([run.window.end for run in runs]),
    }
