"""`driftline demo`: the shipped sample, judged over its whole history."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jobs.context import code_version, now, progress

if TYPE_CHECKING:
    from datetime import datetime

    from monitors.local_service import LocalService

SAMPLE = Path(__file__).resolve().parents[2] / "sample_data"
FIRST_JUDGED = "2013-04-01"


@click.command("demo")
@click.option("--dir", "folder", default="demo", show_default=True, help="Folder to work in.")
@click.option("--no-serve", is_flag=True, help="Stop after the report.")
def command(*, folder: str, no_serve: bool) -> int:
    """
    Load a year of real prediction logs, judge April to December day by day, write a report.

    The sample: every flight that left New York in 2013, and two versions of a model that says
    whether it will be late.
    """
    from domain.window import Window, parse_time
    from jobs.output import write
    from jobs.results import summary
    from monitors.config_file import load_config
    from monitors.local_service import LocalService
    from monitors.report_data import ReportRequest
    from monitors.run import Reprocess
    from reports.incident_text import incident_table
    from reports.registry import render

    started = time.perf_counter()
    target = Path(folder)
    at = now()
    config = load_config(_configuration(target), {})
    with LocalService.open(config, code_version(), create=True) as service:
        _load(service, at)
        planned = service.plan_backfill(None, parse_time(FIRST_JUDGED), None, Reprocess.NONE, at)
        runs = service.execute(planned, at, progress("checking"))
        click.echo(summary(runs))
        judged = Window(parse_time(FIRST_JUDGED), at)
        view = service.report(ReportRequest("flight-delay", judged, at))
        write(render(view, "html"), str(target / "report.html"))
        click.echo(incident_table(service.incidents(), "en"), nl=False)
    click.echo(f"report: {target / 'report.html'} ({time.perf_counter() - started:.0f} s)")
    if not no_serve:
        click.echo(f"open it in a browser; ask more: cd {folder}; driftline alerts list --all")
    return 0


def _configuration(target: Path) -> Path:
    """Put the sample's configuration beside its store, so that later commands use the same."""
    path = target / "driftline.yaml"
    target.mkdir(parents=True, exist_ok=True)
    text = (SAMPLE / "driftline.yaml").read_text(encoding="utf-8")
    path.write_text(text.replace("store: ../demo/store", "store: store"), encoding="utf-8")
    return path


def _load(service: LocalService, at: datetime) -> None:
    """Load the sample's logs and labels; what is stored already is not stored again."""
    from ingest.sources import find
    from monitors.ingest_logs import Options

    options = Options(None, None, None, "auto", at)
    logs = service.ingest(find([str(SAMPLE / "predictions")]), options)
    labels = service.labels(find([str(SAMPLE / "labels")]), options)
    click.echo(
        f"{logs.stored.predictions:,} predictions and {labels.stored.labels:,} labels stored, "
        f"{logs.stored.duplicates + labels.stored.duplicates:,} known already"
    )
