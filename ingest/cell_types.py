"""What the cells of a text table are: numbers, booleans or text, decided once for a file."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.values import EXACT_INTEGER, Values, holds, number_text

# So many of the cells that hold something must be numbers for a column to be one of numbers;
# the others then keep their text, in rows of their own.
NUMBER_SHARE: Final = 0.9

# What programs write for a missing number. In a column of text they are what they are.
MISSING: Final = pa.array(
    ["NA", "N/A", "na", "n/a", "NULL", "Null", "null", "None", "none", "NaT", "<NA>", "\\N", "-"]
)

_NUMBER: Final = r"(?i)^\s*[+-]?(([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?|inf|infinity|nan)\s*$"
_INTEGER: Final = r"^\s*[+-]?[0-9]+\s*$"
_CODE: Final = r"^[+-]?0[0-9]"
_FLAG: Final = r"^(true|false|True|False|TRUE|FALSE)$"

_NO_TEXT: Final = pa.scalar(None, pa.string())
_NO_NUMBER: Final = pa.scalar(None, pa.float64())


def text_numbers(texts: pa.Array) -> pa.Array:
    """
    Return the numbers that texts spell.

    Parameters
    ----------
    texts : pa.StringArray

    Returns
    -------
    pa.DoubleArray
        NaN where a text spells it; null where it spells no number.
    """
    try:
        return pc.cast(texts, pa.float64())
    except pa.ArrowInvalid:
        spelled = pc.match_substring_regex(texts, _NUMBER)
        trimmed = pc.utf8_trim_whitespace(pc.if_else(spelled, texts, _NO_TEXT))
        return pc.cast(trimmed, pa.float64())


def decide(texts: pa.Array) -> str | None:
    """
    Decide what a column is from its first cells.

    Parameters
    ----------
    texts : pa.StringArray
        Null where a cell is empty.

    Returns
    -------
    {"number", "flag", "text"} or None
        None where all cells are empty. Codes with leading zeros are text.
    """
    present = texts.drop_null()
    present = present.filter(pc.invert(pc.is_in(present, MISSING)))
    if not len(present):
        return None if texts.null_count == len(texts) else "text"
    if pc.all(pc.match_substring_regex(present, _FLAG)).as_py():
        return "flag"
    numbers = int(holds(text_numbers(present)).sum())
    if numbers < NUMBER_SHARE * len(present):
        return "text"
    return "text" if pc.any(pc.match_substring_regex(present, _CODE)).as_py() else "number"


def typed(texts: pa.Array, kind: str | None) -> Values:
    """
    Read the cells of a column.

    Parameters
    ----------
    texts : pa.StringArray
        Null where a cell is empty.
    kind : {"number", "flag", "text"} or None

    Returns
    -------
    Values
        A cell that is not of the kind keeps its text.
    """
    if kind == "number":
        return _numbers(texts)
    return _flags(texts) if kind == "flag" else Values(len(texts), text=texts)


def by_cell(texts: pa.Array) -> Values:
    """Read each cell that is a number as one, and the others as text; codes stay text."""
    spelled = pc.match_substring_regex(texts, _NUMBER)
    if not pc.any(spelled).as_py():
        return Values(len(texts), text=texts)
    spelled = pc.and_(spelled, pc.invert(pc.match_substring_regex(texts, _CODE)))
    numbers = _split(texts, text_numbers(pc.if_else(spelled, texts, _NO_TEXT)))
    words = pc.if_else(spelled, _NO_TEXT, texts)
    rest = words if numbers.text is None else pc.coalesce(numbers.text, words)
    return Values(len(texts), number=numbers.number, text=rest)


def as_type(values: Values, kind: str) -> Values:
    """
    Give a column the type that the mapping says it has.

    Parameters
    ----------
    values : Values
    kind : {"number", "text", "bool"}

    Returns
    -------
    Values
        A value that cannot be had as that keeps its own type.
    """
    if kind == "text":
        return _all_text(values)
    given, rest = values.text, replace(values, text=None)
    if kind == "number":
        return rest if given is None else _merged(rest, _numbers(given))
    if given is not None:
        read = _flags(given)
        digits = Values(values.length) if read.text is None else by_cell(read.text)
        rest = _merged(rest, _merged(replace(read, text=None), digits))
    return _binary(rest)


def _all_text(values: Values) -> Values:
    texts = [] if values.text is None else [values.text]
    if values.number is not None:
        texts.append(number_text(values.number))
    if values.flag is not None:
        texts.append(pc.if_else(values.flag, "true", "false"))
    return Values(values.length, text=pc.coalesce(*texts) if texts else None)


def _binary(values: Values) -> Values:
    """Read the numbers 0 and 1 as booleans."""
    if values.number is None:
        return values
    binary = pc.is_in(values.number, pa.array([0.0, 1.0]))
    flags = pc.if_else(binary, pc.equal(values.number, 1.0), pa.scalar(None, pa.bool_()))
    rest = pc.if_else(binary, _NO_NUMBER, values.number)
    return _merged(replace(values, number=rest), Values(values.length, flag=flags))


def _merged(first: Values, second: Values) -> Values:
    """Put two columns into one, of which at each row at most one holds something."""
    parts = first.parts()
    for kind, part in second.parts().items():
        parts[kind] = pc.coalesce(parts[kind], part) if kind in parts else part
    return Values(first.length, **parts)


def _numbers(texts: pa.Array) -> Values:
    try:
        return _split(texts, pc.cast(texts, pa.float64()))
    except pa.ArrowInvalid:
        present = pc.if_else(pc.is_in(texts, MISSING), _NO_TEXT, texts)
        numbers = text_numbers(present)
        words = pc.if_else(pc.is_valid(numbers), _NO_TEXT, present)
        split = _split(texts, numbers)
        rest = words if split.text is None else pc.coalesce(split.text, words)
        return Values(len(texts), number=split.number, text=rest)


def _split(texts: pa.Array, numbers: pa.Array) -> Values:
    """Keep as text the integers that a double cannot keep; NaN is missing."""
    array = np.asarray(numbers.to_numpy(zero_copy_only=False), dtype=np.float64)
    if numbers.null_count < np.count_nonzero(np.isnan(array)):
        numbers = pc.if_else(pc.is_nan(numbers), _NO_NUMBER, numbers)
    large = np.abs(array) > EXACT_INTEGER
    if not large.any():
        return Values(len(texts), number=numbers)
    wide = pc.and_(pc.fill_null(pc.match_substring_regex(texts, _INTEGER), False), pa.array(large))
    return Values(
        len(texts),
        number=pc.if_else(wide, _NO_NUMBER, numbers),
        text=pc.if_else(wide, texts, _NO_TEXT),
    )


def _flags(texts: pa.Array) -> Values:
    spelled = pc.match_substring_regex(texts, _FLAG)
    flags = pc.equal(pc.utf8_lower(pc.if_else(spelled, texts, _NO_TEXT)), "true")
    missing = pc.is_in(texts, MISSING)
    rest = pc.if_else(pc.or_(spelled, missing), _NO_TEXT, texts)
    return Values(len(texts), flag=flags, text=rest)
