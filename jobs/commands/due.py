"""`driftline due`: what a scheduler calls."""

from __future__ import annotations

import click

from jobs.context import (
    Common,
    common_options,
    fail_on_option,
    json_option,
    language_option,
    now,
    progress,
)


@click.command("due")
@json_option
@fail_on_option
@language_option
@common_options
def command(*, as_json: bool, fail_on: str, language: str, common: Common) -> int:
    """
    Check every window that is complete and was not checked yet, of every model.

    Call it as often as you like: what was done is not done again. A monitor that stood still for
    two windows is named.
    """
    from domain.window import iso
    from jobs.results import exit_code, print_runs, summary

    at = now()
    with common.service() as service:
        for model, span in service.stale(at).items():
            click.echo(
                f"driftline: {model} was not checked since {iso(span.start)}; catching up", err=True
            )
        runs = service.execute(service.plan_due(at), at, progress("due"))
        if as_json:
            print_runs(service, runs, "json", at, language)
        else:
            click.echo(summary(runs))
    return exit_code(runs, fail_on) if runs else 0
