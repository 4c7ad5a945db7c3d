"""Where in the traffic the selected column changed, as rows of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.catalogue import say
from domain.finding import Finding
from domain.located import SliceReading, readings_in
from domain.slice import SliceKind


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceRow:
    """
    One slice.

    Parameters
    ----------
    name : str
        Its value, or in words what it holds.
    share_reference, share_current : float
        Of the rows of each side, in [0, 1].
    psi : float or None
        Of the column inside of it, beyond sampling; None: too few rows.
    part : float
        Of the change, in [0, 1]; one that went against it is at 0.
    """

    name: str
    share_reference: float
    share_current: float
    psi: float | None
    part: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceTable:
    """
    The slices of one column's change.

    Parameters
    ----------
    by : str
        What parts the traffic.
    rows : tuple of SliceRow
        Those that make most of the change first.
    """

    by: str
    rows: tuple[SliceRow, ...]


def slice_table(findings: Sequence[Finding], language: str) -> SliceTable | None:
    """
    Return the slices that a run kept of a column; None where it kept none.

    Parameters
    ----------
    findings : sequence of Finding
        Of one column in one window.
    language : {"en", "zh"}
    """
    readings = next((kept for f in findings if (kept := readings_in(f.values))), ())
    if not readings:
        return None
    ordered = sorted(readings, key=lambda reading: -reading.part)
    rows = tuple(_row(reading, language) for reading in ordered)
    return SliceTable(by=readings[0].slice.by, rows=rows)


def _row(reading: SliceReading, language: str) -> SliceRow:
    name = reading.slice.value
    if reading.slice.kind is not SliceKind.VALUE:
        name = say(f"page_drift.slice.{reading.slice.kind}", language)
    return SliceRow(
        name=name,
        share_reference=reading.share_reference,
        share_current=reading.share_current,
        psi=reading.psi,
        part=min(max(reading.part, 0.0), 1.0),
    )
