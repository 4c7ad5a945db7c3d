"""Following files: how far each is taken, and how far behind a source is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from domain.rejection import LineKind

# of a file's first bytes, by which it is known again
HEAD_BYTES: Final = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """
    How far the content of one file is taken.

    Content is counted unpacked, so that a file is the same before and after it is packed.

    Parameters
    ----------
    id : int or None
        None: the store does not know it yet.
    source : str
        What was named to be followed.
    path : str
        Where the file was seen last, for people.
    device, inode : str or None
        Of the file; None: no file of this content is known to be there.
    format : str
        Name of the reader.
    head_bytes : int
        Bytes that `head` is the hash of, at most `HEAD_BYTES`.
    head : str
    taken_bytes : int
        From the beginning, up to the end of a record.
    tail : str
        Hash of the last `HEAD_BYTES` taken ones.
    checksum : int
        CRC-32 of all taken ones.
    lines : int
        Line breaks in them.
    size_bytes, changed_ns : int
        Size and time of change of the file when nothing was left in it; -1 where something is.
    newest : datetime or None
        Of its events.
    taken_at : datetime or None
        When something was taken last.
    known_from : datetime or None
        Records without an id and from before that time were taken but not remembered; None: all
        are remembered.
    """

    id: int | None
    source: str
    path: str
    device: str | None
    inode: str | None
    format: str
    head_bytes: int
    head: str
    taken_bytes: int = 0
    tail: str = ""
    checksum: int = 0
    lines: int = 0
    size_bytes: int = -1
    changed_ns: int = -1
    newest: datetime | None = None
    taken_at: datetime | None = None
    known_from: datetime | None = None


def nameless(checkpoint: Checkpoint) -> Checkpoint:
    """
    Return what whoever holds a file needs to go on with it, and nothing to read for others.

    Without its path a copy of a file that is still there is taken for the file itself, which then
    is known by its content.

    Parameters
    ----------
    checkpoint : Checkpoint
    """
    return replace(checkpoint, source="", path="", newest=None, taken_at=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """
    Some records of one file, as they are handed to the store.

    Parameters
    ----------
    n_bytes : int
        Of what is handed over: the header that its records need, and they.
    header_bytes : int
        Of these, the header's.
    line_offset : int
        What a position in those bytes lacks to be one in the file.
    before_bytes : int
        What of the file was taken before.
    after : Checkpoint
        How far the file is taken with this piece.
    instead_of : int or None
        The checkpoint of another content that was last known under `after`'s device and inode.
    whole : bool
        The file itself is handed over, as it is; of no bytes: alone, whatever its size.
    kind : {"events", "labels"}
        What its records are taken for.
    """

    n_bytes: int
    header_bytes: int = 0
    line_offset: int = 0
    before_bytes: int
    after: Checkpoint
    instead_of: int | None = None
    whole: bool = False
    kind: LineKind = "events"

    @property
    def is_alone(self) -> bool:
        """Whether a file is handed over by itself."""
        return self.whole and not self.n_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedState:
    """
    How a follower found a source when it last looked.

    Parameters
    ----------
    source : str
    looked_at : datetime
    files : int
    bytes_behind : int
        That are there and not taken: of packed files and of files that are read only whole, as
        they lie on disk.
    every_s : float
        Seconds from one look to the next; 0: once.
    failing : int
        Files that cannot be read.
    error : str or None
        The newest reason; None where nothing fails.
    """

    source: str
    looked_at: datetime
    files: int
    bytes_behind: int
    every_s: float
    failing: int = 0
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedSource:
    """
    A source that is or was followed.

    Parameters
    ----------
    state : FollowedState
    bytes_taken : int
        Of the files that are remembered, unpacked.
    newest : datetime or None
        Of the events that came from it.
    """

    state: FollowedState
    bytes_taken: int
    newest: datetime | None
