"""
Driftline in Python: compare two tables where you are, in a notebook or a script.

    import driftline

    driftline.check(reference, current)

Nothing heavy is imported before it is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import pandas as pd

    from domain.run import Run
    from ingest.mapping import Mapping
    from ingest.table import TableSource
    from monitors.report_view import TablesView
    from monitors.two_files import TwoFiles

__all__ = ["CheckResult", "check"]

_FORMATS: Final = {
    ".html": "html",
    ".json": "json",
    ".csv": "csv",
    ".md": "md",
    ".xml": "junit",
    ".txt": "text",
}


def check(
    reference: Any,  # noqa: ANN401 - any data frame
    current: Any,  # noqa: ANN401
    *,
    label: str | None = None,
    prediction: str | None = None,
    score: str | None = None,
    columns: Sequence[str] | None = None,
    language: str = "en",
) -> CheckResult:
    """
    Compare two tables column by column: drift, missing values, new categories, performance.

    Parameters
    ----------
    reference, current : data frame or path
        A pandas or polars data frame, a pyarrow table, anything that hands out Arrow data, or the
        path of a CSV, Parquet or NDJSON file.
    label, prediction, score : str or None
        Columns with the true outcome, the answer and its probability; None: guessed from names.
    columns : sequence of str or None
        The features to compare; None: all.
    language : {"en", "zh"}
        Of sentences.

    Returns
    -------
    CheckResult
        Shows itself in a notebook.

    Raises
    ------
    UsageError
        If an argument is no table.
    UnknownNameError
        If a named column is in neither table.
    InputError
        If a file cannot be read.

    Examples
    --------
    >>> import numpy as np
    >>> import pyarrow as pa
    >>> rows = np.arange(1000) % 97
    >>> check(pa.table({"speed": rows / 7}), pa.table({"speed": rows / 7 + 5})).drifted
    ['speed']
    """
    from jobs.context import code_version, now
    from monitors.config import DriftConfig
    from monitors.two_files import check_tables

    sides = _opened(reference, "reference"), _opened(current, "current")
    named = {"label": label, "prediction": prediction, "score": score}
    mapping = _mapping(sides, named, columns)
    found = check_tables(*sides, mapping, DriftConfig(), now=now(), code_version=code_version())
    return CheckResult(found, language)


class CheckResult:
    """
    What a comparison found; a notebook shows it as a table with drawings.

    Parameters
    ----------
    found : TwoFiles
    language : {"en", "zh"}
    """

    def __init__(self, found: TwoFiles, language: str) -> None:
        self._found = found
        self._language = language

    @property
    def drifted(self) -> list[str]:
        """Names of the columns that drifted, worst first."""
        return list(self._found.drifted)

    @property
    def run(self) -> Run:
        """Everything that was found, as `driftline run` gives it."""
        return self._found.run

    def to_frame(self) -> pd.DataFrame:
        """Return all findings as a pandas data frame, one row for each test of a column."""
        import pandas as pd

        from domain.shapes import FindingShape, finding_shape

        rows = [finding_shape(finding, self._language) for finding in self.run.findings]
        return pd.DataFrame(rows, columns=list(FindingShape.__annotations__))

    def to_json(self) -> str:
        """Return what ``driftline check --json`` prints."""
        return self._rendered("json").decode()

    def save(self, path: str | PathLike[str]) -> Path:
        """
        Write a report; the file's ending says which: html, json, csv, md, xml (JUnit) or txt.

        Raises
        ------
        UnknownNameError
            If there is no format of that ending.
        """
        from domain.errors import UnknownNameError

        file = Path(path)
        if file.suffix.lower() not in _FORMATS:
            raise UnknownNameError.nearest("report of the ending", file.suffix, _FORMATS)
        file.write_bytes(self._rendered(_FORMATS[file.suffix.lower()]))
        return file

    def __repr__(self) -> str:
        from reports.judgement import judge

        return f"<driftline.check: {judge(self._found.view, self._language).sentence}>"

    def __str__(self) -> str:
        return self._rendered("text").decode().rstrip()

    def _repr_html_(self) -> str:
        from reports.notebook import render

        return render(self._found.view, self._tables, self._language)

    @property
    def _tables(self) -> TablesView:
        tables = self._found.view.tables
        if tables is None:  # for the type checker: a comparison has two
            raise AssertionError
        return tables

    def _rendered(self, format: str) -> bytes:  # noqa: A002 - what the registry calls it
        from reports.registry import render

        return render(self._found.view, format, self._language)


def _opened(given: Any, name: str) -> TableSource:  # noqa: ANN401
    from ingest.open_table import from_dataframe, open_table

    if isinstance(given, str | PathLike):
        return open_table(Path(given))
    return from_dataframe(given, name)


def _mapping(
    sides: tuple[TableSource, TableSource],
    named: dict[str, str | None],
    columns: Sequence[str] | None,
) -> Mapping:
    from domain.errors import UnknownNameError
    from ingest.mapping import parse_mapping

    given: dict[str, Any] = {field: name for field, name in named.items() if name is not None}
    known = [*sides[0].columns, *sides[1].columns]
    for name in (*given.values(), *(columns or ())):
        if name not in known:
            raise UnknownNameError.nearest("column", name, known)
    if columns is not None:
        given["features"] = list(columns)
    return parse_mapping(given, "the arguments")
