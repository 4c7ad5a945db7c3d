"""
Judge a service level objective over a window: burn rates at every moment, budget, evidence.

Two things are added to the workbook's rule, because it was made for a thousand requests a
second. *Evidence*: a row fires only when the bad calls of its long window are more than an
even spend explains by chance, so that a few bad calls at night page nobody; a burn that is not
proven is said, not hidden (ADR 0040). *Cold start*: in a long window that reaches back before
the first log, the burn counts the missing part as unspent budget, so that three minutes of logs
are not taken for three days.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from detectors.bad_calls import Counted, Proof, bad_stretch, chance_of_bad_calls
from detectors.burn_table import BurnRow, Urgency, rows_for
from domain.errors import InvalidWindowError
from domain.slo import SLO, BurnRate, SLOResult, SLOState
from domain.window import Window, iso

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]
Readings = Mapping[str, float | int | str | None]

BUCKET_S = 300
PAGE = Proof(1e-5, least_bad=3, at_once=10)
TICKET = Proof(1e-2)
_NO_RATE = 2
_STRICTLY = 1 + 1e-9  # "greater than" must not hang on the last bit of a division


@dataclass(frozen=True, eq=False)
class BucketCounts:
    """
    Good and all calls in consecutive buckets of equal length, without gaps.

    Parameters
    ----------
    start : datetime
        Start of bucket 0, aware.
    good, total : ndarray of float64, shape (n_buckets,)
        ``0 <= good <= total``; weighted where calls were sampled.
    bucket_s : int, default=300
        Length of a bucket, in seconds.
    first_data : int, default=0
        Index of the first bucket for which logs exist; what lies before is unknown, not empty.
    mean_weight : float, default=1
        Calls that one logged call stands for; evidence counts logged calls.
    failed : ndarray of float64, shape (n_buckets,), optional
        Of the bad calls those that failed, where others were bad because they were slow.
    """

    start: datetime
    good: Float
    total: Float
    bucket_s: int = BUCKET_S
    first_data: int = 0
    mean_weight: float = 1.0
    failed: Float | None = None

    def range_of(self, window: Window) -> tuple[int, int]:
        """
        Return the half-open range of buckets that the window touches, cut to what is there.

        Raises
        ------
        InvalidWindowError
            If no bucket lies in the window.
        """
        length = timedelta(seconds=self.bucket_s)
        first = max((window.start - self.start) // length, 0)
        last = min(-((self.start - window.end) // length), len(self.total))
        if first >= last:
            raise InvalidWindowError(
                f"window {window} holds no bucket of the counts that start at {iso(self.start)}; "
                "pass counts that reach to the window's end"
            )
        return first, last

    def end_of(self, bucket: int) -> datetime:
        """Return the end of a bucket."""
        return self.start + timedelta(seconds=self.bucket_s * (bucket + 1))


class _Rolling:
    """Rolling sums over the buckets that end at the judged moments, and just before the first."""

    def __init__(self, buckets: BucketCounts, first: int, last: int) -> None:
        self._buckets = buckets
        self._ends = np.arange(first, last + 1)
        bad = buckets.total - buckets.good
        self._bad, self._total = _running(bad), _running(buckets.total)
        self._bad_buckets, self._buckets_called = _running(bad > 0), _running(buckets.total > 0)

    def over(self, seconds: float) -> Counted:
        """Return the sums over the span of this length that ends at each moment."""
        width = max(round(seconds / self._buckets.bucket_s), 1)
        starts = np.maximum(self._ends - width, 0)
        # a rest of the float subtraction must not look like a bad call
        bad, total, bad_buckets, called = (
            np.maximum(running[self._ends] - running[starts], 0.0)
            for running in (self._bad, self._total, self._bad_buckets, self._buckets_called)
        )
        covered = np.clip((self._ends - self._buckets.first_data) / width, 0.0, 1.0)
        return Counted(bad, total, bad_buckets, called, covered)


def _running(counts: Float | Bool) -> Float:
    return np.concatenate(([0.0], np.cumsum(counts, dtype=np.float64)))


@dataclass(frozen=True, eq=False)
class _Watched:
    """
    One row of the table at every judged moment.

    `untold`: it burns, which may be chance; `held`: its long window burnt before the first one.
    """

    row: BurnRow
    reachable: bool
    calls: Counted
    long: Float
    short: Float
    firing: Bool
    untold: Bool
    held: bool
    could_fire: bool


def _burn(sums: Counted, target: float) -> Float:
    """Return bad calls in multiples of an even spend; NaN without calls."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(sums.total > 0, sums.bad / sums.total, np.nan) / (1 - target)


