"""What the Drift page says of a window's columns, as plain rows and sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.queries.slices import SliceTable, slice_table
from domain.catalogue import say
from domain.finding import Finding, Verdict
from domain.finite import finite
from domain.located import without_slice
from domain.profile import ColumnRole
from domain.sentences import bare_sentence
from domain.standing import ColumnState, multiple, state_of
from domain.window import Window
from monitors.column_names import name_of
from monitors.report_view import Reading
from monitors.verdicts import telling
from monitors.views.drift import ColumnHistory, DriftView
from reports import numbers

TREND_WINDOWS: Final = 60
TREND_CAP: Final = 3.0  # multiples of the alarm line: one scale for every row
_OUTPUTS: Final = frozenset({ColumnRole.PREDICTION, ColumnRole.SCORE, ColumnRole.LABEL})
_SPAN: Final = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z/\d{4}-\d\d-\d\dT[\d:.]+Z")
_BESIDE: Final = {"psi": "PSI", "ks": "KS", "chi2": "V"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnRow:
    """
    One line of the table.

    Parameters
    ----------
    name : str
        As findings and links have it.
    is_output : bool
        What the model answers, not what it is fed.
    state : ColumnState
    multiple : float or None
        Of its own alarm line, at least 0; None where there is no line, or a hard rule spoke.
    trend : tuple of float
        Multiples of the last `TREND_WINDOWS` windows in [0, `TREND_CAP`], oldest first; windows
        that were not judged are left out.
    since : datetime or None
        Where it drifts.
    """

    name: str
    is_output: bool
    state: ColumnState
    multiple: float | None
    trend: tuple[float, ...]
    since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnDetail:
    """
    What is said of the selected column.

    Parameters
    ----------
    name : str
    state : ColumnState
    sentences : tuple of str
        Of the findings that decide: the one that matters most first.
    beside : tuple of (str, str)
        Readings that do not decide, by name.
    multiple, n_reference, n_current, missing_reference, missing_current, since : str
        Written for a reader; a dash where it is not known.
    visible, visible_note : str
        The smallest shift that would surely be seen, and what it is measured in.
    slices : SliceTable or None
        Where in the traffic it changed, if the run kept that.
    """

    name: str
    state: ColumnState
    sentences: tuple[str, ...]
    beside: tuple[tuple[str, str], ...]
    multiple: str
    n_reference: str
    n_current: str
    missing_reference: str
    missing_current: str
    since: str
    visible: str
    visible_note: str
    slices: SliceTable | None


def rows(view: DriftView) -> tuple[ColumnRow, ...]:
    """
    Return the table: what the model answers first, then what it is fed, each worst first.

    Parameters
    ----------
    view : DriftView
    """
    made = [_row(column) for column in view.columns]
    # sorted is stable: within each group the view's own order, worst first, stays
    return tuple(sorted(made, key=lambda row: not row.is_output))


def ordered_columns(view: DriftView) -> tuple[ColumnHistory, ...]:
    """Return the view's columns in the order of the table."""
    return tuple(sorted(view.columns, key=lambda column: column.column.role not in _OUTPUTS))


def column_named(view: DriftView, name: str | None) -> ColumnHistory | None:
    """Return the column of that name; None where there is none."""
    return next((column for column in view.columns if name_of(column.column) == name), None)


def first_shown(view: DriftView) -> str | None:
    """
    Return the column to look at where none was asked for.

    The worst one that moved, else the first of the table; None without columns.
    """
    moved = [c for c in view.columns if state_of(telling(c.findings)).is_alarm]
    shown = moved or ordered_columns(view)
    return name_of(shown[0].column) if shown else None


def detail(column: ColumnHistory, now: datetime, language: str) -> ColumnDetail:
    """
    Say everything about one column of the shown window.

    Parameters
    ----------
    column : ColumnHistory
    now : datetime
        End of the shown window: how long it has drifted by then.
    language : {"en", "zh"}
    """
    found = telling(column.findings)
    before, after = missing_shares(column.findings)
    amount, note = visible(column, language)
    return ColumnDetail(
        name=name_of(column.column),
        state=state_of(found),
        sentences=tuple(_sentences(column, found, language)),
        beside=tuple(_beside(column.findings)),
        multiple=numbers.multiple(_at_least_zero(multiple(found) if found else None)),
        n_reference=numbers.count(found.n_reference if found else None),
        n_current=numbers.count(found.n_current if found else None),
        missing_reference=numbers.share(before),
        missing_current=numbers.share(after),
        since=_since(column.since, now, language),
        visible=amount,
        visible_note=note,
        slices=slice_table(column.findings, language),
    )


