"""`driftline backup`: a copy of the store, while loads go on."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

import click

from jobs.context import Common, common_options, json_option, now
from jobs.output import print_json

_ELSEWHERE: Final = """
    select place, count(*) as files, sum(rows)::bigint as rows
    from archived_files
    where set_aside is null
    group by place
    order by place
"""


@click.command("backup")
@click.argument("file")
@json_option
@common_options
def command(*, file: str, as_json: bool, common: Common) -> int:
    """
    Copy the store as it is now to FILE, which must not exist yet.

    Whoever writes goes on writing. FILE is whole or not there at all, and a DuckDB database of its
    own; 'driftline restore FILE' puts it back. Archived rows are not in it, but which files they
    are in.
    """
    from domain.window import iso

    begun, at = time.monotonic(), now()
    with common.service() as service:
        size = service.backup(Path(file))
        service.note_backup(at)
        elsewhere = service.sql(_ELSEWHERE).to_pylist()
    if as_json:
        told = {"schema_version": 1, "file": file, "bytes": size, "at": iso(at)}
        print_json({**told, "archived": elsewhere})
        return 0
    seconds = time.monotonic() - begun
    click.echo(f"copied the store to {file}: {size / 1e6:.1f} MB in {seconds:.1f} s")
    for one in elsewhere:
        click.echo(
            f"not in it: {one['files']} archived files of {one['rows']} rows at {one['place']}; "
            "keep them as you keep this copy"
        )
    return 0
