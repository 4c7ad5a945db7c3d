"""The formats a report comes in: a new one is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from domain.errors import UnknownNameError
from monitors.report_view import ReportView
from reports import csv, github, html, json, junit, markdown, tables, tables_html, terminal

Renderer = Callable[[ReportView, str], bytes]


def _text(view: ReportView, language: str) -> bytes:
    if view.tables is not None:
        return tables.render(view, view.tables, language)
    return terminal.render(view, language)


def _html(view: ReportView, language: str) -> bytes:
    if view.tables is not None:
        return tables_html.render(view, view.tables, language)
    return html.render(view, language)


FORMATS: Final[Mapping[str, Renderer]] = {
    "text": _text,
    "html": _html,
    "json": json.render,
    "csv": csv.render,
    "md": markdown.render,
    "junit": junit.render,
    "github": github.render,
}


def render(view: ReportView, format: str, language: str = "en") -> bytes:  # noqa: A002
    """
    Render a report.

    Parameters
    ----------
    view : ReportView
    format : str
        One of `FORMATS`.
    language : {"en", "zh"}

    Returns
    -------
    bytes
        The whole file, UTF-8.

    Raises
    ------
    UnknownNameError
        If there is no such format; the message names the nearest one.
    """
    if format not in FORMATS:
        raise UnknownNameError.nearest("report format", format, FORMATS)
    return FORMATS[format](view, language)
