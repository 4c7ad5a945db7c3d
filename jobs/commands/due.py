"""`driftline due`: what a scheduler calls."""

from __future__ import annotations

import shlex

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
        planned = service.plan_due(at)
        for plan in planned:
            if plan.left_out:
                since, until = iso(plan.left_out[0].start), iso(plan.left_out[-1].end)
                click.echo(
                    f"driftline: {plan.model}: {len(plan.left_out)} older windows are left out; "
                    f"check them with 'driftline backfill --model {shlex.quote(plan.model)} "
                    f"--from {since} --to {until}'",
                    err=True,
                )
        runs = service.execute(planned, at, progress("due"))
        if as_json:
            print_runs(service, runs, "json", at, language)
        else:
            click.echo(summary(runs))
    return exit_code(runs, fail_on) if runs else 0
