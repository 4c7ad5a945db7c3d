"""A comparison of two files as short plain text, and what its columns were taken for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from domain.catalogue import say
from domain.finding import Finding, Verdict
from domain.profile import ColumnKind
from domain.sentences import bare_sentence
from domain.standing import ColumnState, state_of
from monitors.report_view import ColumnView, GuessView, ReportView, TablesView, TableView
from reports.judgement import how_far, judge, name_of, telling
from reports.plain import printable, shortened
from reports.service_charts import metric_name
from reports.terminal import table

_NAME_CELLS: Final = 28
_NAMES: Final = 12
_ROWS: Final = 40
_OUTCOMES: Final = ("label", "prediction", "score")
_KINDS: Final = (ColumnKind.NUMBER, ColumnKind.CATEGORY)


def render(view: ReportView, tables: TablesView, language: str = "en") -> bytes:
    """
    Render a comparison for a terminal: the guess, the sentence, then what is not quiet.

    Parameters
    ----------
    view : ReportView
    tables : TablesView
        Of the view.
    language : {"en", "zh"}

    Returns
    -------
    bytes
        UTF-8 without any escape sequence, ending with a line feed.
    """
    rows = guess_rows(tables, language)
    above = ["", *(title for title, _ in rows)]
    lines = table([("" if t == a else t, said) for (t, said), a in zip(rows, above, strict=False)])
    lines += [say("tables.overrule", language), "", printable(judge(view, language).sentence)]
    lines += [say(note, language) for note in view.notes]
    found = _findings(view, language)
    lines += ["", *found] if found else []
    return ("\n".join(lines) + "\n").encode()


def guess_rows(tables: TablesView, language: str) -> list[tuple[str, str]]:
    """
    Say what the columns were taken for: one row for each role, then what only one file has.

    Parameters
    ----------
    tables : TablesView
    language : {"en", "zh"}

    Returns
    -------
    list of (str, str)
        Title and text.
    """
    sides = (("reference", tables.reference), ("current", tables.current))
    rows = [(say(f"tables.{side}", language), _table(one, language)) for side, one in sides]
    for role in _OUTCOMES:
        found = [g for g in tables.guess if g.role == role]
        rows += [(say(f"tables.role.{role}", language), _because(g, language)) for g in found]
    for kind in _KINDS:
        names = [g.name for g in tables.guess if g.role == "feature" and g.kind is kind]
        if names:
            rows.append((say(f"tables.role.feature.{kind}", language), _listed(names, language)))
    title = say("tables.role.left_out", language)
    rows += [(title, said) for said in _left_out(tables, language)]
    return rows + list(_one_sided(tables, language))


def _left_out(tables: TablesView, language: str) -> Iterator[str]:
    """Yield the columns that are not compared, those with one reason together."""
    reasons: dict[str, list[str]] = {}
    for g in tables.guess:
        if g.kind is None:
            by_name = g.role == "time" and g.why == "guess.name"
            reason = say("tables.role.time", language) if by_name else why(g, language)
            reasons.setdefault(reason, []).append(g.name)
    for reason, names in reasons.items():
        yield say("tables.because", language, name=_named(names, language), why=reason)


def _one_sided(tables: TablesView, language: str) -> Iterator[tuple[str, str]]:
    only = {
        "reference": [g.name for g in tables.guess if not g.in_current],
        "current": [g.name for g in tables.guess if not g.in_reference],
    }
    for side, names in only.items():
        if names:
            yield say(f"tables.only.{side}", language), _listed(names, language)


def why(guess: GuessView, language: str) -> str:
    """Say what a guess rests on."""
    return say(guess.why, language, **guess.values)


def shape(tables: TablesView, language: str) -> dict[str, Any]:
    """Shape both files and the guess as plain JSON values; keys are a contract."""
    return {
        "reference": _table_shape(tables.reference),
        "current": _table_shape(tables.current),
        "columns": [
            {
                "column": g.name,
                "role": g.role,
                "type": None if g.kind is None else g.kind.value,
                "why": why(g, language),
                "in_reference": g.in_reference,
                "in_current": g.in_current,
            }
            for g in tables.guess
        ],
    }


def _table_shape(one: TableView) -> dict[str, str | int]:
    return {"name": one.name, "rows": one.n_rows, "unread": one.unread}


def _table(one: TableView, language: str) -> str:
    said = say("tables.rows", language, name=one.name, rows=one.n_rows)
    if not one.unread:
        return said
    return say("tables.unread", language, said=said, unread=one.unread)


def _because(guess: GuessView, language: str) -> str:
    return say("tables.because", language, name=guess.name, why=why(guess, language))


def _listed(names: Sequence[str], language: str) -> str:
    return say("tables.of", language, n=len(names), names=_named(names, language))


def _named(names: Sequence[str], language: str) -> str:
    shown = say("report.list", language).join(names[:_NAMES])
    if len(names) <= _NAMES:
        return shown
    return say("report.and_more", language, names=shown, n=len(names) - _NAMES)


def _findings(view: ReportView, language: str) -> list[str]:
    rows = list(_metrics(view, language))
    loud = [column for column in view.columns if _verdict(column) is not Verdict.OK]
    quiet = [name_of(column) for column in view.columns if _verdict(column) is Verdict.OK]
    for column in loud[:_ROWS]:
        rows += _rows(column, language)
    lines = table(rows)
    if len(loud) > _ROWS:
        lines.append(say("report.rows_more", language, n=len(loud) - _ROWS))
    if quiet:
        title = say(f"report.state_of.{ColumnState.OK}", language)
        lines += table([(title, _listed(quiet, language))])
    return lines


def _metrics(view: ReportView, language: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield the deciding metric with its verdict, and the others without."""
    for finding in performance_findings(view):
        verdict = say(f"report.state_of.{state_of(finding)}", language) if finding.decides else ""
        name = metric_name(str(finding.values["metric"]), language)
        yield verdict, name, "", bare_sentence(finding, language)


def performance_findings(view: ReportView) -> list[Finding]:
    """Return the findings about metrics on both sides, the deciding one first."""
    return [f for run in view.runs for f in run.findings if "reference_value" in f.values]


def _verdict(column: ColumnView) -> Verdict:
    finding = telling(column)
    return finding.verdict if finding else Verdict.INCONCLUSIVE


def _rows(column: ColumnView, language: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield what speaks of a column that is not quiet: a distance, a direction, a share."""
    first = telling(column)
    if first is not None:
        yield _row(first, language)
    for finding in column.findings:
        if finding is not first and finding.decides and finding.verdict is Verdict.DRIFTED:
            yield "", "", how_far(finding, language), bare_sentence(finding, language)


def _row(finding: Finding, language: str) -> tuple[str, str, str, str]:
    return (
        say(f"report.state_of.{state_of(finding)}", language),
        shortened(finding.column, _NAME_CELLS),
        how_far(finding, language),
        bare_sentence(finding, language),
    )
