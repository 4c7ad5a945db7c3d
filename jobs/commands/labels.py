"""`driftline labels`: true outcomes that arrive later."""

from __future__ import annotations

import click

from jobs.context import Common, common_options, json_option
from jobs.logs import log_options, print_counts, read_request


@click.command("labels")
@click.argument("paths", nargs=-1, required=True, metavar="PATH…")
@log_options
@json_option
@common_options
def command(
    *,
    paths: tuple[str, ...],
    model: str | None,
    mapping: str | None,
    log_format: str,
    as_json: bool,
    common: Common,
) -> int:
    """
    Load labels: rows of prediction_id or request_id, label and, if known, model and ts.

    A label of a prediction that is not there yet is kept; of several the newest counts.
    """
    sources, options = read_request(
        paths, model=model, version=None, mapping=mapping, log_format=log_format
    )
    with common.service(create=True) as service:
        counts = service.labels(sources, options)
    return print_counts(counts, as_json=as_json)
