"""
What makes an event itself, in SQL: a hash that does not depend on how it was written down.

The canonical record is every field and feature that holds something, each as ``name=value`` in
the order of the names. Numbers are written as doubles, and a text that is a number is written as
that number: so the order of columns, 3 or 3.0, a column added later or read as text later make
no other event of it. MD5 is no secret here, only 128 bits that every DuckDB computes alike.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from store.names import quote_identifier, quote_text
from store.registry import FeatureType

# Separates the parts; doubled where a text holds it, so that no text can imitate two parts.
_SEPARATOR: Final = "chr(31)"
# A text without a point is exact as a double up to 15 digits; longer ones are ids, not numbers.
_EXACT_DIGITS: Final = 15

_FIELDS: Final = (
    ("latency_ms", FeatureType.NUMBER),
    ("prediction", FeatureType.TEXT),
    ("prediction_id", FeatureType.TEXT),
    ("label", FeatureType.TEXT),
    ("replica", FeatureType.TEXT),
    ("request_id", FeatureType.TEXT),
    ("sampling_rate", FeatureType.NUMBER),
    ("score", FeatureType.NUMBER),
    ("status", FeatureType.NUMBER),
    ("tags", FeatureType.TEXT),
    ("trace_id", FeatureType.TEXT),
    ("version", FeatureType.TEXT),
)


def canonical_value(column: str, kind: FeatureType) -> str:
    """
    Return the SQL of a value's canonical text; null stays null.

    Parameters
    ----------
    column : str
        SQL of the value.
    kind : FeatureType
    """
    if kind is FeatureType.NUMBER:
        # + 0.0 makes one zero of two
        return f"({column}::double + 0.0)::varchar"
    if kind is FeatureType.FLAG:
        return f"{column}::varchar"
    return (
        f"case when strlen({column}) <= {_EXACT_DIGITS} or contains({column}, '.') "
        f"then coalesce((try_cast({column} as double) + 0.0)::varchar, {_doubled(column)}) "
        f"else {_doubled(column)} end"
    )


def canonical_record(features: Sequence[tuple[str, FeatureType, str]]) -> str:
    """
    Return the SQL of the hash of an event's canonical record.

    Parameters
    ----------
    features : sequence of (name, FeatureType, column)
        The same name may be there with several types; at most one of them holds something.
    """
    parts = ["'ts=' || epoch_us(ts)"]
    parts += [f"'{name}=' || {canonical_value(name, kind)}" for name, kind in _FIELDS]
    # JSON's escapes keep names apart from values, and from the end of the SQL text
    parts += [
        f"{quote_text('f:' + json.dumps(name) + '=')} "
        f"|| {canonical_value(quote_identifier(column), kind)}"
        for name, kind, column in sorted(features)
    ]
    return f"md5_number(concat_ws({_SEPARATOR}, {', '.join(parts)}))"


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
        f"md5_number(concat_ws({_SEPARATOR}, 'l', coalesce(epoch_us(ts)::varchar, '-'), "
        "strlen(label), label, "
        "case "
        "when prediction_id is not null then 'p' || prediction_id "
        f"when {event_id} is not null then 'e' || {event_id} "
        "else 'r' || request_id end))"
    )


def _doubled(column: str) -> str:
    return f"replace({column}, {_SEPARATOR}, {_SEPARATOR} || {_SEPARATOR})"
