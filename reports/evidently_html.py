"""Evidently's own HTML report of the same window and baseline; the only importer of evidently."""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, Protocol

from markupsafe import escape

from domain.catalogue import say
from domain.column import Column
from domain.errors import NothingToJudgeError, UnknownNameError
from domain.profile import ColumnKind
from reports.plain import printable

if TYPE_CHECKING:
    import pandas as pd

# our name of a test -> Evidently's
_NUMERIC: Final = {"psi": "psi", "ks": "ks"}
_CATEGORICAL: Final = {"psi": "psi", "chi2": "chisquare"}
_LESS: Final = "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}"


class ArrowTable(Protocol):
    """What is needed of a ``pyarrow.Table``."""

    @property
    def column_names(self) -> list[str]:
        """Names of the columns."""
        ...

    def to_pandas(self) -> pd.DataFrame:
        """Convert to a pandas DataFrame."""
        ...


def render_evidently(
    reference: ArrowTable,
    current: ArrowTable,
    columns: Sequence[Column],
    *,
    numeric_test: str,
    categorical_test: str,
    thresholds: Mapping[str, float],
    language: str = "en",
) -> bytes:
    """
    Render Evidently's data drift report.

    What cannot be handed over to Evidently 0.7: our bins (its PSI bins reference and current
    together by Sturges' rule, so one extreme value changes it), the effect size beside KS and
    chi-square (it judges their p-values alone, which any large sample makes small), the
    calibrated forecast and its line, the counting of missing values (it drops them), versions,
    SLOs and incidents. Its verdicts may therefore differ from ours; a line above its page says so.

    Parameters
    ----------
    reference, current : pyarrow.Table
        Rows of the baseline and of the window.
    columns : sequence of Column
        Those to compare. One without any value on either side is left out and named above the
        page, because Evidently fails on it.
    numeric_test : {"psi", "ks"}
    categorical_test : {"psi", "chi2"}
    thresholds : mapping of str to float
        By column: for PSI the line from which it drifted, for KS and chi-square the p-value
        below which it did. A column without one gets Evidently's default.
    language : {"en", "zh"}
        Of the line above the page; Evidently speaks English.

    Returns
    -------
    bytes
        UTF-8, about 4 MB: it carries its own scripts.

    Raises
    ------
    UnknownNameError
        If Evidently has no such test for such columns.
    NothingToJudgeError
        If no column has values on both sides.

    Notes
    -----
    Importing evidently takes about 14 s of CPU; its telemetry is switched off.
    """
    methods = (_method("numeric", numeric_test), _method("categorical", categorical_test))
    frames = (_frame(reference, columns), _frame(current, columns))
    shown = [c for c in columns if all(_has_values(frame, _harmless(c.name)) for frame in frames)]
    if not shown:
        names = ", ".join(column.name for column in columns)
        raise NothingToJudgeError(
            f"no column has values in both the baseline and the window ({names}); "
            "choose another window"
        )
    page = _evidently_page(frames, shown, methods, thresholds)
    left_out = [column.name for column in columns if column not in shown]
    return _with_note(page, left_out, language).encode()


def _method(kind: str, test: str) -> str:
    known = _NUMERIC if kind == "numeric" else _CATEGORICAL
    if test not in known:
        raise UnknownNameError.nearest(f"{kind} test of Evidently", test, known)
    return known[test]


def _frame(table: ArrowTable, columns: Sequence[Column]) -> pd.DataFrame:
    frame = table.to_pandas()
    series = {column.name: column for column in columns if column.name in table.column_names}
    for name, column in series.items():
        if column.kind is ColumnKind.NUMBER:
            numbers = frame[name].astype("float64")
            frame[name] = numbers.where(numbers.abs() != math.inf)
        else:
            texts = frame[name].astype("string").str.replace("<", _LESS, regex=False)
            frame[name] = texts.astype("object").where(texts.notna(), None)
    return frame[list(series)].rename(columns=_harmless)


def _harmless(name: str) -> str:
    """
    Return a name or value that cannot end a script.

    Evidently 0.7.23 writes both unescaped into the script of its page: a category
    ``</script><script>…`` that some caller sent would run in the reader's browser.
    """
    return name.replace("<", _LESS)


def _has_values(frame: pd.DataFrame, name: str) -> bool:
    return name in frame and bool(frame[name].notna().any())


def _evidently_page(
    frames: tuple[pd.DataFrame, pd.DataFrame],
    columns: Sequence[Column],
    methods: tuple[str, str],
    thresholds: Mapping[str, float],
) -> str:
    os.environ["DO_NOT_TRACK"] = "1"  # noqa: TID251 - read by evidently when it is imported
    with warnings.catch_warnings():
        # what evidently does with pandas and pydantic is no news to our user
        warnings.simplefilter("ignore")
        from evidently import DataDefinition, Dataset, Report
        from evidently.presets import DataDriftPreset

        numeric = [_harmless(c.name) for c in columns if c.kind is ColumnKind.NUMBER]
        categorical = [_harmless(c.name) for c in columns if c.kind is ColumnKind.CATEGORY]
        names = [_harmless(column.name) for column in columns]
        definition = DataDefinition(
            numerical_columns=numeric,
            categorical_columns=categorical,
        )
        preset = DataDriftPreset(
            columns=names,
            num_method=methods[0],
            cat_method=methods[1],
            per_column_threshold={
                _harmless(c.name): thresholds[c.name] for c in columns if c.name in thresholds
            },
        )
        reference, current = (
            Dataset.from_pandas(frame[names], data_definition=definition) for frame in frames
        )
        return Report([preset]).run(current, reference).get_html_str(as_iframe=False)


def _with_note(page: str, left_out: Sequence[str], language: str) -> str:
    """Say above Evidently's page whose verdicts these are, and which columns are not in it."""
    note = say("report.evidently.note", language)
    if left_out:
        names = say("report.list", language).join(printable(name) for name in left_out)
        note += " " + say("report.evidently.left_out", language, names=names)
    line = f'<p style="margin:0;padding:12px 24px;font:14px system-ui">{escape(note)}</p>'
    head, mark, body = page.partition("<body>")
    return f"{head}{mark}{line}{body}" if mark else page
