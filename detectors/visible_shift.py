"""What the forecast detector can see: the baseline replayed with shifts of known size."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from detectors.forecast_calibration import (
    ForecastCalibration,
    Standardised,
    degrees_of,
    surprises,
    total,
)
from detectors.forecast_column import ColumnForecast
from detectors.forecast_scores import standardise
from domain.profile import Float, Grid, GridKind, Int, ProfileSeries

WITHIN = 10
SEEN_SHARE = 0.8
_EVERY = 2


class ShiftUnit(StrEnum):
    """What a shift of a column is measured in."""

    SD = "sd"
    MIX = "mix"
    CONSTANT = "constant"


SIZES = {
    ShiftUnit.SD: (0.25, 0.5, 1.0, 2.0),
    ShiftUnit.MIX: (0.05, 0.1, 0.2, 0.4),
    ShiftUnit.CONSTANT: (0.0,),
}


def unit_of(column: ColumnForecast) -> ShiftUnit:
    """Return the unit: standard deviations of numbers, moved share of categories."""
    if column.grid.kind is GridKind.CATEGORIES:
        return ShiftUnit.MIX
    several = column.grid.kind is GridKind.QUANTILES or column.reader.known.sum() > 1
    return ShiftUnit.SD if several else ShiftUnit.CONSTANT


def visible_shifts(
    calibration: ForecastCalibration,
    series: Sequence[ProfileSeries],
    *,
    line: float,
) -> dict[str, float | None]:
    """
    Find the smallest lasting shift of each column that would be seen.

    The baseline windows are replayed with a shift on their counts, ten windows from every second
    start; a size is visible where at least 80 % of the replays reach `line`. What a shift is:

    * numbers in quantile cells: 0.25, 0.5, 1 or 2 standard deviations upwards, rows spread evenly
      inside a cell; the open end cells count as points at their edges, so the standard deviation
      is that of values clipped at the outermost edges and no outlier inflates it;
    * numbers in atoms: the mean moves by as much, away from the nearer end of the range, by rows
      that go to the neighbouring atoms;
    * a constant: all rows hold a value never seen; the size is given as 0;
    * categories: 5, 10, 20 or 40 % of all rows (at most all of them) go from the most frequent
      category to the others in proportion; from a single one to a value never seen.

    Parameters
    ----------
    calibration : ForecastCalibration
    series : sequence of ProfileSeries
        The baseline windows.
    line : float

    Returns
    -------
    dict of str to float or None
        In the unit of `unit_of`; None: blind.
    """
    visible: dict[str, float | None] = {}
    for one in series:
        column = calibration.columns[one.column]
        sizes = SIZES[unit_of(column)]
        seen = _share_seen(calibration, column, one.counts, line)
        visible[one.column] = next(
            (size for size, share in zip(sizes, seen, strict=True) if share >= SEEN_SHARE), None
        )
    return visible


def _share_seen(
    calibration: ForecastCalibration,
    column: ColumnForecast,
    counts: Int,
    line: float,
) -> Float:
    """Return the share of replays that reach the line, for each size of shift."""
    moves = shift_matrices(column.grid, counts[:, :-2].sum(axis=0).astype(np.float64))
    n_sizes, n_windows = len(moves), len(counts)
    shifted = np.repeat(counts[None].astype(np.float64), n_sizes, axis=0)
    # Not matmul: BLAS starts threads for this size, which cost ten times the CPU.
    moved = np.einsum("tc,scd->std", counts[:, :-2], moves)
    shifted[:, :, :-2] = moved[:, :, :-1]
    shifted[:, :, -1] += moved[:, :, -1]
    phases = None if calibration.phases is None else np.tile(calibration.phases, n_sizes)
    distances = column.distances(shifted.reshape(n_sizes * n_windows, -1), phases)
    standard = standardise(calibration, [column], [distances])
    within = min(WITHIN, n_windows)
    replays = Standardised(
        _replays(standard.shape.reshape(1, n_sizes, n_windows), within),
        np.moveaxis(
            _replays(np.moveaxis(standard.shares, -1, 1).reshape(1, 2, n_sizes, n_windows), within),
            1,
            -1,
        ),
    )
    surprise = surprises(calibration.tails, replays, degrees_of([column]), calibration.memory)
    score = total(surprise)[0]
    reached = np.where(np.isfinite(score), score, -np.inf).max(axis=-1) >= line
    return reached.mean(axis=1)


def _replays(windows: Float, within: int) -> Float:
    """Cut (..., K) into runs of `within` windows from every second start, (..., starts, within)."""
    return sliding_window_view(windows, within, axis=-1)[..., ::_EVERY, :]


def shift_matrices(grid: Grid, total_counts: Float) -> Float:
    """
    Return where the rows of each cell go, for each size of shift.

    Parameters
    ----------
    grid : Grid
    total_counts : ndarray of float64, shape (n_cells,)
        Of the baseline.

    Returns
    -------
    ndarray of float64, shape (n_sizes, n_cells, n_cells + 1)
        Shares; each row adds up to 1; the last column is unseen.
    """
    if grid.kind is GridKind.CATEGORIES:
        return np.stack([_mix(total_counts, size) for size in SIZES[ShiftUnit.MIX]])
    if grid.kind is GridKind.ATOMS and (total_counts > 0).sum() < 2:
        return _all_unseen(len(total_counts))[None]
    # Nothing here hangs on the unit, and the square of 1e200 would be infinite.
    edges = grid.edges / np.abs(grid.edges).max()
    if grid.kind is GridKind.QUANTILES:
        centres = (np.append(edges[0], edges) + np.append(edges, edges[-1])) / 2
        sd = _standard_deviation(centres, total_counts)
        return np.stack([_slide(edges, size * sd) for size in SIZES[ShiftUnit.SD]])
    sd = _standard_deviation(edges, total_counts)
    mean = float(total_counts @ edges / total_counts.sum())
    sign = -1 if mean > (edges[0] + edges[-1]) / 2 else 1
    return np.stack([_step(edges, sign * size * sd) for size in SIZES[ShiftUnit.SD]])


def _standard_deviation(values: Float, counts: Float) -> float:
    share = counts / max(float(counts.sum()), 1.0)
    return float(np.sqrt(share @ (values - share @ values) ** 2))


def _slide(edges: Float, delta: float) -> Float:
    """Move quantile cells by `delta`: rows spread evenly inside a cell, end cells are points."""
    low, high = np.append(edges[0], edges) + delta, np.append(edges, edges[-1]) + delta
    floor, ceiling = np.append(-np.inf, edges), np.append(edges, np.inf)
    overlap = np.minimum(high[:, None], ceiling) - np.maximum(low[:, None], floor)
    inside = (low[:, None] >= floor) & (low[:, None] < ceiling)
    share = np.where((high > low)[:, None], np.clip(overlap, 0, None), inside)
    return np.hstack((share / share.sum(axis=1, keepdims=True), np.zeros((len(share), 1))))


def _step(atoms: Float, delta: float) -> Float:
    """Move the mean of each atom by `delta`: its rows go to the two atoms around the goal."""
    n = len(atoms)
    goal = np.interp(atoms + delta, atoms, np.arange(n, dtype=np.float64))
    lower = np.minimum(goal.astype(np.int64), n - 2)
    share = np.zeros((n, n + 1))
    share[np.arange(n), lower] = 1 - (goal - lower)
    share[np.arange(n), lower + 1] = goal - lower
    return share


def _mix(counts: Float, size: float) -> Float:
    """Move `size` of all rows from the most frequent category to the others in proportion."""
    n = len(counts)
    if (counts > 0).sum() < 2:
        stay = _all_unseen(n)
        return size * stay + (1 - size) * np.eye(n, n + 1)
    largest = int(counts.argmax())
    others = np.append(np.where(np.arange(n) == largest, 0.0, counts), 0.0)
    moved = min(size * float(counts.sum() / counts[largest]), 1.0)
    share = np.eye(n, n + 1)
    share[largest] = (1 - moved) * share[largest] + moved * others / others.sum()
    return share


def _all_unseen(n_cells: int) -> Float:
    share = np.zeros((n_cells, n_cells + 1))
    share[:, -1] = 1
    return share
