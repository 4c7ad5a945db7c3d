"""Gathering what the columns of a deployment did, and their distributions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from alerts.desk import chosen, ordered
from domain.column import Column
from domain.errors import UnknownNameError, UsageError
from domain.finding import Finding, Verdict
from domain.incident import Incident
from domain.run import Deployment, Run
from domain.run_profile import RunProfile
from domain.window import Window
from monitors.column_names import name_of
from monitors.gathering.judged import DECIDERS, points_of, require_run
from monitors.report_view import Reading
from monitors.verdicts import visible_shift, worst_by_column
from monitors.views.drift import Against, ColumnHistory, Distribution, DriftView
from store.run_keys import RunChoice
from store.run_points import RunPoint
from store.store import Store

SHOWN_WINDOWS: Final = 120
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
WEEK: Final = timedelta(days=7)


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
    choice = RunChoice(model, version, Window(EPOCH, run.window.end), SHOWN_WINDOWS)
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
            one.window,
            version,
            one.statistic,
            one.threshold,
            one.drifted,
            one.beside,
            one.alarmed,
        )
    return found


def _histories(
    store: Store,
    run: Run,
    windows: Sequence[Window],
    readings: Mapping[str, Mapping[Window, Reading]],
) -> list[ColumnHistory]:
    columns = {name_of(column): column for column in store.logs(run.deployment.model).columns()}
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


def _incidents(store: Store, deployment: Deployment, span: Window) -> list[Incident]:
    found = ordered(chosen(store.incidents(deployment.model), span=span))
    return [i for i in found if deployment.version in i.versions]


def distribution(
    store: Store,
    of: Deployment,
    window: Window,
    column: str,
    against: Against,
    other_version: str | None,
) -> Distribution:
    """
    Return one column's rows in one window beside what they are compared with.

    Parameters
    ----------
    store : Store
    of : Deployment
    window : Window
    column : str
        As findings name it.
    against : Against
    other_version : str or None
        Which one, against another version; None: the one with the most predictions.

    Raises
    ------
    UsageError
        If another version is named where none is shown, or the version itself.
    UnknownNameError
        If there is no such version or column.
    NothingToJudgeError
        If the window was not judged.
    """
    run = require_run(store, of.model, of.version, window)
    found = _column(store, of.model, column)
    _check_other(store, of, against, other_version)
    shown = _kept(store, run.deployment, run.window, found)
    if against is Against.CONFIGURED:
        reference, other = shown.reference if shown else None, None
    else:
        other = _other(store, run, against, other_version)
        kept = _kept(store, other.deployment, other.window, found) if other else None
        reference = kept.current if kept else None
    return Distribution(
        column=found,
        deployment=of,
        window=run.window,
        against=against,
        reference=reference,
        current=shown.current if shown else None,
        reference_name=run.baseline if against is Against.CONFIGURED else _name(other),
        reference_version=other.deployment.version if other else None,
        reference_window=other.window if other else None,
    )


def _column(store: Store, model: str, name: str) -> Column:
    columns = {name_of(column): column for column in store.logs(model).columns()}
    if name not in columns:
        raise UnknownNameError.nearest("column", name, columns)
    return columns[name]


def _kept(store: Store, of: Deployment, window: Window, column: Column) -> RunProfile | None:
    return next(iter(store.run_profiles(of.model, of.version, window, column)), None)


def _check_other(store: Store, of: Deployment, against: Against, other: str | None) -> None:
    if other is None:
        return
    if against is not Against.OTHER_VERSION or other == of.version:
        raise UsageError(
            f"version {other!r} cannot stand beside {of.version!r} against {against.value}; "
            f"name another version, against {Against.OTHER_VERSION.value}"
        )
    known = {deployment.version for deployment in points_of(store, of.model)}
    if other not in known:
        raise UnknownNameError.nearest("version", other, known)


def _other(store: Store, run: Run, against: Against, version: str | None) -> RunPoint | None:
    """Return the run whose rows a picture shows as the reference; None where there is none."""
    if against is Against.OTHER_VERSION:
        same = store.run_points(RunChoice(run.deployment.model, version, run.window))
        others = [p for p in same if p.window == run.window and p.deployment != run.deployment]
        return max((p for p in others if p.n_predictions), key=_predictions, default=None)
    start = run.window.start
    if against is Against.WEEK_BEFORE:
        start -= WEEK
        # where the clocks change, the same day a week ago began an hour earlier or later
        near = Window(start - run.window.duration / 2, start + run.window.duration / 2)
        own = [p for p in _points(store, run, near) if near.contains(p.window.start)]
    else:
        own = [p for p in _points(store, run, Window(EPOCH, start)) if p.window.end <= start]
    return own[-1] if own else None


def _points(store: Store, run: Run, span: Window) -> list[RunPoint]:
    """Return the newest runs of a deployment that touch a span."""
    of = run.deployment
    return store.run_points(RunChoice(of.model, of.version, span, most=2))


def _predictions(point: RunPoint) -> int:
    return point.n_predictions


def _name(other: RunPoint | None) -> str:
    return "" if other is None else f"{other.deployment.version} {other.window}".strip()
