"""A line of a log that could not become an event, kept with its reason and its place."""

from __future__ import annotations

from dataclasses import dataclass


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
    """

    position: int
    reason: str
    message: str
    raw: bytes
