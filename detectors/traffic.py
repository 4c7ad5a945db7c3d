"""Judge throughput: traffic that falls far short of its forecast, and traffic that stops."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

from detectors.forecast_calibration import WEAK_FROM, level_of
from domain.finding import Calibration, Finding, Verdict
from domain.profile import ColumnRole
from domain.window import Window

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]

COLUMN = "calls"
LOST = "finding.traffic.lost"
LOW_LINE = 1e-4
LOW_SHARE = 0.5
SILENCE_LINE = 1e-6
WORSE_THAN_BASELINE = 1.5
HOUR = timedelta(hours=1)
RARE_OUTAGES = 0.1
DEAD_SHARE = 0.05
_GAP = 1


def judge_volume(
    current: int,
    baseline: Int,
    *,
    phase: int | None = None,
    phases: Int | None = None,
    line: float = LOW_LINE,
    low_share: float = LOW_SHARE,
) -> Finding:
    """
    Judge a window's number of calls against its forecast from the baseline's windows.

    Only a shortfall is an alarm, and only when it is below `low_share` of the forecast, beyond
    what any baseline window fell short of its own forecast, and less probable than `line`.

    Parameters
    ----------
    current : int
        Calls in the judged window, all versions of the model together: traffic that moved to
        another version is not lost.
    baseline : ndarray of int64, shape (n_windows,)
        Calls per baseline window, oldest first, zeros included.
    phase, phases : int and ndarray of int64, shape (n_windows,), optional
        The windows' place in the week (any integers); without them none is told apart.
    line : float, default=1e-4
        Largest one-sided probability of the shortfall.
    low_share : float, default=0.5
        Share of the forecast below which traffic counts as lost, in (0, 1].

    Returns
    -------
    Finding
        Of column ``calls``; `statistic` is calls over forecast, `threshold` is `low_share`.
        Inconclusive with fewer than 12 baseline windows.

    Notes
    -----
    Log counts are forecast by the mean plus a weekday's shrunk deviation, each baseline window
    only from the longer side of the others, as in use (docs/statistics.md). Their errors,
    less the Poisson part of their own counts, give the natural movement; the current window
    adds the Poisson part of its forecast. Tail by Student's t with as many degrees of freedom
    as windows, less one.
    """
    baseline, phases = _usual(baseline, baseline, phases)
    calibrated = level_of(len(baseline))
    unjudged = _unjudged("traffic", calibrated, current, baseline, len(baseline))
    if calibrated is Calibration.NONE:
        return unjudged
    logs = np.log(baseline + 0.5)
    weekly = _weekly(logs, phases, phase)
    forecast = float(_forecast(logs, phases if weekly else None, phase))
    errors = _honest_errors(logs, phases if weekly else None)
    expected = max(float(np.exp(forecast)) - 0.5, 0.0)
    p_value, ratio = _shortfall(current, expected, errors, baseline)
    worst = float(np.exp(errors.min()))
    low = p_value <= line and ratio <= low_share and ratio < worst
    reason = _reason(current, expected, low=low, p_value=p_value, line=line, errors=errors)
    return replace(
        unjudged,
        verdict=Verdict.DRIFTED if low else Verdict.OK,
        reason=reason,
        p_value=p_value,
        statistic=ratio,
        threshold=low_share,
        values={"calls": current, "expected": expected, "worst_baseline_ratio": worst},
    )


def _forecast(logs: Float, phases: Int | None, phase: int | None) -> float:
    """Mean, plus the deviation of the phase's windows shrunk by n / (n + 1)."""
    mean = float(logs.mean())
    if phases is None or phase is None:
        return mean
    same = logs[phases == phase]
    if not len(same):
        return mean
    return mean + float(same.mean() - mean) * len(same) / (len(same) + 1)


def _honest_errors(logs: Float, phases: Int | None) -> Float:
    """Forecast each window from the longer side of the others only; return what was wrong."""
    n = len(logs)
    errors = np.empty(n)
    for t in range(n):
        side = slice(0, max(t - _GAP, 1)) if t >= n / 2 else slice(min(t + 1 + _GAP, n - 1), n)
        own = None if phases is None else int(phases[t])
        part = None if phases is None else phases[side]
        errors[t] = logs[t] - _forecast(logs[side], part, own)
    return errors


