"""Throughput of a model, all versions together: traffic that falls short, traffic that stops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from detectors.slo import BUCKET_S
from detectors.traffic import LOST, judge_silence, judge_volume
from domain.finding import Finding, Verdict
from domain.window import Window, align, iso, windows_between
from monitors.drift_check import phases_of
from store.store import Store

Int = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Requests:
    """
    Distinct requests of a model per bucket, a request that two versions answered counted once.

    Parameters
    ----------
    start_s : int
        Start of bucket 0 in seconds since 1970.
    counts : ndarray of int64, shape (n_buckets,)
    """

    start_s: int
    counts: Int

    @classmethod
    def of(cls, store: Store, model: str, windows: Sequence[Window]) -> Requests:
        """Count the span that the windows cover."""
        span = Window(min(w.start for w in windows), max(w.end for w in windows))
        start_s = int(span.start.timestamp()) // BUCKET_S * BUCKET_S
        return cls(start_s, store.logs(model).request_counts(span, BUCKET_S))

    def inside(self, window: Window) -> Int:
        """Return the buckets of one window."""
        first = int((window.start.timestamp() - self.start_s) // BUCKET_S)
        last = int((window.end.timestamp() - self.start_s) // BUCKET_S)
        return self.counts[max(first, 0) : last]

    def last_before(self, moment: datetime) -> datetime | None:
        """Return the end of the last bucket with a call before `moment`; None without any."""
        until = int((moment.timestamp() - self.start_s) // BUCKET_S)
        called = np.flatnonzero(self.counts[: max(until, 0)])
        if not len(called):
            return None
        return datetime.fromtimestamp(self.start_s + (int(called[-1]) + 1) * BUCKET_S, UTC)


def usual_windows(
    planned: Sequence[Window],
    calls: tuple[datetime, datetime | None],
    length: timedelta,
    timezone: str,
) -> tuple[Window, ...]:
    """
    Return the windows that show what traffic is usual: the planned ones, while there was any.

    Where an endpoint has been dead since before the baseline's end, as many windows up to its last
    call: its silence must not become the norm.

    Parameters
    ----------
    planned : sequence of Window
        Oldest first.
    calls : tuple of datetime and (datetime or None)
        The model's first call, and its last one before the judged window.
    length : timedelta
        Of a window.
    timezone : str
        IANA name.
    """
    first_call, last_call = calls
    if not planned or last_call is None or last_call > planned[-1].start:
        return tuple(planned)
    end = align(last_call - timedelta(microseconds=1), length, timezone) + length
    start = max(end - (planned[-1].end - planned[0].start), align(first_call, length, timezone))
    return tuple(windows_between(start, end, length, timezone))


def judge_traffic(
    requests: Requests,
    window: Window,
    baseline: Sequence[Window],
) -> tuple[Finding, ...]:
    """
    Judge volume and silence of one window against baseline windows.

    Parameters
    ----------
    requests : Requests
        Covers the window and the baseline.
    window : Window
    baseline : sequence of Window
        Of the same length, oldest first.
    """
    current = requests.inside(window)
    usual = [requests.inside(w) for w in baseline]
    # a day on which clocks change is an hour longer or shorter and has no match bucket by bucket
    usual = [
        (w, counts)
        for w, counts in zip(baseline, usual, strict=True)
        if len(counts) == len(current)
    ]
    # a model that was silent throughout has no usual traffic: that is no data, not "as expected"
    usual = usual if any(counts.any() for _, counts in usual) else []
    rows = np.array([counts for _, counts in usual], dtype=np.int64).reshape(
        len(usual), len(current)
    )
    phases = phases_of([w for w, _ in usual], window.duration)
    phase = _phase(window)
    volume = judge_volume(int(current.sum()), rows.sum(axis=1), phase=phase, phases=phases)
    silence = judge_silence(current, rows, window, phase=phase, phases=phases)
    # a window without one call is lost, not "silent for a while"
    lost = volume.verdict is Verdict.DRIFTED and not current.any()
    return volume, replace(silence, decides=silence.decides and not lost)


def silent_since(findings: Sequence[Finding], last_call: datetime) -> tuple[Finding, ...]:
    """
    Add to lost traffic when its last call came.

    Parameters
    ----------
    findings : sequence of Finding
        Of one window without a call.
    last_call : datetime
    """
    return tuple(
        replace(f, values={**f.values, "silent_since": iso(last_call)}) if f.reason == LOST else f
        for f in findings
    )


def _phase(window: Window) -> int | None:
    own = phases_of([window], window.duration)
    return None if own is None else int(own[0])
