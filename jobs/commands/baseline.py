"""`driftline baseline`: what windows are compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from jobs.context import Common, common_options, json_option, now
from jobs.output import print_json

if TYPE_CHECKING:
    from monitors.baselines import ColumnBaseline


@click.group("baseline")
def command() -> None:
    """Fix or show what windows are compared with."""


@command.command("show")
@click.argument("model")
@click.option("--version", help="Which version. [default: the one seen last]")
@click.option("--as-of", metavar="T", help="For the newest window before this time. [default: now]")
@json_option
@common_options
def show(
    *, model: str, version: str | None, as_of: str | None, as_json: bool, common: Common
) -> int:
    """Show what the newest window is compared with, and which shift of each column it would see."""
    from domain.window import iso, parse_time

    with common.service() as service:
        at = parse_time(as_of, service.config.timezone) if as_of else now()
        shown = service.show_baseline(model, version, at)
    if as_json:
        print_json(shown.shape())
        return 0
    click.echo(
        f"{shown.model} version {shown.version or '-'}, window from {iso(shown.window.start)}"
    )
    click.echo(f"compared with: {shown.description}")
    width = max((len(c.column) for c in shown.columns), default=0)
    for c in shown.columns:
        line = f"line 1 in {10**c.line:,.0f}" if c.line is not None else "no line"
        said = f"{line}, {_seen(c)}" if c.line is not None else "the two-sample tests decide"
        click.echo(f"  {c.column:<{width}}  {c.windows:>3} windows, {c.calibration.value}: {said}")
    for a in shown.acceptances:
        what = ", ".join(a.columns) or "all columns"
        click.echo(f"  accepted since {iso(a.since)}: {what} ({a.who}: {a.why})")
    return 0


def _seen(column: ColumnBaseline) -> str:
    """Say which lasting shift would be seen within ten windows."""
    shift = column.visible_shift
    if shift is None:
        return "blind"
    if column.kind == "category":
        return f"sees {shift:.0%} of the rows move"
    return f"sees a shift of {shift:g} sd"


@command.command("set")
@click.argument("model")
@click.option("--window", metavar="START/END", help="Compare every window with this span.")
@click.option("--clear", is_flag=True, help="Back to what the configuration says.")
@common_options
def set_baseline(*, model: str, window: str | None, clear: bool, common: Common) -> int:
    """Fix the span that windows of MODEL are compared with, or let it move again."""
    from domain.errors import UsageError
    from domain.window import Window

    if (window is None) == (not clear):
        raise UsageError("give --window START/END, or --clear")
    with common.service() as service:
        span = Window.parse(window, service.config.timezone) if window else None
        fixed = service.set_baseline(model, span, now())
    click.echo(f"{model}: compared with {fixed}" if fixed else f"{model}: baseline moves again")
    return 0
