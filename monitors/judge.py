"""Judging windows of a model: every deployment that served in them, drift, objectives, quality."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.finding import Finding, Verdict
from domain.run import Deployment, Performance, Run, RunStatus
from domain.slo import SLOResult, SLOState
from domain.window import Window
from monitors.alert_desk import with_severities
from monitors.baseline_plan import BaselinePlan, epoch_of, plan
from monitors.config import Config
from monitors.drift_judge import DriftJudge
from monitors.performance_check import Quality
from monitors.slo_check import BURNING, judge_slos
from monitors.traffic_check import Requests, judge_traffic
from store.store import Store


@dataclass(frozen=True, slots=True)
class _Parts:
    """What was found in one window of one deployment."""

    plan: BaselinePlan
    baseline_windows: int
    findings: list[Finding]
    slos: tuple[SLOResult, ...]
    performance: Performance | None


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
    _drift: DriftJudge = field(init=False)

    def __post_init__(self) -> None:
        self.monitor = self.config.monitor(self.model)
        self.deployments = {d.version: d for d in self.store.deployments(self.model)}
        self._drift = DriftJudge(self.store, self.config, self.model, self.now)

    def judge(self, windows: Sequence[Window]) -> list[Run]:
        """
        Judge every deployment that is expected to serve in the windows.

        Parameters
        ----------
        windows : sequence of Window
            Oldest first.

        Returns
        -------
        list of Run
            Ordered by window, then version.
        """
        runs: list[Run] = []
        if not windows or not self.deployments:
            return runs
        traffic = self._traffic(windows)
        for version, served in self._served(windows).items():
            runs += self._judge_version(version, served, traffic)
        return sorted(runs, key=lambda r: (r.window, r.deployment.version))

    def _served(self, windows: Sequence[Window]) -> dict[str, list[Window]]:
        """Tell the windows each version is judged in: where it had calls; else the last seen."""
        calls = self.store.call_counts(self.model, windows)
        served: dict[str, list[Window]] = defaultdict(list)
        for i, window in enumerate(windows):
            active = [v for v in sorted(self.deployments) if v in calls and calls[v][i]]
            for version in active or self._last_seen(window):
                served[version].append(window)
        return served

    def _last_seen(self, window: Window) -> list[str]:
        before = [d for d in self.deployments.values() if d.first < window.start]
        return [max(before, key=lambda d: d.last).version] if before else []

    def _first_data(self) -> datetime:
        return min(d.first for d in self.deployments.values())

    def _plan(self, window: Window) -> BaselinePlan:
        return plan(self.config, self.monitor, window, first_data=self._first_data(), version=None)

    def _traffic(self, windows: Sequence[Window]) -> dict[Window, tuple[Finding, ...]]:
        """Judge throughput once per window, over all versions together."""
        plans = {window: self._plan(window) for window in windows}
        reach = {w for p in plans.values() for w in p.windows}
        requests = Requests.of(self.store, self.model, [*reach, *windows])
        return {window: judge_traffic(requests, window, p.windows) for window, p in plans.items()}

    def _judge_version(
        self, version: str, windows: list[Window], traffic: dict[Window, tuple[Finding, ...]]
    ) -> list[Run]:
        started = time.perf_counter()
        drift = self._judge_drift(version, windows)
        slos = judge_slos(
            self.store,
            self.model,
            version,
            windows,
            [slo.objective() for slo in self.monitor.slos],
            self.deployments[version].first,
        )
        quality = self._quality(version, windows)
        runs: list[Run] = []
        spans = self.store.event_spans(self.model, version, windows)
        for window, judged_slos, span in zip(windows, slos, spans, strict=True):
            baseline, n_windows, findings = drift[window]
            found = [*findings, *quality.findings(window, baseline.windows), *traffic[window]]
            parts = _Parts(baseline, n_windows, found, judged_slos, quality.performance(window))
            runs.append(self._run(version, window, parts, span))
        seconds = (time.perf_counter() - started) / len(windows)
        return [_timed(run, seconds) for run in runs]

    def _judge_drift(
        self, version: str, windows: list[Window]
    ) -> dict[Window, tuple[BaselinePlan, int, list[Finding]]]:
        by_epoch: dict[datetime, list[Window]] = defaultdict(list)
        for window in windows:
            by_epoch[epoch_of(window, self.monitor, self.config.timezone)].append(window)
        judged: dict[Window, tuple[BaselinePlan, int, list[Finding]]] = {}
        for part in by_epoch.values():
            baseline = self._plan(part[0])
            answers, n_windows = self._drift.judge(version, part)
            judged |= {w: (baseline, n_windows, a) for w, a in zip(part, answers, strict=True)}
        return judged

    def _quality(self, version: str, windows: Sequence[Window]) -> Quality:
        quality = Quality(self.store, self.model, version, self.monitor.task)
        reach = {w for window in windows for w in self._plan(window).windows}
        quality.read(sorted({*reach, *windows}))
        return quality

    def _run(
        self, version: str, window: Window, parts: _Parts, span: tuple[datetime, datetime] | None
    ) -> Run:
        rows = self.store.row_counts(self.model, [window]).get(version)
        calls = self.store.call_counts(self.model, [window]).get(version)
        return Run(
            deployment=Deployment(self.model, version),
            window=window,
            status=_status(parts),
            coverage=min(max((self._reached() - window.start) / window.duration, 0.0), 1.0),
            config_hash=self.monitor.fingerprint(),
            code_version=self.code_version,
            started_at=self.now,
            duration_s=0.0,
            n_predictions=int(rows[0]) if rows is not None else 0,
            n_calls=int(calls[0]) if calls is not None else 0,
            baseline=parts.plan.description,
            baseline_windows=parts.baseline_windows,
            data_from=span[0] if span else None,
            data_to=span[1] if span else None,
            findings=tuple(with_severities(parts.findings, self.monitor)),
            slos=parts.slos,
            performance=parts.performance,
        )

    def _reached(self) -> datetime:
        """Return how far the model's logs reach: a window beyond it was seen in part."""
        return max(d.last for d in self.deployments.values())


def _timed(run: Run, seconds: float) -> Run:
    return replace(run, duration_s=seconds)


def _status(parts: _Parts) -> RunStatus:
    deciding = [f for f in parts.findings if f.decides]
    if any(f.verdict is Verdict.DRIFTED for f in deciding):
        return RunStatus.VIOLATIONS
    if any(result.state in BURNING for result in parts.slos):
        return RunStatus.VIOLATIONS
    judged = [f for f in deciding if f.verdict is not Verdict.INCONCLUSIVE]
    if judged or any(r.state is SLOState.OK for r in parts.slos):
        return RunStatus.OK
    return RunStatus.INSUFFICIENT
