"""`driftline backfill`: check history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from jobs.context import Common, common_options, json_option, now, progress
from jobs.output import print_json

if TYPE_CHECKING:
    from monitors.run import Planned


@click.command("backfill")
@click.option("--model", help="Only this model.")
@click.option("--from", "start", metavar="T", help="First window. [default: where the logs start]")
@click.option("--to", "end", metavar="T", help="Up to here. [default: where the logs end]")
@click.option(
    "--reprocess",
    type=click.Choice(["none", "failed", "completed"]),
    default="none",
    show_default=True,
    help="Also windows whose run failed, or all again.",
)
@click.option("--dry-run", is_flag=True, help="Only say which windows it would be.")
@json_option
@common_options
def command(
    *,
    model: str | None,
    start: str | None,
    end: str | None,
    reprocess: str,
    dry_run: bool,
    as_json: bool,
    common: Common,
) -> int:
    """Check windows of the past; a window that was checked is left alone unless asked for."""
    from domain.run import RunStatus
    from domain.window import parse_time
    from jobs.results import summary
    from monitors.run import Reprocess

    at = now()
    with common.service() as service:
        zone = service.config.timezone
        planned = service.plan_backfill(
            model,
            parse_time(start, zone) if start else None,
            parse_time(end, zone) if end else None,
            Reprocess(reprocess),
            at,
        )
        # the runs of windows that are judged say it themselves
        unread = {p.model: p.unread for p in planned if p.unread and (dry_run or not p.windows)}
        for name, reason in unread.items():
            click.echo(f"driftline: {name}: {reason}", err=True)
        if dry_run:
            _say(planned, as_json=as_json)
            return 2 if unread else 0
        runs = service.execute(planned, at, progress("backfill"))
    if as_json:
        counts = {s.value: sum(r.status is s for r in runs) for s in RunStatus}
        print_json({"schema_version": 1, "runs": len(runs), "by_status": counts})
    else:
        click.echo(summary(runs))
    for run in runs:
        if run.error:
            click.echo(f"driftline: {run.deployment.model} {run.window}: {run.error}", err=True)
    if unread or any(run.status is RunStatus.FAILED for run in runs):
        return 2
    # what history says of violations is read, not failed on; that nothing could be said is told
    unjudged = all(run.status is RunStatus.INSUFFICIENT for run in runs)
    return 3 if runs and unjudged else 0


def _say(planned: Sequence[Planned], *, as_json: bool) -> None:
    """Say which windows would be judged."""
    from domain.window import iso

    if as_json:
        counts = {plan.model: len(plan.windows) for plan in planned}
        print_json({"schema_version": 1, "planned": counts})
        return
    for plan in planned:
        spans = plan.windows
        edge = f", {iso(spans[0].start)} to {iso(spans[-1].end)}" if spans else ""
        click.echo(f"{plan.model}: {len(spans)} windows{edge}")
