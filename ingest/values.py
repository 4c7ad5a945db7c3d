"""
The values of one column of a log, each with the type it was written with.

Every reader brings its columns into this one form, so what a value means is decided once,
whatever the format and whichever way it was parsed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Mask = NDArray[np.bool_]

# Up to here every integer is a double; a larger one is kept as text, so no digit is lost.
EXACT_INTEGER: Final = 2**53 - 1

_INTEGER_TEXT: Final = r"^[+-]?[0-9]+$"


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """
    One column: at each row at most one part holds something; a part without anything is None.

    Parameters
    ----------
    length : int
        Rows.
    number : pa.DoubleArray or None
        Never NaN (that is missing); may be infinite.
    text : pa.StringArray or None
        Also integers beyond `EXACT_INTEGER`.
    flag : pa.BooleanArray or None
    time : pa.TimestampArray or None
        In microseconds, of UTC or without a zone.
    nested : pa.StringArray or None
        Lists and objects as JSON text.
    """

    length: int
    number: pa.Array | None = None
    text: pa.Array | None = None
    flag: pa.Array | None = None
    time: pa.Array | None = None
    nested: pa.Array | None = None

    def __post_init__(self) -> None:
        for name, part in self.parts().items():
            if part.null_count == self.length:
                object.__setattr__(self, name, None)

    def parts(self) -> dict[str, pa.Array]:
        """Return the parts that hold something, by name."""
        named = {
            "number": self.number,
            "text": self.text,
            "flag": self.flag,
            "time": self.time,
            "nested": self.nested,
        }
        return {name: part for name, part in named.items() if part is not None}

    def present(self) -> Mask:
        """Return which rows hold something."""
        mask = np.zeros(self.length, dtype=np.bool_)
        for part in self.parts().values():
            mask |= holds(part)
        return mask

    def take(self, rows: pa.Array) -> Values:
        """Return the rows of some indices; a null index is a row that holds nothing."""
        picked = {name: part.take(rows) for name, part in self.parts().items()}
        return Values(len(rows), **picked)

    def joined(self, other: Values) -> Values:
        """Put two columns into one; where both hold something, this one counts."""
        free = None if not self.parts() else pa.array(~self.present())
        parts = self.parts()
        for name, part in other.parts().items():
            kept = part if free is None else pc.if_else(free, part, None)
            parts[name] = pc.coalesce(parts[name], kept) if name in parts else kept
        return Values(self.length, **parts)

    def head(self, n_rows: int) -> Values:
        """Return the first rows."""
        picked = {name: part.slice(0, n_rows) for name, part in self.parts().items()}
        return Values(min(self.length, n_rows), **picked)

    def describe(self, row: int) -> str:
        """Return one value as a message quotes it, cut short."""
        for name, part in self.parts().items():
            if part[row].is_valid:
                return quote(_shown(name, part[row]))
        return "missing"

    def plain(self, row: int) -> object:
        """Return one value as JSON holds it; None where there is none."""
        for name, part in self.parts().items():
            if part[row].is_valid:
                if name == "nested":
                    return json.loads(part[row].as_py())
                return iso_text(part)[row].as_py() if name == "time" else part[row].as_py()
        return None


def _shown(name: str, value: pa.Scalar) -> str:
    if name == "number":
        return str(number_text(pa.array([value.as_py()], pa.float64()))[0].as_py())
    if name == "time":
        return value.as_py().isoformat()
    return json.dumps(value.as_py(), ensure_ascii=False) if name == "text" else str(value.as_py())


def quote(text: str, limit: int = 80) -> str:
    """Return a text fit for one line of a message."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def holds(part: pa.Array) -> Mask:
    """Return which rows of an Arrow array are not null, as a numpy mask."""
    if part.null_count == 0:
        return np.ones(len(part), dtype=np.bool_)
    return np.asarray(part.is_valid())


def number_text(numbers: pa.Array) -> pa.Array:
    """
    Write numbers in one canonical form, so that 1 and 1.0 agree.

    Parameters
    ----------
    numbers : pa.DoubleArray

    Returns
    -------
    pa.StringArray
        Whole numbers below 2^53 without point and exponent, others in the shortest form that
        reads back as the same double.
    """
    array = np.asarray(numbers.fill_null(0.5), dtype=np.float64)
    whole = (np.floor(array) == array) & (np.abs(array) <= EXACT_INTEGER)
    shortest = pc.cast(numbers, pa.string())
    if not whole.any():
        return shortest
    integers = pa.array(np.where(whole, array, 0).astype(np.int64), mask=~whole)
    return pc.coalesce(pc.cast(integers, pa.string()), shortest)


def canonical_json(value: object) -> str:
    """Write a list or an object so that equal ones are equal texts."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def feature_form(values: Values) -> Values:
    """Return a column as features hold it: times and nested values become text, -0 becomes 0."""
    if values.number is not None:
        values = replace(values, number=without_negative_zero(values.number))
    if values.time is None and values.nested is None:
        return values
    texts = [part for part in (values.text, values.nested) if part is not None]
    if values.time is not None:
        texts.append(iso_text(values.time))
    return replace(values, text=pc.coalesce(*texts), time=None, nested=None)


def without_negative_zero(numbers: pa.Array) -> pa.Array:
    """Return numbers with 0 for -0: equal values have to be equal bytes for the same event."""
    return pc.add(numbers, 0.0)


def iso_text(times: pa.Array) -> pa.Array:
    """Write times as ISO 8601, with a fraction only where there is one."""
    written = pc.strftime(pc.cast(times, pa.timestamp("us")), format="%Y-%m-%dT%H:%M:%S")
    trimmed = pc.replace_substring_regex(written, pattern=r"\.?0+$", replacement="")
    return pc.binary_join_element_wise(trimmed, "Z" if times.type.tz else "", "")
