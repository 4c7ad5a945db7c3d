"""What `ingest` and `labels` share: their options, their sources, their answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from jobs.context import now
from jobs.output import print_json

if TYPE_CHECKING:
    from ingest.sources import SourceFile
    from monitors.ingest_logs import IngestCounts, Options

# written out, because a command that only helps does not wait for the readers to load
FORMATS: Final = (
    *("ndjson", "json", "csv", "parquet", "arrow", "cloudevents", "kserve-blob", "tfrecord"),
    *("sagemaker", "vertex", "databricks", "bentoml", "triton", "v2", "tap", "otlp", "ecs"),
    *("elasticsearch-bulk", "elasticsearch-hits", "resources"),
)
PRESETS: Final = ("arize", "arize-regression", "evidently", "nannyml", "whylogs")


def log_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what says how logs are to be read."""
    for option in (
        click.option("--model", help="Model of rows that carry none."),
        click.option(
            "--map",
            "mapping",
            metavar="FILE",
            help=f"Which column means what; instead of a file {', '.join(PRESETS)}.",
        ),
        click.option(
            "--format",
            "log_format",
            metavar="NAME",
            default="auto",
            show_default=True,
            help=f"auto tells it from the content; else {', '.join(FORMATS)}.",
        ),
    ):
        command = option(command)
    return command


def read_request(
    paths: Sequence[str],
    *,
    model: str | None,
    version: str | None,
    mapping: str | None,
    log_format: str,
) -> tuple[list[SourceFile], Options]:
    """
    Find the sources and read the mapping.

    Raises
    ------
    InputError
        If a path is not there, a folder holds no logs, or the mapping cannot be read.
    """
    from ingest.sources import find

    sources = find(paths)
    return sources, options_of(model=model, version=version, mapping=mapping, log_format=log_format)


def options_of(
    *, model: str | None, version: str | None, mapping: str | None, log_format: str
) -> Options:
    """
    Return how logs are to be read, and read the mapping.

    Raises
    ------
    ConfigurationError
        If the mapping cannot be read.
    """
    from ingest.mapping import load_mapping
    from monitors.ingest_logs import Options

    plan = load_mapping(mapping) if mapping is not None else None
    return Options(plan, model, version, log_format, now())


def print_counts(
    counts: IngestCounts,
    *,
    as_json: bool,
    quiet: bool = False,
    more: Mapping[str, object] | None = None,
) -> int:
    """
    Print what was stored; 2 where a log could not be read, 3 where nothing but rejected lines was.

    Parameters
    ----------
    counts : IngestCounts
    as_json : bool
    quiet : bool, default=False
        Say nothing of it where nothing was read: nothing new is nothing wrong.
    more : mapping, optional
        What else JSON says.
    """
    shape = counts.shape()
    if as_json:
        print_json({**shape, **(more or {})})
    else:
        stored = counts.stored
        click.echo(
            f"stored {stored.predictions} predictions, {stored.calls} calls, "
            f"{stored.labels} labels; {stored.duplicates} duplicates; {counts.rejected} rejected"
        )
    _complain(counts)
    if not as_json and (counts.samples or counts.passed_over):
        of = "".join(f", {n} {what}" for what, n in counts.passed_over.most_common())
        passed = f"{counts.passed_over.total()} records passed over{of}"
        click.echo(f"{counts.samples} samples of resource use; {passed}")
    if not as_json and counts.waiting:
        click.echo(f"{counts.waiting} requests or answers wait in the store for their other side")
    if counts.unread:
        return 2
    new = counts.stored.predictions + counts.stored.calls + counts.stored.labels
    old = counts.stored.duplicates + counts.events
    if new or old or counts.samples or counts.waiting:
        return 0
    _say_why_nothing(counts, quiet=quiet)
    return 3


def _say_why_nothing(counts: IngestCounts, *, quiet: bool) -> None:
    if counts.rejected and counts.formats:
        told = ", ".join(name for name, _ in counts.formats.most_common())
        click.echo(
            f"driftline: nothing was stored; the log was taken for {told}: if it is something "
            "else, say --format NAME, and where its columns have other names, --map FILE",
            err=True,
        )
    elif not counts.rejected and not quiet:
        click.echo("driftline: not one row in what was given; look at the files", err=True)


def _complain(counts: IngestCounts) -> None:
    """Say which lines could not be read, and which logs could not at all."""
    if counts.rejected:
        lines = "line" if counts.rejected == 1 else "lines"
        reasons = ", ".join(f"{n} {reason}" for reason, n in counts.rejected_reasons.most_common())
        click.echo(
            f"driftline: {counts.rejected} {lines} could not be read ({reasons}); "
            "see them with 'driftline rejected list'",
            err=True,
        )
    for why in counts.unread.values():
        click.echo(f"driftline: {why}", err=True)
