"""`driftline init`: a commented configuration for the logs at hand."""

from __future__ import annotations

from pathlib import Path

import click

from jobs.context import Common, common_options


@click.command("init")
@click.option("--out", default="driftline.yaml", show_default=True, help="File to write.")
@click.option("--force", is_flag=True, help="Overwrite it.")
@common_options
def command(*, out: str, force: bool, common: Common) -> int:
    """Write a commented driftline.yaml from the logs already in the store."""
    from domain.errors import UsageError
    from monitors.starter import starter

    target = Path(out)
    if target.exists() and not force:
        raise UsageError(f"{out} is already there; overwrite it with --force")
    with common.service() as service:
        text = starter(service.store, service.config)
    target.write_text(text, encoding="utf-8")
    click.echo(f"wrote {out}")
    return 0
