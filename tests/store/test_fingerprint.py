from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.fingerprint import fingerprints
from store.store import Store
from tests.store.made import at, batch, event

M = 2**64


def mixed(bits: int) -> int:
    """SplitMix64's finaliser as its authors write it, on Python's integers."""
    z = (bits + 0x9E3779B97F4A7C15) % M
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % M
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB % M
    return z ^ (z >> 31)


def of_value(name: str, value: object) -> tuple[int, int]:
    digest = hashlib.blake2b(name.encode(), digest_size=16).digest()
    first, second = (int.from_bytes(part) for part in (digest[:8], digest[8:]))
    if isinstance(value, str):
        text = hashlib.md5(value.encode()).digest()
        high, low = struct.unpack("<QQ", text)
        return mixed(high ^ first), mixed(low ^ second)
    bits = value if isinstance(value, int) else struct.unpack("<Q", struct.pack("<d", value))[0]
    high = mixed(bits ^ first)
    return high, mixed(high ^ second)


def of_event(values: Mapping[str, object]) -> int:
    lanes = [of_value(name, value) for name, value in values.items()]
    return (sum(h for h, _ in lanes) % M << 64) + sum(low for _, low in lanes) % M


def test_an_events_id_is_the_published_sum_and_may_never_change(store: Store):
    features = {
        "count": 3,
        "航空": "UA",
        "winter": True,
        "code": "3.50",
        "zip": "A 7",
        "no": None,
    }
    store.load([batch([event(1, score=0.5, version="2", status=200, features=features)])], "f")

    wanted = of_event(
        {
            "ts": int(at(1).timestamp()) * 1_000_000,
            "score": 0.5,
            "version": "2",
            "status": 200.0,
            "feature:count": 3.0,
            "feature:航空": "UA",
            "feature:winter": "true",
            "feature:code": 3.5,
            "feature:zip": "A 7",
        }
    )
    [found] = store.sql("select id::varchar as id from m_m.predictions").to_pylist()
    assert int(found["id"]) == wanted


def lanes_of(*columns: tuple[str, list[object], pa.DataType]) -> list[tuple[int, int]]:
    with duckdb.connect() as connection:
        arrays = [(name, pa.chunked_array([pa.array(v, kind)])) for name, v, kind in columns]
        high, low = fingerprints(connection, arrays, len(columns[0][1]))
    return list(zip(high.tolist(), low.tolist(), strict=True))


@pytest.mark.parametrize(
    ("text", "number"),
    [("3", 3.0), ("-3.0", -3.0), ("+3.", 3.0), ("1e3", 1000.0), ("0.1", 0.1), ("-0", 0.0)],
)
def test_a_text_that_is_a_number_counts_as_it(text: str, number: float):
    assert lanes_of(("a", [text], pa.string())) == lanes_of(("a", [number], pa.float64()))


NO_NUMBERS = ["", " 3", "3 ", "1_000", "0x10", "nan", "inf", "1e", ".", "\uff13", "9" * 17]


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_any_other_text_is_a_text(text: str):
    high, low = of_value("a", text)

    assert lanes_of(("a", [text], pa.string())) == [(high, low)]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(allow_nan=False), min_size=2, max_size=20, unique_by=lambda x: x + 0.0))
def test_different_numbers_differ(numbers: list[float]):
    assert len(set(lanes_of(("a", numbers, pa.float64())))) == len(numbers)


def test_a_value_under_another_name_differs_and_nothing_adds_nothing():
    a = ("a", [1.0, None, None], pa.float64())
    b = ("b", [None, 1.0, None], pa.float64())
    c = ("c", [None, None, None], pa.string())

    first, second, empty = lanes_of(a, b, c)

    assert first != second
    assert empty == (0, 0)
    assert lanes_of(c, b, a) == [first, second, empty]


def test_similar_events_stay_apart():
    n = 200_000
    with duckdb.connect() as connection:
        grid = np.arange(n)
        columns = [
            ("x", pa.chunked_array([pa.array((grid % 1000).astype(float))])),
            ("y", pa.chunked_array([pa.array((grid // 1000).astype(float))])),
        ]
        high, low = fingerprints(connection, columns, n)

    assert len(np.unique(high)) == len(np.unique(low)) == n
