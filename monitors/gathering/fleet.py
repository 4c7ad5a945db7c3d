"""Gathering how every deployment stands, and what can be looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from alerts.desk import ordered
from domain.finding import Finding, Severity, Verdict
from domain.incident import AlertState, Incident
from domain.run import Deployment, Run, RunStatus
from domain.standing import farness
from domain.window import Window, align, windows_between
from monitors.alert_desk import stale_incidents, stale_models
from monitors.config import Config
from monitors.gathering.judged import DECIDERS, is_whole_model, points_of, versions_of
from monitors.slices import slice_faults
from monitors.verdicts import deciding, worst_by_column
from monitors.views.fleet import (
    DeploymentView,
    FleetView,
    Health,
    JudgedWindow,
    SourceFacts,
    StoreFacts,
    Target,
    TrendPoint,
)
from store.column_readings import Furthest
from store.run_keys import RunChoice
from store.run_points import RunPoint
from store.store import Store

TREND_WINDOWS: Final = 30
_INCIDENTS: Final = 50
# one window without a version may be chance
_RETIRED_AFTER: Final = 2
_OF_SEVERITY: Final = {Severity.CRITICAL: Health.CRITICAL, Severity.WARNING: Health.WARNING}
_HEALTHS: Final = tuple(Health)


def targets(store: Store) -> tuple[Target, ...]:
    """Return what can be looked at: models, their versions, their judged windows."""
    windows, versions = store.judged_windows(), store.judged_versions()
    return tuple(
        Target(
            model=model,
            versions=versions.get(model) or _logged_versions(store, model),
            windows=tuple(JudgedWindow(*one) for one in windows.get(model, {}).items()),
            data_span=store.logs(model).data_span(),
        )
        for model in store.models()
    )


def facts(store: Store, config: Config) -> StoreFacts:
    """Return what `doctor` says of the store."""
    models, space = store.models(), store.space()
    return StoreFacts(
        version=store.version(),
        size_bytes=store.size_bytes(),
        data_spans={model: store.logs(model).data_span() for model in models},
        last_run_ends={model: store.last_run_end(model) for model in models},
        last_backup=store.last_backup(),
        free_bytes=space.free_bytes,
        compacting_pays=space.is_worth_it,
        holds_erased=space.holds_erased,
        sources=tuple(
            found
            for model in sorted(store.elsewhere)
            if (found := _source(store, model)) is not None
        ),
        slice_faults=tuple(slice_faults(store, config)),
    )


def _source(store: Store, model: str) -> SourceFacts | None:
    state = store.source_state(model)
    if state is None:
        return None
    refused: Counter[str] = Counter()
    for _, known in state.files:
        refused.update(known.refused)
    faults = [known.error for _, known in state.files if known.error is not None]
    return SourceFacts(
        model=model,
        place=state.place,
        files=len(state.files),
        rows=sum(known.rows for _, known in state.files),
        span=store.logs(model).data_span(),
        columns=tuple(column.name for column in store.logs(model).columns()),
        refused=dict(refused),
        others=sum(known.others for _, known in state.files),
        zone=state.zone,
        faults=(*([] if state.fault is None else [str(state.fault)]), *faults),
    )


def fleet(store: Store, config: Config, now: datetime) -> FleetView:
    """Gather how every deployment stands at `now`."""
    stale = stale_models(store, config, now)
    incidents = ordered([*store.incidents(), *stale_incidents(store, config, now)])
    points = points_of(store, most=TREND_WINDOWS)
    views = _Deployments(store, points, stale, incidents).views()
    newest = [_newest_two(own) for own in _by_model(points).values()]
    spans = [
        span for model in store.models() if (span := store.logs(model).data_span()) is not None
    ]
    return FleetView(
        deployments=tuple(sorted(views, key=_worst_first)),
        incidents=tuple(sorted(incidents, key=_is_over)[:_INCIDENTS]),
        stale=stale,
        data_until=max((span.end for span in spans), default=None),
        next_check=_next_check(store, config, now) if spans else None,
        predictions=sum(now_n for now_n, _ in newest),
        predictions_before=sum(before for _, before in newest),
    )


def _logged_versions(store: Store, model: str) -> tuple[str, ...]:
    """Return the versions of a model of which nothing was judged, as its logs have them."""
    known = sorted(
        store.logs(model).deployments(), key=lambda d: (d.last, d.predictions), reverse=True
    )
    return tuple(d.version for d in known)


class _Deployments:
    """Makes the lines of the fleet from what is read once for all of them."""

    def __init__(
        self,
        store: Store,
        points: Mapping[Deployment, Sequence[RunPoint]],
        stale: Mapping[str, Window],
        incidents: Sequence[Incident],
    ) -> None:
        self._runs = {run.deployment: run for run in store.runs(newest_only=True)}
        self._points = points
        self._furthest = store.furthest_columns(RunChoice(most=TREND_WINDOWS), DECIDERS)
        self._stale = stale
        self._open = [i for i in incidents if not _is_over(i)]

    def views(self) -> list[DeploymentView]:
        """Return one line for each deployment that was judged."""
        return [
            self._view(deployment, self._points[deployment], others)
            for others in versions_of(self._points).values()
            for deployment in _shown(others, self._points)
        ]

    def _view(
        self, deployment: Deployment, points: Sequence[RunPoint], others: Sequence[Deployment]
    ) -> DeploymentView:
        run = self._runs[deployment]
        worst = worst_by_column(run)
        verdicts = Counter(finding.verdict for finding in worst)
        own = [i for i in self._open if _concerns(i, deployment)]
        return DeploymentView(
            deployment=deployment,
            health=self._health(run, others, own, unjudged=_is_unjudged(run, worst)),
            last_call=max((p.data_to for p in points if p.data_to is not None), default=None),
            run=replace(run, findings=tuple(deciding(run))),
            failed_share=points[-1].failed_share,
            p99_ms=points[-1].p99_ms,
            drifting=verdicts[Verdict.DRIFTED],
            blind=verdicts[Verdict.BLIND],
            unjudged=verdicts[Verdict.INCONCLUSIVE],
            judged=len(worst),
            worst=worst[0] if worst else None,
            trend=tuple(self._trend(point) for point in points),
            incidents=tuple(i.incident_id for i in own),
        )

    def _health(
        self,
        run: Run,
        others: Sequence[Deployment],
        own: Sequence[Incident],
        *,
        unjudged: bool,
    ) -> Health:
        found = [_OF_SEVERITY[i.severity] for i in own if i.severity in _OF_SEVERITY]
        if self._is_retired(run.deployment, others):
            return min(found, key=_HEALTHS.index, default=Health.RETIRED)
        newest = max(
            (p for other in others for p in self._points[other]), key=lambda p: p.window.end
        )
        if run.status is RunStatus.FAILED or (
            newest.status is RunStatus.FAILED and newest.window.end >= run.window.end
        ):
            found.append(Health.FAILED)
        if run.deployment.model in self._stale:
            found.append(Health.STALE)
        missed = (newest.window.end - run.window.end) / run.window.duration
        if unjudged or missed >= _RETIRED_AFTER:
            found.append(Health.UNJUDGED)
        return min(found, key=_HEALTHS.index, default=Health.OK)

    def _is_retired(self, deployment: Deployment, others: Sequence[Deployment]) -> bool:
        """Return whether only other versions of the model have answered for some windows."""
        served = [p.window.end for p in self._points[deployment] if p.n_calls]
        if not served:
            return False
        since = {
            p.window
            for other in others
            for p in self._points[other]
            if _answered(p) and p.window.start >= max(served)
        }
        return len(since) >= _RETIRED_AFTER

    def _trend(self, point: RunPoint) -> TrendPoint:
        far = self._furthest.get((point.deployment, point.window), Furthest(None, drifted=False))
        return TrendPoint(
            window=point.window,
            multiple=far.multiple,
            drifted=far.drifted,
            n_calls=point.n_calls,
            p99_ms=point.p99_ms,
        )


def _shown(
    others: Sequence[Deployment], points: Mapping[Deployment, Sequence[RunPoint]]
) -> list[Deployment]:
    """Leave out the failed tries of a whole model, where it has versions."""
    named = [d for d in others if not is_whole_model(points[d])]
    return named or list(others)


def _answered(point: RunPoint) -> bool:
    """Return whether a version was asked for more than to run in shadow."""
    in_shadow = point.n_shadow and point.n_shadow >= point.n_predictions
    return point.n_calls > 0 and not in_shadow


def _is_unjudged(run: Run, worst: Sequence[Finding]) -> bool:
    """Return whether nothing was judged, or none of the columns where it has any."""
    dark = bool(worst) and all(f.verdict is Verdict.INCONCLUSIVE for f in worst)
    return dark or run.status is RunStatus.INSUFFICIENT


def _concerns(incident: Incident, deployment: Deployment) -> bool:
    return incident.model == deployment.model and deployment.version in incident.versions


def _is_over(incident: Incident) -> bool:
    return incident.state is AlertState.RESOLVED


def _worst_first(view: DeploymentView) -> tuple[int, float, str, str]:
    return (
        _HEALTHS.index(view.health),
        -farness(view.worst) if view.worst is not None else 0.0,
        view.deployment.model,
        view.deployment.version,
    )


def _by_model(points: Mapping[Deployment, Sequence[RunPoint]]) -> dict[str, list[RunPoint]]:
    return {
        model: [p for d in deployments for p in points[d]]
        for model, deployments in versions_of(points).items()
    }


def _newest_two(points: Sequence[RunPoint]) -> tuple[int, int]:
    """Return the predictions of a model's newest window, and of the one before it."""
    counted: Counter[Window] = Counter()
    for point in points:
        counted[point.window] += point.n_predictions
    newest = [*sorted(counted, reverse=True), None, None][:2]
    now_n, before = (counted[window] if window is not None else 0 for window in newest)
    return now_n, before


def _next_check(store: Store, config: Config, now: datetime) -> datetime | None:
    """Return when the next window of any model is complete, its grace included."""
    ends: list[datetime] = []
    for model in store.models():
        monitor = config.monitor(model)
        length, zone = monitor.window, config.timezone
        start = align(now - monitor.grace, length, zone)
        following = windows_between(start, start + 2 * length, length, zone)[0]
        ends.append(following.end + monitor.grace)
    return min(ends, default=None)
