"""`driftline ingest`: prediction logs into the store."""

from __future__ import annotations

import click

from jobs.context import Common, common_options, json_option
from jobs.logs import log_options, print_counts, read_request


@click.command("ingest")
@click.argument("paths", nargs=-1, required=True, metavar="PATH…")
@click.option("--version", help="Version of rows that carry none.")
@log_options
@json_option
@common_options
def command(
    *,
    paths: tuple[str, ...],
    version: str | None,
    model: str | None,
    mapping: str | None,
    log_format: str,
    as_json: bool,
    common: Common,
) -> int:
    """
    Load prediction logs: files, folders, globs in quotes, or - for standard input.

    The same events, under whatever file name, are stored once. Lines that cannot be read are kept
    with their reason: driftline rejected list.
    """
    sources, options = read_request(
        paths, model=model, version=version, mapping=mapping, log_format=log_format
    )
    with common.service(create=True) as service:
        counts = service.ingest(sources, options)
    return print_counts(counts, as_json=as_json)
