"""From where on history must be replayed, where the incidents of what came before are known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from domain.acceptance import Acceptance
from domain.incident import Alert, Cause, Incident

ACCEPTABLE = frozenset({Cause.DRIFT, Cause.MISSING})
"""Causes that can become the new normal: a shift, or a feature that is gone for good."""


def resume_at(
    known: Sequence[Incident],
    changed: datetime,
    length: timedelta,
    accepted: Sequence[Acceptance],
) -> datetime:
    """
    Return the latest moment at which no alert was alive, and before which nothing has changed.

    The replay keeps nothing but the alerts that are alive and the incidents that these belong to:
    replaying the windows that start at that moment or later, and keeping the incidents that were
    over by then, gives what replaying all of them gives. That holds where an alert fires with its
    first bad window: one that is pending is in no incident yet.

    Parameters
    ----------
    known : sequence of Incident
        As the last replay left them.
    changed : datetime
        Start of the earliest window whose run has changed since.
    length : timedelta
        Of a window.
    accepted : sequence of Acceptance
        An alert that one of them ended may have been alive for longer.
    """
    alerts = [alert for incident in known for alert in incident.alerts]
    moment = changed
    while alive := [a for a in alerts if _may_live_at(a, moment, accepted)]:
        # an alert's window began at most so long before what it saw first
        moment = min(a.started_at for a in alive) - length
    return moment


def is_over(incident: Incident, moment: datetime) -> bool:
    """Return whether all its alerts were resolved by then."""
    return incident.resolved_at is not None and incident.resolved_at <= moment


def _may_live_at(alert: Alert, moment: datetime, accepted: Sequence[Acceptance]) -> bool:
    if alert.started_at >= moment:
        return False
    over = alert.resolved_at is not None and alert.resolved_at <= moment
    return not over or any(_may_have_ended(one, alert) for one in accepted)


def _may_have_ended(accepted: Acceptance, alert: Alert) -> bool:
    about = not accepted.columns or alert.subject in accepted.columns
    ended = max(accepted.since, alert.last_seen_at)
    return alert.cause in ACCEPTABLE and about and alert.resolved_at == ended
