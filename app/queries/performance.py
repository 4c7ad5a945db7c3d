"""What the Performance page shows: which labels have arrived, and how good the answers were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from app.queries.lines import Line, Side, line
from app.queries.version_pair import in_order
from app.queries.versions import named
from domain.catalogue import say
from domain.finding import Finding, Verdict
from domain.finite import finite
from domain.sentences import finding_sentence
from domain.window import Window
from monitors.report_view import PerformancePoint
from monitors.views.versions import PerformanceView
from reports import numbers
from reports.judgement import Tone
from reports.service_charts import metric_name

TONES: Final = {
    Verdict.OK: Tone.OK,
    Verdict.DRIFTED: Tone.CRITICAL,
    Verdict.INCONCLUSIVE: Tone.UNKNOWN,
    Verdict.BLIND: Tone.UNKNOWN,
}
_JUDGED: Final = {Verdict.OK: "usual", Verdict.DRIFTED: "worse", Verdict.BLIND: "blind"}


@dataclass(frozen=True, slots=True)
class Arrivals:
    """
    Labels of one version, window by window.

    Parameters
    ----------
    at : tuple of datetime
        Starts of the windows, oldest first.
    labelled, pending : tuple of int
        Predictions of each window with and without a label.
    """

    at: tuple[datetime, ...]
    labelled: tuple[int, ...]
    pending: tuple[int, ...]

    @property
    def total(self) -> int:
        """All predictions of these windows."""
        return sum(self.labelled) + sum(self.pending)


@dataclass(frozen=True, slots=True)
class Worse:
    """
    A window whose metric lies beyond its alarm line.

    Parameters
    ----------
    at : datetime
    value : float
    decides : bool
        False: a reading beside the metric that decides; it was seen, and raised no alarm.
    """

    at: datetime
    value: float
    decides: bool


@dataclass(frozen=True, slots=True)
class MetricCourse:
    """
    One metric over time.

    Parameters
    ----------
    metric, label : str
        Its key and its name.
    lines : tuple of Line
        One for each version.
    usual, alarm : Line or None
        Of the version looked at: what its baseline windows had on average, and where the alarm
        starts; None where nothing was judged.
    worse : tuple of Worse
    """

    metric: str
    label: str
    lines: tuple[Line, ...]
    usual: Line | None
    alarm: Line | None
    worse: tuple[Worse, ...]


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One metric of one window beside what is usual, written out."""

    label: str
    value: str
    usual: str
    alarm: str
    labels: str
    state: str
    tone: Tone


def of_version(view: PerformanceView, version: str) -> tuple[PerformancePoint, ...]:
    """Return one version's windows that have labels, oldest first."""
    return tuple(p for p in view.points if p.deployment.version == version)


def shown_point(
    points: Sequence[PerformancePoint], window: Window | None
) -> PerformancePoint | None:
    """Return the window asked for, or the newest one; None where it has no label."""
    if window is None:
        return points[-1] if points else None
    return next((point for point in points if point.window == window), None)


def arrivals(points: Sequence[PerformancePoint]) -> Arrivals:
    """Return what has arrived of one version."""
    return Arrivals(
        at=tuple(point.window.start for point in points),
        labelled=tuple(point.performance.labelled for point in points),
        pending=tuple(point.performance.pending for point in points),
    )


def lag(point: PerformancePoint) -> timedelta | None:
    """Return how long after its window's end the newest label came; None where it has no time."""
    until = point.performance.labels_until
    return None if until is None else max(until - point.window.end, timedelta(0))


def findings_of(view: PerformanceView, version: str, window: Window) -> tuple[Finding, ...]:
    """Return what was judged of one window, the deciding finding first."""
    found = [
        finding
        for deployment, judged, finding in view.findings
        if deployment.version == version and judged == window
    ]
    return tuple(sorted(found, key=lambda finding: not finding.decides))


def was_judged(view: PerformanceView, version: str) -> bool:
    """Return whether what is usual was known in any window of a version."""
    return any(
        deployment.version == version and finding.decides and finding.verdict in _JUDGED
        for deployment, _, finding in view.findings
    )


def verdict(
    view: PerformanceView, version: str, point: PerformancePoint, language: str
) -> tuple[Tone, str]:
    """
    Say how good a window's answers were, in one sentence.

    Parameters
    ----------
    view : PerformanceView
    version : str
    point : PerformancePoint
    language : {"en", "zh"}
    """
    found = findings_of(view, version, point.window)
    window = say("report.fact.window", language, window=numbers.span(point.window, language))
    if not found:
        return Tone.UNKNOWN, _joined(say("page_performance.unjudged", language), window, language)
    first = found[0]
    sentence = _named(first, language)
    tone = TONES[first.verdict]
    if not first.decides:
        late = say(
            "page_performance.arriving",
            language,
            labelled=numbers.count(point.performance.labelled),
            total=numbers.count(point.performance.labelled + point.performance.pending),
        )
        # half a window's labels mislead, so it is told as what it is
        return Tone.UNKNOWN, _joined(sentence, f"{window}{_mark(language)}{late}", language)
    return tone, _joined(sentence, window, language)


