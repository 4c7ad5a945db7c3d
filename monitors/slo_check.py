"""Objectives of a deployment's calls, judged over some windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from detectors.blame import blame_replica
from detectors.slo import BUCKET_S, BucketCounts, judge
from domain.calls import CallBuckets
from domain.slo import SLO, SLOResult, SLOState
from domain.window import Window
from store.store import Store

BURNING = (SLOState.BURNING_PAGE, SLOState.BURNING_TICKET, SLOState.EXHAUSTED)
# a window of the burn-rate table reaches back at most this far
LONGEST_ALERT = timedelta(days=3)


@dataclass(frozen=True, eq=False)
class WindowCalls:
    """
    What is read off the calls of one window, beside the objectives.

    Parameters
    ----------
    p50_ms, p95_ms, p99_ms : float or None
    status : int or None
        The most frequent status of failed calls.
    """

    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    status: int | None

    def readings(self) -> dict[str, float | int | str | None]:
        """Return them by name."""
        return {
            "p50_ms": self.p50_ms,
            "p95_ms": self.p95_ms,
            "p99_ms": self.p99_ms,
            "status": self.status,
        }


def judge_slos(
    store: Store,
    model: str,
    version: str,
    windows: Sequence[Window],
    slos: Sequence[SLO],
    first_data: datetime,
) -> list[tuple[SLOResult, ...]]:
    """
    Judge every objective in every window, over all replicas and for each one that burns by itself.

    Parameters
    ----------
    store : Store
    model, version : str
    windows : sequence of Window
        Oldest first.
    slos : sequence of SLO
    first_data : datetime
        First call of the version.

    Returns
    -------
    list of tuple of SLOResult
        Per window: each objective over all replicas, then of the replica to blame, if there is one.
    """
    if not windows or not slos:
        return [() for _ in windows]
    reach = max(timedelta(days=max(slo.period_days for slo in slos)), LONGEST_ALERT)
    # buckets lie the same for a window whatever else is judged
    span = Window(windows[0].start - reach, windows[-1].end)
    limits = sorted({slo.latency_ms for slo in slos if slo.latency_ms is not None})
    buckets = store.logs(model).call_buckets(version, span, BUCKET_S, limits)
    sampled = buckets.total.sum() != _logged(store, model, version, span)
    readings = read_calls(store, model, version, windows)
    answers: list[tuple[SLOResult, ...]] = []
    for window, seen in zip(windows, readings, strict=True):
        part = _until(buckets, window, reach)
        if part is None or not part.total.any():
            answers.append(())
            continue
        weight = 1.0
        if sampled:
            period = Window(window.end - reach, window.end)
            weight = float(part.total.sum()) / max(_logged(store, model, version, period), 1)
        first = _bucket_index(part, first_data)
        answers.append(
            tuple(
                result
                for slo in slos
                for result in _judge_one(slo, part, window, max(first, 0), weight, seen)
            )
        )
    return answers


def _logged(store: Store, model: str, version: str, span: Window) -> int:
    """Return how many calls were logged, each counted once however many it stands for."""
    return int(store.logs(model).call_counts([span]).get(version, np.zeros(1, np.int64))[0])


def read_calls(
    store: Store, model: str, version: str, windows: Sequence[Window]
) -> list[WindowCalls]:
    """Read latency percentiles and the main failing status of each window."""
    quantiles = store.logs(model).latency_quantiles(version, windows, (0.5, 0.95, 0.99))
    statuses = store.logs(model).failed_statuses(version, windows)
    found: list[WindowCalls] = []
    for row, failed in zip(quantiles, statuses, strict=True):
        p50, p95, p99 = (float(v) if np.isfinite(v) else None for v in row)
        main = max(failed, key=lambda status: failed[status]) if failed else None
        found.append(WindowCalls(p50, p95, p99, main))
    return found


def _until(buckets: CallBuckets, window: Window, reach: timedelta) -> CallBuckets | None:
    """Cut the buckets to one period before the window's end."""
    closing = int(np.searchsorted(buckets.starts, window.end.timestamp()))
    opening = int(np.searchsorted(buckets.starts, (window.end - reach).timestamp()))
    if closing <= opening:
        return None
    part = slice(opening, closing)
    seen = np.flatnonzero(buckets.total[:, part].sum(axis=1))
    return replace(
        buckets,
        starts=buckets.starts[part],
        # a replica that came later, or went before, is no part of this window's comparison
        replicas=tuple(buckets.replicas[i] for i in seen.tolist()),
        total=buckets.total[seen][:, part],
        with_status=buckets.with_status[seen][:, part],
        failed=buckets.failed[seen][:, part],
        with_latency=buckets.with_latency[seen][:, part],
        slow=buckets.slow[:, seen][:, :, part],
    )


def _bucket_index(buckets: CallBuckets, moment: datetime) -> int:
    return int((moment.timestamp() - int(buckets.starts[0])) // buckets.bucket_s)


def _judge_one(
    slo: SLO, part: CallBuckets, window: Window, first: int, weight: float, seen: WindowCalls
) -> list[SLOResult]:
    counts = _counts(slo, part, first, weight)
    overall = _sum(counts)
    if not overall.total.any():
        return []
    result = judge(slo, overall, window, readings=seen.readings())
    if result.state not in BURNING:
        return [result]
    blamed = blame_replica(counts, window)
    if not blamed:
        return [result]
    own = judge(slo, counts[blamed], window, replica=blamed, readings=seen.readings())
    return [replace(result, values={**result.values, "replica": blamed}), own]


def _counts(slo: SLO, part: CallBuckets, first: int, weight: float) -> dict[str, BucketCounts]:
    """Return good and all calls of each replica for this objective."""
    by_speed = slo.latency_ms is not None
    if slo.latency_ms is None:
        total, bad = part.with_status, part.failed
    else:
        total, bad = part.with_latency, part.slow[part.thresholds_ms.index(slo.latency_ms)]
    start = datetime.fromtimestamp(int(part.starts[0]), UTC)
    return {
        name: BucketCounts(
            start,
            total[i] - bad[i],
            total[i],
            part.bucket_s,
            first_data=first,
            mean_weight=weight,
            # a failed call spends the budget of being fast too, and is never told as slow
            failed=part.failed[i] if by_speed else None,
        )
        for i, name in enumerate(part.replicas)
    }


def _sum(counts: Mapping[str, BucketCounts]) -> BucketCounts:
    every = list(counts.values())
    good: NDArray[np.float64] = np.sum([c.good for c in every], axis=0)
    total: NDArray[np.float64] = np.sum([c.total for c in every], axis=0)
    known = [c.failed for c in every if c.failed is not None]
    failed: NDArray[np.float64] | None = np.sum(known, axis=0) if known else None
    return replace(every[0], good=good, total=total, failed=failed)
