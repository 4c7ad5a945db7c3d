"""Histories of judged windows, written as the days on which something was bad."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta

from alerts.evidence import Evidence, JudgedWindow
from domain.finding import Severity
from domain.incident import Cause
from domain.window import Window

START = datetime(2013, 4, 1, tzinfo=UTC)
DAY = timedelta(days=1)
OUTPUTS = {"score", "prediction", "label"}
REASON = {
    Cause.DRIFT: "finding.forecast.drifted.shape",
    Cause.MISSING: "finding.completeness.all_missing",
    Cause.PERFORMANCE: "finding.performance.drifted",
    Cause.TRAFFIC: "finding.traffic.lost",
    Cause.AVAILABILITY: "slo.burning-page",
    Cause.LATENCY: "slo.burning-page",
    Cause.MONITOR: "alert.monitor.stale",
}
SEVERITY = {Cause.DRIFT: Severity.WARNING, Cause.MONITOR: Severity.WARNING}


def day(i):
    return Window(START + i * DAY, START + (i + 1) * DAY)


def alarm(i, cause, subject, severity=None, **values):
    """Return one alarm of day `i`; values of the reason may be given."""
    return Evidence(
        cause=cause,
        subject=subject,
        severity=severity or SEVERITY.get(cause, Severity.CRITICAL),
        reason=values.pop("reason", REASON[cause]),
        at=day(i).start,
        until=day(i).end,
        strength=values.pop("strength", 1.0),
        of_output=subject in OUTPUTS or cause is Cause.PERFORMANCE,
        values=values,
    )


class History:
    """Judged days of a model; `bad` puts alarms into them."""

    def __init__(self, n, version="1"):
        self.n, self.version = n, version
        self._alarms = defaultdict(list)
        self._unjudged = defaultdict(set)
        self._failed = set()

    def bad(self, cause, subject, days, severity=None, **values):
        for i in days:
            self._alarms[i].append(alarm(i, cause, subject, severity, **dict(values)))
        return self

    def unjudged(self, cause, subject, days):
        for i in days:
            self._unjudged[i].add((cause, subject))
        return self

    def failed(self, days):
        self._failed |= set(days)
        return self

    def windows(self, first=0, last=None):
        """Return the days ``[first, last)`` as the desk sees them."""
        return [
            JudgedWindow(
                version=self.version,
                window=day(i),
                alarms=() if i in self._failed else tuple(self._alarms[i]),
                unjudged=frozenset(self._unjudged[i]),
                judged=i not in self._failed,
            )
            for i in range(first, self.n if last is None else last)
        ]
