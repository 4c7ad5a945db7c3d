"""Gathering what the columns of a deployment did, and their distributions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from alerts.desk import chosen, ordered
from domain.column import Column
from domain.errors import UnknownNameError
from domain.finding import Finding, Verdict
from domain.incident import Incident
from domain.run import Deployment, Run
from domain.window import Window
from monitors.column_names import name_of
from monitors.config import Config
from monitors.drift_judge import DriftJudge
from monitors.gathering.judged import DECIDERS, points_of, require_run
from monitors.report_view import Reading
from monitors.verdicts import worst_by_column
from monitors.views.drift import Against, ColumnHistory, Distribution, DriftView
from store.run_keys import RunChoice
from store.store import Store

SHOWN_WINDOWS: Final = 120


def drift(store: Store, model: str, version: str, window: Window | None) -> DriftView:
    """
    Gather what a window's run found of every column, and how each column got there.

    Parameters
    ----------
    store : Store
    model, version : str
    window : Window or None
        None: the newest one that was judged.

    Raises
    ------
    UnknownNameError
        If the model has no such version.
    NothingToJudgeError
        If the window was not judged.
    """
    run = require_run(store, model, version, window)
    until = Window(datetime.min.replace(tzinfo=run.window.end.tzinfo), run.window.end)
    choice = RunChoice(model, version, until, SHOWN_WINDOWS)
    windows = tuple(point.window for point in store.run_points(choice))
    readings = _readings(store, choice, version)
    span = Window(windows[0].start, run.window.end)
    return DriftView(
        deployment=run.deployment,
        run=run,
        windows=windows,
        columns=tuple(_histories(store, run, windows, readings)),
        incidents=tuple(_incidents(store, run.deployment, span)),
    )


def _readings(
    store: Store, choice: RunChoice, version: str
) -> Mapping[str, Mapping[Window, Reading]]:
    found: dict[str, dict[Window, Reading]] = defaultdict(dict)
    for one in store.column_readings(choice, DECIDERS):
        found[one.column][one.window] = Reading(
            one.window, version, one.statistic, one.threshold, one.drifted
        )
    return found


def _histories(
    store: Store,
    run: Run,
    windows: Sequence[Window],
    readings: Mapping[str, Mapping[Window, Reading]],
) -> list[ColumnHistory]:
    columns = {name_of(column): column for column in store.columns(run.deployment.model)}
    of_column: dict[str, list[Finding]] = defaultdict(list)
    for finding in run.findings:
        of_column[finding.column].append(finding)
    found: list[ColumnHistory] = []
    for worst in worst_by_column(run):
        history = tuple(readings.get(worst.column, {}).get(window) for window in windows)
        findings = of_column[worst.column]
        found.append(
            ColumnHistory(
                column=columns[worst.column],
                findings=(worst, *(f for f in findings if f is not worst)),
                history=history,
                since=_since(history) if worst.verdict is Verdict.DRIFTED else None,
                visible_shift=visible_shift(findings),
            )
        )
    return found


def _since(history: Sequence[Reading | None]) -> datetime | None:
    """Return where the unbroken row of drifted windows began that ends with the last one."""
    since: datetime | None = None
    for reading in reversed(history):
        # as the alert desk has it: a window that was not judged neither ends nor prolongs it
        if reading is not None:
            if not reading.drifted:
                break
            since = reading.window.start
    return since


def visible_shift(findings: Sequence[Finding]) -> float | None:
    """Return the smallest shift that would be seen; None: blind or not calibrated."""
    for finding in findings:
        shift = finding.values.get("visible_shift")
        if isinstance(shift, int | float):
            return float(shift)
    return None


def _incidents(store: Store, deployment: Deployment, span: Window) -> list[Incident]:
    found = ordered(chosen(store.incidents(deployment.model), span=span))
    return [i for i in found if deployment.version in i.versions]


def distribution(
    store: Store,
    config: Config,
    of: Deployment,
    window: Window,
    column: str,
    against: Against,
) -> Distribution:
    """
    Return one column's rows in one window beside what they are compared with.

    Parameters
    ----------
    store : Store
    config : Config
    of : Deployment
    window : Window
    column : str
        As findings name it.
    against : Against

    Raises
    ------
    UnknownNameError
        If there is no such version or column.
    NothingToJudgeError
        If the window was not judged.
    """
    run = require_run(store, of.model, of.version, window)
    found = _column(store, of.model, column)
    judge = DriftJudge(store, config, of.model, run.started_at)
    reference, current = judge.sides(of.version, run.window).get(found, (None, None))
    other = None if against is Against.CONFIGURED else _other(store, run, against)
    if against is not Against.CONFIGURED:
        reference = None if other is None else judge.sides(*other).get(found, (None, None))[1]
    return Distribution(
        column=found,
        deployment=of,
        window=run.window,
        against=against,
        reference=reference,
        current=current,
        reference_name=run.baseline if against is Against.CONFIGURED else _name(other),
        reference_version=other[0] if other is not None else None,
        reference_window=other[1] if other is not None else None,
    )


def _name(other: tuple[str, Window] | None) -> str:
    return "" if other is None else f"{other[0]} {other[1]}".strip()


def _column(store: Store, model: str, name: str) -> Column:
    columns = {name_of(column): column for column in store.columns(model)}
    if name not in columns:
        raise UnknownNameError.nearest("column", name, columns)
    return columns[name]


def _other(store: Store, run: Run, against: Against) -> tuple[str, Window] | None:
    """Return the version and window that a picture compares with; None where there is none."""
    points = points_of(store, run.deployment.model)
    if against is Against.OTHER_VERSION:
        same = [
            p
            for deployment, own in points.items()
            for p in own
            if p.window == run.window and deployment != run.deployment and p.n_predictions
        ]
        most = max(same, key=lambda p: p.n_predictions, default=None)
        return None if most is None else (most.deployment.version, most.window)
    own = [p.window for p in points[run.deployment]]
    if against is Against.WEEK_BEFORE:
        week = timedelta(days=7)
        before = [w for w in own if w.start == run.window.start - week]
    else:
        before = [w for w in own if w.end == run.window.start]
    return (run.deployment.version, before[-1]) if before else None
