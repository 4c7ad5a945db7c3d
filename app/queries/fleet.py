"""What the Fleet page says, from how every deployment stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.catalogue import say
from domain.finding import Finding, Severity
from domain.incident import AlertState, Incident
from domain.run import Deployment
from domain.slo import SLOResult
from domain.standing import multiple, state_of
from monitors.views.fleet import DeploymentView, FleetView, Health, TrendPoint
from reports import numbers
from reports.judgement import Tone, plural

# how far a hard rule's alarm is drawn: there is no multiple of "gone"
FAR = 3.0
CARDS = 3
OVER = 8
_SILENT = frozenset({Health.UNJUDGED, Health.RETIRED})


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of the row on top: its text key, value, note and tone."""

    key: str
    value: str
    note: str
    tone: Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentRow:
    """
    One row of the table of deployments, as it is written.

    Parameters
    ----------
    deployment : Deployment
    health : Health
    chip : str
        Its health in words.
    worst, far : str
        The worst column, and its multiple or, where it has none, its verdict. Of a version
        without traffic these and the numbers say nothing of now: they are dashes, and its trends
        are what they were.
    trend : list of float
        Multiples, 1 is the alarm line.
    p99_ms : float or None
    p99_trend : list of float
    failed, budget : str
    predictions : int or None
    """

    deployment: Deployment
    health: Health
    chip: str
    worst: str
    far: str
    trend: list[float]
    p99_ms: float | None
    p99_trend: list[float]
    failed: str
    budget: str
    predictions: int | None


def name_of(deployment: Deployment, language: str) -> str:
    """Write a deployment: the model and its version, where it has one."""
    if not deployment.version:
        return deployment.model
    return say("report.deployment", language, model=deployment.model, version=deployment.version)


def place_name(incident: Incident, language: str) -> str:
    """Write on which deployment an incident was seen."""
    return name_of(Deployment(incident.model, ", ".join(filter(None, incident.versions))), language)


def open_incidents(view: FleetView) -> list[Incident]:
    """Return the incidents that are not over, worst first."""
    return [one for one in view.incidents if one.state is not AlertState.RESOLVED]


def over_incidents(view: FleetView) -> list[Incident]:
    """Return the incidents that are over, the newest first, a few of them."""
    over = [one for one in view.incidents if one.state is AlertState.RESOLVED]
    return sorted(over, key=lambda one: one.last_seen_at, reverse=True)[:OVER]


def figures(view: FleetView, language: str) -> list[Figure]:
    """Return the four numbers of the row on top."""
    return [
        _incidents(view, language),
        _columns(view, language),
        _budget(view, language),
        _predictions(view, language),
    ]


def quiet(view: FleetView, language: str) -> tuple[Tone, str]:
    """Say what is to be said when no incident is open; all is well only where it was judged."""
    for one in view.deployments:
        if one.health is Health.FAILED:
            error = (one.run.error if one.run else None) or numbers.DASH
            name = name_of(one.deployment, language)
            return Tone.CRITICAL, say(
                "page_fleet.quiet.failed", language, deployment=name, error=error
            )
    serving = _serving(view)
    judged = sum(one.judged - one.unjudged - one.blind for one in serving)
    drifting = sum(one.drifting for one in serving)
    if not judged:
        return Tone.UNKNOWN, say("page_fleet.quiet.unjudged", language)
    if drifting:
        return Tone.WARNING, say("page_fleet.quiet.drift", language, n=drifting, total=judged)
    return Tone.OK, plural("page_fleet.quiet", judged, language)


def rows(view: FleetView, language: str) -> list[DeploymentRow]:
    """Return the table of deployments, in the order of the view: worst first."""
    return [_row(one, language) for one in view.deployments]


def scale_ms(table: Sequence[DeploymentRow]) -> float:
    """Return the end of the scale that all latency sparklines share, at least 1 ms."""
    readings = [value for row in table for value in row.p99_trend]
    return max([1.0, *readings]) * 1.05


def how_far(worst: Finding | None, language: str) -> str:
    """Write the multiple of the alarm line, or what a column without one is called."""
    if worst is None:
        return numbers.DASH
    times = multiple(worst)
    if times is None:
        return say(f"report.state_of.{state_of(worst)}", language)
    return numbers.multiple(times)


