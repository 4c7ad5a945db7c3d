"""Gathering the versions of a model beside each other, and how good their predictions were."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from alerts.desk import chosen, ordered
from detectors.performance import NAME as PERFORMANCE
from domain.incident import Cause
from domain.run import Run
from monitors.column_names import name_of
from monitors.config import Config
from monitors.gathering.judged import is_whole_model, nothing_judged, points_of
from monitors.report_view import PerformancePoint
from monitors.views.versions import PerformanceView, VersionPoint, VersionsView, VersionView
from store.run_points import RunPoint
from store.store import Store

SHOWN_WINDOWS: Final = 400


def versions(store: Store, config: Config, model: str) -> VersionsView:
    """
    Gather what the versions of a model answered, window by window.

    Parameters
    ----------
    store : Store
    config : Config
    model : str

    Raises
    ------
    NothingToJudgeError
        If no window was judged.
    """
    points = points_of(store, model, SHOWN_WINDOWS)
    if not points:
        raise nothing_judged(store, model)
    named = {d: own for d, own in points.items() if not is_whole_model(own)} or points
    newest = {run.deployment: run for run in store.runs(model, newest_only=True)}
    views = [_version(own, newest[deployment]) for deployment, own in named.items()]
    monitor = config.monitor(model)
    return VersionsView(
        model=model,
        versions=tuple(sorted(views, key=_newest_first, reverse=True)),
        columns=tuple(c for c in store.logs(model).columns() if monitor.columns.chosen(name_of(c))),
        incidents=tuple(ordered(store.incidents(model))),
    )


def _version(points: Sequence[RunPoint], newest: Run) -> VersionView:
    return VersionView(
        version=newest.deployment.version,
        points=tuple(
            VersionPoint(
                window=p.window,
                status=p.status,
                n_predictions=p.n_predictions,
                n_calls=p.n_calls,
                n_shadow=p.n_shadow,
                failed_share=p.failed_share,
                p50_ms=p.p50_ms,
                p95_ms=p.p95_ms,
                p99_ms=p.p99_ms,
                performance=p.performance,
            )
            for p in points
        ),
        newest=newest,
    )


def _newest_first(view: VersionView) -> tuple[datetime, int]:
    return view.newest.window.end, view.newest.n_predictions


def performance(store: Store, model: str) -> PerformanceView:
    """
    Gather how good a model's predictions were, as far as labels have arrived.

    Parameters
    ----------
    store : Store
    model : str

    Raises
    ------
    NothingToJudgeError
        If no window was judged.
    """
    points = sorted(
        (p for own in points_of(store, model).values() for p in own),
        key=lambda p: (p.window, p.deployment.version),
    )
    if not points:
        raise nothing_judged(store, model)
    return PerformanceView(
        model=model,
        points=tuple(
            PerformancePoint(deployment=p.deployment, window=p.window, performance=p.performance)
            for p in points
            if p.performance is not None
        ),
        findings=tuple(store.findings_by(model, PERFORMANCE)),
        incidents=tuple(ordered(chosen(store.incidents(model), cause=Cause.PERFORMANCE))),
    )
