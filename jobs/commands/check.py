"""`driftline check`: two files, no store, no configuration."""

from __future__ import annotations

import click

from jobs.context import code_version, fail_on_option, json_option, language_option, now


@click.command("check")
@click.argument("reference")
@click.argument("current")
@click.option(
    "--map",
    "mapping_file",
    metavar="FILE",
    help="Mapping (YAML) that says which column is what; the rest is guessed.",
)
@click.option(
    "--format",
    "output",
    type=click.Choice(["text", "html", "json", "junit", "md", "csv", "github"]),
    default="text",
    show_default=True,
)
@json_option
@click.option("--out", metavar="F", help="File to write; - is standard output.", default="-")
@fail_on_option
@language_option
def command(
    *,
    reference: str,
    current: str,
    mapping_file: str | None,
    output: str,
    as_json: bool,
    out: str,
    fail_on: str,
    language: str,
) -> int:
    """
    Compare CURRENT with REFERENCE: two CSV, Parquet or NDJSON files, packed or not.

    Columns and types are guessed, and the guess is printed. Nothing is calibrated here, so drift
    is a warning; a column that is gone, empty or of another type is critical. Exit codes: 0 fine,
    1 something at or above --fail-on, 2 a file that cannot be read, 3 too little data to judge.
    """
    from ingest.mapping import load_mapping
    from ingest.open_table import open_table
    from jobs.output import write
    from jobs.results import exit_code
    from monitors.config import DriftConfig
    from monitors.two_files import check_tables
    from reports.registry import render

    mapping = load_mapping(mapping_file) if mapping_file is not None else None
    found = check_tables(
        open_table(reference),
        open_table(current),
        mapping,
        DriftConfig(),
        now=now(),
        code_version=code_version(),
    )
    write(render(found.view, "json" if as_json else output, language), out)
    return exit_code([found.run], fail_on)
