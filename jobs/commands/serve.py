"""`driftline serve`: dashboard, collector and scheduler in one process on one port."""

from __future__ import annotations

import click

from jobs.context import Common, address_options, allow_host_option, store_options


@click.command("serve")
@address_options(8501)
@allow_host_option
@click.option("--no-collector", is_flag=True, help="Take no predictions and labels over HTTP.")
@click.option("--no-scheduler", is_flag=True, help="Check nothing by itself; call 'driftline due'.")
@click.option("--as-of", metavar="T", help="The data is a recording: show it as of this time.")
@store_options
def command(
    *,
    host: str,
    port: int,
    allow_host: tuple[str, ...],
    no_collector: bool,
    no_scheduler: bool,
    as_of: str | None,
    common: Common,
) -> int:
    """
    Own the store and serve: dashboard, collector and scheduler, on this machine alone by default.

    While it runs, every other command asks it. SIGTERM and Ctrl-C end it; what was acknowledged is
    stored.
    """
    from domain.window import parse_time
    from jobs.serving import Plan, own_and_serve

    config = common.load_config()
    plan = Plan(
        collector=not no_collector,
        scheduler=not no_scheduler,
        as_of=parse_time(as_of, config.timezone) if as_of else None,
        hosts=allow_host,
    )
    own_and_serve(config, plan, host, port)
    return 0