def _weekly(logs: Float, phases: Int | None, phase: int | None) -> bool:
    """Return whether telling weekdays apart lowers the honest error by more than 5 %."""
    if phases is None or phase is None:
        return False
    plain = float(np.mean(_honest_errors(logs, None) ** 2))
    return float(np.mean(_honest_errors(logs, phases) ** 2)) < 0.95 * plain


def _shortfall(current: int, expected: float, errors: Float, baseline: Int) -> tuple[float, float]:
    """Return the one-sided chance of so few calls, and calls over forecast."""
    natural = max(float(np.mean(errors**2 - 1 / np.maximum(baseline, 1))), 0.0)
    spread = np.sqrt(natural * (1 + 1 / len(errors)) + 1 / (expected + 0.5))
    z = (np.log(current + 0.5) - np.log(expected + 0.5)) / spread
    ratio = current / expected if expected > 0 else 1.0
    return float(stdtr(len(errors) - 1, z)), float(ratio)


def _reason(
    current: int, expected: float, *, low: bool, p_value: float, line: float, errors: Float
) -> str:
    if low:
        return "finding.traffic.low" if current else LOST
    beyond = np.log((current + 0.5) / (expected + 0.5)) > errors.max()
    return "finding.traffic.high" if 1 - p_value <= line and beyond else "finding.traffic.ok"


def judge_silence(
    current: Int,
    baseline: Int,
    window: Window,
    *,
    phase: int | None = None,
    phases: Int | None = None,
    line: float = SILENCE_LINE,
) -> Finding:
    """
    Find the stretch without a call in which most calls were expected, and judge it.

    Parameters
    ----------
    current : ndarray of int64, shape (n_buckets,)
        Calls per bucket of the judged window, in time order.
    baseline : ndarray of int64, shape (n_windows, n_buckets)
        The same buckets of each baseline window.
    window : Window
        The judged window.
    phase, phases : int and ndarray of int64, shape (n_windows,), optional
        The windows' place in the week.
    line : float, default=1e-6
        Largest probability of such a stretch anywhere in the window.

    Returns
    -------
    Finding
        `statistic` is the number of calls expected in the stretch, at least; a night without
        expected calls is none. Drifted when less probable than `line` and longer than 1.5 times the
        worst stretch that baseline windows had. Inconclusive with fewer than 12 baseline
        windows with traffic.

    Notes
    -----
    The chance of no call where m are expected is negative binomial, ``(1 + d m)^(-1/d)``, with
    the dispersion d of the baseline's windows, or, hour by hour, of its hours (method of
    moments): the larger of the two, times the number of places at which a stretch can begin.
    """
    totals = baseline.sum(axis=1)
    live, live_phases = _usual(baseline, totals, phases)
    alive = int((live.sum(axis=1) > 0).sum())
    calibrated = level_of(alive)
    unjudged = _unjudged("silence", calibrated, int(current.sum()), totals, alive)
    if calibrated is Calibration.NONE:
        return unjudged
    bucket = window.duration / len(current)
    # a day's clock may be an hour off its baseline's: service hours move with summer time
    shift = round(HOUR / bucket) if window.duration > 23 * HOUR - bucket else 0
    expected = _expected(live, live_phases, phase, shift)
    quiet, (opening, closing) = _longest(current, expected)
    since, until = window.start + opening * bucket, window.start + closing * bucket
    chance = _chance_of_silence(quiet, (until - since) / HOUR, live, bucket) * len(current)
    worst = _worst_silence(live, live_phases, shift)
    silent = chance <= line and quiet > WORSE_THAN_BASELINE * worst
    return replace(
        unjudged,
        verdict=Verdict.DRIFTED if silent else Verdict.OK,
        reason="finding.silence.silent" if silent else "finding.silence.ok",
        p_value=min(chance, 1.0),
        statistic=quiet,
        threshold=WORSE_THAN_BASELINE * worst,
        values={
            "minutes": (until - since) / timedelta(minutes=1),
            "since": f"{since:%H:%M}",
            "until": f"{until:%H:%M}",
            "expected": quiet,
        },
    )


