"""Baseline windows with enough rows, and whose rows count in each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.window import Rows, Window
from monitors.baseline_plan import BaselinePlan, busiest, speakers


@dataclass(frozen=True, slots=True)
class Usable:
    """
    Windows to learn from.

    Parameters
    ----------
    rows : Rows
        With whose rows count in each.
    n_rows : int
        How many they are.
    """

    rows: Rows
    n_rows: int


def usable_windows(
    plan: BaselinePlan,
    rows: Mapping[str, NDArray[np.int64]],
    version: str,
    min_rows: int,
    *,
    own_only: bool,
) -> Usable:
    """
    Choose the plan's windows that have enough rows, and whose rows count in each.

    Parameters
    ----------
    plan : BaselinePlan
    rows : mapping of str to ndarray of int64, shape (n_windows,)
        Rows of each version in the plan's windows.
    version : str
        The judged version.
    min_rows : int
        Rows that a baseline window needs.
    own_only : bool
        Count only the version's own rows (outputs) instead of the model's traffic (inputs).
    """
    n_windows = len(plan.windows)
    if plan.version is not None or own_only:
        chosen = (plan.version if plan.version is not None else version,) * n_windows
    else:
        chosen = speakers(rows, version, n_windows)
    return _usable(plan.windows, chosen, rows, min_rows)


def traffic(windows: Sequence[Window], rows: Mapping[str, NDArray[np.int64]]) -> Usable:
    """Return the busiest version's rows of every window."""
    return _usable(windows, busiest(rows, len(windows)), rows, 0)


def _usable(
    windows: Sequence[Window],
    chosen: Sequence[str],
    rows: Mapping[str, NDArray[np.int64]],
    min_rows: int,
) -> Usable:
    nothing = np.zeros(len(windows), np.int64)
    counts = [int(rows.get(version, nothing)[i]) for i, version in enumerate(chosen)]
    keep = [i for i, n_rows in enumerate(counts) if n_rows >= min_rows]
    used = Rows(tuple(windows[i] for i in keep), tuple(chosen[i] for i in keep))
    return Usable(used, sum(counts[i] for i in keep))
