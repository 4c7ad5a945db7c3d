"""`driftline compact`: the file without what was removed from it."""

from __future__ import annotations

import click

from jobs.context import Common, common_options, json_option
from jobs.output import print_json


@click.command("compact")
@json_option
@common_options
def command(*, as_json: bool, common: Common) -> int:
    """
    Write the store's file anew, without what was removed from it.

    Needs room for a second file. Loads and questions wait meanwhile.
    """
    with common.service() as service:
        before, after = service.compact()
    if as_json:
        print_json({"schema_version": 1, "bytes_before": before, "bytes_after": after})
    else:
        click.echo(f"the file had {before / 1e6:.1f} MB and has {after / 1e6:.1f} MB")
    return 0
