"""`driftline restore`: a backup in the place of the store."""

from __future__ import annotations

from pathlib import Path

import click

from domain.errors import UsageError
from jobs.context import Common, code_version, json_option, now, store_options, user_name
from jobs.output import print_json


@click.command("restore")
@click.argument("file")
@json_option
@store_options
def command(*, file: str, as_json: bool, common: Common) -> int:
    """
    Put the backup FILE in the place of the store.

    Nobody may have the store open meanwhile. What was there is kept beside it under another name.
    Archived files that FILE names are looked for; what is not there is said.
    """
    from jobs import owner
    from store.backup import restore

    if common.asked_server is not None:
        raise UsageError(
            f"restore replaces a file on this machine, and {common.asked_server} is a server; "
            "restore where its store lies, after ending it, without DRIFTLINE_SERVER"
        )
    folder = common.load_config().store
    owner.refuse_second(folder, code_version())
    kept = restore(Path(file), folder, now())
    faults = _archive(common)
    if as_json:
        told = None if kept is None else str(kept)
        print_json({"schema_version": 1, "store": str(folder), "kept": told, "archive": faults})
        return 0
    click.echo(f"restored {file} to {folder}")
    if kept is not None:
        click.echo(f"what was there is kept as {kept}; delete it once you need it no more")
    for fault in faults:
        click.echo(fault)
    return 0


def _archive(common: Common) -> list[str]:
    """Tell what is not there of the files that the backup names; a restore is done without it."""
    from domain.errors import DriftlineError
    from jobs.archive_checkup import summary

    try:
        with common.service() as service:
            found = service.check_archive(user_name(), now(), repair=False, every_byte=False)
    except DriftlineError as error:
        return [f"the archive could not be looked at: {error}"]
    return summary(found)
