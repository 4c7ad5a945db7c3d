"""
From judged windows to incidents, by replaying all of them: nothing is raised twice.

There is no state between runs. The same windows give the same alerts and the same ids, in
whatever order they arrived and however often; later windows only add to what they continue.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from alerts.evidence import Evidence, JudgedWindow, Key, badness
from alerts.grouping import ORDER, Case, outlived, place
from alerts.policy import AlertPolicy
from alerts.track import Track
from domain.finding import Severity
from domain.incident import AlertState, Incident
from domain.window import Window


def replay(model: str, judged: Sequence[JudgedWindow], policy: AlertPolicy) -> list[Incident]:
    """
    Tell what has happened to a model from everything that was judged.

    An alert is one cause on one subject, whatever version shows it. It is pending until it was
    bad for ``policy.for_windows`` in a row (and vanishes without a word if not), then fires, and
    is resolved after more than ``policy.quiet_windows`` judged, quiet windows. A window that
    could not be judged neither ends nor prolongs it.

    Parameters
    ----------
    model : str
    judged : sequence of JudgedWindow
        All versions and windows of the model, in any order. Give all versions of a window
        together: what one of them shows may explain what another does.
    policy : AlertPolicy

    Returns
    -------
    list of Incident
        In the order in which they began. Every alarm that lasted belongs to exactly one.
    """
    history = _Replay(model, policy)
    by_window: dict[Window, list[JudgedWindow]] = defaultdict(list)
    for one in judged:
        by_window[one.window].append(one)
    for tick, window in enumerate(sorted(by_window)):
        history.step(tick, window, _one_per_version(by_window[window]))
    return [case.incident(model) for case in history.cases]


def _one_per_version(runs: list[JudgedWindow]) -> list[JudgedWindow]:
    """Drop repetitions; of different answers about one window the one with more alarms counts."""
    by_version: dict[str, list[JudgedWindow]] = defaultdict(list)
    for run in runs:
        by_version[run.version].append(run)
    return [_worst_answer(by_version[version]) for version in sorted(by_version)]


def _worst_answer(runs: list[JudgedWindow]) -> JudgedWindow:
    if len(runs) == 1:
        return runs[0]
    return max(runs, key=lambda r: (len(r.alarms), repr(r.alarms), sorted(r.unjudged)))


class _Replay:
    """The alerts that are alive, and all incidents so far."""

    def __init__(self, model: str, policy: AlertPolicy) -> None:
        self._model, self._policy = model, policy
        self._alive: dict[Key, Track] = {}
        self.cases: list[Case] = []

    def step(self, tick: int, window: Window, runs: list[JudgedWindow]) -> None:
        """Take in one window."""
        for track in outlived(self.cases, tick, self._policy):
            track.resolve(window.start)
            del self._alive[track.key]
        alarms = _by_key(runs)
        self._calm(window, runs, alarms)
        began = [t for t in self._alarmed(tick, window, alarms) if t is not None]
        for track in sorted(began, key=_placing_order):
            place(track, self.cases, self._model, tick, window, self._policy)

    def _calm(
        self,
        window: Window,
        runs: list[JudgedWindow],
        alarms: dict[Key, list[tuple[str, Evidence]]],
    ) -> None:
        for key in [k for k in self._alive if k not in alarms]:
            track = self._alive[key]
            if not track.is_quiet_in(runs):
                continue
            track.quiet += 1
            if track.state is AlertState.PENDING or track.quiet > self._policy.quiet_windows:
                track.resolve(window.end)
                del self._alive[key]

    def _alarmed(
        self, tick: int, window: Window, alarms: dict[Key, list[tuple[str, Evidence]]]
    ) -> list[Track | None]:
        return [self._one_alarmed(tick, window, key, alarms[key]) for key in sorted(alarms)]

    def _one_alarmed(
        self, tick: int, window: Window, key: Key, seen: list[tuple[str, Evidence]]
    ) -> Track | None:
        """Return the alert if it begins to fire now."""
        track = self._alive.get(key)
        if track is None:
            worst = max((evidence.severity for _, evidence in seen), key=_severity_rank)
            if not worst.at_least(self._policy.raise_at):
                return None
            track = self._alive[key] = Track.open(tick, window, seen)
        return track if track.seen(tick, seen, self._policy) else None


def _by_key(runs: list[JudgedWindow]) -> dict[Key, list[tuple[str, Evidence]]]:
    found: dict[Key, list[tuple[str, Evidence]]] = defaultdict(list)
    for run in runs:
        for evidence in run.alarms:
            found[evidence.key].append((run.version, evidence))
    return found


def _severity_rank(severity: Severity) -> int:
    return severity.rank


def _placing_order(track: Track) -> tuple[int, int, float, str]:
    severity, strength = badness(track.worst)
    return ORDER.index(track.cause), -severity, -strength, track.subject
