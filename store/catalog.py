"""What the store holds: models, their deployments, columns and spans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from domain.column import Column
from domain.errors import UnknownNameError
from domain.profile import ColumnKind, ColumnRole
from domain.window import Window
from store.moments import from_microseconds, from_stored
from store.names import quote_identifier
from store.registry import Features, FeatureType
from store.relations import Relations

_DEPLOYMENTS = """
    with served as (
        select version, min(ts) as first, max(ts) as last, count(*) as predictions
        from {predictions}
        group by version
    ),
    called as (
        select version, min(ts) as first, max(ts) as last, count(*) as calls
        from {calls}
        group by version
    )
    select
        version,
        least(served.first, called.first),
        greatest(served.last, called.last),
        coalesce(predictions, 0),
        coalesce(calls, 0)
    from served
    full join called using (version)
    order by version
"""
_SPAN = """
    select epoch_us(min(first)), epoch_us(max(last))
    from (
        select min(ts) as first, max(ts) as last from {predictions}
        union all
        select min(ts) as first, max(ts) as last from {calls}
    )
"""


@dataclass(frozen=True, slots=True)
class DeploymentInfo:
    """
    What the store holds of one version of a model.

    Parameters
    ----------
    version : str
        ``""`` where the logs carry none.
    first, last : datetime
        Time of its first and last event.
    predictions, calls : int
    """

    version: str
    first: datetime
    last: datetime
    predictions: int
    calls: int


def deployments(
    connection: duckdb.DuckDBPyConnection, logs: Relations
) -> tuple[DeploymentInfo, ...]:
    """Return the versions of a model, in alphabetical order."""
    sql = _DEPLOYMENTS.format(predictions=logs.predictions, calls=logs.calls)
    return tuple(
        DeploymentInfo(version, from_stored(first), from_stored(last), predictions, calls)
        for version, first, last, predictions, calls in connection.execute(sql).fetchall()
    )


def columns(logs: Relations) -> tuple[Column, ...]:
    """Return the features in the order they were first seen, then the outputs there are."""
    features = logs.features
    found = [Column(name, _kind(features, name)) for name in features.names()]
    found += [Column(name, kind, ColumnRole(name)) for name, kind in logs.outputs.items()]
    return tuple(found)


def data_span(connection: duckdb.DuckDBPyConnection, logs: Relations) -> Window | None:
    """Return the span from the first event to just behind the last; None without any."""
    sql = _SPAN.format(predictions=logs.predictions, calls=logs.calls)
    first, last = connection.execute(sql).fetchall()[0]
    if first is None:
        return None
    return Window(from_microseconds(first), from_microseconds(last + 1))


def first_values(
    connection: duckdb.DuckDBPyConnection, logs: Relations, columns: Sequence[Column]
) -> dict[Column, datetime | None]:
    """Return when each column was first seen with a value; None for one that never had any."""
    if not columns:
        return {}
    features = logs.features
    parts = [
        f"epoch_us(min(ts) filter (({column_value(features, column)}) is not null))"
        for column in columns
    ]
    table = logs.predictions
    found = connection.execute(f"select {', '.join(parts)} from {table}").fetchall()[0]
    return {
        column: None if first is None else from_microseconds(first)
        for column, first in zip(columns, found, strict=True)
    }


def column_value(features: Features, column: Column) -> str:
    """
    Return the SQL of a column's value, as double or as text.

    Parameters
    ----------
    features : Features
        Of the model.
    column : Column

    A feature seen with several types is compared as the kind it had first: a text that is no
    number counts as missing in a numeric column, a number as its text in a categorical one.

    Raises
    ------
    UnknownNameError
        If the model has no such column.
    """
    if column.role is not ColumnRole.FEATURE:
        return _output_value(column)
    types = features.types_of(column.name)
    if not types:
        raise UnknownNameError.nearest("column", column.name, features.names())
    parts = [
        _converted(quote_identifier(features.columns[column.name, kind]), kind, column.kind)
        for kind in types
    ]
    return parts[0] if len(parts) == 1 else f"coalesce({', '.join(parts)})"


def _output_value(column: Column) -> str:
    if column.role is ColumnRole.SCORE:
        return _converted("score", FeatureType.NUMBER, column.kind)
    if column.role is ColumnRole.PREDICTION:
        return _converted("prediction", FeatureType.TEXT, column.kind)
    raise UnknownNameError.nearest("column", column.name, ("prediction", "score"))


def _kind(features: Features, name: str) -> ColumnKind:
    first = features.types_of(name)[0]
    return ColumnKind.NUMBER if first is FeatureType.NUMBER else ColumnKind.CATEGORY


def _converted(column: str, kind: FeatureType, wanted: ColumnKind) -> str:
    if wanted is ColumnKind.NUMBER:
        return column if kind is FeatureType.NUMBER else f"try_cast({column} as double)"
    if kind is FeatureType.NUMBER:
        whole = f"{column} = trunc({column}) and abs({column}) < 1e15"
        return f"case when {whole} then {column}::bigint::varchar else {column}::varchar end"
    return column if kind is FeatureType.TEXT else f"{column}::varchar"
