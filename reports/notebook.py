"""A comparison of two tables as a notebook shows it: a fragment that leaves the page alone."""

from __future__ import annotations

from functools import partial
from typing import Final

from domain.catalogue import say
from monitors.report_view import ReportView, TablesView
from reports.html import environment, stylesheet
from reports.judgement import judge
from reports.tables import guess_rows
from reports.tables_html import compared_columns, compared_metrics

_LOUD: Final = 20
_QUIET: Final = 60


def render(view: ReportView, tables: TablesView, language: str = "en") -> str:
    """
    Render a comparison as an HTML fragment for a notebook's output cell.

    Every rule of its style is bound to the fragment. Text takes the notebook's own colour and
    the marks are readable on light and dark, so it fits either theme.

    Parameters
    ----------
    view : ReportView
    tables : TablesView
        Of the view.
    language : {"en", "zh"}
    """
    columns, guess = compared_columns(view, language), guess_rows(tables, language)
    loud = [column for column in columns if not column.quiet]
    quiet = [column for column in columns if column.quiet]
    template = environment().get_template("notebook.html.j2")
    return template.render(
        t=partial(_say, language),
        language={"en": "en", "zh": "zh-CN"}[language],
        css=stylesheet("notebook.css"),
        judgement=judge(view, language),
        notes=[say(note, language) for note in view.notes],
        performance=compared_metrics(view, language),
        loud=loud[:_LOUD],
        more_loud=max(len(loud) - _LOUD, 0),
        quiet=quiet[:_QUIET],
        n_quiet=len(quiet),
        sides=" → ".join(said for _, said in guess[:2]),
        guess=guess[2:],
    )


def _say(language: str, key: str, **values: object) -> str:
    return say(key, language, **values)
