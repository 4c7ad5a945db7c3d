"""`driftline rejected`: lines that could not be read, with their reasons."""

from __future__ import annotations

import click

from jobs.context import Common, common_options, json_option
from jobs.output import print_json


@click.group("rejected")
def command() -> None:
    """List lines that could not be read, with source, position and reason."""


@command.command("list")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="At most so many, newest first.",
)
@json_option
@common_options
def list_rejected(*, limit: int, as_json: bool, common: Common) -> int:
    """List the newest rejected lines and count them by reason."""
    with common.service() as service:
        lines, counts = service.rejected(limit), service.rejected_counts()
    if as_json:
        print_json(
            {
                "schema_version": 1,
                "counts": counts,
                "rejected": [
                    {
                        "source": line.source,
                        "position": line.rejection.position,
                        "reason": line.rejection.reason,
                        "message": line.rejection.message,
                        "raw": line.rejection.raw.decode("utf-8", "replace"),
                    }
                    for line in lines
                ],
            }
        )
        return 0
    if not lines:
        click.echo("no rejected lines")
    for line in lines:
        rejection = line.rejection
        click.echo(f"{line.source}:{rejection.position}: {rejection.reason}: {rejection.message}")
    if counts:
        click.echo(", ".join(f"{n} {reason}" for reason, n in counts.items()), err=True)
    return 0
