"""`driftline labels`: true outcomes that arrive later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from domain.errors import NotAllowedError
from jobs import following
from jobs.context import Common, common_options, json_option
from jobs.following import Watch, follow_options
from jobs.logs import log_options, options_of, print_counts, read_request

if TYPE_CHECKING:
    from domain.label import LabelStanding
    from monitors.service import Service

_STANDING: Final = ("model", "predictions", "pending", "unmatched")


@click.command("labels")
@click.argument("paths", nargs=-1, required=True, metavar="PATH…")
@log_options
@follow_options
@json_option
@common_options
def command(
    *,
    paths: tuple[str, ...],
    model: str | None,
    mapping: str | None,
    log_format: str,
    watch: Watch | None,
    as_json: bool,
    common: Common,
) -> int:
    """
    Load labels: rows of prediction_id or request_id, label and, if known, model and ts.

    A label of a prediction that is not there yet is kept; of several the newest counts. With
    --follow each look goes on where the last one ended, over rotation and over restarts.
    """
    if watch is not None:
        options = options_of(model=model, version=None, mapping=mapping, log_format=log_format)
        return following.run(common, paths, options, watch, "labels", as_json=as_json)
    sources, options = read_request(
        paths, model=model, version=None, mapping=mapping, log_format=log_format
    )
    with common.open_service(create=True) as service:
        counts = service.labels(sources, options)
        standing = _standing(service, model)
    told = [{name: getattr(one, name) for name in _STANDING} for one in standing]
    code = print_counts(counts, as_json=as_json, more={"models": told})
    for one in () if as_json else standing:
        click.echo(
            f"{one.model}: {one.pending} of {one.predictions} predictions wait for their label; "
            f"{one.unmatched} labelled ids have no prediction yet"
        )
    return code


def _standing(service: Service, model: str | None) -> tuple[LabelStanding, ...]:
    """Return how far the labels have come; nothing where the key is for sending only."""
    try:
        known = model is None or model in service.models()
        return service.label_standing(model) if known else ()
    except NotAllowedError:
        click.echo("driftline: note: how many labels are pending takes a key with read", err=True)
        return ()
