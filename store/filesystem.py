"""On what kind of file system a folder lies: DuckDB's lock and its log need a local one."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from domain.errors import StoreError

# Locks there are advisory, late or missing: two owners would damage the file.
NETWORK_TYPES: Final = frozenset(
    {
        "afs",
        "ceph",
        "cifs",
        "davfs",
        "fuse.ceph",
        "fuse.davfs2",
        "fuse.gcsfuse",
        "fuse.glusterfs",
        "fuse.rclone",
        "fuse.s3fs",
        "fuse.sshfs",
        "glusterfs",
        "gpfs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs4",
        "smb",
        "smb2",
        "smb3",
        "smbfs",
    }
)
_MOUNTS = Path("/proc/mounts")


def filesystem_type(directory: Path, mounts: str) -> str | None:
    """
    Return the type of the file system that holds `directory`; None where `mounts` does not tell.

    Parameters
    ----------
    directory : Path
        Absolute, links followed.
    mounts : str
        In the format of ``/proc/mounts``; of equal mount points the last one is on top.
    """
    found, depth = None, -1
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = Path(_unescape(fields[1]))
        if directory.is_relative_to(point) and len(point.parts) >= depth:
            found, depth = fields[2], len(point.parts)
    return found


def refuse_network(directory: Path, mounts: str | None = None) -> None:
    """
    Refuse a folder on a network file system.

    Parameters
    ----------
    directory : Path
    mounts : str, optional
        Default: this machine's ``/proc/mounts``; without one (macOS) nothing is refused.

    Raises
    ------
    StoreError
        If it is on one; the message says what to do.
    """
    if mounts is None:
        mounts = _MOUNTS.read_text(errors="replace") if _MOUNTS.exists() else ""
    kind = filesystem_type(directory.resolve(), mounts)
    if kind in NETWORK_TYPES:
        raise StoreError(
            f"{directory} is on a network file system ({kind}), where a database can be damaged; "
            "put the store on a local disk"
        )


def _unescape(point: str) -> str:
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        point = point.replace(code, character)
    return point
