from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.moments import from_microseconds, from_stored, to_microseconds, to_stored
from store.names import feature_column, quote_identifier, quote_text, schema_name, unique

# SQL text ends at a NUL: names with one are rewritten before they are quoted
NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)


@settings(max_examples=50, deadline=None)
@given(NAMES.filter(bool), NAMES)
def test_quoted_names_and_texts_come_back_from_sql_unchanged(name: str, text: str):
    with duckdb.connect() as connection:
        result = connection.execute(f"select {quote_text(text)} as {quote_identifier(name)}")

        assert [column[0] for column in result.description] == [name]
        assert result.fetchall() == [(text,)]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.one_of(NAMES, st.text("aAbBäÄ~2", max_size=3)), unique=True, max_size=12))
def test_any_features_can_be_columns_of_one_table(features: list[str]):
    columns: list[str] = []
    for feature in features:
        columns.append(feature_column(feature, "", {column.lower() for column in columns}))

    with duckdb.connect() as connection:
        parts = ", ".join(f"{quote_identifier(column)} integer" for column in ["id", *columns])
        connection.execute(f"create table t ({parts})")


@given(st.lists(NAMES, unique=True, max_size=8))
def test_schemas_are_plain_names_of_their_own(models: list[str]):
    taken = {"main", "temp"}
    for model in models:
        name = schema_name(model, taken)
        assert re.fullmatch(r"m_[a-z0-9_]{1,40}(~\d+)?", name)
        assert name not in taken
        taken.add(name)


@pytest.mark.parametrize(
    ("wanted", "taken", "given_name"),
    [
        ("f_age", set[str](), "f_age"),
        ("f_Age", {"f_age"}, "f_Age~2"),
        ("f_age", {"f_age", "f_age~2"}, "f_age~3"),
    ],
)
def test_a_name_that_is_taken_gets_the_next_number(wanted: str, taken: set[str], given_name: str):
    assert unique(wanted, taken) == given_name


@given(
    st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1)),  # noqa: DTZ001
    st.integers(-14, 14),
)
def test_a_moment_comes_back_from_storage_exactly(naive: datetime, hours: int):
    moment = naive.replace(tzinfo=timezone(timedelta(hours=hours)))

    assert from_stored(to_stored(moment)) == moment
    assert from_microseconds(to_microseconds(moment)) == moment
    assert to_stored(moment).tzinfo is None
    assert from_stored(to_stored(moment)).tzinfo is UTC
