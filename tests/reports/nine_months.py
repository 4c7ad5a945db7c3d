"""The largest report that must still fit: 39 weeks of days, two versions, 18 columns."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache

import numpy as np

from domain.column import Column
from domain.finding import Severity, Verdict
from domain.incident import Cause, Incident
from domain.profile import ColumnKind, ColumnRole
from domain.run import Deployment, Performance, RunStatus
from domain.slo import SLOState
from monitors.report_view import ColumnView, PerformancePoint, ReportView, TrafficPoint
from tests.reports import views

DAYS = 273
CANARY_FROM, HALF_FROM, ALL_FROM = 91, 122, 153
NUMBERS = (
    "temp", "dewp", "humid", "wind_speed", "precip", "visib", "pressure", "distance",
    "dep_hour", "day_of_week", "seats", "plane_age", "engines",
)  # fmt: skip
CATEGORIES = ("carrier", "origin", "dest", "prediction")
V1, V2 = Deployment("flight-delay", "1"), Deployment("flight-delay", "2")


@cache
def nine_months() -> ReportView:
    """Return the report of a model that had three faults, a season and a canary."""
    runs = (
        _run("2", DAYS - 1, RunStatus.VIOLATIONS),
        *(_run("2", n, RunStatus.OK) for n in (DAYS - 2, DAYS - 3)),
        _run("1", ALL_FROM - 1, RunStatus.OK),
    )
    return views.view(
        runs=runs,
        incidents=_incidents(),
        columns=(*_columns("2", DAYS), *_columns("1", ALL_FROM)),
        traffic=tuple(_traffic()),
        performance=tuple(_performance()),
    )


def _verdict(name: str) -> Verdict:
    loud = {"temp": Verdict.DRIFTED, "score": Verdict.DRIFTED, "carrier": Verdict.DRIFTED}
    dull = {"precip": Verdict.BLIND, "engines": Verdict.INCONCLUSIVE, "dest": Verdict.BLIND}
    return (loud | dull).get(name, Verdict.OK)


def _run(version: str, n: int, status: RunStatus) -> views.Run:
    names = ("temp", "score", "dewp", *NUMBERS[2:], *CATEGORIES)
    quiet = status is RunStatus.OK
    findings = tuple(
        found
        for name in names
        for found in (
            views.finding(name, Verdict.OK if quiet else _verdict(name)),
            *views.beside(name, 0.12, 0.05),
        )
    )
    slos = (
        views.slo_result(views.LATENCY, SLOState.OK, 41),
        views.slo_result(views.AVAILABILITY, SLOState.EXHAUSTED, 31),
        views.slo_result(views.LATENCY, SLOState.BURNING_TICKET, 66, replica="pod-3"),
        views.slo_result(views.LATENCY, SLOState.OK, 12, replica="pod-1"),
        views.slo_result(views.LATENCY, SLOState.INSUFFICIENT, 0, replica="pod-2"),
    )
    made = views.run(version, n, status=status, findings=findings, slos=slos)
    performance = Performance(
        task="binary",
        labelled=290,
        pending=22,
        metrics={"accuracy": 0.7712, "roc_auc": 0.7204, "log_loss": 0.4913},
    )
    return replace(made, performance=performance)


def _columns(version: str, days: int) -> list[ColumnView]:
    """Return the columns, worst first."""
    ranked = ("temp", "score", "dewp", *NUMBERS[2:], *CATEGORIES)
    made = [_column(name, version, days, seed) for seed, name in enumerate(ranked)]
    order = (Verdict.DRIFTED, Verdict.BLIND, Verdict.INCONCLUSIVE, Verdict.OK)
    return sorted(made, key=lambda column: order.index(column.findings[0].verdict))


def _column(name: str, version: str, days: int, seed: int) -> ColumnView:
    verdict = _verdict(name)
    burst = (
        range(days - 23, days)
        if verdict is Verdict.DRIFTED
        else range(70, 75)
        if name in ("humid", "pressure")
        else range(0)
    )
    outputs = {"score": ColumnRole.SCORE, "prediction": ColumnRole.PREDICTION}
    role = outputs.get(name, ColumnRole.FEATURE)
    made = views.column_view(
        name,
        verdict,
        version=version,
        column=Column(name, ColumnKind.NUMBER, role),
        history=views.history(days, version, burst=burst, seed=seed),
    )
    if name not in CATEGORIES:
        return made
    return replace(
        made,
        column=Column(name, ColumnKind.CATEGORY, role),
        reference=views.categories_profile(
            name, [5800, 5400, 5100, 4700, 3200, 2600, 2000, 1800, 1200, 520, 330, 71]
        ),
        current=views.categories_profile(name, [82, 66, 42, 51, 30, 22, 19, 14, 11, 8, 3, 1], 6),
    )


def _traffic() -> list[TrafficPoint]:
    chance = np.random.default_rng(7)
    points: list[TrafficPoint] = []
    for n in range(DAYS):
        for deployment, share in ((V1, _share_of_v1(n)), (V2, 1 - _share_of_v1(n))):
            calls = round(300 * share * (1 + 0.15 * np.sin(n * 2 * np.pi / 7)))
            if calls:
                slow = 6.0 if 135 <= n < 142 and deployment == V1 else 1.0
                failed = round(calls * (0.09 if n == 200 else 0.001 * chance.random()))
                p50 = (8 if deployment == V1 else 14) * float(1 + 0.1 * chance.random())
                points.append(
                    TrafficPoint(
                        deployment=deployment,
                        window=views.day(n),
                        calls=calls,
                        failed=failed,
                        p50_ms=p50,
                        p95_ms=p50 * 2.2 * slow,
                        p99_ms=p50 * 3.1 * slow * float(1 + 0.3 * chance.random()),
                    )
                )
    return points


def _share_of_v1(n: int) -> float:
    if n < CANARY_FROM:
        return 1.0
    return 0.9 if n < HALF_FROM else 0.5 if n < ALL_FROM else 0.0


def _performance() -> list[PerformancePoint]:
    chance = np.random.default_rng(8)
    points: list[PerformancePoint] = []
    for n in range(DAYS - 1):
        for deployment, share in ((V1, _share_of_v1(n)), (V2, 1 - _share_of_v1(n))):
            if share:
                base = 0.70 if deployment == V1 else 0.74
                wobble = float(chance.normal(0, 0.02))
                metrics = {"roc_auc": base + wobble, "accuracy": 0.76 + wobble}
                points.append(
                    PerformancePoint(
                        deployment=deployment,
                        window=views.day(n),
                        performance=Performance(
                            task="binary", labelled=290, pending=22, metrics=metrics
                        ),
                    )
                )
    return points


def _incidents() -> tuple[Incident, ...]:
    slow = views.over(
        views.alert(
            "latency@pod-3",
            Cause.LATENCY,
            135,
            141,
            severity=Severity.CRITICAL,
            versions=("1",),
            reason="slo.burning-page",
            values={
                "name": "latency",
                "target": 0.99,
                "period_days": 28,
                "latency_ms": 100.0,
                "sli": 0.962,
                "window_good": 240,
                "window_total": 300,
                "budget_remaining": -2.8,
                "bad_share": 0.38,
                "replica": "pod-3",
            },
        )
    )
    failing = views.over(
        views.alert(
            "availability",
            Cause.AVAILABILITY,
            200,
            200,
            severity=Severity.CRITICAL,
            reason="slo.burning-page",
            values={
                "name": "availability",
                "target": 0.999,
                "period_days": 28,
                "sli": 0.996,
                "window_good": 270,
                "window_total": 300,
                "budget_remaining": 0.1,
                "bad_share": 0.61,
                "status": 503,
                "bad_from": "2013-10-18T14:00:00Z",
                "bad_to": "2013-10-18T16:00:00Z",
            },
        )
    )
    failing = replace(
        failing,
        started_at=views.day(200).start + timedelta(hours=14, minutes=5),
        last_seen_at=views.day(200).start + timedelta(hours=16),
        resolved_at=views.day(200).start + timedelta(hours=17),
    )
    missing = views.over(
        views.alert(
            "wind_speed",
            Cause.MISSING,
            170,
            176,
            reason="finding.completeness.all_missing",
            values={"reference_share": 0.004, "n_reference": 27_004, "n_current": 301},
        )
    )
    drift = [
        views.alert(name, Cause.DRIFT, DAYS - 23, DAYS - 1) for name in ("temp", "carrier", "score")
    ]
    season = [views.over(views.alert(name, Cause.DRIFT, 70, 74)) for name in ("humid", "pressure")]
    return (
        views.incident("i-slow", slow),
        views.incident("i-failing", failing),
        views.incident("i-drift", *drift, acknowledged_by="mira", note="winter schedule, known"),
        views.incident("i-missing", missing),
        views.incident("i-season", *season),
    )
