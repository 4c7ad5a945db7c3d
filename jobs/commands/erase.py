"""`driftline erase`: remove what is stored of a person."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from domain.errors import DriftlineError, StoreError, UsageError
from jobs.context import Common, common_options, json_option, now, user_name
from jobs.output import print_json

if TYPE_CHECKING:
    from datetime import datetime

    from domain.erasure import Erased, Erasing
    from domain.window import Window
    from monitors.service import Service


@click.command("erase")
@click.option("--model", required=True, help="Whose rows.")
@click.option(
    "--where",
    "conditions",
    metavar="FIELD=VALUE",
    multiple=True,
    required=True,
    help="prediction_id, request_id, tags.NAME or feature.NAME; given again, all have to hold.",
)
@click.option("--from", "start", metavar="T", help="Only rows from this time on.")
@click.option("--to", "end", metavar="T", help="Only rows before this time.")
@click.option("--dry-run", is_flag=True, help="Count what would be removed; remove nothing.")
@click.option("--yes", is_flag=True, help="Do not ask; needed where nobody can answer.")
@json_option
@common_options
def command(
    *,
    model: str,
    conditions: tuple[str, ...],
    start: str | None,
    end: str | None,
    common: Common,
    **how: bool,
) -> int:
    """
    Remove a person's rows of a model: predictions, calls, labels, unreadable lines.

    What was counted of many rows stays: runs, findings, references, hourly counts. The file is then
    written anew, for until then the bytes are in it. There is no way back.
    """
    from domain.erasure import Condition, Erasing

    with common.service() as service:
        span = _span(start, end, service.config.timezone)
        wanted = Erasing(model, tuple(Condition.parse(text) for text in conditions), span)
        moment, who = now(), user_name()
        if not how["dry_run"]:
            _confirm(service, wanted, who, moment, yes=how["yes"])
        counts = service.erase(wanted, who, moment, dry_run=how["dry_run"])
        compacted = counts.anything and not how["dry_run"]
        if compacted:
            _compact(service)
    if how["as_json"]:
        told = {"dry_run": how["dry_run"], "compacted": compacted}
        print_json({"schema_version": 1, **asdict(counts), **told})
    else:
        _tell(counts, dry_run=how["dry_run"])
    return 0


def _span(start: str | None, end: str | None, timezone: str) -> Window | None:
    from datetime import UTC, datetime

    from domain.window import Window, parse_time

    if start is None and end is None:
        return None
    first = parse_time(start, timezone) if start else datetime(1970, 1, 1, tzinfo=UTC)
    last = parse_time(end, timezone) if end else datetime(9999, 1, 1, tzinfo=UTC)
    return Window(first, last)


def _confirm(service: Service, wanted: Erasing, who: str, moment: datetime, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(
            "nobody can be asked here whether to erase; look with --dry-run, then give --yes"
        )
    _tell(service.erase(wanted, who, moment, dry_run=True), dry_run=True)
    click.confirm("Erase them?", abort=True, err=True)


def _compact(service: Service) -> None:
    try:
        service.compact()
    except DriftlineError as error:
        raise StoreError(
            f"the rows are erased, but their bytes are still in the file, for it could not be "
            f"written anew ({error}); run 'driftline compact' later"
        ) from error


def _tell(counts: Erased, *, dry_run: bool) -> None:
    parts = [
        f"{counts.predictions} predictions",
        f"{counts.unanswered} unanswered rows",
        f"{counts.calls} calls",
        f"{counts.labels} labels",
        f"{counts.rejected} rejected lines",
    ]
    click.echo(f"{'would erase' if dry_run else 'erased'} {', '.join(parts)}")
    if counts.undecided:
        click.echo(
            f"driftline: {counts.undecided} rejected lines were cut when they were stored and may "
            "have held the value behind the cut; see 'driftline rejected list'",
            err=True,
        )
    if counts.named:
        click.echo(
            f"driftline: {counts.named} stored counts or findings of many rows name the value as a "
            "category, and stay",
            err=True,
        )
    if counts.anything and not dry_run:
        click.echo(
            "driftline: backups, stores that a restore kept and the logs themselves still hold the "
            "rows; ingesting such a log stores them again as new",
            err=True,
        )
