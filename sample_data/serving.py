"""The simulated part: which version answered, under which names, how long it took."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from sample_data import faults
from sample_data.flights import FEATURES
from sample_data.hashing import hash_numbers, uniform
from sample_data.latency import LATENCY_DECIMALS, deal
from sample_data.models import VERSIONS

MODEL: Final = "flight-delay"
REPLICAS: Final = ("pod-1", "pod-2", "pod-3", "pod-4")
POSITIVE, NEGATIVE = "late", "on-time"


@dataclass(frozen=True)
class Phase:
    """
    A span of the rollout.

    Attributes
    ----------
    start, end : datetime (UTC)
        Half-open span of request times.
    share_of_v2 : float
        Share of the requests that version 2 answers.
    shadow : bool
        Whether the version that does not answer scores the request too.
    """

    start: datetime
    end: datetime
    share_of_v2: float
    shadow: bool


def _day(year: int, month: int) -> datetime:
    return datetime(year, month, 1, tzinfo=UTC)


PHASES: Final = (
    Phase(_day(2013, 1), _day(2013, 4), 0.0, shadow=True),
    Phase(_day(2013, 4), _day(2013, 7), 0.0, shadow=False),
    Phase(_day(2013, 7), _day(2013, 8), 0.1, shadow=True),
    Phase(_day(2013, 8), _day(2013, 9), 0.5, shadow=True),
    Phase(_day(2013, 9), _day(2014, 1), 1.0, shadow=False),
)


def role_of(version: str, *, served: bool, share_of_v2: float) -> str:
    """
    Name the role in which a version saw a request.

    Parameters
    ----------
    version : {"1", "2"}
        The version.
    served : bool
        Whether this version gave the answer.
    share_of_v2 : float
        Share of the traffic that version 2 has at that time.

    Returns
    -------
    str
        ``shadow``, ``canary`` or ``stable``.

    Examples
    --------
    >>> role_of("2", served=True, share_of_v2=0.1)
    'canary'
    """
    if not served:
        return "shadow"
    return "canary" if version == "2" and share_of_v2 < 1.0 else "stable"


def build_events(
    requests: pd.DataFrame,
    thresholds: dict[str, float],
    measured: dict[str, npt.NDArray[np.float64]],
) -> pd.DataFrame:
    """
    Make the serving log of scored requests.

    Parameters
    ----------
    requests : DataFrame
        Requests with ``number``, ``ts``, the features, ``late``, ``arrived_at`` and the scores
        ``score_1`` and ``score_2``.
    thresholds : dict of str to float
        From which score a version says "late".
    measured : dict of str to ndarray of float64
        Measured milliseconds of each version.

    Returns
    -------
    DataFrame
        One row per event, in time order: the columns of the native event, the features, and
        ``late`` and ``arrived_at`` for the labels.
    """
    parts: list[pd.DataFrame] = []
    for phase in PHASES:
        inside = requests[(requests["ts"] >= phase.start) & (requests["ts"] < phase.end)]
        by_v2 = uniform(inside["number"].to_numpy(), "canary") < phase.share_of_v2
        for version in VERSIONS:
            served = by_v2 if version == "2" else ~by_v2
            for is_served in (True, False):
                rows = inside[served == is_served]
                if is_served or phase.shadow:
                    role = role_of(version, served=is_served, share_of_v2=phase.share_of_v2)
                    parts.append(_answers(rows, version, role, thresholds, measured))
    events = pd.concat(parts).sort_values(["number", "version"], kind="stable", ignore_index=True)
    return _fail_calls(_slow_replica(events))


def _answers(
    rows: pd.DataFrame,
    version: str,
    role: str,
    thresholds: dict[str, float],
    measured: dict[str, npt.NDArray[np.float64]],
) -> pd.DataFrame:
    """Answers of one version in one role to some requests."""
    numbers = rows["number"].to_numpy()
    scores = rows[f"score_{version}"].to_numpy()
    replica = hash_numbers(numbers, f"replica-{version}") % np.uint64(len(REPLICAS))
    request_id = "r-" + rows["number"].astype(str).str.zfill(6)
    return rows[["number", "ts", *FEATURES, "late", "arrived_at"]].assign(
        model=MODEL,
        version=version,
        prediction_id="p" + request_id.str[1:] + "-v" + version,
        request_id=request_id,
        prediction=np.where(scores >= thresholds[version], POSITIVE, NEGATIVE),
        score=scores,
        latency_ms=deal(measured[version], numbers, version),
        status=200,
        replica=np.array(REPLICAS)[replica.astype(np.int64)],
        tags=json.dumps({"role": role}, separators=(",", ":")),
    )


def _slow_replica(events: pd.DataFrame) -> pd.DataFrame:
    """First fault: one replica of the serving version is slow."""
    hit = (
        faults.SLOW.covers(events["ts"])
        & (events["version"] == faults.SLOW.version)
        & (events["replica"] == faults.SLOW_REPLICA)
    )
    width = faults.SLOW_MAX_MS - faults.SLOW_MIN_MS
    extra = faults.SLOW_MIN_MS + width * uniform(events["number"].to_numpy(), "slow")
    slower = (events["latency_ms"] + extra).round(LATENCY_DECIMALS)
    return events.assign(latency_ms=events["latency_ms"].mask(hit, slower))


def _fail_calls(events: pd.DataFrame) -> pd.DataFrame:
    """Second fault: some calls end with an error, without an answer and without a latency."""
    hit = (
        faults.FAILED_CALLS.covers(events["ts"])
        & (events["version"] == faults.FAILED_CALLS.version)
        & (uniform(events["number"].to_numpy(), "failed") < faults.FAILED_SHARE)
    )
    return events.assign(
        status=events["status"].mask(hit, faults.FAILED_STATUS),
        prediction=events["prediction"].mask(hit),
        score=events["score"].mask(hit),
        latency_ms=events["latency_ms"].mask(hit),
    )


def build_labels(events: pd.DataFrame) -> pd.DataFrame:
    """
    Make the outcomes that arrive later.

    Parameters
    ----------
    events : DataFrame
        What `build_events` returns.

    Returns
    -------
    DataFrame
        ``model``, ``prediction_id``, ``label`` ("late" or "on-time") and ``ts`` (UTC, when the
        flight arrived): one row per prediction on a flight that arrived; failed calls have none.
    """
    known = events[events["late"].notna() & events["score"].notna()]
    return pd.DataFrame(
        {
            "model": known["model"],
            "prediction_id": known["prediction_id"],
            "label": np.where(known["late"] == 1, POSITIVE, NEGATIVE),
            "ts": known["arrived_at"],
            "asked": known["ts"],
        }
    )
