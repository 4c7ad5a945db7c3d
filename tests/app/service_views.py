"""Views of a made-up service, small enough to reckon by hand."""

from datetime import UTC, datetime, timedelta

from domain.column import Column
from domain.finding import Calibration, Finding, Severity, Verdict
from domain.incident import AlertState, Cause, Incident
from domain.profile import ColumnKind, ColumnRole
from domain.run import Deployment, Performance, Run, RunStatus
from domain.slo import SLO, BurnRate, SLOResult, SLOState
from domain.window import Window
from monitors.report_view import PerformancePoint
from monitors.views.levels import LevelPoint, ObjectiveHistory, ReplicaLevels, ServiceLevels
from monitors.views.versions import PerformanceView, VersionPoint, VersionsView, VersionView

DAY_0 = datetime(2026, 3, 1, tzinfo=UTC)
MODEL = "fraud"
V2 = Deployment(MODEL, "2")


def day(i):
    return Window(DAY_0 + timedelta(days=i), DAY_0 + timedelta(days=i + 1))


def span(days):
    return Window(DAY_0, DAY_0 + timedelta(days=days))


def point(hour, calls=100.0, failed=0.0, p50=2.0, p95=5.0, p99=9.0, *, with_status=None):
    known = calls if with_status is None else with_status
    return LevelPoint(DAY_0 + timedelta(hours=hour), calls, failed, known, p50, p95, p99)


def result(bad, calls=1000, *, slo, before=(0, 0), state=SLOState.OK, **values):
    """The objective at the end of a window, with (bad, calls) of the period before it."""
    total = calls + before[1]
    return SLOResult(
        slo=slo,
        replica=None,
        good=total - bad - before[0],
        total=total,
        window_good=calls - bad,
        window_total=calls,
        state=state,
        burn_rates=(
            BurnRate(3600, 300, 14.4, 0.5, 0.0, firing=False),
            BurnRate(21600, 1800, 6.0, 3.5, 2.0, firing=False),
            BurnRate(3600 * 24, 7200, 3.0, None, None, firing=False, reachable=False),
        ),
        values=values,
    )


def objective(bad_by_day, *, period_days=28, target=0.99, latency_ms=None, state=SLOState.OK):
    """An objective judged day by day; every day has 1,000 calls."""
    slo = SLO("latency" if latency_ms else "availability", target, period_days, latency_ms)
    results, gone = [], (0, 0)
    for bad in bad_by_day:
        results.append(result(bad, slo=slo, before=gone))
        gone = (gone[0] + bad, gone[1] + 1000)
    last = result(
        bad_by_day[-1],
        slo=slo,
        before=(gone[0] - bad_by_day[-1], gone[1] - 1000),
        state=state,
    )
    windows = tuple(day(i) for i in range(len(bad_by_day)))
    return ObjectiveHistory(slo, windows, (*results[:-1], last))


def levels(points=None, *, objectives=(), replicas=(), whole=None, incidents=(), days=2):
    points = tuple(points if points is not None else (point(h) for h in range(24 * days)))
    calls = sum(p.calls for p in points)
    total = LevelPoint(
        DAY_0,
        calls,
        sum(p.failed for p in points),
        sum(p.with_status for p in points),
        2.0,
        5.0,
        9.0,
    )
    return ServiceLevels(
        deployment=V2,
        span=span(days),
        bucket_s=3600,
        whole=whole or total,
        points=points,
        replicas=tuple(replicas),
        n_replicas=len(replicas),
        objectives=tuple(objectives),
        incidents=tuple(incidents),
        counted_in_runs=False,
    )


def replica(name, p99=9.0, hours=48):
    points = tuple(point(h, p99=p99) for h in range(hours))
    return ReplicaLevels(
        name, LevelPoint(DAY_0, 100.0 * hours, 0.0, 100.0 * hours, 2.0, 5.0, p99), points
    )


def incident(start, hours, *subjects, cause=Cause.LATENCY):
    began = DAY_0 + timedelta(hours=start)
    return Incident(
        incident_id=f"id-{start}",
        model=MODEL,
        cause=cause,
        severity=Severity.CRITICAL,
        state=AlertState.RESOLVED,
        started_at=began,
        last_seen_at=began + timedelta(hours=hours),
        resolved_at=None,
        subjects=subjects,
        versions=("2",),
    )


def performance(labelled=950, pending=50, task="binary", until=None, **metrics):
    return Performance(
        task=task, labelled=labelled, pending=pending, metrics=metrics, labels_until=until
    )


def version_point(i, n, *, shadow=0, calls=None, p99=9.0, failed=0.0, measured=None):
    return VersionPoint(
        window=day(i),
        status=RunStatus.OK,
        n_predictions=n,
        n_calls=n if calls is None else calls,
        n_shadow=shadow,
        failed_share=failed,
        p50_ms=p99 and p99 / 4,
        p95_ms=p99 and p99 / 2,
        p99_ms=p99,
        performance=measured,
    )


def run(version, window, findings=()):
    return Run(
        deployment=Deployment(MODEL, version),
        window=window,
        status=RunStatus.OK,
        coverage=1.0,
        config_hash="c",
        code_version="1",
        started_at=window.end,
        duration_s=0.1,
        n_predictions=1,
        n_calls=1,
        baseline="before",
        baseline_windows=20,
        findings=tuple(findings),
    )


def versions(courses, findings=None):
    """`courses`: for each version its points; the order is the view's own: newest first."""
    return VersionsView(
        model=MODEL,
        versions=tuple(
            VersionView(
                version=version,
                points=tuple(points),
                newest=run(version, points[-1].window, (findings or {}).get(version, ())),
            )
            for version, points in courses.items()
        ),
        columns=(
            Column("age", ColumnKind.NUMBER),
            Column("label", ColumnKind.CATEGORY, ColumnRole.LABEL),
            Column("prediction", ColumnKind.CATEGORY, ColumnRole.PREDICTION),
            Column("score", ColumnKind.NUMBER, ColumnRole.SCORE),
        ),
        incidents=(),
    )


def drifted(column):
    return Finding(
        column=column,
        kind=ColumnRole.FEATURE,
        detector="forecast",
        verdict=Verdict.DRIFTED,
        reason="finding.forecast.drifted",
        statistic=4.0,
        threshold=2.0,
    )


def measured(
    metric,
    value,
    *,
    usual=0.8,
    threshold=0.7,
    verdict=Verdict.OK,
    decides=True,
    labelled=950,
    why=None,
):
    return Finding(
        column="label",
        kind=ColumnRole.LABEL,
        detector="performance",
        verdict=verdict,
        reason=f"finding.performance.{why or verdict.value}",
        statistic=value,
        p_value=0.5,
        threshold=threshold,
        calibrated=Calibration.FULL,
        decides=decides,
        values={
            "metric": metric,
            "value": value,
            "labelled": labelled,
            "windows": 20,
            "needed": 12,
            "usual": usual,
        },
    )


def performance_view(points, findings=()):
    """`points`: (version, day, Performance); `findings`: (version, day, Finding)."""
    return PerformanceView(
        model=MODEL,
        points=tuple(
            PerformancePoint(deployment=Deployment(MODEL, v), window=day(i), performance=p)
            for v, i, p in points
        ),
        findings=tuple((Deployment(MODEL, v), day(i), f) for v, i, f in findings),
        incidents=(),
    )
