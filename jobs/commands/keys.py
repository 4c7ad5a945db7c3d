"""`driftline keys`: who may ask the server over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from jobs.context import Common, common_options, json_option, now
from jobs.output import print_json

if TYPE_CHECKING:
    from domain.key import Key


@click.group("keys")
def command() -> None:
    """Make, list and revoke the keys that the server is asked with."""


@command.command("create")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice(["ingest", "read", "admin"]),
    multiple=True,
    required=True,
    help="What it is for; may be given twice. ingest reads nothing, admin does everything.",
)
@click.option("--model", "models", multiple=True, help="Only this model; may be given again.")
@click.option("--expires", metavar="SPAN|T", help="After this long (90d), or at this time.")
@json_option
@common_options
def create(
    *,
    name: str,
    scopes: tuple[str, ...],
    models: tuple[str, ...],
    expires: str | None,
    as_json: bool,
    common: Common,
) -> int:
    """Make a key for NAME (whom or what it is for) and show it, this once."""
    from domain.key import Scope

    moment = now()
    with common.service(create=True) as service:
        ends = _ends(expires, moment, service.config.timezone) if expires else None
        wanted = [Scope(scope) for scope in scopes]
        made = service.create_key(name, wanted, models or None, ends, moment)
    if as_json:
        print_json({"schema_version": 1, "secret": made.secret, "key": _shape(made.key, moment)})
        return 0
    click.echo(made.secret)
    click.echo(
        f"driftline: keep it now, it cannot be shown again; send it as "
        f"'Authorization: Bearer {made.secret[:9]}…'",
        err=True,
    )
    return 0


@command.command("list")
@json_option
@common_options
def list_keys(*, as_json: bool, common: Common) -> int:
    """List every key that was made, and whether it still opens something."""
    moment = now()
    with common.service() as service:
        found = service.keys()
    if as_json:
        print_json({"schema_version": 1, "keys": [_shape(key, moment) for key in found]})
        return 0
    if not found:
        click.echo("no keys; on loopback the server can be asked without one")
    for key in found:
        click.echo(_line(key, moment))
    return 0


@command.command("revoke")
@click.argument("name")
@common_options
def revoke(*, name: str, common: Common) -> int:
    """Let the key called NAME (or with this id) open nothing any more."""
    with common.service() as service:
        key = service.revoke_key(name, now())
    click.echo(f"{key.name} ({key.key_id}) opens nothing any more")
    return 0


def _ends(text: str, moment: datetime, timezone: str) -> datetime:
    from domain.errors import InvalidWindowError
    from domain.window import parse_duration, parse_time

    try:
        return moment + parse_duration(text)
    except (InvalidWindowError, OverflowError):
        return parse_time(text, timezone)


def _state(key: Key, moment: datetime) -> str:
    if key.opens(moment):
        return "open"
    return "expired" if key.revoked_at is None else "revoked"


def _shape(key: Key, moment: datetime) -> dict[str, Any]:
    from domain.window import iso

    def time(at: datetime | None) -> str | None:
        return None if at is None else iso(at)

    return {
        "id": key.key_id,
        "name": key.name,
        "scopes": [scope.value for scope in key.scopes],
        "models": None if key.models is None else list(key.models),
        "state": _state(key, moment),
        "created_at": iso(key.created_at),
        "expires_at": time(key.expires_at),
        "revoked_at": time(key.revoked_at),
        "last_used_at": time(key.last_used_at),
    }


def _line(key: Key, moment: datetime) -> str:
    from domain.window import iso

    models = "every model" if key.models is None else ", ".join(key.models)
    used = f"last used {iso(key.last_used_at)}" if key.last_used_at else "never used"
    state = _state(key, moment)
    if state == "open" and key.expires_at:
        state = f"expires {iso(key.expires_at)}"
    return f"{key.key_id}  {key.name}: {', '.join(key.scopes)}; {models}; {state}; {used}"
