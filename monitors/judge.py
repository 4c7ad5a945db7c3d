"""Judging windows of a model: every deployment that served in them, drift, objectives, quality."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

import numpy as np

from detectors.traffic import LOST
from domain.finding import Finding, Verdict
from domain.run import Deployment, Performance, Run, RunStatus
from domain.run_profile import RunProfile, RunProfiles
from domain.slo import SLOResult, SLOState
from domain.window import Window
from monitors.alert_desk import with_severities
from monitors.calibrations import Calibrations
from monitors.config import Config
from monitors.drift_judge import Drift, DriftJudge
from monitors.lost_rows import unjudged
from monitors.performance_check import Quality
from monitors.slo_check import BURNING, judge_slos
from monitors.traffic_check import Requests, judge_traffic, silent_since, usual_windows
from store.store import Store


@dataclass(frozen=True, slots=True)
class _Parts:
    """What was found in one window of one deployment."""

    baseline: str
    baseline_windows: int
    findings: list[Finding]
    slos: tuple[SLOResult, ...]
    performance: Performance | None


@dataclass(frozen=True, eq=False)
class Judged:
    """
    What came of judging some windows.

    Parameters
    ----------
    runs : list of Run
        Ordered by window, then version.
    profiles : mapping of (Deployment, Window) to sequence of RunProfile
        What they counted.
    """

    runs: list[Run]
    profiles: RunProfiles


@dataclass(frozen=True, slots=True)
class _Logged:
    """What the logs hold of one window of one deployment."""

    predictions: int
    shadow: int
    calls: int
    first: datetime | None
    last: datetime | None
    # share of the window of which archived rows were lost
    missing: float


@dataclass
class Judge:
    """
    Judges windows of one model.

    Parameters
    ----------
    store : Store
    config : Config
    model : str
    now : datetime
    code_version : str
    """

    store: Store
    config: Config
    model: str
    now: datetime
    code_version: str

    def __post_init__(self) -> None:
        self.monitor = self.config.monitor(self.model)
        self.deployments = {d.version: d for d in self.store.logs(self.model).deployments()}

    @cached_property
    def _drift(self) -> DriftJudge:
        """Made when the first window is judged: a model of which only labels came has none."""
        return DriftJudge(self.store, self.config, self.model, self.now)

    @property
    def _calibrations(self) -> Calibrations:
        return self._drift.calibrations

    def judge(self, windows: Sequence[Window]) -> Judged:
        """
        Judge every deployment that is expected to serve in the windows.

        Parameters
        ----------
        windows : sequence of Window
            Oldest first.
        """
        runs: list[Run] = []
        profiles: dict[tuple[Deployment, Window], Sequence[RunProfile]] = {}
        if not windows or not self.deployments:
            return Judged(runs, profiles)
        traffic = self._traffic(windows)
        for version, served in self._served(windows).items():
            judged = self._judge_version(version, served, traffic)
            runs += judged.runs
            profiles |= judged.profiles
        return Judged(sorted(runs, key=lambda r: (r.window, r.deployment.version)), profiles)

    def _served(self, windows: Sequence[Window]) -> dict[str, list[Window]]:
        """Tell the windows each version is judged in: where it had calls; else the last seen."""
        calls = self.store.logs(self.model).call_counts(windows)
        served: dict[str, list[Window]] = defaultdict(list)
        for i, window in enumerate(windows):
            active = [v for v in sorted(self.deployments) if v in calls and calls[v][i]]
            for version in active or self._last_seen(window):
                served[version].append(window)
        return served

    def _last_seen(self, window: Window) -> list[str]:
        """Return the version whose last call before a window without calls is the newest."""
        last = {v: self._last_before(v, window) for v in sorted(self.deployments)}
        seen = {version: at for version, at in last.items() if at is not None}
        return [max(seen, key=lambda version: (seen[version], version))] if seen else []

    def _last_before(self, version: str, window: Window) -> datetime | None:
        known = self.deployments[version]
        if known.last < window.start:
            return known.last
        if known.first >= window.start:
            return None
        # it came back later; what counts is what was known when the window was silent
        before = Window(known.first, window.start)
        span = self.store.logs(self.model).event_spans(version, [before])[0]
        return span[1] if span else known.first

    def _traffic(self, windows: Sequence[Window]) -> dict[Window, tuple[Finding, ...]]:
        """Judge throughput once per window, over all versions together."""
        plans = {window: self._calibrations.plan_of_calls(window).windows for window in windows}
        reach = {w for planned in plans.values() for w in planned}
        requests = Requests.of(self.store, self.model, [*reach, *windows])
        usual = {w: self._usual(w, planned, requests) for w, planned in plans.items()}
        if any(baseline and baseline[0].start < min(reach).start for baseline in usual.values()):
            reach = {w for baseline in usual.values() for w in baseline}
            requests = Requests.of(self.store, self.model, [*reach, *windows])
        shares = dict(zip(windows, self._calibrations.lost.shares(windows), strict=True))
        return {
            w: tuple(unjudged(self._since(judge_traffic(requests, w, baseline), w), shares[w]))
            for w, baseline in usual.items()
        }

    def _since(self, findings: tuple[Finding, ...], window: Window) -> tuple[Finding, ...]:
        """Say since when traffic is lost, where whole windows before were as silent."""
        if all(f.reason != LOST for f in findings):
            return findings
        last_call = self._last_call(window)
        # those windows may never have been judged: a catch-up after a long pause is bounded
        if last_call is None or last_call >= window.start - window.duration:
            return findings
        return silent_since(findings, last_call)

    def _last_call(self, window: Window) -> datetime | None:
        """Return the moment of the model's last call before a window."""
        seen = [self._last_before(version, window) for version in self.deployments]
        return max((at for at in seen if at is not None), default=None)

    def _usual(
        self, window: Window, planned: Sequence[Window], requests: Requests
    ) -> tuple[Window, ...]:
        last_call = requests.last_before(window.start)
        if planned and (last_call is None or last_call <= planned[-1].start):
            # how far `requests` reach back hangs on what else is judged; the answer must not
            last_call = self._last_call(window)
        first_call = min(d.first for d in self.deployments.values())
        found = usual_windows(
            planned, (first_call, last_call), self.monitor.window, self.config.timezone
        )
        return self._calibrations.lost.whole(found)

    def _judge_version(
        self, version: str, windows: list[Window], traffic: dict[Window, tuple[Finding, ...]]
    ) -> Judged:
        started = time.perf_counter()
        drift = self._judge_drift(version, windows)
        usual = {window: self._calibrations.plan_of_calls(window).windows for window in windows}
        slos = judge_slos(
            self.store,
            self.model,
            version,
            windows,
            [slo.objective() for slo in self.monitor.slos],
            self.deployments[version].first,
        )
        quality = Quality(self.store, self.model, version, self.monitor.task)
        quality.read(sorted({*windows, *(w for reach in usual.values() for w in reach)}))
        runs: list[Run] = []
        for window, judged_slos, logged in zip(
            windows, slos, self._logged(version, windows), strict=True
        ):
            found = drift[window]
            own = [*found.findings[window], *quality.findings(window, usual[window])]
            findings = [*unjudged(own, logged.missing), *traffic[window]]
            performance = quality.performance(window, usual[window])
            parts = _Parts(
                found.baseline, found.baseline_windows, findings, judged_slos, performance
            )
            runs.append(self._run(version, window, parts, logged))
        seconds = (time.perf_counter() - started) / len(windows)
        profiles = {(r.deployment, r.window): drift[r.window].profiles[r.window] for r in runs}
        return Judged([_timed(run, seconds) for run in runs], profiles)

    def _judge_drift(self, version: str, windows: list[Window]) -> dict[Window, Drift]:
        parts: dict[tuple[object, ...], list[Window]] = defaultdict(list)
        for window in windows:
            parts[self._calibrations.key(window)].append(window)
        found: dict[Window, Drift] = {}
        for part in parts.values():
            drift = self._drift.judge(version, part)
            found |= dict.fromkeys(part, drift)
        return found

    def _logged(self, version: str, windows: Sequence[Window]) -> list[_Logged]:
        nothing = np.zeros(len(windows), np.int64)
        counts = self.store.logs(self.model).prediction_counts(version, windows)
        calls = self.store.logs(self.model).call_counts(windows).get(version, nothing)
        spans = self.store.logs(self.model).event_spans(version, windows)
        missing = self.store.missing_shares(self.model, version, windows)
        found = zip(counts.predictions, counts.shadow, calls, spans, missing, strict=True)
        return [
            _Logged(int(n), int(s), int(c), *(span or (None, None)), gone)
            for n, s, c, span, gone in found
        ]

    def _run(self, version: str, window: Window, parts: _Parts, logged: _Logged) -> Run:
        reached = min(max((self._reached() - window.start) / window.duration, 0.0), 1.0)
        return Run(
            deployment=Deployment(self.model, version),
            window=window,
            status=_status(parts, logged),
            coverage=max(reached - logged.missing, 0.0),
            config_hash=self.monitor.fingerprint(),
            code_version=self.code_version,
            started_at=self.now,
            duration_s=0.0,
            n_predictions=logged.predictions,
            n_shadow=logged.shadow,
            n_calls=logged.calls,
            baseline=parts.baseline,
            baseline_windows=parts.baseline_windows,
            data_from=logged.first,
            data_to=logged.last,
            findings=tuple(with_severities(parts.findings, self.monitor)),
            slos=parts.slos,
            performance=parts.performance,
        )

    def _reached(self) -> datetime:
        """Return how far the model's logs reach: a window beyond it was seen in part."""
        return max(d.last for d in self.deployments.values())


def _timed(run: Run, seconds: float) -> Run:
    return replace(run, duration_s=seconds)


def _status(parts: _Parts, logged: _Logged) -> RunStatus:
    deciding = [f for f in parts.findings if f.decides]
    if any(f.verdict is Verdict.DRIFTED for f in deciding):
        return RunStatus.VIOLATIONS
    if any(result.state in BURNING for result in parts.slos):
        return RunStatus.VIOLATIONS
    judged = [f for f in deciding if f.verdict is not Verdict.INCONCLUSIVE]
    # of archived rows that were lost nobody can say that they were fine
    if not logged.calls or logged.missing:
        return RunStatus.INSUFFICIENT
    if judged or any(r.state is SLOState.OK for r in parts.slos):
        return RunStatus.OK
    return RunStatus.INSUFFICIENT
