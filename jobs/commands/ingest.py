"""`driftline ingest`: prediction logs into the store, once or as they are written."""

from __future__ import annotations

import click

from jobs import following
from jobs.context import Common, common_options, json_option
from jobs.following import Watch, follow_options
from jobs.logs import log_options, options_of, print_counts, read_request


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
        return following.run(common, paths, options, watch, "events", as_json=as_json)
    sources, options = read_request(
        paths, model=model, version=version, mapping=mapping, log_format=log_format
    )
    # what a key for sending may ask, and no more
    with common.open_service(create=True) as service:
        counts = service.ingest(sources, options)
    return print_counts(counts, as_json=as_json)
