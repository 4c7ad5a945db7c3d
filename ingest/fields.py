"""Columns into the fields of an event: the right type, or the reason why a row has none."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.cell_types import text_numbers
from ingest.values import (
    Mask,
    Values,
    canonical_json,
    holds,
    number_text,
    quote,
    without_negative_zero,
)

TEXT_LIMIT_BYTES: Final = 64 * 1024
_INT32: Final = 2**31


@dataclass(slots=True)
class Refusals:
    """
    Why rows are refused: the first reason counts.

    Parameters
    ----------
    reasons : dict of int to tuple of str and dict
        Reason and what its sentence needs, by row.
    """

    reasons: dict[int, tuple[str, dict[str, Any]]] = field(
        default_factory=dict[int, tuple[str, dict[str, Any]]]
    )

    def add(self, row: int, reason: str, **values: object) -> None:
        """Refuse one row, unless it is refused already."""
        self.reasons.setdefault(row, (reason, values))

    def add_where(
        self, wrong: Mask, reason: str, values: Values, name: str, expected: str = ""
    ) -> None:
        """Refuse the rows of a mask because of their value in one column."""
        if wrong.any():
            for row in np.flatnonzero(wrong):
                shown = values.describe(int(row))
                self.add(int(row), reason, field=name, value=shown, expected=expected)


def text_field(values: Values, name: str, refusals: Refusals, *, nested: bool = False) -> pa.Array:
    """
    Return a column as text: numbers in their canonical form, booleans as true and false.

    Parameters
    ----------
    values : Values
    name : str
        As messages call it.
    refusals : Refusals
        Takes the rows that hold a list or an object.
    nested : bool, default=False
        Keep those as JSON text instead.

    Returns
    -------
    pa.StringArray
        An empty text is missing.
    """
    texts: list[pa.Array] = []
    if values.text is not None:
        texts.append(unless_empty(values.text))
    if values.number is not None:
        texts.append(number_text(values.number))
    if values.flag is not None:
        texts.append(pc.if_else(values.flag, "true", "false"))
    if values.time is not None:
        texts.append(pc.cast(values.time, pa.string()))
    if values.nested is not None:
        if nested:
            texts.append(values.nested)
        else:
            refusals.add_where(holds(values.nested), "wrong_type", values, name, "a text")
    if not texts:
        return pa.nulls(values.length, pa.string())
    return texts[0] if len(texts) == 1 else pc.coalesce(*texts)


def unless_empty(texts: pa.Array) -> pa.Array:
    """Return texts with null for the empty ones."""
    empty = pc.equal(pc.binary_length(texts), 0)
    if not pc.any(empty).as_py():
        return texts
    return pc.if_else(empty, None, texts)


def number_field(values: Values, name: str, refusals: Refusals) -> pa.Array:
    """
    Return a column as numbers; a text that is a number counts as one.

    Parameters
    ----------
    values : Values
    name : str
    refusals : Refusals
        Takes the rows that hold something else.

    Returns
    -------
    pa.DoubleArray
    """
    numbers = [] if values.number is None else [values.number]
    if values.text is not None:
        texts = unless_empty(values.text)
        parsed = text_numbers(texts)
        parsed = pc.if_else(pc.is_nan(parsed), None, parsed)
        numbers.append(parsed)
        refusals.add_where(holds(texts) & ~holds(parsed), "wrong_type", values, name, "a number")
    for part in (values.flag, values.nested, values.time):
        if part is not None:
            refusals.add_where(holds(part), "wrong_type", values, name, "a number")
    if not numbers:
        return pa.nulls(values.length, pa.float64())
    return without_negative_zero(pc.coalesce(*numbers))


def latency_field(values: Values, name: str, refusals: Refusals) -> pa.Array:
    """Return durations in milliseconds; refuse negative and infinite ones."""
    numbers = number_field(values, name, refusals)
    array = _doubles(numbers)
    refusals.add_where(array < 0, "negative_latency", values, name)
    refusals.add_where(np.isposinf(array), "out_of_range", values, name, "finite")
    return numbers


def share_field(values: Values, name: str, refusals: Refusals) -> pa.Array:
    """Return shares; refuse what is not above 0 and at most 1."""
    numbers = number_field(values, name, refusals)
    array = _doubles(numbers)
    refusals.add_where((array <= 0) | (array > 1), "out_of_range", values, name, "in (0, 1]")
    return numbers


def status_field(values: Values, name: str, refusals: Refusals) -> pa.Array:
    """Return status codes; refuse fractions and what no code can be."""
    numbers = number_field(values, name, refusals)
    array = _doubles(numbers)
    odd = holds(numbers) & ((np.floor(array) != array) | ~np.isfinite(array))
    refusals.add_where(odd, "wrong_type", values, name, "a whole number")
    wide = holds(numbers) & (np.abs(array) >= _INT32)
    refusals.add_where(wide, "out_of_range", values, name, "a status code")
    missing = ~holds(numbers) | odd | wide
    return pa.array(np.where(missing, 0, array).astype(np.int32), mask=missing)


def _doubles(numbers: pa.Array) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.asarray(numbers.to_numpy(zero_copy_only=False), dtype=np.float64)


def tags_field(
    whole: Values, members: dict[str, Values], name: str, refusals: Refusals
) -> pa.Array:
    """
    Return tags as JSON objects of texts with sorted keys.

    Parameters
    ----------
    whole : Values
        The column itself: what is not an object, or an object as JSON text (CSV).
    members : dict of str to Values
        The columns of an object's members.
    name : str
    refusals : Refusals

    Returns
    -------
    pa.StringArray
        Null where there is no tag.
    """
    texts = {
        key: text_field(values, f"{name}.{key}", refusals, nested=True)
        for key, values in sorted(members.items())
    }
    spelled = _distinct(texts, whole.length)
    if whole.parts():
        spelled = pc.coalesce(spelled, _tags_from_text(whole, name, refusals))
    return spelled


def _distinct(texts: dict[str, pa.Array], length: int) -> pa.Array:
    """Write each combination of tags once: there are few of them, and many rows."""
    if not texts:
        return pa.nulls(length, pa.string())
    combined = np.zeros(length, dtype=np.int64)
    for column in texts.values():
        encoded = column.dictionary_encode()
        codes = np.asarray(encoded.indices.fill_null(-1), dtype=np.int64) + 1
        _, combined = np.unique(
            combined * (len(encoded.dictionary) + 1) + codes, return_inverse=True
        )
    _, first, place = np.unique(combined, return_index=True, return_inverse=True)
    written = [
        canonical_json(tags) if tags else None
        for tags in (_tags_of(texts, int(row)) for row in first)
    ]
    return pa.array(written, pa.string()).take(pa.array(place))


def _tags_of(texts: dict[str, pa.Array], row: int) -> dict[str, str]:
    return {key: column[row].as_py() for key, column in texts.items() if column[row].is_valid}


def _tags_from_text(whole: Values, name: str, refusals: Refusals) -> pa.Array:
    present = np.flatnonzero(whole.present())
    tags: list[str | None] = [None] * whole.length
    for row in present:
        value = whole.plain(int(row))
        if value == "":
            continue
        read = _read_tags(value)
        if read is None:
            shown = whole.describe(int(row))
            refusals.add(int(row), "wrong_type", field=name, value=shown, expected="an object")
        elif read:
            tags[int(row)] = canonical_json(read)
    return pa.array(tags, pa.string())


def _read_tags(value: object) -> dict[str, str] | None:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return None
    if not isinstance(value, dict):
        return None
    return {
        str(k): v if isinstance(v, str) else canonical_json(v)
        for k, v in value.items()
        if v is not None
    }


def refuse_long_texts(columns: dict[str, pa.Array], refusals: Refusals) -> None:
    """Refuse the rows that hold a text longer than `TEXT_LIMIT_BYTES`."""
    for name, column in columns.items():
        if not pa.types.is_string(column.type) or column.nbytes <= TEXT_LIMIT_BYTES:
            continue
        lengths = np.asarray(pc.binary_length(column).fill_null(0))
        for row in np.flatnonzero(lengths > TEXT_LIMIT_BYTES):
            refusals.add(int(row), "too_large", field=quote(name), value=TEXT_LIMIT_BYTES)
