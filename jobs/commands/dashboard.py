"""`driftline dashboard`: the dashboard alone, as a client of the process that owns the store."""

from __future__ import annotations

import contextlib

import click

from jobs.context import Common, address_options, allow_host_option, common_options


@click.command("dashboard")
@address_options(8501)
@allow_host_option
@common_options
def command(*, host: str, port: int, allow_host: tuple[str, ...], common: Common) -> int:
    """Show the store of a running 'driftline collect' or 'driftline serve' elsewhere."""
    from domain.errors import UsageError
    from jobs import listening
    from jobs.serving import Plan, show

    if common.asked_server is None:
        raise UsageError("give --server URL; a store at hand is shown by 'driftline serve'")
    with (
        common.service() as service,
        contextlib.closing(listening.listen(host, port)) as door,
    ):
        show(service, Plan(hosts=allow_host), door)
    return 0
