"""Which incident an alert belongs to: the one whose cause it shares, not merely its time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from alerts.evidence import badness
from alerts.policy import AlertPolicy
from alerts.track import Track, short_hash
from domain.finding import Severity
from domain.incident import AlertState, Cause, Incident
from domain.window import Window

# causes first, so that what follows from them finds them
ORDER = (
    Cause.MONITOR,
    Cause.TRAFFIC,
    Cause.AVAILABILITY,
    Cause.LATENCY,
    Cause.MISSING,
    Cause.DRIFT,
    Cause.PERFORMANCE,
)
_OBJECTIVES = frozenset({Cause.AVAILABILITY, Cause.LATENCY})
_EFFECTS = frozenset({Cause.DRIFT, Cause.PERFORMANCE})


@dataclass(eq=False)
class Case:
    """
    An incident while history is replayed.

    Parameters
    ----------
    cause : Cause
    group : str
        The objective, for calls; empty otherwise.
    opened : int
        Index of the window in which it began to fire.
    incident_id : str
    tracks : list of Track
    """

    cause: Cause
    group: str
    opened: int
    incident_id: str
    tracks: list[Track] = field(default_factory=list[Track])

    @property
    def primary(self) -> list[Track]:
        """The alerts of its own cause; the others are consequences."""
        return [t for t in self.tracks if t.cause is self.cause]

    @property
    def live(self) -> bool:
        """Whether its cause still fires."""
        return any(t.live for t in self.primary)

    @property
    def began(self) -> int:
        """Index of the first bad window of its cause."""
        return min(t.opened for t in self.primary)

    @property
    def newest(self) -> int:
        """Index of the window in which its newest subject began."""
        return max(t.opened for t in self.primary)

    @property
    def last_bad(self) -> int:
        """Index of the last bad window of its cause."""
        return max(t.last_bad for t in self.primary)

    def incident(self, model: str) -> Incident:
        """Return it as a value: its own alerts first, each part worst first."""
        ordered = sorted(self.tracks, key=lambda t: _rank(t, self.cause))
        alerts = tuple(t.alert(model, self.incident_id) for t in ordered)
        firing = any(t.live for t in self.tracks)
        ends = [t.resolved_at for t in self.tracks if t.resolved_at is not None]
        return Incident(
            incident_id=self.incident_id,
            model=model,
            cause=self.cause,
            severity=max((a.severity for a in alerts), key=lambda s: s.rank),
            state=AlertState.FIRING if firing else AlertState.RESOLVED,
            started_at=min(a.started_at for a in alerts),
            last_seen_at=max(a.last_seen_at for a in alerts),
            resolved_at=None if firing else max(ends),
            subjects=tuple(dict.fromkeys(a.subject for a in alerts)),
            versions=tuple(sorted({v for a in alerts for v in a.versions})),
            alerts=alerts,
        )


def _rank(track: Track, cause: Cause) -> tuple[bool, int, float, int, str]:
    severity, strength = badness(track.worst)
    return track.cause is not cause, -severity, -strength, track.opened, track.subject


def place(
    track: Track, cases: list[Case], model: str, tick: int, window: Window, policy: AlertPolicy
) -> None:
    """
    Add an alert that begins to fire to the incident it belongs to, or open one.

    Parameters
    ----------
    track : Track
    cases : list of Case
        All so far; a new one is appended.
    model : str
    tick : int
        Index of the window in which it fires.
    window : Window
        That window.
    policy : AlertPolicy
    """
    for belongs in (_follows, _joins, _explains):
        found = [c for c in cases if c.live and belongs(track, c, tick, policy)]
        if found:
            home = max(found, key=_nearest)
            if belongs is _explains:
                home.cause = track.cause
            home.tracks.append(track)
            return
    group = _objective(track)
    identity = short_hash(model, track.cause, group, str(window))
    cases.append(Case(track.cause, group, tick, identity, [track]))


def _nearest(case: Case) -> tuple[int, int, str]:
    return case.opened, -ORDER.index(case.cause), case.incident_id


def _objective(track: Track) -> str:
    return track.subject.split("@", 1)[0] if track.cause in _OBJECTIVES else ""


def _follows(track: Track, case: Case, tick: int, policy: AlertPolicy) -> bool:
    """Return whether the alert is a consequence of the incident's cause."""
    since = track.opened - case.began
    if case.cause is Cause.AVAILABILITY and track.cause is Cause.LATENCY:
        return 0 <= since <= 1  # a call that failed was not in time either
    if track.cause not in _EFFECTS:
        return False
    if case.cause in {Cause.TRAFFIC, Cause.AVAILABILITY}:
        return since == 0
    if case.cause is not Cause.MISSING:
        return False
    late = track.worst.of_output and 0 <= since <= policy.consequence_windows
    return abs(since) <= 1 or (late and case.last_bad >= tick - 1)


def _joins(track: Track, case: Case, tick: int, policy: AlertPolicy) -> bool:
    """Return whether the alert is more of the same."""
    if track.cause is not case.cause or _objective(track) != case.group:
        return False
    if case.opened == tick:  # one window opens one incident of a kind: its id says no more
        return True
    if any(t.subject == track.subject or _one_replica(t, track) for t in case.primary):
        return True
    reach = policy.join_windows
    if track.cause is Cause.MISSING and track.worst.severity is Severity.CRITICAL:
        reach = min(reach, 1)  # all missing is seen at once: later is another fault
    young = track.opened - case.began <= policy.spread_windows
    return young and abs(track.opened - case.newest) <= reach


def _one_replica(one: Track, other: Track) -> bool:
    """Return whether both point at the same replica."""
    return bool(one.blamed & other.blamed)


def _explains(track: Track, case: Case, tick: int, policy: AlertPolicy) -> bool:
    """Return whether drift that began a window ago now turns out to be a missing feature."""
    del tick, policy
    young = all(t.opened >= track.opened - 1 for t in case.tracks)
    return track.cause is Cause.MISSING and case.cause is Cause.DRIFT and young


def outlived(cases: Sequence[Case], tick: int, policy: AlertPolicy) -> list[Track]:
    """
    Return the consequences that still fire long after their cause has ended.

    Parameters
    ----------
    cases : sequence of Case
    tick : int
        Index of the window at hand.
    policy : AlertPolicy
    """
    over = [c for c in cases if not c.live and tick - c.last_bad > policy.linger_windows]
    return [t for c in over for t in c.tracks if t.live]
