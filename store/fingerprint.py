"""
What makes an event itself: a number that does not depend on how it was written down.

Every field and feature that holds something gives 128 bits made of its name and its value; the
event's number is their sum. A sum has no order, and what holds nothing adds nothing: so the
order of columns, and columns added later, change no event. Numbers count as doubles, and a text
that is a number counts as that number, in everything but names: 3, 3.0 and "3" are the same. It
is no secret, and it never changes: stored ids depend on it.

Over arrays this costs 0.5 us for an event of 25 features and 7 fields; MD5 of the record written
out in SQL cost 7 us, most of it for writing numbers as text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Lane = NDArray[np.uint64]
# two independent halves of 64 bits
Lanes = tuple[Lane, Lane]

# A text without a point is exact as a double up to 15 digits; longer ones are ids, not numbers.
_HASHED: Final = r"""
    select
        md5_number_upper(value) as high,
        md5_number_lower(value) as low,
        case
            when (strlen(value) <= 15 or contains(value, '.'))
                and regexp_full_match(value, '[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?')
            then try_cast(value as double)
        end as number
    from texts_in_flight
"""
_TEXTS: Final = "texts_in_flight"
# these name something and are never numbers: version 1.0 is not version 1
_NAMES: Final = frozenset({"version", "prediction_id", "request_id", "replica", "trace_id", "tags"})


def fingerprints(
    connection: duckdb.DuckDBPyConnection,
    columns: Sequence[tuple[str, pa.ChunkedArray]],
    n_rows: int,
) -> Lanes:
    """
    Return the two halves of every row's number.

    Parameters
    ----------
    connection : DuckDBPyConnection
        Computes the MD5 of each distinct text.
    columns : sequence of (name, ChunkedArray)
        Doubles, integers, texts, booleans and times. The name tells a feature from a field; a
        feature of two types is there twice and holds something at most once.
    n_rows : int

    Returns
    -------
    high, low : ndarray of uint64, shape (n_rows,)
    """
    high, low = np.zeros(n_rows, np.uint64), np.zeros(n_rows, np.uint64)
    encoded: list[tuple[str, pa.DictionaryArray]] = []
    for name, column in columns:
        if column.null_count == n_rows:
            continue
        if pa.types.is_timestamp(column.type):
            lanes = _of_bits(name, column.cast(pa.int64()).to_numpy().view(np.uint64))
        elif pa.types.is_string(column.type) or pa.types.is_boolean(column.type):
            texts = column.cast(pa.string()).combine_chunks()
            encoded.append((name, texts.dictionary_encode()))
            continue
        else:
            lanes = _of_numbers(name, column.cast(pa.float64()).to_numpy())
        high += lanes[0]
        low += lanes[1]
    for lanes in _of_texts(connection, encoded):
        high += lanes[0]
        low += lanes[1]
    return high, low


def _of_numbers(name: str, values: NDArray[np.float64]) -> Lanes:
    # + 0.0 makes one zero of two
    high, low = _of_bits(name, (values + 0.0).view(np.uint64))
    empty = np.isnan(values)
    if empty.any():
        high[empty] = 0
        low[empty] = 0
    return high, low


def _of_texts(
    connection: duckdb.DuckDBPyConnection, encoded: Sequence[tuple[str, pa.DictionaryArray]]
) -> list[Lanes]:
    if not encoded:
        return []
    distinct = pa.concat_arrays([column.dictionary for _, column in encoded])
    connection.register(_TEXTS, pa.table({"value": distinct}))
    hashed = connection.execute(_HASHED).fetchnumpy()
    connection.unregister(_TEXTS)
    number = np.ma.filled(np.ma.asarray(hashed["number"], np.float64), np.nan)
    lanes: list[Lanes] = []
    start = 0
    for name, column in encoded:
        part = slice(start, start := start + len(column.dictionary))
        seeds = _seeds(name)
        high = _mixed(np.asarray(hashed["high"][part], np.uint64) ^ seeds[0])
        low = _mixed(np.asarray(hashed["low"][part], np.uint64) ^ seeds[1])
        as_number = _of_numbers(name, number[part])
        numeric = ~np.isnan(number[part]) & (name not in _NAMES)
        # behind the last text stands what holds nothing
        codes = column.indices.fill_null(len(column.dictionary)).to_numpy()
        lanes.append(
            (
                np.append(np.where(numeric, as_number[0], high), np.uint64(0))[codes],
                np.append(np.where(numeric, as_number[1], low), np.uint64(0))[codes],
            )
        )
    return lanes


def _of_bits(name: str, bits: Lane) -> Lanes:
    seeds = _seeds(name)
    high = _mixed(bits ^ seeds[0])
    return high, _mixed(high ^ seeds[1])


def _seeds(name: str) -> tuple[np.uint64, np.uint64]:
    digest = hashlib.blake2b(name.encode(), digest_size=16).digest()
    return np.uint64(int.from_bytes(digest[:8])), np.uint64(int.from_bytes(digest[8:]))


def _mixed(bits: Lane) -> Lane:
    # finaliser of SplitMix64 (Steele, Lea, Flood 2014): every bit of a value moves every bit
    mixed = bits + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
