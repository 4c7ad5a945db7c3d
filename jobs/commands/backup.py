"""`driftline backup`: a copy of the store, while loads go on."""

from __future__ import annotations

import time
from pathlib import Path

import click

from jobs.context import Common, common_options, json_option, now
from jobs.output import print_json


@click.command("backup")
@click.argument("file")
@json_option
@common_options
def command(*, file: str, as_json: bool, common: Common) -> int:
    """
    Copy the store as it is now to FILE, which must not exist yet.

    Whoever writes goes on writing. FILE is whole or not there at all, and a DuckDB database of its
    own; 'driftline restore FILE' puts it back.
    """
    from domain.window import iso

    begun, at = time.monotonic(), now()
    with common.service() as service:
        size = service.backup(Path(file))
        service.note_backup(at)
    if as_json:
        print_json({"schema_version": 1, "file": file, "bytes": size, "at": iso(at)})
    else:
        seconds = time.monotonic() - begun
        click.echo(f"copied the store to {file}: {size / 1e6:.1f} MB in {seconds:.1f} s")
    return 0
