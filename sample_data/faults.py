"""The three faults that were put into the log by hand, and nothing else was."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import pandas as pd


@dataclass(frozen=True)
class Fault:
    """
    One injected fault.

    Attributes
    ----------
    name : str
        Short name.
    start, end : datetime (UTC)
        Half-open span of request times.
    version : str
        The version that served at that time.
    what : str
        What happens inside the span, in one sentence.
    """

    name: str
    start: datetime
    end: datetime
    version: str
    what: str

    def covers(self, ts: "pd.Series[pd.Timestamp]") -> "pd.Series[bool]":
        """Tell which request times fall into the span."""
        return (ts >= self.start) & (ts < self.end)


SLOW_REPLICA: Final = "pod-3"
SLOW_MIN_MS: Final = 150.0
SLOW_MAX_MS: Final = 400.0
FAILED_STATUS: Final = 503
FAILED_SHARE: Final = 0.6
MISSING_FEATURE: Final = "sched_dep_hour"

SLOW: Final = Fault(
    name="slow replica",
    start=datetime(2013, 5, 14, tzinfo=UTC),
    end=datetime(2013, 5, 17, tzinfo=UTC),
    version="1",
    what=f"every call on {SLOW_REPLICA} takes {SLOW_MIN_MS:.0f} to {SLOW_MAX_MS:.0f} ms longer",
)
FAILED_CALLS: Final = Fault(
    name="failed calls",
    start=datetime(2013, 10, 16, 13, tzinfo=UTC),
    end=datetime(2013, 10, 16, 19, tzinfo=UTC),
    version="2",
    what=f"{FAILED_SHARE:.0%} of the calls end with status {FAILED_STATUS}, no prediction",
)
MISSING: Final = Fault(
    name="missing feature",
    start=datetime(2013, 11, 13, tzinfo=UTC),
    end=datetime(2013, 11, 17, tzinfo=UTC),
    version="2",
    what=f"{MISSING_FEATURE} is null on every request; the model scored it that way",
)
FAULTS: Final = (SLOW, FAILED_CALLS, MISSING)


def touched(fault: Fault, events: pd.DataFrame) -> "pd.Series[bool]":
    """
    Tell which events carry the mark of a fault.

    Parameters
    ----------
    fault : Fault
        One of `FAULTS`.
    events : DataFrame
        The serving log.

    Returns
    -------
    Series of bool
        True for events inside the span that are slow, failed or without the feature.
    """
    marks = {
        SLOW.name: events["replica"] == SLOW_REPLICA,
        FAILED_CALLS.name: events["status"] == FAILED_STATUS,
        MISSING.name: events[MISSING_FEATURE].isna(),
    }
    return fault.covers(events["ts"]) & (events["version"] == fault.version) & marks[fault.name]


def blank_missing_feature(requests: pd.DataFrame) -> pd.DataFrame:
    """
    Take the feature of the third fault away, before the models score.

    Parameters
    ----------
    requests : DataFrame
        Requests with ``ts`` and the features.

    Returns
    -------
    DataFrame
        The same requests; the feature is missing inside the span.
    """
    kept = requests[MISSING_FEATURE].mask(MISSING.covers(requests["ts"]))
    return requests.assign(**{MISSING_FEATURE: kept})
