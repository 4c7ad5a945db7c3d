"""`driftline backfill`: check history."""

from __future__ import annotations

import click

from jobs.context import Common, common_options, json_option, now, progress
from jobs.output import print_json


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
    from domain.window import iso, parse_time
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
        windows = {plan.model: list(plan.windows) for plan in planned}
        if dry_run:
            if as_json:
                print_json(
                    {"schema_version": 1, "planned": {n: len(w) for n, w in windows.items()}}
                )
                return 0
            for name, spans in windows.items():
                edge = f", {iso(spans[0].start)} to {iso(spans[-1].end)}" if spans else ""
                click.echo(f"{name}: {len(spans)} windows{edge}")
            return 0
        runs = service.execute(planned, at, progress("backfill"))
    if as_json:
        counts = {s.value: sum(r.status is s for r in runs) for s in RunStatus}
        print_json({"schema_version": 1, "runs": len(runs), "by_status": counts})
    else:
        click.echo(summary(runs))
    for run in runs:
        if run.error:
            click.echo(f"driftline: {run.deployment.model} {run.window}: {run.error}", err=True)
    if any(run.status is RunStatus.FAILED for run in runs):
        return 2
    # what history says of violations is read, not failed on; that nothing could be said is told
    unjudged = all(run.status is RunStatus.INSUFFICIENT for run in runs)
    return 3 if runs and unjudged else 0
