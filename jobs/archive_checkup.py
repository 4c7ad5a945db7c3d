"""What `driftline doctor` says of the archive."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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


def archive_checks(
    service: Service, now: datetime, *, repair: bool, every_byte: bool
) -> Iterator[Check]:
    """Tell of every archived file that is missing or damaged; without an archive, nothing."""
    try:
        found = service.check_archive(user_name(), now, repair=repair, every_byte=every_byte)
    except DriftlineError as error:
        yield Check("archive", ok=False, says=str(error))
        return
    yield from map(_fault, found)


def summary(found: Sequence[ArchiveFault]) -> list[str]:
    """Return a line for the archived files that are missing, and one for those that are damaged."""
    lines: list[str] = []
    for kind in dict.fromkeys(one.fault for one in found if not one.set_aside):
        own = [one for one in found if one.fault is kind and not one.set_aside]
        lines.append(
            f"{kind}: {len(own)} archived files of {sum(one.rows for one in own)} rows, the first "
            f"of them {own[0].path}; put them back there, or let 'driftline doctor --repair' set "
            "them aside: until then what needs them fails, then windows over them are called "
            "insufficient"
        )
    return lines


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