def _row(one: DeploymentView, language: str) -> DeploymentRow:
    serves = one.health is not Health.RETIRED
    run = one.run if serves else None
    worst = one.worst if serves else None
    return DeploymentRow(
        deployment=one.deployment,
        health=one.health,
        chip=_chip(one, language),
        worst=worst.column if worst else numbers.DASH,
        far=how_far(worst, language),
        trend=[round(value, 2) for point in one.trend if (value := _height(point)) is not None],
        p99_ms=one.p99_ms if serves else None,
        p99_trend=[round(point.p99_ms, 1) for point in one.trend if point.p99_ms is not None],
        failed=numbers.share(one.failed_share if serves else None, 2),
        budget=numbers.budget(_left(one) if serves else None, language),
        predictions=run.n_predictions if run else None,
    )


def _chip(one: DeploymentView, language: str) -> str:
    if one.health is Health.RETIRED and one.last_call is not None:
        return say("page_fleet.retired", language, at=one.last_call)
    return say(f"pages.health.{one.health}", language)


def _height(point: TrendPoint) -> float | None:
    """Return how high a window stands: what alarmed by a hard rule never looks quiet."""
    if point.drifted and (point.multiple is None or point.multiple < 1):
        return FAR
    return None if point.multiple is None else min(point.multiple, FAR)


def _measured(one: DeploymentView) -> list[SLOResult]:
    results = one.run.slos if one.run else ()
    return [result for result in results if result.budget_remaining is not None]


def _left(one: DeploymentView) -> float | None:
    left = [result.budget_remaining for result in _measured(one)]
    return min((value for value in left if value is not None), default=None)


def _serving(view: FleetView) -> list[DeploymentView]:
    """Return the deployments whose newest run says something of now."""
    return [one for one in view.deployments if one.health not in _SILENT]


def _incidents(view: FleetView, language: str) -> Figure:
    opened = open_incidents(view)
    critical = sum(one.severity is Severity.CRITICAL for one in opened)
    over = len(view.incidents) - len(opened)
    note = say("page_fleet.open.note", language, critical=critical, over=over)
    tone = Tone.CRITICAL if critical else Tone.WARNING if opened else Tone.UNKNOWN
    return Figure("page_fleet.open", numbers.count(len(opened)), note, tone)


def _columns(view: FleetView, language: str) -> Figure:
    serving = _serving(view)
    drifting = sum(one.drifting for one in serving)
    value = say(
        "page_fleet.columns.value",
        language,
        n=drifting,
        total=sum(one.judged for one in serving),
    )
    note = say(
        "page_fleet.columns.note",
        language,
        blind=sum(one.blind for one in serving),
        unjudged=sum(one.unjudged for one in serving),
    )
    return Figure("page_fleet.columns", value, note, Tone.WARNING if drifting else Tone.UNKNOWN)


def _budget(view: FleetView, language: str) -> Figure:
    found = [(result, one) for one in _serving(view) for result in _measured(one)]
    if not found:
        none = say("page_fleet.budget.none", language)
        return Figure("page_fleet.budget", numbers.DASH, none, Tone.UNKNOWN)
    result, one = min(found, key=lambda pair: pair[0].budget_remaining or 0.0)
    left = result.budget_remaining or 0.0
    note = say(
        "page_fleet.budget.note",
        language,
        objective=result.slo.name,
        deployment=name_of(one.deployment, language),
    )
    tone = Tone.CRITICAL if left < 0 else Tone.WARNING if left < 0.25 else Tone.UNKNOWN
    return Figure("page_fleet.budget", numbers.budget(left, language), note, tone)


def _predictions(view: FleetView, language: str) -> Figure:
    before = view.predictions_before
    if before:
        points = round(100 * (view.predictions - before) / before)
        change = f"{points:+d}%".replace("-", "\N{MINUS SIGN}")
        note = say("page_fleet.predictions.note", language, change=change)
    else:
        note = say("page_fleet.predictions.none", language)
    return Figure("page_fleet.predictions", numbers.compact(view.predictions), note, Tone.UNKNOWN)
