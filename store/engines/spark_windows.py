"""Which window an event lies in, as SQL: windows that follow one another are one division."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from domain.window import Rows, Window
from store.engines.spark_fields import literal
from store.moments import to_microseconds
from store.scan import check_order

_THINNED: Final = "us div 1000000 % 2147483648 * 2654435761 % 4294967296 < cast({below} as bigint)"


@dataclass(frozen=True, slots=True)
class Run:
    """
    Windows of one length and one version, without a gap.

    Parameters
    ----------
    first : int
        Place of the first window.
    start, end, length : int
        In microseconds.
    version : str or None
        None: of every version.
    """

    first: int
    start: int
    end: int
    length: int
    version: str | None

    def sql(self) -> str:
        """Return the branch that gives the place of a window."""
        inside = f"us >= {self.start} and us < {self.end}"
        own = "" if self.version is None else f" and version = {literal(self.version)}"
        if self.end - self.start == self.length:
            return f"when {inside}{own} then {self.first}"
        return f"when {inside}{own} then {self.first} + (us - {self.start}) div {self.length}"


def place(windows: Sequence[Window], versions: Sequence[str] | None = None) -> str:
    """
    Return the SQL of an event's place among windows, as int; null outside of them.

    Parameters
    ----------
    windows : sequence of Window
        Oldest first, not overlapping, gaps allowed.
    versions : sequence of str, optional
        Whose events count in each; default: every version's.

    Raises
    ------
    InvalidWindowError
        If the windows overlap or are not in order, or do not match the versions.
    """
    check_order(windows, versions)
    if not windows:
        return "cast(null as int)"
    branches = "\n            ".join(run.sql() for run in _runs(windows, versions))
    return f"cast(case\n            {branches}\n        end as int)"


def place_of(rows: Rows) -> str:
    """Return `place` of the windows and versions of some rows."""
    return place(rows.windows, rows.versions)


def hull(*windows: Sequence[Window]) -> tuple[int, int]:
    """Return the microseconds between which all windows lie; the same twice without any."""
    bounds = [part for part in windows if part]
    if not bounds:
        return 0, 0
    first = min(part[0].start for part in bounds)
    return to_microseconds(first), to_microseconds(max(part[-1].end for part in bounds))


def thinned(share: float) -> str:
    """Return the condition that keeps some whole seconds; see `store.scan.thinned`."""
    return "true" if share >= 1 else _THINNED.format(below=int(share * 2**32))


def _runs(windows: Sequence[Window], versions: Sequence[str] | None) -> list[Run]:
    runs: list[Run] = []
    for i, window in enumerate(windows):
        start, end = to_microseconds(window.start), to_microseconds(window.end)
        version = None if versions is None else versions[i]
        last = runs[-1] if runs else None
        if last and (last.end, last.length, last.version) == (start, end - start, version):
            runs[-1] = Run(last.first, last.start, end, last.length, version)
        else:
            runs.append(Run(i, start, end, end - start, version))
    return runs
