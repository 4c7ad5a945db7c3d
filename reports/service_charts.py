"""The drawings of a model as a service: calls, versions, latency, errors, performance."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from markupsafe import Markup

from domain.catalogue import say
from domain.finite import finite
from domain.run import Deployment
from domain.window import Window
from monitors.report_view import PerformancePoint, TrafficPoint
from reports import numbers, svg
from reports.timeline import Axis, LineChart, Rule, Scale, Series

_HEIGHT: Final = 150
# the newest version is what is judged now; further ones have a colour of their own
_STYLES: Final = ("current", "reference", "third", "fourth")

Versions = Mapping[Deployment, str]


def versions(deployments: Sequence[Deployment]) -> Versions:
    """
    Give every deployment its line style; versions beyond the fourth share the last one.

    Parameters
    ----------
    deployments : sequence of Deployment
        The one that is judged now first.
    """
    known = list(dict.fromkeys(deployments))
    return {d: _STYLES[min(i, len(_STYLES) - 1)] for i, d in enumerate(known)}


def calls(
    traffic: Sequence[TrafficPoint],
    styles: Versions,
    axis: Axis,
    language: str,
    shaded: Sequence[Window] = (),
) -> Markup | None:
    """Draw the calls of each version in each window."""
    series = [
        Series("", style, [(p.window, float(p.calls)) for p in points])
        for style, points in _by_version(traffic, styles, axis)
    ]
    if not series:
        return None
    return LineChart(
        title=say("report.chart.calls", language),
        axis=axis,
        scale=Scale.of([v for s in series for v in s.values], _HEIGHT),
        series=series,
        written=numbers.compact,
        shaded=shaded,
    ).draw(language)


def shares(
    traffic: Sequence[TrafficPoint], styles: Versions, axis: Axis, language: str
) -> Markup | None:
    """Draw each version's share of the calls over time; None where there is one version only."""
    totals: dict[Window, int] = defaultdict(int)
    for point in traffic:
        totals[point.window] += point.calls
    series = [
        Series("", style, [(p.window, _share(p.calls, totals[p.window])) for p in pts])
        for style, pts in _by_version(traffic, styles, axis)
    ]
    if len(series) < 2:
        return None
    return LineChart(
        title=say("report.chart.shares", language),
        axis=axis,
        scale=Scale((0.0, 0.5, 1.0), _HEIGHT),
        series=series,
        written=lambda value: numbers.share(value, 0),
    ).draw(language)


def errors(
    traffic: Sequence[TrafficPoint],
    styles: Versions,
    axis: Axis,
    language: str,
    shaded: Sequence[Window] = (),
) -> Markup | None:
    """Draw the share of failed calls of each version."""
    series = [
        Series("", style, [(p.window, _share(p.failed, p.calls)) for p in points])
        for style, points in _by_version(traffic, styles, axis)
    ]
    values = [value for one in series for value in one.values]
    if not values:
        return None
    highest = max(*values, 0.001)
    digits = 0 if highest >= 0.05 else 1 if highest >= 0.005 else 2
    return LineChart(
        title=say("report.chart.errors", language),
        axis=axis,
        scale=Scale.of([highest], _HEIGHT),
        series=series,
        written=lambda value: f"{value * 100:.{digits}f}%",
        shaded=shaded,
    ).draw(language)


def latency(
    points: Sequence[TrafficPoint],
    axis: Axis,
    language: str,
    objective_ms: float | None = None,
    shaded: Sequence[Window] = (),
) -> Markup | None:
    """
    Draw one version's latency: the band from p50 to p95, and p99 above it.

    Parameters
    ----------
    points : sequence of TrafficPoint
        One deployment's, oldest first.
    axis : Axis
    language : {"en", "zh"}
    objective_ms : float or None
        Limit of its latency objective.
    shaded : sequence of Window
        Incidents.
    """
    inside = [
        p for p in points if p.window.start < axis.window.end and p.window.end > axis.window.start
    ]
    p50 = Series("p50", "faint", [(p.window, p.p50_ms) for p in inside])
    p95 = Series("p95", "faint", [(p.window, p.p95_ms) for p in inside])
    p99 = Series("p99", "current", [(p.window, p.p99_ms) for p in inside])
    values = [*p50.values, *p95.values, *p99.values]
    if not values:
        return None
    rule = None
    if objective_ms is not None:
        values.append(objective_ms)
        label = say("report.chart.objective", language, limit=numbers.milliseconds(objective_ms))
        rule = Rule(objective_ms, label)
    return LineChart(
        title=say("report.chart.latency", language),
        axis=axis,
        scale=Scale.wide(values, _HEIGHT),
        series=[p50, p95, p99],
        written=_ms,
        rule=rule,
        shaded=shaded,
        band=(p50, p95),
    ).draw(language)


def performance(
    points: Sequence[PerformancePoint],
    metric: str,
    styles: Versions,
    axis: Axis,
    language: str,
    shaded: Sequence[Window] = (),
) -> Markup | None:
    """Draw one performance metric of each version over time."""
    series: list[Series] = []
    for deployment, style in styles.items():
        own = [
            (p.window, finite(p.performance.metrics.get(metric)))
            for p in points
            if p.deployment == deployment
        ]
        series.append(Series("", style, own))
    series = [one for one in series if one.values]
    if not series:
        return None
    values = [value for one in series for value in one.values]
    return LineChart(
        title=say("report.chart.performance", language, metric=metric_name(metric, language)),
        axis=axis,
        scale=Scale.of(values, _HEIGHT, from_zero=False),
        series=series,
        written=numbers.axis,
        shaded=shaded,
    ).draw(language)


def legend(styles: Versions) -> tuple[tuple[str, str], ...]:
    """Return the style and the name of each version; empty for one version alone."""
    return tuple((s, version_name(d)) for d, s in styles.items()) if len(styles) > 1 else ()


def version_name(deployment: Deployment) -> str:
    """Name a version in few letters."""
    return f"v{deployment.version}" if deployment.version else deployment.model


def metric_name(metric: str, language: str) -> str:
    """Name a performance metric; one that has no name of its own keeps its key."""
    try:
        return say(f"report.metric.{metric}", language)
    except KeyError:
        return metric


def _by_version(
    traffic: Sequence[TrafficPoint], styles: Versions, axis: Axis
) -> Iterator[tuple[str, list[TrafficPoint]]]:
    for deployment, style in styles.items():
        points = [
            p
            for p in traffic
            if p.deployment == deployment
            and p.window.start < axis.window.end
            and p.window.end > axis.window.start
        ]
        if points:
            yield style, points


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _ms(value: float) -> str:
    return f"{svg.short(value)} ms" if value < 1000 else f"{value / 1000:g} s"
