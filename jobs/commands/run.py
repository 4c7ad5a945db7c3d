"""`driftline run`: check one window."""

from __future__ import annotations

import click

from jobs.context import (
    Common,
    common_options,
    fail_on_option,
    json_option,
    language_option,
    now,
)


@click.command("run")
@click.option("--model", help="Only this model.")
@click.option(
    "--window", metavar="START/END", help="This window instead of the newest complete one."
)
@click.option("--as-of", metavar="T", help="The newest window that was complete at this time.")
@click.option(
    "--format",
    "output",
    type=click.Choice(["text", "json", "junit", "github", "md"]),
    default="text",
    show_default=True,
)
@json_option
@fail_on_option
@language_option
@common_options
def command(
    *,
    model: str | None,
    window: str | None,
    as_of: str | None,
    output: str,
    as_json: bool,
    fail_on: str,
    language: str,
    common: Common,
) -> int:
    """Check one window of one or every model: drift, objectives, traffic, performance."""
    from domain.errors import UsageError
    from domain.window import Window, parse_time
    from jobs.results import exit_code, print_runs

    if window is not None and as_of is not None:
        raise UsageError("give --window or --as-of, not both")
    at = now()
    with common.service() as service:
        zone = service.config.timezone
        span = Window.parse(window, zone) if window is not None else None
        moment = parse_time(as_of, zone) if as_of is not None else at
        runs = service.run(model, span, moment, at)
        print_runs(service, runs, "json" if as_json else output, at, language)
    return exit_code(runs, fail_on)
