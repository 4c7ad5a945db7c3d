"""What `run`, `due`, `backfill` share: printing runs, and the exit code they mean."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from domain.finding import Severity
from domain.run import Run, RunStatus
from jobs.output import discard_output

if TYPE_CHECKING:
    from monitors.service import Service


def exit_code(runs: Sequence[Run], fail_on: str) -> int:
    """
    Return what the runs mean for a script: 2 beats 1 beats 3 beats 0.

    Parameters
    ----------
    runs : sequence of Run
    fail_on : {"critical", "warning", "info"}
    """
    if any(run.status is RunStatus.FAILED for run in runs):
        return 2
    worst = [severity for run in runs for severity in severities(run)]
    if any(severity.at_least(Severity(fail_on)) for severity in worst):
        return 1
    unjudged = any(run.status is RunStatus.INSUFFICIENT for run in runs)
    return 3 if unjudged or not runs else 0


def severities(run: Run) -> list[Severity]:
    """Return the severity of every violation of a run."""
    from alerts.severity import SEVERITY_OF_STATE

    found = [f.severity for f in run.findings if f.severity is not None]
    found += [
        SEVERITY_OF_STATE[result.state]
        for result in run.slos
        if result.fired_at is not None and result.state in SEVERITY_OF_STATE
    ]
    return found


def print_runs(
    service: Service, runs: Sequence[Run], output: str, at: datetime, language: str
) -> None:
    """
    Print runs in one of the report formats.

    Parameters
    ----------
    service : Service
    runs : sequence of Run
    output : str
        A format of `reports.registry`.
    at : datetime
    language : {"en", "zh"}
    """
    from monitors.report_data import view_of_runs
    from reports.registry import render

    view = view_of_runs(service.config, service.code_version, runs, service.incidents(), at)
    try:
        click.echo(render(view, output, language).decode(), nl=False)
    except BrokenPipeError:
        discard_output()  # what was found still decides the exit code


def summary(runs: Sequence[Run]) -> str:
    """Count runs by how they ended."""
    counts = {status: sum(run.status is status for run in runs) for status in RunStatus}
    said = ", ".join(f"{n} {status.value}" for status, n in counts.items() if n)
    noun = "run" if len(runs) == 1 else "runs"
    return f"{len(runs)} {noun}: {said}" if runs else "nothing to do"
