"""Report views made by hand: from nothing at all to the largest one that must still fit."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from domain.column import Column
from domain.finding import Calibration, Finding, Severity, Verdict
from domain.incident import Alert, AlertState, Cause, Incident
from domain.profile import ColumnKind, ColumnRole, Grid, GridKind, Profile
from domain.run import Deployment, Run, RunStatus
from domain.slo import SLO, BurnRate, SLOResult, SLOState
from domain.window import Window
from monitors.report_view import (
    ColumnView,
    Reading,
    ReportView,
)

START = datetime(2013, 4, 1, tzinfo=UTC)
DAY = timedelta(days=1)
LINE = 4.0
LATENCY = SLO("latency", 0.99, 28, 100.0)
AVAILABILITY = SLO("availability", 0.999, 28)
HOSTILE = (
    "<script>alert(1)</script>",
    '"; DROP TABLE predictions; --',
    "=HYPERLINK(1)",
    "a|b `c` [d](e) *f*",
    "::error title=x::owned",
    "##[error]owned",
    "\x1b[2J\u202eneddih\r\n::warning::x",
    "出发_机场 延误",
    "x" * 300,
    "{{ 7*7 }}{% for %}",
    "]]>&<!--",
    "%0A%25:,",
    "",
)


def day(n: int, length: timedelta = DAY) -> Window:
    """Return the n-th window from the start."""
    return Window(START + n * length, START + (n + 1) * length)


def finding(column: str, verdict: Verdict, **changes: object) -> Finding:
    """Return a forecast finding, with a sentence of the real catalogue."""
    reasons = {
        Verdict.DRIFTED: "finding.forecast.drifted.shape",
        Verdict.OK: "finding.forecast.ok.sd",
        Verdict.BLIND: "finding.forecast.blind.sd",
        Verdict.INCONCLUSIVE: "finding.forecast.too_small",
    }
    score = {Verdict.DRIFTED: 9.3, Verdict.INCONCLUSIVE: None}.get(verdict, 1.2)
    made = Finding(
        column=column,
        kind=ColumnRole.FEATURE,
        detector="forecast",
        verdict=verdict,
        reason=reasons[verdict],
        statistic=score,
        p_value=None if score is None else 10**-score,
        threshold=None if score is None else LINE,
        calibrated=Calibration.FULL,
        n_reference=27_004,
        n_current=312,
        values={
            "once_in": 2e9 if verdict is Verdict.DRIFTED else 16.0,
            "line_once_in": 10_000.0,
            "k": 90,
            "visible_shift": 0.5,
            "shift_unit": "sd",
            "largest_tried": 2.0,
            "movement": 3.4 if verdict is Verdict.DRIFTED else 0.8,
            "min_rows": 20,
        },
    )
    return replace(made, **changes)


def beside(column: str, psi: float, ks: float) -> tuple[Finding, ...]:
    """Return the readings that do not decide."""
    made = finding(column, Verdict.OK, decides=False, threshold=0.2, values={})
    return (
        replace(
            made,
            detector="psi",
            statistic=psi,
            reason="finding.psi.ok",
            values={"psi": psi, "effect": 0.1, "sampling": 0.02},
        ),
        replace(made, detector="ks", statistic=ks, reason="finding.ks.ok"),
    )


def numbers_profile(column: str, shift: float, n: int, missing: int = 0) -> Profile:
    """Return the counts of a bell curve over a hundred quantile cells of the unshifted one."""
    edges = np.linspace(-2.6, 2.6, 99)
    grid = Grid(GridKind.QUANTILES, edges * 11 + 41)
    below = np.array([0.0, *(0.5 * (1 + math.erf((e - shift) / math.sqrt(2))) for e in edges), 1.0])
    counts = np.round(np.diff(below) * n).astype(np.int64)
    return Profile(column, grid, np.append(counts, [missing, 0]))


def categories_profile(column: str, counts: list[int], unseen: int = 0) -> Profile:
    """Return the counts of airlines."""
    labels = ("UA", "B6", "EV", "DL", "AA", "MQ", "US", "9E", "WN", "VX", "FL", "AS")[: len(counts)]
    grid = Grid(GridKind.CATEGORIES, np.array([]), labels)
    return Profile(column, grid, np.array([*counts, 0, unseen], dtype=np.int64))


def history(n: int, version: str, *, burst: range = range(0), seed: int = 1) -> tuple[Reading, ...]:
    """Return daily readings that cross their line inside `burst`."""
    noise = np.random.default_rng(seed).gamma(2.0, 0.5, n)
    return tuple(
        Reading(day(i), version, LINE * 2.6 if i in burst else float(noise[i]), LINE, i in burst)
        for i in range(n)
    )


def column_view(name: str, verdict: Verdict = Verdict.OK, **changes: object) -> ColumnView:
    """Return a column with all its readings."""
    shift = 0.9 if verdict is Verdict.DRIFTED else 0.05
    made = ColumnView(
        column=Column(name, ColumnKind.NUMBER),
        version="2",
        findings=(finding(name, verdict), *beside(name, 0.41 if shift > 0.5 else 0.012, 0.08)),
        reference=numbers_profile(name, 0, 27_004, 130),
        current=numbers_profile(name, shift, 312, 4),
        history=history(
            273, "2", burst=range(250, 273) if verdict is Verdict.DRIFTED else range(0)
        ),
        visible_shift=None if verdict in (Verdict.BLIND, Verdict.INCONCLUSIVE) else 0.5,
    )
    return replace(made, **changes)


def alert(subject: str, cause: Cause, first: int, last: int, **changes: object) -> Alert:
    """Return a drift alert, firing on days `first` to `last`."""
    told = finding(subject, Verdict.DRIFTED)
    made = Alert(
        fingerprint=f"f-{subject[:40]}",
        incident_id="i-1",
        model="flight-delay",
        versions=("2",),
        cause=cause,
        subject=subject,
        severity=Severity.WARNING,
        state=AlertState.FIRING,
        started_at=day(first).start,
        last_seen_at=day(last).end,
        resolved_at=None,
        windows=last - first + 1,
        reason=told.reason,
        values={"n_reference": 27_004, "n_current": 312, **told.values},
    )
    return replace(made, **changes)


def incident(name: str, *alerts: Alert, **changes: object) -> Incident:
    """Return the incident of some alerts."""
    first = alerts[0]
    made = Incident(
        incident_id=name,
        model=first.model,
        cause=first.cause,
        severity=first.severity,
        state=first.state,
        started_at=min(a.started_at for a in alerts),
        last_seen_at=max(a.last_seen_at for a in alerts),
        resolved_at=first.resolved_at,
        subjects=tuple(a.subject for a in alerts),
        versions=first.versions,
        alerts=alerts,
    )
    return replace(made, **changes)


def over(made: Alert) -> Alert:
    """Return the alert, resolved."""
    return replace(made, state=AlertState.RESOLVED, resolved_at=made.last_seen_at + DAY)


def slo_result(slo: SLO, state: SLOState, bad: int, **changes: object) -> SLOResult:
    """Return an objective over 28 days of 8,000 calls."""
    burning = state in (SLOState.BURNING_PAGE, SLOState.BURNING_TICKET)
    rates = tuple(
        BurnRate(long, short, factor, factor * (1.6 if burning else 0.2), 0.4, burning)
        for long, short, factor in (
            (3600, 300, 13.44),
            (21_600, 1800, 5.6),
            (86_400, 7200, 2.8),
            (259_200, 21_600, 0.933),
        )
    )
    made = SLOResult(
        slo=slo,
        replica=None,
        good=8000 - bad,
        total=8000,
        window_good=290,
        window_total=312,
        state=state,
        burn_rates=rates,
        values={"p50_ms": 12.0, "p95_ms": 31.0, "p99_ms": 55.0},
    )
    return replace(made, **changes)


def run(version: str = "2", n: int = 272, **changes: object) -> Run:
    """Return a quiet run of one day."""
    window = day(n)
    made = Run(
        deployment=Deployment("flight-delay", version),
        window=window,
        status=RunStatus.OK,
        coverage=1.0,
        config_hash="c0ffee12",
        code_version="0.1.0",
        started_at=window.end + timedelta(minutes=5),
        duration_s=0.8,
        n_predictions=312,
        n_calls=312,
        baseline="2013-01-01/2013-04-01, version 1",
        baseline_windows=90,
        data_from=window.start + timedelta(minutes=3),
        data_to=window.end - timedelta(minutes=9),
        findings=(finding("temp", Verdict.OK), *beside("temp", 0.01, 0.02)),
        slos=(slo_result(LATENCY, SLOState.OK, 9), slo_result(AVAILABILITY, SLOState.OK, 2)),
    )
    return replace(made, **changes)


def view(**changes: object) -> ReportView:
    """Return the report of one quiet run."""
    made = ReportView(
        title="flight-delay",
        span=Window(START, day(272).end),
        generated_at=datetime(2014, 1, 1, 0, 6, tzinfo=UTC),
        code_version="0.1.0",
        config_hash="c0ffee12",
        runs=(run(),),
        columns=(column_view("temp"),),
    )
    return replace(made, **changes)


def empty() -> ReportView:
    """Nothing was ever judged."""
    return view(runs=(), columns=(), span=None)


def failed() -> ReportView:
    """The only run failed."""
    broken = run(status=RunStatus.FAILED, findings=(), slos=(), error="disk full: /data, 0 B free")
    return view(runs=(broken,), columns=())


def no_data() -> ReportView:
    """The window holds nothing."""
    nothing = run(
        status=RunStatus.INSUFFICIENT,
        coverage=0.0,
        n_predictions=0,
        n_calls=0,
        data_from=None,
        data_to=None,
        findings=(finding("temp", Verdict.INCONCLUSIVE, n_current=0),),
        slos=(
            slo_result(
                LATENCY, SLOState.NO_DATA, 0, good=0, total=0, window_good=0, window_total=0
            ),
        ),
    )
    blank = column_view("temp", Verdict.INCONCLUSIVE, reference=None, current=None, history=())
    return view(runs=(nothing,), columns=(blank,))


def two_files() -> ReportView:
    """Two files without times, one column of three drifted, nothing calibrated."""
    findings = tuple(
        finding(
            name,
            verdict,
            detector="psi",
            statistic=psi,
            threshold=0.2,
            calibrated=Calibration.NONE,
            reason=f"finding.psi.{verdict}",
            values={"psi": psi, "effect": 0.1, "sampling": 0.02},
        )
        for name, verdict, psi in (
            ("amount", Verdict.DRIFTED, 0.61),
            ("country", Verdict.OK, 0.04),
            ("device_age", Verdict.OK, 0.0),
        )
    )
    columns = tuple(
        column_view(f.column, f.verdict, findings=(f,), history=(), visible_shift=None)
        for f in findings
    )
    judged = run(findings=findings, slos=(), status=RunStatus.VIOLATIONS, baseline="train.parquet")
    return view(title="train.parquet → june.csv", span=None, runs=(judged,), columns=columns)


def hostile() -> ReportView:
    """Every name is an attack."""
    findings = tuple(finding(name, Verdict.DRIFTED) for name in HOSTILE)
    deployment = Deployment("<img src=x onerror=alert(1)>", "v'\"><b>")
    alerts = tuple(
        alert(name, Cause.DRIFT, 250, 272, versions=(deployment.version,)) for name in HOSTILE
    )
    columns = tuple(
        column_view(name, Verdict.DRIFTED, version=deployment.version) for name in HOSTILE
    )
    return view(
        title="<h1>owned</h1>\x07",
        runs=(run(deployment=deployment, findings=findings, status=RunStatus.VIOLATIONS),),
        columns=columns,
        incidents=(
            incident("i-1", *alerts, note="<b>note</b>", acknowledged_by="<i>eve</i>"),
            *(incident(f"i-{i}", over(a)) for i, a in enumerate(alerts, 2)),
        ),
    )
