"""Two files compared without a store: what their columns are, and which of them differ."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Final

from detectors import completeness, performance
from domain.finding import Finding, Verdict
from domain.run import Deployment, Run, RunStatus
from domain.window import Window
from ingest.kinds import GuessedColumn, guess_columns
from ingest.mapping import REST, Mapping
from ingest.table import TableSource
from monitors.config import DriftConfig
from monitors.report_view import ColumnView, GuessView, ReportView, TablesView, TableView
from monitors.table_judge import ColumnJudge, with_severity
from monitors.table_performance import Compared, compare_performance

TRAINED_ON: Final = "tables.note.trained_on"


@dataclass(frozen=True, slots=True)
class TwoFiles:
    """
    What a comparison of two files found.

    Parameters
    ----------
    guess : tuple of GuessedColumn
        What each column was taken for, corrected by what it holds as a whole.
    run : Run
        Its window is the moment of the check: files have rows, not times.
    view : ReportView
        The same for reports, without a span.
    """

    guess: tuple[GuessedColumn, ...]
    run: Run
    view: ReportView

    @property
    def drifted(self) -> tuple[str, ...]:
        """Names of the columns that drifted, worst first; the performance is no column."""
        return tuple(
            view.column.name
            for view in self.view.columns
            if any(f.decides and f.verdict is Verdict.DRIFTED for f in view.findings)
        )


def check_tables(
    reference: TableSource,
    current: TableSource,
    mapping: Mapping | None,
    drift: DriftConfig,
    *,
    now: datetime,
    code_version: str,
) -> TwoFiles:
    """
    Compare two tables column by column; memory holds one column of each at a time.

    Nothing is calibrated here: the two-sample tests decide, each with the chance of a false alarm
    of `drift` split over the columns. So drift is a warning; a column that is gone, holds nothing
    any more or changed its type is critical.

    Parameters
    ----------
    reference, current : TableSource
    mapping : Mapping or None
        What it says is not guessed.
    drift : DriftConfig
    now : datetime
    code_version : str
    """
    started = time.perf_counter()
    plan = _under_new_names(mapping or Mapping())
    reference, current = (side.renamed(plan.rename) for side in (reference, current))
    first = guess_columns(reference, current, plan)
    compared = [column for column in first if column.kind is not None]
    alpha = drift.alpha / max(len(compared), 1)
    judge = ColumnJudge(reference, current, drift, alpha)
    judged = {column.name: judge.judge(column) for column in compared}
    guess = tuple(judged[c.name].guess if c.name in judged else c for c in first)
    quality = compare_performance(
        reference, current, guess, positive=plan.positive, alpha=drift.alpha
    )
    columns = [one.view for one in sorted(judged.values(), key=lambda one: one.badness)]
    findings = [finding for view in columns for finding in view.findings]
    findings += [with_severity(finding) for finding in quality.findings] if quality else []
    seconds = time.perf_counter() - started
    run = _run(reference, current, findings, quality, now)
    run = replace(
        run, config_hash=_hash(plan, drift), code_version=code_version, duration_s=seconds
    )
    return TwoFiles(guess, run, _view(reference, current, guess, run, columns))


def _under_new_names(mapping: Mapping) -> Mapping:
    """Let a mapping speak of columns by the names that it gives them."""
    new = mapping.rename
    features = mapping.features
    named = {field: getattr(mapping, field) for field in ("label", "prediction", "score", "ts")}
    return mapping.model_copy(
        update={
            **{field: new.get(name, name) for field, name in named.items()},
            "features": features if features == REST else tuple(new.get(f, f) for f in features),
            "exclude": tuple(new.get(name, name) for name in mapping.exclude),
            "types": {new.get(name, name): kind for name, kind in mapping.types.items()},
        }
    )


def _run(
    reference: TableSource,
    current: TableSource,
    findings: Sequence[Finding],
    quality: Compared | None,
    now: datetime,
) -> Run:
    return Run(
        deployment=Deployment(current.name, ""),
        window=Window(now, now + timedelta(microseconds=1)),
        status=_status(findings),
        coverage=1.0,
        config_hash="",
        code_version="",
        started_at=now,
        duration_s=0.0,
        n_predictions=current.n_rows,
        n_calls=0,
        baseline=reference.name,
        baseline_windows=0,
        findings=tuple(findings),
        performance=quality.performance if quality else None,
    )


def _status(findings: Sequence[Finding]) -> RunStatus:
    """Violations where something drifted; ok where a comparison, not mere presence, was judged."""
    deciding = [f for f in findings if f.decides]
    if any(f.verdict is Verdict.DRIFTED for f in deciding):
        return RunStatus.VIOLATIONS
    open_questions = {f.column for f in deciding if f.verdict is Verdict.INCONCLUSIVE}
    judged = {f.column for f in deciding if f.detector != completeness.NAME} - open_questions
    return RunStatus.OK if judged else RunStatus.INSUFFICIENT


def _hash(mapping: Mapping, drift: DriftConfig) -> str:
    decided = mapping.model_dump_json() + drift.model_dump_json()
    return hashlib.sha256(decided.encode()).hexdigest()[:12]


def _view(
    reference: TableSource,
    current: TableSource,
    guess: Sequence[GuessedColumn],
    run: Run,
    columns: Sequence[ColumnView],
) -> ReportView:
    guessed = tuple(
        GuessView(
            name=column.name,
            role=column.role.value,
            kind=column.kind,
            why=column.why,
            values=column.values,
            in_reference=column.name in reference.types,
            in_current=column.name in current.types,
        )
        for column in guess
    )
    return ReportView(
        title=" → ".join(_short_names(reference.name, current.name)),
        span=None,
        generated_at=run.started_at,
        code_version=run.code_version,
        config_hash=run.config_hash,
        runs=(run,),
        columns=tuple(columns),
        notes=(TRAINED_ON,) if _does_worse(run) else (),
        tables=TablesView(_table(reference), _table(current), guessed),
    )


def _does_worse(run: Run) -> bool:
    drifted = (finding for finding in run.findings if finding.verdict is Verdict.DRIFTED)
    return any(finding.detector == performance.NAME for finding in drifted)


def _short_names(reference: str, current: str) -> tuple[str, str]:
    """Leave out the folders, unless the files are called the same."""
    names = PurePath(reference).name, PurePath(current).name
    return (reference, current) if names[0] == names[1] else names


def _table(table: TableSource) -> TableView:
    return TableView(table.name, table.n_rows, len(table.rejections))
