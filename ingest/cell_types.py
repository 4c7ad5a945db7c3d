"""What the cells of a text table are: numbers, booleans or text, decided once for a file."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.values import EXACT_INTEGER, Values, holds, number_text

# So many of the cells that hold something must be numbers for a column to be one of numbers;
# the others then keep their text, in rows of their own.
NUMBER_SHARE: Final = 0.9

# What programs write for a missing number. In a column of text they are what they are.
MISSING: Final = (
    "NA", "N/A", "na", "n/a", "NULL", "Null", "null", "None", "none", "NaT", "<NA>", "\\N", "-",
)  # fmt: skip

_NUMBER: Final = r"(?i)^\s*[+-]?(([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?|inf|infinity|nan)\s*$"
_INTEGER: Final = r"^\s*[+-]?[0-9]+\s*$"
_CODE: Final = r"^[+-]?0[0-9]"
_FLAG: Final = r"^(true|false|True|False|TRUE|FALSE)$"


@cache
def _missing() -> pa.Array:
    # the first array of a process makes pyarrow import pandas: not when this file is imported
    return pa.array(MISSING)


def _is_missing(texts: pa.Array) -> pa.Array:
    return pc.is_in(texts, _missing())


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
        trimmed = pc.utf8_trim_whitespace(pc.if_else(spelled, texts, None))
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
    present = present.filter(pc.invert(_is_missing(present)))
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
    numbers = _split(texts, text_numbers(pc.if_else(spelled, texts, None)))
    words = pc.if_else(spelled, None, texts)
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
        return rest if given is None else rest.joined(_numbers(given))
    if given is not None:
        read = _flags(given)
        digits = Values(values.length) if read.text is None else by_cell(read.text)
        rest = rest.joined(replace(read, text=None)).joined(digits)
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
    flags = pc.if_else(binary, pc.equal(values.number, 1.0), None)
    rest = pc.if_else(binary, None, values.number)
    return replace(values, number=rest).joined(Values(values.length, flag=flags))


def _numbers(texts: pa.Array) -> Values:
    try:
        return _split(texts, pc.cast(texts, pa.float64()))
    except pa.ArrowInvalid:
        present = pc.if_else(_is_missing(texts), None, texts)
        numbers = text_numbers(present)
        words = pc.if_else(pc.is_valid(numbers), None, present)
        split = _split(texts, numbers)
        rest = words if split.text is None else pc.coalesce(split.text, words)
        return Values(len(texts), number=split.number, text=rest)


def _split(texts: pa.Array, numbers: pa.Array) -> Values:
    """Keep as text the integers that a double cannot keep; NaN is missing."""
    array = np.asarray(numbers.to_numpy(zero_copy_only=False), dtype=np.float64)
    if numbers.null_count < np.count_nonzero(np.isnan(array)):
        numbers = pc.if_else(pc.is_nan(numbers), None, numbers)
    large = np.abs(array) > EXACT_INTEGER
    if not large.any():
        return Values(len(texts), number=numbers)
    wide = pc.and_(pc.fill_null(pc.match_substring_regex(texts, _INTEGER), False), pa.array(large))
    return Values(
        len(texts),
        number=pc.if_else(wide, None, numbers),
        text=pc.if_else(wide, texts, None),
    )


def _flags(texts: pa.Array) -> Values:
    spelled = pc.match_substring_regex(texts, _FLAG)
    flags = pc.equal(pc.utf8_lower(pc.if_else(spelled, texts, None)), "true")
    missing = _is_missing(texts)
    rest = pc.if_else(pc.or_(spelled, missing), None, texts)
    return Values(len(texts), flag=flags, text=rest)
