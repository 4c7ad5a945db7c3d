"""`driftline alerts`: incidents listed, shown, acknowledged."""

from __future__ import annotations

import click

from jobs.context import (
    Common,
    common_options,
    json_option,
    language_option,
    now,
    user_name,
)
from jobs.output import print_json


@click.group("alerts")
def command() -> None:
    """List, show and acknowledge incidents."""


@command.command("list")
@click.option("--model", help="Only this model.")
@click.option("--all", "everything", is_flag=True, help="Also those that are over.")
@json_option
@language_option
@common_options
def list_incidents(
    *, model: str | None, everything: bool, as_json: bool, language: str, common: Common
) -> int:
    """List open incidents, the worst first."""
    from domain.incident import AlertState
    from domain.shapes import incident_shape
    from reports.incident_text import incident_table

    with common.service() as service:
        found = service.incidents(model, now=now())
        shown = [i for i in found if everything or i.state is not AlertState.RESOLVED]
    if as_json:
        shapes = [incident_shape(incident, language) for incident in shown]
        print_json({"schema_version": 1, "incidents": shapes})
        return 0
    over = len(found) - len(shown)
    click.echo(incident_table(shown, language), nl=False)
    if over:
        click.echo(f"{over} more are over; list them with --all", err=True)
    return 0


@command.command("show")
@click.argument("incident")
@json_option
@language_option
@common_options
def show(*, incident: str, as_json: bool, language: str, common: Common) -> int:
    """Show one incident: what, since when, how sure, every alert. INCIDENT: its id or its start."""
    from domain.shapes import incident_shape
    from reports.incident_text import incident_text

    with common.service() as service:
        found = service.incident(incident, now())
    if as_json:
        print_json({"schema_version": 1, **incident_shape(found, language)})
    else:
        click.echo(incident_text(found, language), nl=False)
    return 0


@command.command("ack")
@click.argument("incident")
@click.option("--note", help="What you know or will do.")
@click.option("--who", default=user_name, help="Your name. [default: the user]")
@common_options
def acknowledge(*, incident: str, note: str | None, who: str, common: Common) -> int:
    """Acknowledge an incident: it stays open, but no longer asks for attention first."""
    with common.service() as service:
        found = service.acknowledge(incident, who, note, now())
    click.echo(f"{found.incident_id} acknowledged by {who}")
    return 0
