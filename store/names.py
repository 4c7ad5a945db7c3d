"""Names in SQL: quoting, and the schema and column names made from what users call things."""

from __future__ import annotations

import re
from collections.abc import Collection

_UNSAFE = re.compile(r"[^a-z0-9]+")
_LONGEST_SCHEMA = 40


def quote_identifier(name: str) -> str:
    """
    Quote a name for use in SQL.

    Examples
    --------
    >>> print(quote_identifier('the "new" fare'))
    "the ""new"" fare"
    """
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """
    Quote a text as an SQL constant; only for what may not be a ``$value`` (names of features).

    Examples
    --------
    >>> quote_text("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def unique(wanted: str, taken: Collection[str]) -> str:
    """
    Return `wanted`, or `wanted` with a number behind it where its lower case is taken.

    Parameters
    ----------
    wanted : str
    taken : collection of str
        Names in lower case: DuckDB's identifiers differ in more than case.

    Examples
    --------
    >>> unique("f_Age", {"f_age"})
    'f_Age~2'
    """
    name, number = wanted, 1
    while name.lower() in taken:
        number += 1
        name = f"{wanted}~{number}"
    return name


def schema_name(model: str, taken: Collection[str]) -> str:
    """
    Make the name of a model's schema: its letters and digits behind ``m_``.

    Examples
    --------
    >>> schema_name("Flight delay/EU", {"main"})
    'm_flight_delay_eu'
    """
    plain = _UNSAFE.sub("_", model.lower()).strip("_")[:_LONGEST_SCHEMA] or "model"
    return unique(f"m_{plain}", taken)


def feature_column(feature: str, type_name: str, taken: Collection[str]) -> str:
    """
    Make the name of a feature's column: ``f_`` and its name, in a namespace of its own.

    Parameters
    ----------
    feature : str
        Anything, also nothing.
    type_name : str
        Told apart by it where the feature already has a column of another type; else ``""``.
    taken : collection of str
        Column names in lower case.

    Examples
    --------
    >>> feature_column("ts", "", set()), feature_column("ts", "text", {"f_ts"})
    ('f_ts', 'f_ts~text')
    """
    # SQL text ends at a NUL
    plain = "f_" + feature.replace("\0", "␀")
    return unique(f"{plain}~{type_name}" if type_name else plain, taken)
