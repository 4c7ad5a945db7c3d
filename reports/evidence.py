"""The drawings that show why an incident was raised, around its own time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from markupsafe import Markup

from domain.catalogue import say
from domain.incident import AlertState, Cause, Incident
from domain.run import Deployment
from domain.window import Window
from monitors.report_view import ColumnView, ReportView
from reports import charts, service_charts
from reports.judgement import name_of, newest_runs
from reports.timeline import Axis

_COLUMNS_SHOWN: Final = 2
_METRICS_SHOWN: Final = 2
_WINDOWS_AROUND: Final = 14


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing and what stands above it."""

    caption: str
    drawing: Markup
    legend: tuple[tuple[str, str], ...] = ()


def deployments(view: ReportView) -> list[Deployment]:
    """Return every deployment of a view, the one that is judged now first."""
    seen = [run.deployment for run in view.runs]
    seen += [point.deployment for point in reversed(view.traffic)]
    seen += [point.deployment for point in reversed(view.performance)]
    return list(dict.fromkeys(seen))


def span_of(view: ReportView) -> Window | None:
    """Return the time that the drawings cover; None for two files without times."""
    windows = [point.window for point in view.traffic]
    windows += [point.window for point in view.performance]
    windows += [reading.window for column in view.columns for reading in column.history]
    if view.span is not None:
        windows.append(view.span)
    if not windows:
        return None
    return Window(min(w.start for w in windows), max(w.end for w in windows))


def evidence(view: ReportView, incident: Incident, language: str) -> list[Figure]:
    """
    Draw what an incident is about.

    Parameters
    ----------
    view : ReportView
    incident : Incident
        Its cause chooses the drawings, its time what they show.
    language : {"en", "zh"}

    Returns
    -------
    list of Figure
        At most four; empty where the view holds nothing about it.
    """
    span = span_of(view)
    if span is None or incident.last_seen_at <= incident.started_at:
        return []
    shaded = Window(incident.started_at, incident.last_seen_at)
    axis = Axis(_around(shaded, span, view))
    makers = {
        Cause.DRIFT: _of_columns,
        Cause.MISSING: _of_columns,
        Cause.LATENCY: _of_latency,
        Cause.AVAILABILITY: _of_errors,
        Cause.TRAFFIC: _of_calls,
        Cause.PERFORMANCE: _of_performance,
    }
    maker = makers.get(incident.cause)
    return [] if maker is None else list(maker(view, incident, axis, [shaded], language))


_Shaded = Sequence[Window]


def _around(shaded: Window, span: Window, view: ReportView) -> Window:
    step = view.runs[0].window.duration if view.runs else timedelta(days=1)
    room = max(shaded.duration / 2, step * _WINDOWS_AROUND)
    start, end = max(shaded.start - room, span.start), min(shaded.end + room, span.end)
    return Window(start, end) if start < end else span


def _of_columns(
    view: ReportView, incident: Incident, axis: Axis, shaded: _Shaded, language: str
) -> Iterator[Figure]:
    for column in _subjects(view, incident):
        name = name_of(column)
        drawing = charts.history(column, axis, language, shaded)
        if drawing is not None and _alarmed(column, shaded[0]):
            yield Figure(f"{name}: {say('report.caption.history', language)}", drawing)
        # the distributions are those of the newest window: of an incident that is over they
        # would show a column that has recovered
        drawing = charts.distribution(column, language)
        if drawing is not None and incident.state is AlertState.FIRING:
            yield Figure(f"{name}: {say('report.caption.distribution', language)}", drawing)


def _alarmed(column: ColumnView, window: Window) -> bool:
    """Return whether the history shows the alarm: a hard rule leaves no trace in a reading."""
    return any(
        reading.drifted and reading.window.start < window.end and reading.window.end > window.start
        for reading in column.history
    )


def _subjects(view: ReportView, incident: Incident) -> list[ColumnView]:
    found: dict[str, ColumnView] = {}
    for column in view.columns:
        if name_of(column) in incident.subjects and column.version in incident.versions:
            found.setdefault(name_of(column), column)
    ranked = sorted(found.values(), key=lambda c: incident.subjects.index(name_of(c)))
    return ranked[:_COLUMNS_SHOWN]


def _of_latency(
    view: ReportView, incident: Incident, axis: Axis, shaded: _Shaded, language: str
) -> Iterator[Figure]:
    limit = latency_limit(view)
    for deployment in deployments(view):
        points = [point for point in view.traffic if point.deployment == deployment]
        drawing = service_charts.latency(points, axis, language, limit, shaded)
        if deployment.version in incident.versions and drawing is not None:
            version = service_charts.version_name(deployment)
            yield Figure(say("report.chart.latency_of", language, version=version), drawing)


def _of_errors(
    view: ReportView, incident: Incident, axis: Axis, shaded: _Shaded, language: str
) -> Iterator[Figure]:
    styles = service_charts.versions(_concerned(view, incident))
    drawing = service_charts.errors(view.traffic, styles, axis, language, shaded)
    if drawing is not None:
        legend = service_charts.legend(styles)
        yield Figure(say("report.chart.errors", language), drawing, legend)


def _of_calls(
    view: ReportView, incident: Incident, axis: Axis, shaded: _Shaded, language: str
) -> Iterator[Figure]:
    styles = service_charts.versions(_concerned(view, incident))
    drawing = service_charts.calls(view.traffic, styles, axis, language, shaded)
    if drawing is not None:
        legend = service_charts.legend(styles)
        yield Figure(say("report.chart.calls", language), drawing, legend)


def _of_performance(
    view: ReportView, incident: Incident, axis: Axis, shaded: _Shaded, language: str
) -> Iterator[Figure]:
    styles = service_charts.versions(_concerned(view, incident))
    known = metrics(view)
    named = [metric for metric in known if metric in incident.subjects] or known
    for metric in named[:_METRICS_SHOWN]:
        drawing = service_charts.performance(
            view.performance, metric, styles, axis, language, shaded
        )
        if drawing is not None:
            name, legend = (
                service_charts.metric_name(metric, language),
                service_charts.legend(styles),
            )
            yield Figure(name, drawing, legend)


def metrics(view: ReportView) -> list[str]:
    """Return the performance metrics of a view, in the order they first come."""
    return list(dict.fromkeys(m for p in view.performance for m in p.performance.metrics))


def latency_limit(view: ReportView) -> float | None:
    """Return the limit of the first latency objective; None without one."""
    limits = [r.slo.latency_ms for run in newest_runs(view) for r in run.slos]
    return next((limit for limit in limits if limit is not None), None)


def _concerned(view: ReportView, incident: Incident) -> list[Deployment]:
    every = deployments(view)
    return [d for d in every if d.version in incident.versions] or every
