"""`driftline init`: a commented configuration for the logs at hand."""

from __future__ import annotations

from pathlib import Path

import click

from jobs.context import Common, common_options
from jobs.output import write


@click.command("init")
@click.option("--out", default="driftline.yaml", show_default=True, help="File to write; or -.")
@click.option("--force", is_flag=True, help="Overwrite it.")
@click.option("--schema", is_flag=True, help="Print the JSON Schema of the file, for editors.")
@common_options
def command(*, out: str, force: bool, schema: bool, common: Common) -> int:
    """Write a commented driftline.yaml from the logs already in the store."""
    from domain.errors import UsageError
    from monitors.config import json_schema

    if schema:
        write(json_schema().encode(), "-")
        return 0
    target = Path(out)
    if out != "-" and target.exists() and not force:
        raise UsageError(f"{out} is already there; overwrite it with --force")
    with common.service() as service:
        store, folder = service.config.store.absolute(), target.parent.absolute()
        # a store beside or below the file is named from there, so that both can be moved together
        beside = out != "-" and store.is_relative_to(folder)
        text = service.starter(f"./{store.relative_to(folder)}" if beside else str(store))
    write(text.encode(), out)
    return 0
