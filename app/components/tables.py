"""Columns of tables: chips, and sparklines whose scale is the same in every row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import streamlit as st

from reports.numbers import DASH

# a sparkline of multiples: 1 is the alarm line, and what is further than 3 is just far
FAR: Final = 3.0
ROW_PX: Final = 32


def chip_column(label: str, colours: Mapping[str, str], *, width: int = 100, help: str = "") -> Any:  # noqa: A002, ANN401 (Streamlit's names)
    """
    Return a column of one chip per row; its cells are lists of one word.

    Parameters
    ----------
    label : str
    colours : mapping of str to str
        Every word that can stand there, and its named colour.
    width : int, default=100
        In pixels.
    help : str
    """
    return st.column_config.MultiselectColumn(
        label,
        options=list(colours),
        color=list(colours.values()),
        width=width,
        help=help or None,
        disabled=True,
    )


def trend_column(  # noqa: ANN201 (Streamlit's own type is private)
    label: str,
    *,
    y_max: float = FAR,
    color: str = "blue",
    width: int = 130,
    help: str = "",  # noqa: A002 (Streamlit's name)
):
    """Return a column of sparklines over a fixed scale from 0, so that quiet looks quiet."""
    return st.column_config.LineChartColumn(
        label,
        y_min=0,
        y_max=y_max,
        color=color,
        width=width,
        help=help or None,
    )


def table_height(n_rows: int, most: int = 12) -> int:
    """Return the height in pixels of a table that shows up to `most` rows without scrolling."""
    return ROW_PX * (min(max(n_rows, 1), most) + 1) + 2


def clicked_row(
    table: Mapping[str, Sequence[object]],
    *,
    key: str,
    alt: str,
    columns: Mapping[str, Any],
    height: int,
) -> int | None:
    """
    Draw a table whose rows are links, and return the row that was just clicked.

    Parameters
    ----------
    table : mapping of str to sequence
        Columns of equal length.
    key : str
    alt : str
        What the table is, for readers who cannot see it.
    columns : mapping of str to column configuration
    height : int
        In pixels.
    """
    event = st.dataframe(
        dict(table),
        hide_index=True,
        column_config=dict(columns),
        height=height,
        row_height=ROW_PX,
        key=key,
        alt=alt,
        placeholder=DASH,
        on_select="rerun",
        # a cell, so that a click anywhere in a row counts
        selection_mode="single-cell",
    )
    cells = event.selection.cells
    return int(cells[0][0]) if cells else None


def draw_table(
    table: Mapping[str, Sequence[object]], *, key: str, alt: str, columns: Mapping[str, Any]
) -> None:
    """
    Draw a table that is only read; it shows up to a dozen rows without scrolling.

    Parameters
    ----------
    table : mapping of str to sequence
        Columns of equal length.
    key : str
    alt : str
        What the table is, for readers who cannot see it.
    columns : mapping of str to column configuration
    """
    n_rows = len(next(iter(table.values())))
    st.dataframe(
        dict(table),
        hide_index=True,
        column_config=dict(columns),
        height=table_height(n_rows),
        row_height=ROW_PX,
        key=key,
        alt=alt,
    )
