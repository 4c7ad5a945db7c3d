"""`driftline doctor`: is everything in order, and if not, what to do."""

from __future__ import annotations

import click

from jobs.context import Common, common_options, json_option, now
from jobs.output import print_json


@click.command("doctor")
@click.option("--repair", is_flag=True, help="Remove what killed or interrupted work left behind.")
@click.option(
    "--archive",
    "every_byte",
    is_flag=True,
    help="Read every byte of archived files, also of those read within a month.",
)
@json_option
@common_options
def command(*, repair: bool, every_byte: bool, as_json: bool, common: Common) -> int:
    """Check versions, configuration, store, disk and clock; exit with 2 if something is wrong."""
    from jobs.checkup import checkup

    checks = checkup(common, now(), repair=repair, every_byte=every_byte)
    if as_json:
        shapes = [{"name": c.name, "ok": c.ok, "says": c.says} for c in checks]
        print_json({"schema_version": 1, "checks": shapes})
    else:
        for check in checks:
            click.echo(f"{'ok  ' if check.ok else 'BAD '} {check.name}: {check.says}")
    return 0 if all(check.ok for check in checks) else 2