def _usual(rows: Int, totals: Int, phases: Int | None) -> tuple[Int, Int | None]:
    """
    Keep the baseline windows that show what is usual.

    A few dead windows (below a twentieth of the median) are outages that must not become the norm;
    where a tenth of all windows is dead, nights or weekends without traffic are the norm.
    """
    if not len(totals):
        return rows, phases
    living = totals > DEAD_SHARE * float(np.median(totals))
    if float((~living).mean()) >= RARE_OUTAGES:
        return rows, phases
    return rows[living], None if phases is None else phases[living]


def _expected(live: Int, phases: Int | None, phase: int | None, shift: int) -> Float:
    """
    Return the calls that each bucket has at least: the mean profile, the weekday's share of it.

    Parameters
    ----------
    live : ndarray of int64, shape (n_windows, n_buckets)
    phases, phase : ndarray of int64, int
        The weekday's share of the traffic is shrunk by n / (n + 1).
    shift : int
        The least of the profile as it is and moved by so many buckets either way counts.
    """
    profile = live.mean(axis=0).astype(np.float64)
    profile = np.minimum(profile, np.minimum(np.roll(profile, shift), np.roll(profile, -shift)))
    if phases is None or phase is None or profile.sum() <= 0:
        return profile
    same = live[phases == phase]
    if not len(same):
        return profile
    ratio = float(same.sum(axis=1).mean() / live.sum(axis=1).mean())
    return profile * (1 + (ratio - 1) * len(same) / (len(same) + 1))


def _longest(current: Int, expected: Float) -> tuple[float, tuple[int, int]]:
    """Return the most expected calls in a stretch without one, and where it lies."""
    sums = np.concatenate(([0.0], np.cumsum(expected)))
    calls = np.concatenate(([-1], np.flatnonzero(current > 0), [len(current)]))
    openings, closings = calls[:-1] + 1, calls[1:]
    quiet = sums[closings] - sums[openings]
    most = int(np.argmax(quiet))
    return float(quiet[most]), (int(openings[most]), int(closings[most]))


def _chance_of_silence(quiet: float, hours: float, live: Int, bucket: timedelta) -> float:
    """
    Return the chance of no call in a stretch where `quiet` are expected.

    Windows swing as a whole and hours within them; whichever makes silence more probable counts.
    """
    live = live[live.sum(axis=1) > 0]
    totals = live.sum(axis=1, dtype=np.float64)
    per_hour = min(max(round(HOUR / bucket), 1), live.shape[1])
    whole = live.shape[1] // per_hour * per_hour
    shape = live[:, :whole] * (totals.mean() / totals)[:, None]
    hour = _dispersion(shape.reshape(len(live), -1, per_hour).sum(axis=2))
    blocks = max(hours, 1.0)
    return max(
        _no_call(quiet, _dispersion(totals[:, None])), _no_call(quiet / blocks, hour) ** blocks
    )


def _dispersion(counts: Float) -> float:
    """Return the part of the relative variance, between rows, that Poisson does not explain."""
    means = counts.mean(axis=0)
    squares = float((means**2).sum())
    beyond = float((counts.var(axis=0, ddof=1) - means).sum())
    return max(beyond / squares, 0.0) if squares > 0 else 0.0


def _no_call(expected: float, dispersion: float) -> float:
    """Return ``P(X = 0)`` of a negative binomial count; Poisson without dispersion."""
    if dispersion * expected < 1e-9:
        return float(np.exp(-expected))
    return float(np.exp(-np.log1p(dispersion * expected) / dispersion))


def _worst_silence(live: Int, phases: Int | None, shift: int) -> float:
    """Return the most expected calls that a baseline window was silent over."""
    groups = [None] * len(live) if phases is None else phases.tolist()
    expected = {own: _expected(live, phases, own, shift) for own in set(groups)}
    return max(_longest(row, expected[own])[0] for row, own in zip(live, groups, strict=True))


def _unjudged(
    detector: str, calibrated: Calibration, current: int, totals: Int, n_windows: int
) -> Finding:
    """Return the inconclusive finding that a judgement starts from."""
    return Finding(
        column=COLUMN,
        kind=ColumnRole.CALLS,
        detector=detector,
        verdict=Verdict.INCONCLUSIVE,
        reason=f"finding.{detector}.not-calibrated",
        calibrated=calibrated,
        n_reference=int(totals.sum()),
        n_current=current,
        values={"calls": current, "windows": n_windows, "needed": WEAK_FROM},
    )
