"""`driftline collect`: the owner of the store without the dashboard."""

from __future__ import annotations

import click

from jobs.context import Common, address_options, store_options


@click.command("collect")
@address_options(8502)
@click.option("--no-scheduler", is_flag=True, help="Check nothing by itself; call 'driftline due'.")
@store_options
def command(*, host: str, port: int, no_scheduler: bool, common: Common) -> int:
    """Own the store, take predictions and labels over HTTP, and check what is due."""
    from jobs.serving import Plan, own_and_serve

    plan = Plan(dashboard=False, scheduler=not no_scheduler)
    own_and_serve(common.load_config(), plan, host, port)
    return 0
