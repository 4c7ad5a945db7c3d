"""One alert while history is replayed: pending, firing, quiet for a while, resolved."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from alerts.evidence import Evidence, JudgedWindow, Key, badness
from alerts.policy import AlertPolicy
from domain.finding import Value
from domain.incident import Alert, AlertState, Cause
from domain.window import Window, iso


def short_hash(*parts: str) -> str:
    """Return 12 hex digits that the parts, and nothing else, decide."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:12]


@dataclass(eq=False)
class Track:
    """
    The life of one alert, window by window.

    Parameters
    ----------
    key : (Cause, str)
    opened : int
        Index of the first bad window.
    window : Window
        The first bad window.
    worst : Evidence
    started_at, last_seen_at : datetime
        When it was first and last seen.
    last_bad : int
        Index of the last bad window.
    worst_until : datetime
        When it was last seen as severe as `worst`.
    """

    key: Key
    opened: int
    window: Window
    worst: Evidence
    started_at: datetime
    last_seen_at: datetime
    last_bad: int
    worst_until: datetime
    state: AlertState = AlertState.PENDING
    resolved_at: datetime | None = None
    bad_windows: int = 0
    quiet: int = 0
    versions: set[str] = field(default_factory=set[str])
    blamed: set[str] = field(default_factory=set[str])

    @classmethod
    def open(cls, tick: int, window: Window, seen: Sequence[tuple[str, Evidence]]) -> Track:
        """Begin with the first bad window's alarms, one per version."""
        first = seen[0][1]
        started = min(evidence.at for _, evidence in seen)
        return cls(first.key, tick, window, first, started, started, tick, first.until)

    @property
    def cause(self) -> Cause:
        """What kind of fault it is a sign of."""
        return self.key[0]

    @property
    def subject(self) -> str:
        """What it is about."""
        return self.key[1]

    @property
    def live(self) -> bool:
        """Whether it fires."""
        return self.state is AlertState.FIRING

    def seen(self, tick: int, alarms: Sequence[tuple[str, Evidence]], policy: AlertPolicy) -> bool:
        """Take a bad window in; return whether the alert begins to fire with it."""
        for version, evidence in alarms:
            self.versions.add(version)
            self.last_seen_at = max(self.last_seen_at, evidence.until)
            if self.state is AlertState.PENDING:
                self._blame(evidence.values.get("replica"))
            self._rank(evidence)
        self.last_bad, self.quiet = tick, 0
        self.bad_windows += 1
        if self.state is AlertState.PENDING and self.bad_windows >= policy.for_windows:
            self.state = AlertState.FIRING
            return True
        return False

    def _rank(self, evidence: Evidence) -> None:
        """Keep the worst that was seen, and until when it was as severe as that."""
        if evidence.severity.rank > self.worst.severity.rank:
            self.worst_until = evidence.until
        elif evidence.severity is self.worst.severity:
            self.worst_until = max(self.worst_until, evidence.until)
        if badness(evidence) > badness(self.worst):
            self.worst = evidence

    def _blame(self, replica: Value) -> None:
        """Note who it began with: whoever joins in later is another fault."""
        if isinstance(replica, str):
            self.blamed.add(replica)

    def is_quiet_in(self, runs: Sequence[JudgedWindow]) -> bool:
        """Return whether some version was judged quiet and none that showed it went unjudged."""
        frozen = any(r.version in self.versions and not r.is_quiet(self.key) for r in runs)
        return not frozen and any(r.is_quiet(self.key) for r in runs)

    def resolve(self, at: datetime) -> None:
        """End it."""
        self.state, self.resolved_at = AlertState.RESOLVED, at

    def alert(self, model: str, incident_id: str) -> Alert:
        """Return it as a value."""
        # the first bad window, not the moment in it, which late rows may move
        identity = short_hash(model, self.cause, self.subject, str(self.window))
        return Alert(
            fingerprint=identity,
            incident_id=incident_id,
            model=model,
            versions=tuple(sorted(self.versions)),
            cause=self.cause,
            subject=self.subject,
            severity=self.worst.severity,
            state=self.state,
            started_at=self.started_at,
            last_seen_at=self.last_seen_at,
            resolved_at=self.resolved_at,
            windows=self.bad_windows,
            reason=self.worst.reason,
            values={**self.worst.values, "worst_until": iso(self.worst_until)},
        )