def _watch(row: BurnRow, slo: SLO, rolling: _Rolling, proof: Proof, weight: float) -> _Watched:
    factor, reachable = row.factor(slo.period_days), row.reachable(slo)
    calls = rolling.over(row.long_s)
    long = _burn(calls, slo.target) * calls.covered
    short = _burn(rolling.over(row.short_s), slo.target)
    proven = proof.holds(calls, slo.target, weight)
    spent = (long > factor * _STRICTLY) & reachable
    burning = spent & (short > factor * _STRICTLY)
    # a single bad call is no rate: one of forty is above every factor
    rate = calls.bad / weight >= _NO_RATE
    return _Watched(
        row,
        reachable,
        calls.but_first(),
        long[1:],
        short[1:],
        firing=(burning & proven)[1:],
        untold=(burning & rate & ~proven)[1:],
        held=bool(spent[0] & proven[0]),
        could_fire=bool(proof.holds(calls.all_bad(), slo.target, weight)[1:].any()),
    )


def judge(
    slo: SLO,
    buckets: BucketCounts,
    window: Window,
    *,
    replica: str | None = None,
    page: Proof = PAGE,
    ticket: Proof = TICKET,
    readings: Readings | None = None,
) -> SLOResult:
    """
    Judge an objective at every bucket of a window.

    Parameters
    ----------
    slo : SLO
    buckets : BucketCounts
        From one period before the window's end, or from as far back as logs reach.
    window : Window
        The judged span; what lies behind the last bucket is not judged.
    replica : str or None
        Whose calls these are; None: all.
    page, ticket : Proof
        What the bad calls in a row's long window must prove for the row to fire. A service that
        is exactly as good as its target is paged on up to 264 days of a year by the plain rule,
        by this one on none of five years (ADR 0040).
    readings : mapping, optional
        Added to the result's values: ``status`` (the main status of failed calls),
        ``replica`` (the one to blame), ``p50_ms``, …

    Returns
    -------
    SLOResult
        `state` is the worst inside the window, of burning-page, exhausted and burning-ticket in
        this order; insufficient where an outage could not be told from chance, or where the
        period's share of good calls is below the target by no more than chance gives.
        `fired_at` is None where there is nothing to raise: also for a budget that
        was used up before the window and is not being overspent inside it. Burn rates over the
        long window are those of the spent budget: lower than the bad share says while the
        window is not covered by logs. ``values`` holds `readings` and ``window_p_value``;
        where something was raised ``bad_from``, ``bad_to``, ``bad_calls``, ``bad_share`` and
        ``bad_failed`` of the bad stretch; else ``untold_bad``, ``untold_of`` and ``untold_h`` of
        the worst burn that chance explains; ``outage_visible`` where insufficient.

    Raises
    ------
    InvalidWindowError
        If no bucket lies in the window.
    """
    first, last = buckets.range_of(window)
    rolling = _Rolling(buckets, first, last)
    proofs = {Urgency.PAGE: page, Urgency.TICKET: ticket}
    watched = [
        _watch(row, slo, rolling, proofs[row.urgency], buckets.mean_weight)
        for row in rows_for(slo.period_days)
    ]
    period = rolling.over(slo.period_days * 86400)
    inside = _Inside(slo, buckets, slice(first, last), ticket)
    state, held = _state(watched, period, inside)
    moments = np.flatnonzero(held)
    return SLOResult(
        slo=slo,
        replica=replica,
        good=round(float(period.total[-1] - period.bad[-1])),
        total=round(float(period.total[-1])),
        window_good=round(float(inside.total - inside.bad.sum())),
        window_total=round(float(inside.total)),
        state=state,
        burn_rates=tuple(_at_end(w, slo) for w in watched),
        fired_at=buckets.end_of(first + int(moments[0])) if len(moments) else None,
        cleared_at=buckets.end_of(first + int(moments[-1])) if len(moments) else None,
        coverage=float(period.covered[-1]),
        values={
            **(readings or {}),
            "window_p_value": inside.p_value,
            **(inside.stretch() if len(moments) else {}),
            **_unraised(state, watched, inside),
        },
    )


