"""Gathering what a report shows: stored results, and both distributions of the newest window."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from alerts.desk import chosen, ordered
from domain.column import Column
from domain.errors import NothingToJudgeError
from domain.finding import Finding, Verdict
from domain.incident import Incident
from domain.run import Deployment, Run
from domain.standing import badness
from domain.window import Window
from monitors.alert_desk import stale_models
from monitors.column_names import name_of
from monitors.config import Config
from monitors.drift_judge import DriftJudge
from monitors.file_reference import rows_of_file
from monitors.gathering.judged import nothing_judged
from monitors.hiding import hidden
from monitors.reference import Reference
from monitors.report_view import (
    ColumnView,
    PerformancePoint,
    Reading,
    ReportView,
    TrafficPoint,
)
from monitors.verdicts import telling, unkept, visible_shift
from store.store import Store

QUANTILES = (0.5, 0.95, 0.99)
STALE_NOTE = "report.note.stale"
UNCOUNTED_NOTE = "report.note.uncounted"


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """
    What a report is about.

    Parameters
    ----------
    model : str
    window : Window or None
        The windows inside it; None: everything that was judged.
    now : datetime
    """

    model: str
    window: Window | None
    now: datetime


def build_view(
    store: Store, config: Config, code_version: str, request: ReportRequest
) -> ReportView:
    """
    Gather what a report shows.

    Parameters
    ----------
    store : Store
    config : Config
    code_version : str
    request : ReportRequest

    Raises
    ------
    NothingToJudgeError
        If no window of the span was judged.
    """
    model = request.model
    history = [
        run
        for run in store.runs(model, span=request.window, findings="deciding")
        if request.window is None or request.window.contains(run.window.start)
    ]
    if not history:
        raise nothing_judged(store, request.model, request.window)
    span = Window(history[0].window.start, max(run.window.end for run in history))
    newest = _newest(store, model, history)
    columns = _columns(store, model, history, list(newest.values()))
    # a report of a span in the past says nothing of now
    stale = request.window is None and model in stale_models(store, config, request.now)
    notes = {
        STALE_NOTE: stale,
        UNCOUNTED_NOTE: any(unkept(one.findings, one.current) for one in columns),
    }
    return ReportView(
        title=model,
        span=span,
        generated_at=request.now,
        code_version=code_version,
        config_hash=config.monitor(model).fingerprint(),
        runs=tuple(reversed([newest.get(_key(run), run) for run in history])),
        incidents=tuple(ordered(chosen(store.incidents(model), span=span))),
        columns=tuple(columns),
        traffic=tuple(_traffic(store, model, history)),
        performance=tuple(
            PerformancePoint(
                deployment=run.deployment, window=run.window, performance=run.performance
            )
            for run in history
            if run.performance is not None
        ),
        notes=tuple(note for note, holds in notes.items() if holds),
    )


_Key = tuple[Deployment, Window]


def _key(run: Run) -> _Key:
    return run.deployment, run.window


def _newest(store: Store, model: str, history: Sequence[Run]) -> dict[_Key, Run]:
    """Return the last run of each deployment with all its findings."""
    last = {run.deployment: run.window for run in history}
    found: dict[_Key, Run] = {}
    for deployment, window in last.items():
        for run in store.runs(model, deployment.version, window):
            if run.window == window:
                found[_key(run)] = run
    return found


def _columns(
    store: Store, model: str, history: Sequence[Run], newest: Sequence[Run]
) -> list[ColumnView]:
    """Return every column of every deployment's last run, the newest run first, worst first."""
    readings = _readings(history)
    columns = store.logs(model).columns()
    views: list[ColumnView] = []
    for run in sorted(newest, key=lambda r: r.window, reverse=True):
        version = run.deployment.version
        by_column: dict[str, list[Finding]] = defaultdict(list)
        for finding in run.findings:
            by_column[finding.column].append(finding)
        counted = {p.column: p for p in store.run_profiles(model, version, run.window)}
        of_run = [
            ColumnView(
                column=column,
                version=version,
                findings=tuple(by_column[name_of(column)]),
                reference=counted[column].reference if column in counted else None,
                current=counted[column].current if column in counted else None,
                history=tuple(readings[version, name_of(column)]),
                visible_shift=visible_shift(by_column[name_of(column)]),
            )
            for column in columns
            if by_column[name_of(column)]
        ]
        views += sorted(of_run, key=_badness)
    return views


