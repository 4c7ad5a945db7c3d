"""What the Spark engine does here, without Spark: sorting, places of windows, what is not there."""

from __future__ import annotations

import sys
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.column import Column
from domain.errors import ConfigurationError, InputError, StoreError
from domain.profile import ColumnKind, SortedColumn
from domain.source import Source
from domain.window import Window
from store.engines import spark_session
from store.engines.spark_fields import Fields, literal
from store.engines.spark_values import _sorted
from store.engines.spark_windows import _runs, hull, place, thinned
from tests.store.made import START

COLUMN = Column("x", ColumnKind.NUMBER)
VALUES = st.sampled_from([-np.inf, -2.5, 0.0, 1.0, 3.25, 7.0, 9.5, np.inf, np.nan])


@given(st.lists(VALUES))
def test_counted_values_make_the_column_that_sorting_rows_makes(rows: list[float]):
    values, n = np.unique(np.array(rows), return_counts=True)

    found, wanted = _sorted(COLUMN, values, n), SortedColumn.from_values("x", np.array(rows))

    assert found.ordered.tolist() == wanted.ordered.tolist()
    assert (found.before is None) == (wanted.before is None)
    if found.before is not None and wanted.before is not None:
        assert found.before.tolist() == wanted.before.tolist()
    for name in ("n", "present", "missing", "below", "above", "n_distinct"):
        assert getattr(found, name) == getattr(wanted, name), name


def test_a_value_of_several_groups_is_one_value():
    found = _sorted(COLUMN, np.array([1.0, 1.0, 2.0]), np.array([3, 2, 4]))

    assert (found.values.tolist(), found.counts.tolist()) == ([1.0, 2.0], [5, 4])


def hours(first: int, n: int) -> list[Window]:
    return [
        Window(START + timedelta(hours=h), START + timedelta(hours=h + 1))
        for h in range(first, first + n)
    ]


def test_windows_without_a_gap_and_of_one_version_are_one_branch():
    year = hours(0, 8760)

    assert len(_runs(year, ["1"] * len(year))) == 1
    assert [run.first for run in _runs([*hours(0, 3), *hours(4, 2)], None)] == [0, 3]
    assert [run.first for run in _runs(hours(0, 4), ["1", "1", "2", "1"])] == [0, 2, 3]
    assert place([]) == "cast(null as int)"


def test_the_hull_of_windows_is_from_the_first_start_to_the_last_end():
    us = int(START.timestamp()) * 1_000_000

    assert hull(hours(5, 2), [], hours(1, 1)) == (us + 3_600_000_000, us + 7 * 3_600_000_000)
    assert hull([], []) == (0, 0)
    assert thinned(1.0) == "true"


@pytest.mark.parametrize(
    ("text", "quoted"), [("it's", "'it\\'s'"), ("a\\b", "'a\\\\b'"), ("日本", "'日本'")]
)
def test_texts_are_quoted_as_spark_reads_them(text: str, quoted: str):
    assert literal(text) == quoted


TYPES = {
    "scored_at": "timestamp",
    "amt": "double",
    "inputs.age": "int",
    "inputs.name": "string",
    "tags.role": "string",
    "day": "string",
    "__index_level_0__": "bigint",
    "label": "string",
}


def features(**more: object) -> dict[str, ColumnKind]:
    source = Source(engine="spark", path="lake", columns={"ts": "scored_at"}, **more)
    return {name: kind for name, (_, kind) in Fields(source, TYPES, ["day"]).features().items()}


def test_what_nothing_else_names_is_a_feature():
    number, category = ColumnKind.NUMBER, ColumnKind.CATEGORY

    assert features() == {"amt": number, "inputs.age": number, "inputs.name": category}
    assert features(features=("inputs.*",)) == {"age": number, "name": category}
    assert features(rename={"amt": "amount"}, exclude=("inputs.name",)) == {
        "amount": number,
        "inputs.age": number,
    }
    assert features(features=("amt", "day"), types={"amt": "text"}) == {
        "amt": category,
        "day": category,
    }


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"columns": {"ts": "scoredat"}}, "did you mean 'scored_at'"),
        ({}, "no column 'ts'"),
        ({"columns": {"ts": "scored_at", "score": "p"}}, "names as score"),
    ],
)
def test_a_column_that_is_not_there_is_named(more: dict[str, object], words: str):
    with pytest.raises(InputError, match=words):
        Fields(Source(engine="spark", path="lake", **more), TYPES, [])  # type: ignore[arg-type]


def test_two_columns_of_one_name_are_refused():
    with pytest.raises(InputError, match="both be the feature 'amt'"):
        features(rename={"inputs.age": "amt"})


def test_without_pyspark_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "pyspark", None)
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)

    with pytest.raises(ConfigurationError, match=r"pip install -r requirements-spark\.txt"):
        spark_session.start("local[1]", {})


class Py4JNetworkError(Exception):
    """As py4j has one."""


Py4JNetworkError.__module__ = "py4j.protocol"


@pytest.mark.parametrize(
    ("said", "kind", "words"),
    [
        (
            "[JAVA_GATEWAY_EXITED] Java gateway process exited\nbefore",
            ConfigurationError,
            "Java 17",
        ),
        ("[PATH_NOT_FOUND] Path does not exist", StoreError, "nothing at lake"),
        ("Connection refused", StoreError, "run again"),
        ("SparkContext was shut down", StoreError, "master and workers"),
        ("something\nelse", StoreError, "could not read lake: something else"),
    ],
)
def test_what_spark_says_becomes_one_line(said: str, kind: type[Exception], words: str):
    with pytest.raises(kind, match=words) as caught, spark_session.translated("lake"):
        raise Py4JNetworkError(said)

    assert "\n" not in str(caught.value)


def test_what_is_not_sparks_is_left_as_it_is():
    with pytest.raises(ZeroDivisionError), spark_session.translated("lake"):
        raise ZeroDivisionError