class _Inside:
    """The judged window's own calls."""

    def __init__(self, slo: SLO, buckets: BucketCounts, part: slice, proof: Proof) -> None:
        self.slo, self._buckets, self._part, self._proof = slo, buckets, part, proof
        self.calls = buckets.total[part]
        self.bad = self.calls - buckets.good[part]
        self.total = float(self.calls.sum())
        spent = np.array([self.bad.sum()]), np.array([self.total])
        self.p_value = float(chance_of_bad_calls(*spent, slo.target, buckets.mean_weight)[0])
        self.overspending = self.p_value <= proof.chance
        self.since = np.cumsum(self.bad) > 0
        self.above_even = float(self.bad.sum()) > self.total * (1 - slo.target) * _STRICTLY

    def proves(self, period: Counted) -> Bool:
        """Return where the calls of a period prove that it is worse than its target."""
        return self._proof.holds(period, self.slo.target, self._buckets.mean_weight)

    def stretch(self) -> Readings:
        """Return when its calls were bad, how many, and of how many."""
        found = bad_stretch(self.bad, self.calls, self.slo.target)
        if found is None:
            return {}
        opening, closing = found
        bad, calls = (float(n[opening:closing].sum()) for n in (self.bad, self.calls))
        failed = self._buckets.failed
        values: dict[str, float | int | str | None] = {
            "bad_from": iso(self._buckets.end_of(self._part.start + opening - 1)),
            "bad_to": iso(self._buckets.end_of(self._part.start + closing - 1)),
            "bad_calls": round(bad),
            "bad_share": bad / calls,
        }
        if failed is not None:
            values["bad_failed"] = round(float(failed[self._part][opening:closing].sum()))
        return values


def _exhausted(period: Counted, inside: _Inside) -> Bool:
    """Return at which moments the whole period's budget is gone, with evidence."""
    with np.errstate(invalid="ignore", divide="ignore"):
        budget = period.total / period.covered * (1 - inside.slo.target)
    gone = (period.total > 0) & (period.bad > 0) & (period.bad * _STRICTLY >= budget)
    return gone & inside.proves(period)


def _state(watched: list[_Watched], period: Counted, inside: _Inside) -> tuple[SLOState, Bool]:
    """Return the worst state and the moments at which something to raise held."""
    spent = _exhausted(period, inside)
    nothing = np.zeros(len(spent) - 1, bool)
    page = _burning(watched, Urgency.PAGE, inside, nothing)
    ticket = _burning(watched, Urgency.TICKET, inside, nothing)
    if inside.total <= 0:
        return SLOState.NO_DATA, nothing
    if page.any():
        return SLOState.BURNING_PAGE, page | ticket
    if spent[1:].any():
        news = not spent[0] or inside.overspending
        return SLOState.EXHAUSTED, (ticket | (spent[1:] & inside.since)) if news else ticket
    if ticket.any():
        return SLOState.BURNING_TICKET, ticket
    below = period.bad > period.total * (1 - inside.slo.target) * _STRICTLY
    untold = below & ~inside.proves(period)
    could = _outage_visible(watched) and not untold[-1]
    return (SLOState.OK if could else SLOState.INSUFFICIENT), nothing


def _outage_visible(watched: list[_Watched]) -> bool:
    """Return whether a page would have been raised somewhere had all calls been bad."""
    paging = [w for w in watched if w.reachable and w.row.urgency is Urgency.PAGE] or watched
    return any(w.could_fire for w in paging)


def _unraised(state: SLOState, watched: list[_Watched], inside: _Inside) -> Readings:
    """Return what a window that raised nothing must say all the same."""
    if state not in {SLOState.OK, SLOState.INSUFFICIENT}:
        return {}
    values: dict[str, float | int | str | None] = {}
    if state is SLOState.INSUFFICIENT:
        values["outage_visible"] = _outage_visible(watched)
    for row in watched:
        burning = np.flatnonzero(row.untold & inside.since)
        if len(burning):
            worst = burning[np.argmax(row.long[burning])]
            values["untold_bad"] = round(float(row.calls.bad[worst]))
            values["untold_of"] = round(float(row.calls.total[worst]))
            values["untold_h"] = row.row.long_s / 3600
            break
    return values


def _burning(watched: list[_Watched], urgency: Urgency, inside: _Inside, nothing: Bool) -> Bool:
    """
    Return at which moments the rows of one urgency say something about this window.

    A long window holds an earlier fault for days: where it burnt already when the window began,
    the row counts only if the window's own calls are worse than an even spend, and only from
    its first bad call on.
    """
    rows = [
        w.firing for w in watched if w.row.urgency is urgency and (inside.above_even or not w.held)
    ]
    return (np.logical_or.reduce(rows) if rows else nothing) & inside.since


def _at_end(watched: _Watched, slo: SLO) -> BurnRate:
    long, short = float(watched.long[-1]), float(watched.short[-1])
    return BurnRate(
        long_s=watched.row.long_s,
        short_s=watched.row.short_s,
        factor=watched.row.factor(slo.period_days),
        long=None if np.isnan(long) else long,
        short=None if np.isnan(short) else short,
        firing=bool(watched.firing[-1]),
        reachable=watched.reachable,
    )
