"""Lines of a log that could not become events, kept with their reasons and their places."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

LineKind = Literal["events", "labels"]


@dataclass(frozen=True, slots=True)
class ReadAs:
    """
    How lines were read when they were rejected: what reading them again takes.

    Parameters
    ----------
    kind : {"events", "labels"}
    format : str
        Name of the reader that took the log apart.
    model, version : str or None
        What filled in where a line said nothing.
    mapping : str or None
        The mapping as JSON; None: the native names.
    """

    kind: LineKind
    format: str
    model: str | None = None
    version: str | None = None
    mapping: str | None = None


@dataclass(frozen=True, slots=True)
class Rejection:
    """
    One line, row or item that was not stored.

    Parameters
    ----------
    position : int
        1-based line of a text file, row of a table or item of an array.
    reason : str
        Code, for example ``"naive_ts"``; its sentence is ``rejection.<reason>`` in the catalogue.
    message : str
        One English line with the value and what to do.
    raw : bytes
        What was read, cut at ``domain.event.RAW_LIMIT_BYTES``; rows of tables as a JSON object.
    cut : bool, default=False
        Whether `raw` is not all of it.
    model : str or None
        Whose line it is, where the line could be read so far.
    read_as : ReadAs or None
        How reading `raw` again goes; None: as it does for all of its log.
    """

    position: int
    reason: str
    message: str
    raw: bytes
    cut: bool = False
    model: str | None = None
    read_as: ReadAs | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """
    Lines of one file or body that could not be read.

    Parameters
    ----------
    rejections : tuple of Rejection
    read_as : ReadAs or None
        None: nobody knows; they cannot be read again by themselves.
    source : str or None
        What they came from; None: from what the whole load is counted under.
    """

    rejections: tuple[Rejection, ...]
    read_as: ReadAs | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class RejectedLine:
    """
    A rejection that is kept, where it came from and when.

    Parameters
    ----------
    source : str
        The file or sender it was first met in.
    rejection : Rejection
    rejected_at : datetime or None
        When it was first met; None: before that was kept.
    read_as : ReadAs or None
        None: before that was kept.
    times : int, default=1
        How often one file or body held it; each time it is an event of its own.
    """

    source: str
    rejection: Rejection
    rejected_at: datetime | None = None
    read_as: ReadAs | None = None
    times: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedTally:
    """
    What was rejected of one source for one reason.

    Parameters
    ----------
    source, reason : str
    kept : int
        Lines that are kept now.
    whole : int
        Those of them that are kept with all their bytes, so that they can be read again.
    dropped : int
        Lines that were kept and went: too old or too many.
    read_again : int
        Lines that were read later, after all.
    oldest, newest : datetime or None
        Of those that are kept.
    """

    source: str
    reason: str
    kept: int
    whole: int
    dropped: int
    read_again: int
    oldest: datetime | None
    newest: datetime | None
