"""The ids of events, calls and labels in SQL; MD5 is no secret here, only 128 bits."""

from __future__ import annotations


def scoped(letter: str, column: str) -> str:
    """
    Return the SQL of the hash of a given id, scoped by the version.

    Parameters
    ----------
    letter : str
        What the id is of, so that a request's is never a prediction's.
    column : str
        SQL of the id.
    """
    return f"md5_number(concat('{letter}', strlen(version), ':', version, {column}))"


def repeated(base: str, ordinal: str) -> str:
    """Return the SQL of the id of the `ordinal`-th of identical records."""
    return f"md5_number(concat('o', {ordinal}, ':', {base}))"


def label_identity(event_id: str) -> str:
    """
    Return the SQL of a label's id: whom it is told of, what, and when.

    Parameters
    ----------
    event_id : str
        SQL of the event's id; null where another id is given.
    """
    return (
        "md5_number(concat_ws(chr(31), 'l', coalesce(epoch_us(ts)::varchar, '-'), "
        "strlen(label), label, "
        "case "
        "when prediction_id is not null then 'p' || prediction_id "
        f"when {event_id} is not null then 'e' || {event_id} "
        "else 'r' || request_id end))"
    )
