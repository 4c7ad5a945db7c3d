"""What runs ask about predictions: how many there were, and how many of them answered nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import duckdb
import numpy as np
from numpy.typing import NDArray

from domain.role import TAG, Role
from domain.window import Window
from store.relations import Relations
from store.scan import Scan

Int = NDArray[np.int64]

# Tags are stored as a flat JSON object with sorted keys and without spaces. A quote inside a key
# or a value is escaped there, so that this text, with what stands before it, is the tag itself.
_TAG: Final = f'"{TAG}":"{Role.SHADOW}"'
IN_SHADOW: Final = f"""
    coalesce(starts_with(tags, '{{{_TAG}') or contains(tags, ',{_TAG}'), false)
"""


@dataclass(frozen=True, slots=True, eq=False)
class PredictionCounts:
    """
    The predictions of one version in some windows.

    Parameters
    ----------
    predictions, shadow : ndarray of int64, shape (n_windows,)
        Those in shadow are among the predictions.
    """

    predictions: Int
    shadow: Int


def prediction_counts(
    connection: duckdb.DuckDBPyConnection, logs: Relations, version: str, windows: Sequence[Window]
) -> PredictionCounts:
    """
    Count the predictions of a version in every window, in one pass.

    Parameters
    ----------
    connection : DuckDBPyConnection
        In a read transaction.
    logs : Relations
    version : str
    windows : sequence of Window
        Oldest first, not overlapping.
    """
    scan = Scan(connection, logs, windows, (version,) * len(windows))
    in_shadow = scan.numbers(IN_SHADOW) > 0
    return PredictionCounts(
        _per_window(scan, scan.inside), _per_window(scan, scan.inside & in_shadow)
    )


def _per_window(scan: Scan, chosen: NDArray[np.bool_]) -> Int:
    return np.bincount(scan.index[chosen], minlength=len(scan.windows)).astype(np.int64)
