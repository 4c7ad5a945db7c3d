"""Drift views made by hand, for the Drift page's pure parts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from domain.column import Column
from domain.finding import Calibration, Finding, Severity, Verdict
from domain.profile import ColumnKind, ColumnRole
from domain.run import Deployment, Run, RunStatus
from domain.window import Window
from monitors.report_view import Reading
from monitors.verdicts import worst_by_column
from monitors.views.drift import ColumnHistory, DriftView

START = datetime(2013, 7, 1, tzinfo=UTC)
DAY = timedelta(days=1)
REASONS = {
    Verdict.DRIFTED: "finding.forecast.drifted.shape",
    Verdict.OK: "finding.forecast.ok.sd",
    Verdict.BLIND: "finding.forecast.blind.sd",
    Verdict.INCONCLUSIVE: "finding.forecast.too_small",
}


def day(n: int) -> Window:
    return Window(START + n * DAY, START + (n + 1) * DAY)


def finding(column: str, verdict: Verdict, times: float | None = 0.4, **changes) -> Finding:
    """A calibrated finding at so many times its line."""
    made = Finding(
        column=column,
        kind=ColumnRole.FEATURE,
        detector="forecast",
        verdict=verdict,
        reason=REASONS[verdict],
        statistic=None if times is None else 4.0 * times,
        p_value=None,
        threshold=None if times is None else 4.0,
        severity=Severity.WARNING if verdict is Verdict.DRIFTED else None,
        calibrated=Calibration.FULL,
        n_reference=51_730,
        n_current=974,
        values={
            "once_in": 1e6,
            "line_once_in": 1e4,
            "k": 56,
            "visible_shift": None if verdict is Verdict.BLIND else 0.25,
            "shift_unit": "sd",
            "largest_tried": 2.0,
            "min_rows": 20,
        },
    )
    return replace(made, **changes)


def gone(column: str) -> Finding:
    """A column that a hard rule found missing in every row."""
    return finding(
        column,
        Verdict.DRIFTED,
        detector="completeness",
        reason="finding.completeness.all_missing",
        statistic=1.0,
        threshold=1.0,
        severity=Severity.CRITICAL,
        calibrated=Calibration.NONE,
        values={"missing": 974, "reference_share": 0.0},
    )


def psi(column: str, value: float) -> Finding:
    return finding(
        column, Verdict.OK, detector="psi", statistic=value, threshold=0.1, decides=False, values={}
    )


def reading(n: int, times: float | None, *, drifted: bool = False) -> Reading:
    statistic, line = (None, None) if times is None else (4.0 * times, 4.0)
    return Reading(day(n), "2", statistic, line, drifted, psi=0.1234)


def quiet(n: int) -> tuple[Reading, ...]:
    return tuple(reading(i, 0.2) for i in range(n))


def history(
    name: str,
    *findings: Finding,
    readings: tuple[Reading | None, ...],
    role: ColumnRole = ColumnRole.FEATURE,
    since: datetime | None = None,
) -> ColumnHistory:
    shifts = (f.values.get("visible_shift") for f in findings)
    return ColumnHistory(
        column=Column(name, ColumnKind.NUMBER, role),
        findings=findings,
        history=readings,
        since=since,
        visible_shift=next((s for s in shifts if isinstance(s, float)), None),
    )


def view(*columns: ColumnHistory, n: int = 5, **run: object) -> DriftView:
    """A view of `n` days whose columns are put worst first, as the Service does."""
    made = Run(
        deployment=Deployment("flight-delay", "2"),
        window=day(n - 1),
        status=RunStatus.VIOLATIONS,
        coverage=1.0,
        config_hash="c",
        code_version="1",
        started_at=START,
        duration_s=0.1,
        n_predictions=974,
        n_calls=974,
        baseline="trailing 2013-05-06T00:00:00Z/2013-07-01T00:00:00Z",
        baseline_windows=56,
        findings=tuple(f for column in columns for f in column.findings),
    )
    made = replace(made, **run)
    order = [f.column for f in worst_by_column(made)]
    return DriftView(
        deployment=made.deployment,
        run=made,
        windows=tuple(day(i) for i in range(n)),
        columns=tuple(sorted(columns, key=lambda c: order.index(c.findings[0].column))),
        incidents=(),
    )
