"""A report for machines: the shapes of ``run --json`` and the opening sentence."""

from __future__ import annotations

import orjson

from domain import shapes
from domain.catalogue import say
from domain.finite import finite
from domain.window import iso
from monitors.report_view import ReportView
from reports import tables
from reports.judgement import judge, name_of


def render(view: ReportView, language: str = "en") -> bytes:
    """
    Render a report as one JSON object.

    Parameters
    ----------
    view : ReportView
    language : {"en", "zh"}
        Of the sentences; keys and verdicts never change.

    Returns
    -------
    bytes
        UTF-8, ending with a line feed. ``schema_version`` changes only when a key is renamed.
    """
    judgement = judge(view, language)
    report = {
        **shapes.runs_shape(view.runs, view.incidents, language),
        "title": view.title,
        "span": shapes.window_shape(view.span) if view.span else None,
        "generated_at": iso(view.generated_at),
        "code_version": view.code_version,
        "config_hash": view.config_hash,
        "verdict": {"tone": judgement.tone.value, "sentence": judgement.sentence},
        "columns": [
            {
                "column": name_of(column),
                "version": column.version,
                "visible_shift_sd": finite(column.visible_shift),
            }
            for column in view.columns
        ],
        "notes": [say(note, language) for note in view.notes],
    }
    if view.tables is not None:
        report["tables"] = tables.shape(view.tables, language)
    return orjson.dumps(report, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