def _readings(history: Sequence[Run]) -> Mapping[tuple[str, str], list[Reading]]:
    found: dict[tuple[str, str], list[Reading]] = defaultdict(list)
    for run in history:
        for finding in run.findings:
            if finding.detector == "forecast":
                found[run.deployment.version, finding.column].append(
                    Reading(
                        run.window,
                        run.deployment.version,
                        finding.statistic,
                        finding.threshold,
                        finding.verdict is Verdict.DRIFTED,
                    )
                )
    return found


def _badness(view: ColumnView) -> tuple[object, ...]:
    worst = telling(view.findings)
    return (worst is None, *(badness(worst) if worst else ()))


def _traffic(store: Store, model: str, history: Sequence[Run]) -> list[TrafficPoint]:
    windows: dict[Deployment, list[Run]] = defaultdict(list)
    for run in history:
        windows[run.deployment].append(run)
    points: list[TrafficPoint] = []
    for deployment, runs in windows.items():
        spans = [run.window for run in runs]
        quantiles = store.logs(model).latency_quantiles(deployment.version, spans, QUANTILES)
        failed = store.logs(model).failed_statuses(deployment.version, spans)
        for run, row, statuses in zip(runs, quantiles, failed, strict=True):
            p50, p95, p99 = (float(v) if np.isfinite(v) else None for v in row)
            points.append(
                TrafficPoint(
                    deployment=deployment,
                    window=run.window,
                    calls=run.n_calls,
                    failed=sum(statuses.values()),
                    p50_ms=p50,
                    p95_ms=p95,
                    p99_ms=p99,
                )
            )
    return points


def view_of_runs(
    config: Config,
    code_version: str,
    runs: Sequence[Run],
    incidents: Sequence[Incident],
    now: datetime,
) -> ReportView:
    """
    Show just some runs, as `run` and `due` print them, with the incidents they are part of.

    Parameters
    ----------
    config : Config
    code_version : str
    runs : sequence of Run
    incidents : sequence of Incident
        Of all models; those that touch no run's window are left out.
    now : datetime
    """
    models = sorted({run.deployment.model for run in runs})
    span = (
        Window(min(r.window.start for r in runs), max(r.window.end for r in runs)) if runs else None
    )
    touched = [i for i in chosen(incidents, span=span) if i.model in models] if span else []
    return ReportView(
        title=", ".join(models),
        span=span,
        generated_at=now,
        code_version=code_version,
        config_hash=config.monitor(models[0]).fingerprint() if len(models) == 1 else "",
        runs=tuple(sorted(runs, key=lambda r: r.window, reverse=True)),
        incidents=tuple(ordered(touched)),
    )


@dataclass(frozen=True, eq=False)
class ReportRows:
    """
    Rows of the newest judged window and of what it was compared with.

    Parameters
    ----------
    reference, current : pa.Table
    columns : tuple of Column
    thresholds : mapping of str to float
        By column: the PSI from which ours says drifted, its sampling part included.
    """

    reference: Any  # pyarrow ships no types that a protocol could be checked against
    current: Any
    columns: tuple[Column, ...]
    thresholds: Mapping[str, float]


MOST_ROWS = 200_000
"""Other tools hold all rows in memory; beyond this a sample says the same."""


def report_rows(store: Store, config: Config, request: ReportRequest) -> ReportRows:
    """
    Return the rows behind the newest judged window of a span, for a report made by another tool.

    Parameters
    ----------
    store : Store
    config : Config
    request : ReportRequest

    Raises
    ------
    NothingToJudgeError
        If no window of the span was judged, or there was no baseline.
    """
    judged = store.runs(request.model, span=request.window, findings="all")
    if not judged:
        raise nothing_judged(store, request.model, request.window)
    run = max(judged, key=lambda r: (r.window, r.n_predictions))
    judge = DriftJudge(store, config, request.model, request.now)
    version = run.deployment.version
    references = [
        c.reference for c in judge.calibrations.of(version, run.window) if c.reference.windows
    ]
    if not references:
        raise NothingToJudgeError(f"{run.window} was compared with nothing: {run.baseline}")
    reference, columns = references[0], tuple(references[0].comparable)
    limits = {f.column: f.threshold for f in run.findings if f.detector == "psi" and f.threshold}
    return ReportRows(
        _reference_rows(store, request.model, reference, columns),
        store.logs(request.model).rows(columns, [run.window], [version], MOST_ROWS),
        columns,
        {c.name: limits[name_of(c)] for c in columns if name_of(c) in limits},
    )


def _reference_rows(
    store: Store, model: str, reference: Reference, columns: Sequence[Column]
) -> pa.Table:
    if reference.plan.file is not None:
        hide = partial(hidden, store=store, model=model)
        return rows_of_file(reference.plan, columns, MOST_ROWS, hide)
    return store.logs(model).rows(columns, reference.windows, reference.rows.versions, MOST_ROWS)
