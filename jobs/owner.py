"""
The process that owns a store while it serves, and how the others find it.

``owner.json`` in the store's folder says where it listens, with a key that only the same user can
read. A file that a killed owner left behind is told by its process, which is gone, or by nobody
answering under its address.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from domain.errors import DriftlineError, StoreError, StoreLockedError, StoreVersionError
from domain.window import iso

if TYPE_CHECKING:
    from api.client import RemoteService

FILE_NAME: Final = "owner.json"
# an owner that has opened its store writes the file at once, and answers when it has warmed up
_WRITTEN_S: Final = 1.0
_ANSWERING_S: Final = 30.0
_STEP_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class Owner:
    """
    Who owns a store.

    Parameters
    ----------
    url : str
        Where it listens.
    pid : int
    key : str
        Opens everything to whoever can read the file.
    started_at : datetime
    version : str
        Of its Driftline.
    """

    url: str
    pid: int
    key: str
    started_at: datetime
    version: str

    @property
    def alive(self) -> bool:
        """Whether there is a process of that number."""
        try:
            os.kill(self.pid, 0)
        except (ProcessLookupError, OverflowError):
            return False
        except PermissionError:
            return True
        return True


def read(folder: Path) -> Owner | None:
    """
    Return who says to own a store; None where nobody does.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    StoreError
        If the file may not be read: it is another user's.
    """
    path = folder / FILE_NAME
    try:
        content = path.read_bytes()
    except PermissionError as error:
        raise StoreError(
            f"{path} belongs to another user, who runs the owner of this store; ask as that user, "
            "or with --server URL and a key of your own in DRIFTLINE_KEY"
        ) from error
    except OSError:
        return None
    # where nobody owns the store, a command starts without a client of HTTP
    from api import wire
    from domain.errors import InputError

    try:
        return wire.decode(content, Owner)
    except InputError:
        return None


@contextmanager
def announced(folder: Path, owner: Owner) -> Generator[None]:
    """
    Say who owns a store for as long as it does.

    Parameters
    ----------
    folder : Path
    owner : Owner
    """
    from api import wire

    # the system's temporary files are readable by their user alone; moved in one step
    handle, name = tempfile.mkstemp(dir=folder, prefix=f".{FILE_NAME}-", suffix=".part")
    with os.fdopen(handle, "wb") as file:
        file.write(wire.encode(owner, Owner))
        file.flush()
        os.fsync(file.fileno())
    Path(name).replace(folder / FILE_NAME)
    try:
        yield
    finally:
        if read(folder) == owner:
            (folder / FILE_NAME).unlink(missing_ok=True)


def find(folder: Path, version: str) -> RemoteService | None:
    """
    Return the service of the process that owns a store; None where none does, or none answers.

    Parameters
    ----------
    folder : Path
    version : str
        Ours.

    Raises
    ------
    StoreError
        If the owner is of another version, or another user's.
    """
    owner = read(folder)
    if owner is None or not owner.alive:
        return None
    from api.client import RemoteService

    service = RemoteService(owner.url, owner.key)
    try:
        _require_version(service, version)
    except StoreVersionError:
        service.close()
        raise
    except DriftlineError:
        service.close()
        return None
    return service


def require(url: str, key: str | None, version: str) -> RemoteService:
    """
    Return the service of a server that was named.

    Parameters
    ----------
    url : str
    key : str or None
    version : str
        Ours.

    Raises
    ------
    StoreError
        If nobody answers, or a Driftline of another version.
    DriftlineError
        What it answers, for example that the key opens nothing.
    """
    from api.client import RemoteService

    service = RemoteService(url, key)
    try:
        _require_version(service, version)
    except DriftlineError:
        service.close()
        raise
    return service


def _require_version(service: RemoteService, version: str) -> None:
    if service.code_version != version:
        raise StoreVersionError(
            f"the Driftline at {service.url} is version {service.code_version}, this is "
            f"{version}; use the same on both sides"
        )


def wait_for(folder: Path, version: str) -> RemoteService | None:
    """
    Return the service of whoever has just opened a store; None where it is no owner.

    Parameters
    ----------
    folder : Path
        Of a store that another process has open.
    version : str
        Ours.
    """
    begun = time.monotonic()
    while True:
        found = find(folder, version)
        waited = time.monotonic() - begun
        owner = read(folder) if found is None else None
        patience = _ANSWERING_S if owner is not None and owner.alive else _WRITTEN_S
        if found is not None or waited > patience:
            return found
        time.sleep(_STEP_S)


def refuse_second(folder: Path, version: str) -> None:
    """
    Refuse to own a store that has an owner.

    Parameters
    ----------
    folder : Path
    version : str
        Ours.

    Raises
    ------
    StoreLockedError
        If another process owns it.
    """
    found = find(folder, version)
    owner = read(folder)
    if found is None or owner is None:
        return
    with contextlib.closing(found):
        raise StoreLockedError(
            f"{folder} has an owner already: process {owner.pid}, at {owner.url} since "
            f"{iso(owner.started_at)}; use that one, or end it first"
        )
