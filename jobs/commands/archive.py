"""`driftline archive`: old rows go to the archive, too old ones away."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from jobs.context import Common, common_options, json_option, now, user_name
from jobs.output import print_json

if TYPE_CHECKING:
    from domain.tiers import Tidied


@click.command("archive")
@click.option("--model", metavar="MODEL", help="Only this model; default: all.")
@click.option("--dry-run", is_flag=True, help="Count the days; move and drop nothing.")
@json_option
@common_options
def command(*, model: str | None, dry_run: bool, as_json: bool, common: Common) -> int:
    """
    Move old rows to Parquet files, and drop what is older than what is kept.

    Does what `archive:` and `retention:` of the configuration say, as a server does by itself once
    a day. Archived rows are still answered for; dropped ones are gone.
    """
    with common.service() as service:
        done = service.tidy(model, user_name(), now(), dry_run=dry_run)
    if as_json:
        told = [asdict(one) for one in done]
        print_json({"schema_version": 1, "dry_run": dry_run, "models": told})
        return 0
    for one in done:
        click.echo(f"{one.model}: {_said(one, dry_run=dry_run)}")
    if not done:
        of = "for no model" if model is None else f"not for {model}"
        click.echo(f"archive or retention is set {of}: everything stays in the store")
    return 0


def _said(one: Tidied, *, dry_run: bool) -> str:
    would = "would " if dry_run else ""
    parts: list[str] = []
    if one.to is not None:
        rows = "" if dry_run else f" ({one.archived} rows)"
        verb = "archive" if dry_run else "archived"
        parts.append(f"{would}{verb} {one.days} days of versions{rows} to {one.to}")
    if one.changed:
        parts.append(f"left {one.changed} that loads changed meanwhile for the next time")
    if one.dropped_days:
        rows = "" if dry_run else f" ({one.dropped} rows)"
        parts.append(f"{would}{'drop' if dry_run else 'dropped'} {one.dropped_days} days{rows}")
    return "; ".join(parts) or f"{would}{'drop' if dry_run else 'dropped'} nothing"
