"""`driftline demo`: the shipped sample, judged over its whole history."""

from __future__ import annotations

import time
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jobs.context import code_version, now, progress
from jobs.owner import refuse_second

if TYPE_CHECKING:
    from datetime import datetime
    from socket import socket

    from monitors.local_service import LocalService

SAMPLE = Path(__file__).resolve().parents[2] / "sample_data"
FIRST_JUDGED = "2013-04-01"


@click.command("demo")
@click.option("--dir", "folder", default="demo", show_default=True, help="Folder to work in.")
@click.option("--no-serve", is_flag=True, help="Stop after the report.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8501,
    show_default=True,
    help="Of the dashboard, on 127.0.0.1.",
)
def command(*, folder: str, no_serve: bool, port: int) -> int:
    """
    Load a year of real prediction logs, judge April to December day by day, write a report, serve.

    The sample: every flight that left New York in 2013, and two versions of a model that says
    whether it will be late. The dashboard shows it as of the end of its logs.
    """
    from jobs import listening
    from monitors.config_file import load_config
    from monitors.local_service import LocalService

    target = Path(folder)
    config = load_config(_configuration(target), {})
    refuse_second(config.store, code_version())
    with ExitStack() as stack:
        # at once: a port that is in use is said before the work, not after it
        door = None
        if not no_serve:
            door = stack.enter_context(closing(listening.listen("127.0.0.1", port)))
        service = stack.enter_context(LocalService.open(config, code_version(), create=True))
        _judge(service, target)
        if door is not None:
            _show(service, door)
    return 0


def _judge(service: LocalService, target: Path) -> None:
    from domain.window import Window, parse_time
    from jobs.output import write
    from jobs.results import summary
    from monitors.report_data import ReportRequest
    from monitors.run import Reprocess
    from reports.incident_text import incident_table
    from reports.registry import render

    started, at = time.perf_counter(), now()
    _load(service, at)
    planned = service.plan_backfill(None, parse_time(FIRST_JUDGED), None, Reprocess.NONE, at)
    runs = service.execute(planned, at, progress("checking"))
    click.echo(summary(runs))
    judged = Window(parse_time(FIRST_JUDGED), at)
    view = service.report(ReportRequest("flight-delay", judged, at))
    write(render(view, "html"), str(target / "report.html"))
    click.echo(incident_table(service.incidents(), "en"), nl=False)
    click.echo(f"report: {target / 'report.html'} ({time.perf_counter() - started:.0f} s)")


def _show(service: LocalService, door: socket) -> None:
    """Serve the sample as of the end of its logs: it is a recording, nothing becomes due."""
    from jobs.serving import Plan, end_of_logs, serve

    serve(service, Plan(as_of=end_of_logs(service)), door)


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
