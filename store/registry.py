"""Which models and features there are, where they are kept, and the views that span them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import duckdb

from domain.errors import UnknownNameError
from store.names import feature_column, quote_identifier, quote_text, schema_name

_MODELS = """
    select model, schema_name
    from models
    order by model
"""
_SCHEMAS = "select lower(schema_name) from information_schema.schemata"
_ADD_MODEL = """
    insert into models
    values ($model, $schema_name, false, false, true, false, [])
"""
_FEATURES = """
    select feature, type, column_name
    from features
    where model = $model
    order by position
"""
_ADD_FEATURE = """
    insert into features
    values ($model, $feature, $type, $column_name, $position)
"""
_MODEL_TABLES = """
    create schema {schema};

    -- one row per served row with its answer
    create table {schema}.predictions (
        id uhugeint not null,
        ts timestamp not null,
        version varchar not null,
        prediction_id varchar,
        request_id varchar,
        prediction varchar,
        score double,
        replica varchar,
        tags varchar
    );

    -- rows of calls that have no answer: failed ones, and calls logged without their rows
    create table {schema}.unanswered (
        id uhugeint not null,
        ts timestamp not null,
        version varchar not null,
        prediction_id varchar,
        request_id varchar,
        replica varchar,
        tags varchar,
        features varchar
    );

    create table {schema}.calls (
        id uhugeint not null,
        ts timestamp not null,
        version varchar not null,
        request_id varchar,
        latency_ms double,
        status integer,
        replica varchar,
        trace_id varchar,
        sampling_rate double,
        rows bigint not null
    );

    -- told of one event, of every prediction with an id, or of every prediction of a request
    create table {schema}.labels (
        id uhugeint not null,
        event_id uhugeint,
        prediction_id varchar,
        request_id varchar,
        label varchar not null,
        ts timestamp
    );
"""
_SPANNING = ("predictions", "calls", "labels")
HIDDEN = {"predictions": "id", "calls": "id", "labels": "id, event_id"}
# without a model the views still have their columns
_EMPTY = {
    "predictions": (
        "null::varchar as model, null::timestamp as ts, null::varchar as version, "
        "null::varchar as prediction_id, null::varchar as request_id, "
        "null::varchar as prediction, null::double as score, null::varchar as replica, "
        "null::varchar as tags"
    ),
    "calls": (
        "null::varchar as model, null::timestamp as ts, null::varchar as version, "
        "null::varchar as request_id, null::double as latency_ms, null::integer as status, "
        "null::varchar as replica, null::varchar as trace_id, null::double as sampling_rate, "
        "null::bigint as rows"
    ),
    "labels": (
        "null::varchar as model, null::varchar as prediction_id, null::varchar as request_id, "
        "null::varchar as label, null::timestamp as ts"
    ),
}


class FeatureType(StrEnum):
    """The type of a feature's column."""

    NUMBER = "number"
    TEXT = "text"
    FLAG = "flag"

    @property
    def sql(self) -> str:
        """The column's type in SQL."""
        return {"number": "double", "text": "varchar", "flag": "boolean"}[self.value]


@dataclass(frozen=True, slots=True)
class ModelTables:
    """Where a model's rows are: ``predictions``, ``unanswered``, ``calls`` and ``labels``."""

    model: str
    schema: str

    def table(self, name: str) -> str:
        """Return the quoted name of one of the tables."""
        return f"{quote_identifier(self.schema)}.{name}"


@dataclass
class Features:
    """
    The columns of a model's features, in the order in which they were first seen.

    Parameters
    ----------
    columns : dict of (feature, FeatureType) to str
        Column names; a feature with two types is there twice.
    """

    columns: dict[tuple[str, FeatureType], str] = field(
        default_factory=dict[tuple[str, FeatureType], str]
    )

    def types_of(self, feature: str) -> tuple[FeatureType, ...]:
        """Return the types a feature was seen with, the first one first."""
        return tuple(kind for name, kind in self.columns if name == feature)

    def names(self) -> tuple[str, ...]:
        """Return the features in the order in which they were first seen."""
        return tuple(dict.fromkeys(name for name, _ in self.columns))

    def conflicts(self) -> dict[str, tuple[FeatureType, ...]]:
        """Return the features that were seen with more than one type."""
        seen = {name: self.types_of(name) for name in self.names()}
        return {name: types for name, types in seen.items() if len(types) > 1}

    def assign(self, feature: str, kind: FeatureType) -> str:
        """Choose a column name for a feature of a type it was not seen with."""
        suffix = kind.value if self.types_of(feature) else ""
        taken = {column.lower() for column in self.columns.values()}
        self.columns[feature, kind] = feature_column(feature, suffix, taken)
        return self.columns[feature, kind]


def all_models(connection: duckdb.DuckDBPyConnection) -> dict[str, ModelTables]:
    """Return every model, by name."""
    return {m: ModelTables(m, s) for m, s in connection.execute(_MODELS).fetchall()}


def find_model(connection: duckdb.DuckDBPyConnection, model: str) -> ModelTables:
    """
    Return a model's tables.

    Raises
    ------
    UnknownNameError
        If there is no such model.
    """
    known = all_models(connection)
    if model not in known:
        raise UnknownNameError.nearest("model", model, known)
    return known[model]


def ensure_model(connection: duckdb.DuckDBPyConnection, model: str) -> ModelTables:
    """Return a model's tables; make them where there are none yet."""
    known = all_models(connection)
    if model in known:
        return known[model]
    taken = {name for (name,) in connection.execute(_SCHEMAS).fetchall()}
    tables = ModelTables(model, schema_name(model, taken))
    connection.execute(_MODEL_TABLES.format(schema=quote_identifier(tables.schema)))
    connection.execute(_ADD_MODEL, {"model": model, "schema_name": tables.schema})
    refresh_views(connection)
    return tables


def features_of(connection: duckdb.DuckDBPyConnection, model: str) -> Features:
    """Return the columns of a model's features."""
    rows = connection.execute(_FEATURES, {"model": model}).fetchall()
    return Features({(name, FeatureType(kind)): column for name, kind, column in rows})


def ensure_features(
    connection: duckdb.DuckDBPyConnection,
    tables: ModelTables,
    wanted: list[tuple[str, FeatureType]],
) -> Features:
    """
    Return the columns of a model's features; add the wanted ones that are missing.

    Parameters
    ----------
    connection : DuckDBPyConnection
        In a write transaction.
    tables : ModelTables
    wanted : list of (feature, FeatureType)
    """
    features = features_of(connection, tables.model)
    missing = [pair for pair in wanted if pair not in features.columns]
    for feature, kind in missing:
        position = len(features.columns)
        column = features.assign(feature, kind)
        connection.execute(
            f"alter table {tables.table('predictions')} "
            f"add column {quote_identifier(column)} {kind.sql}"
        )
        connection.execute(
            _ADD_FEATURE,
            {
                "model": tables.model,
                "feature": feature,
                "type": kind.value,
                "column_name": column,
                "position": position,
            },
        )
    if missing:
        refresh_views(connection)
    return features


def refresh_views(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the views over all models anew: DuckDB fixes a view's columns when it is made."""
    models = all_models(connection).values()
    for name in _SPANNING:
        parts = [f"select {_EMPTY[name]} where false"]
        parts += [
            f"select {quote_text(tables.model)} as model, * exclude ({HIDDEN[name]}) "
            f"from {tables.table(name)}"
            for tables in models
        ]
        connection.execute(
            f"create or replace view main.{name} as\n" + "\nunion all by name\n".join(parts)
        )