def metric_rows(
    view: PerformanceView, version: str, point: PerformancePoint, language: str
) -> tuple[MetricRow, ...]:
    """
    Return a window's metrics beside the usual ones, the deciding one first.

    Parameters
    ----------
    view : PerformanceView
    version : str
    point : PerformancePoint
    language : {"en", "zh"}
    """
    found = {
        str(finding.values.get("metric")): finding
        for finding in findings_of(view, version, point.window)
    }
    measured = point.performance.metrics
    order = [*found, *in_order(set(measured) - set(found))]
    return tuple(_row(metric, found.get(metric), point, language) for metric in order)


def courses(
    view: PerformanceView, version: str, sides: dict[str, Side], language: str
) -> tuple[MetricCourse, ...]:
    """
    Return every metric over time, the one that decides first.

    Parameters
    ----------
    view : PerformanceView
    version : str
        The one looked at: its usual values and its worse windows are marked.
    sides : dict of str to Side
        Versions to draw.
    language : {"en", "zh"}
    """
    measured = {metric for point in view.points for metric in point.performance.metrics}
    order = _deciding_first(view, version, in_order(measured))
    return tuple(_course(view, version, metric, sides, language) for metric in order)


def _deciding_first(
    view: PerformanceView, version: str, metrics: tuple[str, ...]
) -> tuple[str, ...]:
    decided = [
        finding.values.get("metric")
        for deployment, _, finding in view.findings
        if deployment.version == version and finding.decides
    ]
    newest = decided[-1] if decided else None
    return tuple(sorted(metrics, key=lambda metric: metric != newest))


def _course(
    view: PerformanceView, version: str, metric: str, sides: dict[str, Side], language: str
) -> MetricCourse:
    judged = [
        (window, finding)
        for deployment, window, finding in view.findings
        if deployment.version == version and finding.values.get("metric") == metric
    ]
    # the current version last, so that it lies on top
    drawn = [
        line(
            named(one, language),
            side,
            [(p.window, p.performance.metrics.get(metric)) for p in of_version(view, one)],
        )
        for one, side in reversed(sides.items())
    ]
    usual = line("usual", Side.REFERENCE, [(w, _usual(f)) for w, f in judged])
    alarm = line("alarm", Side.REFERENCE, [(w, f.threshold) for w, f in judged])
    return MetricCourse(
        metric=metric,
        label=metric_name(metric, language),
        lines=tuple(one for one in drawn if one.known),
        usual=usual if usual.known else None,
        alarm=alarm if alarm.known else None,
        worse=tuple(
            Worse(window.start, finding.statistic, finding.decides)
            for window, finding in judged
            if finding.verdict is Verdict.DRIFTED and finding.statistic is not None
        ),
    )


def _row(metric: str, finding: Finding | None, point: PerformancePoint, language: str) -> MetricRow:
    alarm = finding.threshold if finding else None
    usual = _usual(finding) if finding else None
    key, tone = "unjudged", Tone.UNKNOWN
    if finding is not None and not finding.decides:
        key, tone = "beside", Tone.UNKNOWN
    elif finding is not None and finding.verdict in _JUDGED:
        key, tone = _JUDGED[finding.verdict], TONES[finding.verdict]
    return MetricRow(
        label=metric_name(metric, language),
        value=numbers.metric(point.performance.metrics.get(metric)),
        usual=numbers.metric(usual),
        alarm=_alarm(usual, alarm, language),
        labels=numbers.count(point.performance.labelled),
        state=say(f"page_performance.state.{key}", language),
        tone=tone,
    )


def _alarm(usual: float | None, alarm: float | None, language: str) -> str:
    if alarm is None:
        return numbers.DASH
    key = "below" if usual is None or alarm < usual else "above"
    return say(f"page_performance.alarm.{key}", language, value=numbers.metric(alarm))


def _usual(finding: Finding) -> float | None:
    return finite(finding.values.get("usual"))


def _named(finding: Finding, language: str) -> str:
    """Say what a finding says, with the metric's name in place of its key."""
    sentence, metric = finding_sentence(finding, language), finding.values.get("metric")
    if not isinstance(metric, str):
        return sentence
    return sentence.replace(metric, metric_name(metric, language), 1)


def _joined(sentence: str, facts: str, language: str) -> str:
    return say("report.facts", language, sentence=sentence.rstrip(".。"), facts=facts)


def _mark(language: str) -> str:
    return say("report.facts.join", language)
