"""`driftline ingest`: prediction logs into the store, once or as they are written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from jobs import following
from jobs.context import Common, common_options, json_option
from jobs.following import Watch, follow_options
from jobs.logs import log_options, options_of, print_counts, read_request

if TYPE_CHECKING:
    from monitors.ingest_logs import Options


@click.command("ingest")
@click.argument("paths", nargs=-1, required=True, metavar="PATH…")
@click.option("--version", help="Version of rows that carry none.")
@log_options
@follow_options
@json_option
@common_options
def command(
    *,
    paths: tuple[str, ...],
    version: str | None,
    model: str | None,
    mapping: str | None,
    log_format: str,
    watch: Watch | None,
    as_json: bool,
    common: Common,
) -> int:
    """
    Load prediction logs: files, folders, globs in quotes, s3://BUCKET/PREFIX, or - for stdin.

    The same events, under whatever file name, are stored once. Lines that cannot be read are kept
    with their reason: driftline rejected list. With --follow each look goes on where the last one
    ended, over rotation and over restarts.
    """
    if watch is not None:
        options = options_of(model=model, version=version, mapping=mapping, log_format=log_format)
        return _follow(common, paths, options, watch, as_json=as_json)
    sources, options = read_request(
        paths, model=model, version=version, mapping=mapping, log_format=log_format
    )
    # what a key for sending may ask, and no more
    with common.open_service(create=True) as service:
        counts = service.ingest(sources, options)
    return print_counts(counts, as_json=as_json)


def _follow(
    common: Common, paths: Sequence[str], options: Options, watch: Watch, *, as_json: bool
) -> int:
    """Follow sources; 2 where something of one look could not be read."""
    chosen = following.followers(paths, options, watch)
    if not watch.once:
        names = ", ".join(one.name for one in chosen)
        click.echo(f"driftline: following {names}; Ctrl-C ends it", err=True)
    counts, fine = following.follow(common, chosen, once=watch.once)
    print_counts(counts, as_json=as_json, quiet=True)
    return 2 if watch.once and not fine else 0
