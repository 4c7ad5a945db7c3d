"""What `driftline doctor` says of the archive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from domain.errors import DriftlineError
from jobs.context import user_name

if TYPE_CHECKING:
    from domain.tiers import ArchiveFault
    from monitors.service import Service


@dataclass(frozen=True, slots=True)
class Check:
    """
    One thing looked at.

    Parameters
    ----------
    name : str
    ok : bool
    says : str
        What was found and, if it is bad, what to do.
    """

    name: str
    ok: bool
    says: str


def archive_checks(service: Service, now: datetime, *, repair: bool) -> Iterator[Check]:
    """Tell of every archived file that is missing or damaged; without an archive, nothing."""
    try:
        found = service.check_archive(user_name(), now, repair=repair)
    except DriftlineError as error:
        yield Check("archive", ok=False, says=str(error))
        return
    yield from map(_fault, found)


def _fault(found: ArchiveFault) -> Check:
    says = (
        f"{found.path} is {found.fault}: {found.rows} {found.kind} of {found.model} "
        f"{found.version}, {found.span}; "
    )
    says += (
        "windows over them are called insufficient; put the file back and call 'driftline doctor "
        "--repair' again"
        if found.set_aside
        else "put it back, or let 'driftline doctor --repair' set it aside so that the rest answers"
    )
    return Check("archive", ok=False, says=says)