def missing_shares(findings: Sequence[Finding]) -> tuple[float | None, float | None]:
    """
    Return the shares of missing values of both sides, in [0, 1].

    Parameters
    ----------
    findings : sequence of Finding
        Of one column.

    Returns
    -------
    tuple of (float or None)
        Reference, then current; None where no finding counted them.
    """
    for finding in findings:
        before = finite(finding.values.get("reference_share"))
        now = finite(finding.values.get("current_share"))
        if now is None and finding.detector == "completeness":
            now = finding.statistic
        if before is not None and now is not None:
            return before, now
    return None, None


def visible(column: ColumnHistory, language: str) -> tuple[str, str]:
    """
    Say which shift would be seen, or that none or nobody knows which.

    Parameters
    ----------
    column : ColumnHistory
    language : {"en", "zh"}

    Returns
    -------
    tuple of str
        The amount, and what it is an amount of.
    """
    units = (finding.values.get("shift_unit") for finding in column.findings)
    unit = str(next((unit for unit in units if unit), "sd"))
    if any(finding.verdict is Verdict.BLIND for finding in column.findings):
        unit = "blind"
    elif column.visible_shift is None:
        unit = "unknown"
    shift = column.visible_shift or 0.0
    amount = say(
        f"page_drift.visible.{unit}", language, shift=f"{shift:g}", share=numbers.share(shift, 0)
    )
    return amount, say(f"page_drift.visible.{unit}.note", language)


def baseline_words(baseline: str, language: str) -> str:
    """
    Write a run's baseline for a reader: its spans as dates.

    Parameters
    ----------
    baseline : str
        As the run keeps it, for example ``trailing 2013-09-06T00:00:00Z/2013-11-01T00:00:00Z``.
    language : {"en", "zh"}
    """

    def written(found: re.Match[str]) -> str:
        return numbers.span(Window.parse(found[0]), language)

    return _SPAN.sub(written, baseline)


def _row(column: ColumnHistory) -> ColumnRow:
    found = telling(column.findings)
    return ColumnRow(
        name=name_of(column.column),
        is_output=column.column.role in _OUTPUTS,
        state=state_of(found),
        multiple=_at_least_zero(multiple(found) if found else None),
        trend=tuple(_trend(column.history[-TREND_WINDOWS:])),
        since=column.since,
    )


def _at_least_zero(value: float | None) -> float | None:
    # a reading below what chance gives is negative; "-0.1x its alarm line" tells nobody more
    return None if value is None else max(value, 0.0)


def _trend(history: Sequence[Reading | None]) -> Iterator[float]:
    for reading in history:
        if reading is None:
            continue
        far = capped(reading, TREND_CAP)
        if far is not None:
            yield round(far, 2)


def capped(reading: Reading, cap: float) -> float | None:
    """
    Return how far a reading is drawn up: its multiple, at most `cap`.

    A hard rule (gone, another type) alarms below the line; it is drawn at the cap, for an alarm
    never looks quiet. None where there is nothing to draw.
    """
    far = reading.multiple
    if reading.drifted and (far is None or far < 1):
        return cap
    return None if far is None else min(far, cap)


def _sentences(column: ColumnHistory, first: Finding | None, language: str) -> Iterator[str]:
    if first is None:
        return
    yield bare_sentence(first, language)
    for finding in column.findings:
        # what else decides and is not quiet; that a column is there says nothing beside it
        if finding is not first and finding.decides and finding.verdict is not Verdict.OK:
            yield bare_sentence(without_slice(finding), language)


def _beside(findings: Sequence[Finding]) -> Iterator[tuple[str, str]]:
    for finding in findings:
        if finding.detector in _BESIDE and finding.statistic is not None:
            yield _BESIDE[finding.detector], numbers.statistic(finding.statistic)


def _since(since: datetime | None, now: datetime, language: str) -> str:
    if since is None:
        return numbers.DASH
    length = numbers.length((now - since).total_seconds(), language)
    return say(
        "report.incident.open", language, since=numbers.moment(since, language), length=length
    )
