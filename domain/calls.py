"""Calls counted by time and replica: what objectives are judged on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.catalogue import say

Float = NDArray[np.float64]
Int = NDArray[np.int64]

# A status is an HTTP status. Below 100 it is none, and the call failed: 0 stands for no answer
# (time-out, refused, broken off), 1 for an error of which neither log nor body tells a code. What
# the client did wrong (4xx) spends no error budget of the service.
NO_ANSWER: Final = 0
UNTOLD_ERROR: Final = 1
ANSWERED_FROM: Final = 100
SERVER_ERROR_FROM: Final = 500


def is_failed(status: int | None) -> bool:
    """
    Return whether a call with this status failed; an unknown status is not a failure.

    Examples
    --------
    >>> [is_failed(status) for status in (200, 429, 503, 0, 1, None)]
    [False, False, True, True, True, False]
    """
    return status is not None and not ANSWERED_FROM <= status < SERVER_ERROR_FROM


def say_status(status: float, language: str) -> str:
    """
    Say what a call was answered with.

    Examples
    --------
    >>> [say_status(status, "en") for status in (503, 0, 1)]
    ['503', 'no answer', 'error without a code']
    """
    key = {NO_ANSWER: "call.no-answer", UNTOLD_ERROR: "call.untold-error"}.get(int(status))
    return f"{status:g}" if key is None else say(key, language)


@dataclass(frozen=True, slots=True)
class LoggedCall:
    """
    One call as it was logged, without what it asked or was answered.

    Parameters
    ----------
    ts : datetime
        Aware.
    latency_ms : float or None
    status : int or None
        0: no answer came; 1: an error, and nobody says which.
    replica : str or None
    trace_id : str or None
        As it was logged.
    span_id : str or None
        Of the span that the call was; None: not known.
    """

    ts: datetime
    latency_ms: float | None
    status: int | None
    replica: str | None
    trace_id: str | None
    span_id: str | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class CallBuckets:
    """
    The calls of one deployment in equal buckets of time, by replica.

    Every count is weighted by ``1 / sampling_rate``, so that a sampled log stands for all calls.

    Parameters
    ----------
    starts : ndarray of int64, shape (B,)
        Start of each bucket in seconds since 1970 (UTC); no bucket is left out.
    bucket_s : int
        Length of a bucket; the last one may reach past the end of the span.
    replicas : tuple of str, length R
        In alphabetical order; ``""`` where the logs name none.
    thresholds_ms : tuple of float, length K
        The latency limits asked for.
    total : ndarray of float64, shape (R, B)
        All calls.
    with_status : ndarray of float64, shape (R, B)
        Calls whose status is known: what availability is measured on.
    failed : ndarray of float64, shape (R, B)
        Calls that failed (see `is_failed`).
    with_latency : ndarray of float64, shape (R, B)
        Calls whose latency is known, or that failed: what a latency objective is measured on.
    slow : ndarray of float64, shape (K, R, B)
        Of those, the ones that failed or took longer than the limit.
    """

    starts: Int
    bucket_s: int
    replicas: tuple[str, ...]
    thresholds_ms: tuple[float, ...]
    total: Float
    with_status: Float
    failed: Float
    with_latency: Float
    slow: Float
