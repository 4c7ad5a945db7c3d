"""Names from the logs inside a chart's texts."""

from __future__ import annotations

from html import escape

from reports.plain import printable, shortened


def label(name: str, cells: int | None = None) -> str:
    """
    Write a name so that plotly takes nothing in it for markup or a link.

    Parameters
    ----------
    name : str
    cells : int or None
        Cut to so many letters of Latin width; None: in full.
    """
    shown = printable(name)
    return escape(shown if cells is None else shortened(shown, cells), quote=False)
