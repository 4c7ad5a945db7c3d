"""Alerts and the incidents they belong to: what a person is told about, once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from domain.finding import Severity, Value


class AlertState(StrEnum):
    """Where an alert is in its life."""

    PENDING = "pending"
    FIRING = "firing"
    RESOLVED = "resolved"


class Cause(StrEnum):
    """
    What kind of fault an incident is.

    Alerts of different causes share an incident only where one follows from the other.
    """

    TRAFFIC = "traffic"
    AVAILABILITY = "availability"
    LATENCY = "latency"
    MISSING = "missing"
    DRIFT = "drift"
    PERFORMANCE = "performance"
    MONITOR = "monitor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """
    One condition on one subject, from its first bad window to its last.

    Parameters
    ----------
    fingerprint : str
        Hash of model, cause, subject and its first bad window: a repeated run finds its own alert
        again.
    incident_id : str
    model : str
    versions : tuple of str
        The deployments it was seen on.
    cause : Cause
    subject : str
        A column, an objective (``latency``) or an objective of a replica (``latency@pod-3``).
    severity : Severity
        The worst it has been.
    state : AlertState
    started_at, last_seen_at : datetime
        Start of the first bad window (or the moment a burn rate fired); end of the last one.
    resolved_at : datetime or None
    windows : int
        Bad windows so far.
    reason : str
        Key of its sentence in the text catalogue; `values` fill it in.
    """

    fingerprint: str
    incident_id: str
    model: str
    versions: tuple[str, ...]
    cause: Cause
    subject: str
    severity: Severity
    state: AlertState
    started_at: datetime
    last_seen_at: datetime
    resolved_at: datetime | None
    windows: int
    reason: str
    values: Mapping[str, Value] = field(default_factory=dict[str, Value])


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """
    The alerts that share a cause.

    Parameters
    ----------
    incident_id : str
    model : str
    cause : Cause
    severity : Severity
        The worst of its alerts.
    state : AlertState
        Firing while one alert fires.
    started_at, last_seen_at : datetime
    resolved_at : datetime or None
    subjects : tuple of str
        Columns, replicas, objectives: worst first.
    versions : tuple of str
    alerts : tuple of Alert
    acknowledged_by, note : str or None
    acknowledged_at : datetime or None
    """

    incident_id: str
    model: str
    cause: Cause
    severity: Severity
    state: AlertState
    started_at: datetime
    last_seen_at: datetime
    resolved_at: datetime | None
    subjects: tuple[str, ...]
    versions: tuple[str, ...]
    alerts: tuple[Alert, ...] = ()
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """
    Somebody took an incident on.

    Parameters
    ----------
    who : str
    note : str or None
    at : datetime
    """

    who: str
    note: str | None
    at: datetime
