"""`driftline rejected`: lines that could not be read, with their reasons, and read once more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from jobs.context import Common, common_options, json_option, now
from jobs.output import print_json

if TYPE_CHECKING:
    from domain.rejection import RejectedLine, RejectedTally
    from monitors.retrying import RetryCounts

_source_option = click.option("--source", metavar="NAME", help="Only those of this file or sender.")
_reason_option = click.option("--reason", metavar="CODE", help="Only those with this reason.")
_UNTRIED = {
    "cut": "are longer than what is kept of a line, or one side of a call; ingest their log again",
    "not_kept": "are kept without what stood in them",
    "unknown": "were rejected before it was kept how they were read; give --map or --format",
}


@click.group("rejected")
def command() -> None:
    """List lines that could not be read, with source, position and reason; read them again."""


@command.command("list")
@_source_option
@_reason_option
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="At most so many, newest first.",
)
@json_option
@common_options
def list_rejected(
    *, source: str | None, reason: str | None, limit: int, as_json: bool, common: Common
) -> int:
    """List the newest rejected lines and count them by reason."""
    with common.service() as service:
        lines = service.rejected(limit, source, reason)
        tallies = [
            one
            for one in service.rejected_tallies()
            if source in (None, one.source) and reason in (None, one.reason)
        ]
    counts = _counts(tallies)
    if as_json:
        print_json(
            {
                "schema_version": 1,
                "counts": counts,
                "sources": [_tally_shape(one) for one in tallies],
                "rejected": [_line_shape(line) for line in lines],
            }
        )
        return 0
    if not lines:
        click.echo("no rejected lines")
    for line in lines:
        rejection = line.rejection
        click.echo(f"{line.source}:{rejection.position}: {rejection.reason}: {rejection.message}")
    if counts:
        click.echo(", ".join(f"{n} {reason}" for reason, n in counts.items()), err=True)
    gone, mended = sum(t.dropped for t in tallies), sum(t.read_again for t in tallies)
    if gone or mended:
        click.echo(
            f"before: {mended} read again later, {gone} dropped because they were too old or too "
            "many",
            err=True,
        )
    return 0


@command.command("retry")
@_source_option
@_reason_option
@click.option("--map", "mapping", metavar="FILE", help="Which column means what, instead of then.")
@click.option("--model", help="Model of rows that carry none, instead of then.")
@click.option("--version", help="Version of rows that carry none, instead of then.")
@click.option("--format", "log_format", metavar="NAME", help="Another format than then.")
@json_option
@common_options
def retry(
    *,
    source: str | None,
    reason: str | None,
    mapping: str | None,
    log_format: str | None,
    as_json: bool,
    common: Common,
    **fills: Any,  # noqa: ANN401 (model and version, texts or None)
) -> int:
    """
    Read rejected lines again, after a mapping was mended or Driftline reads more.

    What is read is stored, and rejected no more; what their file brought meanwhile is stored once.
    What cannot be read stays, with the reason that it has now.
    """
    from ingest.mapping import load_mapping
    from monitors.retrying import Retrying

    wanted = Retrying(
        now=now(),
        source=source,
        reason=reason,
        mapping=None if mapping is None else load_mapping(mapping),
        format=log_format,
        **fills,
    )
    with common.service() as service:
        counts = service.retry_rejected(wanted)
    return _print_retry(counts, as_json=as_json)


def _print_retry(counts: RetryCounts, *, as_json: bool) -> int:
    if as_json:
        print_json(counts.shape())
    else:
        stored = counts.stored
        click.echo(
            f"read {counts.read} of {counts.lines} rejected lines: stored {stored.predictions} "
            f"predictions, {stored.calls} calls, {stored.labels} labels; {stored.duplicates} "
            f"duplicates; {counts.still.total()} still rejected"
        )
    for why, n in counts.untried.items():
        click.echo(f"driftline: {n} {_UNTRIED[why]}", err=True)
    if counts.still:
        reasons = ", ".join(f"{n} {reason}" for reason, n in counts.still.most_common())
        click.echo(f"driftline: still rejected: {reasons}; 'driftline rejected list'", err=True)
    return 0 if counts.read or not counts.lines else 3


def _counts(tallies: list[RejectedTally]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for one in tallies:
        if one.kept:
            counts[one.reason] = counts.get(one.reason, 0) + one.kept
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _tally_shape(one: RejectedTally) -> dict[str, object]:
    from domain.window import iso

    return {
        "source": one.source,
        "reason": one.reason,
        "kept": one.kept,
        "whole": one.whole,
        "dropped": one.dropped,
        "read_again": one.read_again,
        "oldest": None if one.oldest is None else iso(one.oldest),
        "newest": None if one.newest is None else iso(one.newest),
    }


def _line_shape(line: RejectedLine) -> dict[str, object]:
    from domain.window import iso

    rejection, read_as = line.rejection, line.read_as
    return {
        "source": line.source,
        "position": rejection.position,
        "reason": rejection.reason,
        "message": rejection.message,
        "raw": rejection.raw.decode("utf-8", "replace"),
        "cut": rejection.cut,
        "times": line.times,
        "rejected_at": None if line.rejected_at is None else iso(line.rejected_at),
        "kind": None if read_as is None else read_as.kind,
        "format": None if read_as is None else read_as.format,
    }
