"""`driftline accept`: a lasting shift becomes the new normal."""

from __future__ import annotations

import shlex

import click

from jobs.context import Common, common_options, now, user_name


@click.command("accept")
@click.argument("model")
@click.option("--columns", help="Comma-separated. [default: all]")
@click.option("--since", required=True, metavar="T", help="When the new normal began.")
@click.option("--why", required=True, help="The reason, for whoever looks later.")
@click.option("--who", default=user_name, help="Your name. [default: the user]")
@common_options
def command(
    *, model: str, columns: str | None, since: str, why: str, who: str, common: Common
) -> int:
    """
    Declare a lasting shift the new normal: from then on windows are compared with what came since.

    Recorded with name and reason. Until 12 windows have passed since then, the columns are said to
    be not calibrated.
    """
    from domain.window import iso, parse_time

    names = [name.strip() for name in columns.split(",") if name.strip()] if columns else []
    with common.service() as service:
        moment = parse_time(since, service.config.timezone)
        accepted = service.accept(model, names, moment, why, who, now())
    what = ", ".join(accepted.columns) or "all columns"
    click.echo(f"{model}: {what} accepted as they are since {iso(accepted.since)}")
    click.echo(
        f"driftline: windows judged before keep their result; judge them again with "
        f"'driftline backfill --model {shlex.quote(model)} --from {iso(moment)} "
        "--reprocess completed'",
        err=True,
    )
    return 0
