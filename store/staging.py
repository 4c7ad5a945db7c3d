"""One load, collected in temporary tables before anything is stored: DuckDB spills them to disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import duckdb
import pyarrow as pa

from domain.errors import StoreError
from store.identity import canonical_record, scoped
from store.names import quote_identifier
from store.registry import FeatureType

_EVENT_TYPES: Final[dict[str, str]] = {
    "ts": "timestamp",
    "version": "varchar",
    "prediction_id": "varchar",
    "request_id": "varchar",
    "prediction": "varchar",
    "score": "double",
    "latency_ms": "double",
    "status": "integer",
    "replica": "varchar",
    "trace_id": "varchar",
    "tags": "varchar",
    "label": "varchar",
    "sampling_rate": "double",
}
_LABEL_TYPES: Final[dict[str, str]] = {
    "prediction_id": "varchar",
    "request_id": "varchar",
    "label": "varchar",
    "ts": "timestamp",
}

# What an event is: a prediction, a call without an answer, or only a label for an earlier one.
PREDICTION: Final = 2
UNANSWERED: Final = 1
LABEL_ONLY: Final = 0

FAILED: Final = "(status < 100 or status >= 500)"

_CREATE: Final = """
    create temp table {table} (
        {columns},
        kind tinyint,
        base uhugeint,
        call uhugeint
    )
"""
_ADD: Final = """
    insert into {table} by name
    select
        *,
        case
            when kind = 2 and prediction_id is not null then {given}
            when kind > 0 then {record}
        end as base,
        case
            when request_id is not null then {request}
            when prediction_id is not null then {given}
        end as call
    from (
        select
            *,
            case
                when prediction is not null or score is not null then 2
                when ({any_feature}) and not coalesce({failed}, false) then 2
                when ({any_feature}) or label is null
                    or latency_ms is not null or status is not null then 1
                else 0
            end::tinyint as kind
        from (
            select {fields}
            from {batch}
        )
    )
"""
_CREATE_LABELS: Final = """
    create temp table {table} (
        prediction_id varchar,
        request_id varchar,
        label varchar,
        ts timestamp
    )
"""
_ADD_LABELS: Final = """
    insert into {table} by name
    select {fields}
    from {batch}
"""
_BATCH: Final = "batch_in_flight"


@dataclass
class StagedModel:
    """
    The events of one model in this load.

    Parameters
    ----------
    table : str
        Name of the temporary table.
    features : dict of (feature, FeatureType) to str
        Its columns for the features.
    """

    table: str
    features: dict[tuple[str, FeatureType], str] = field(
        default_factory=dict[tuple[str, FeatureType], str]
    )


class Staging:
    """
    The batches of one load.

    Parameters
    ----------
    connection : DuckDBPyConnection
        Whose temporary tables are used; they go when it is closed.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self.models: dict[str, StagedModel] = {}

    def add(self, model: str, events: pa.Table, features: pa.Table) -> None:
        """
        Add a batch of one model's events.

        Raises
        ------
        StoreError
            If the tables differ in length, or a column's type is none of those kept.
        """
        if events.num_rows != features.num_rows:
            raise StoreError(
                f"a batch of {model!r} has {events.num_rows} events and {features.num_rows} rows "
                "of features; both tables need the same rows"
            )
        staged = self.models.get(model) or self._start(model)
        columns = {
            f"f{i}": (name, type_of(name, features.column(i)))
            for i, name in enumerate(features.column_names)
        }
        typed = {c: (name, kind) for c, (name, kind) in columns.items() if kind is not None}
        for name, kind in typed.values():
            if (name, kind) not in staged.features:
                self._widen(staged, name, kind)
        arrays = {f"f{i}": features.column(i) for i in range(features.num_columns)}
        batch = pa.table({**_fields(model, events, _EVENT_TYPES), **{c: arrays[c] for c in typed}})
        self._insert(staged, batch, typed)

    def _start(self, model: str) -> StagedModel:
        staged = self.models[model] = StagedModel(f"staged_{len(self.models)}")
        columns = ",\n        ".join(f"{name} {kind}" for name, kind in _EVENT_TYPES.items())
        self._connection.execute(_CREATE.format(table=staged.table, columns=columns))
        return staged

    def _widen(self, staged: StagedModel, name: str, kind: FeatureType) -> None:
        column = f"x{len(staged.features)}"
        self._connection.execute(f"alter table {staged.table} add column {column} {kind.sql}")
        staged.features[name, kind] = column

    def _insert(
        self, staged: StagedModel, batch: pa.Table, typed: Mapping[str, tuple[str, FeatureType]]
    ) -> None:
        places = {column: staged.features[pair] for column, pair in typed.items()}
        fields = [_field(name, kind, batch) for name, kind in _EVENT_TYPES.items()]
        fields += [
            f"{_cleaned(column, typed[column][1])} as {place}" for column, place in places.items()
        ]
        record = canonical_record([(*typed[column], place) for column, place in places.items()])
        sql = _ADD.format(
            table=staged.table,
            given=scoped("p", "prediction_id"),
            request=scoped("r", "request_id"),
            record=record,
            any_feature=" or ".join(f"{p} is not null" for p in places.values()) or "false",
            failed=FAILED,
            fields=",\n                ".join(fields),
            batch=_BATCH,
        )
        _run_over(self._connection, batch, sql)


def stage_labels(connection: duckdb.DuckDBPyConnection, table: str, batch: pa.Table) -> None:
    """
    Add a batch of labels to the temporary table `table`; `create_labels` made it.

    Raises
    ------
    StoreError
        If a time has no zone.
    """
    arrow = pa.table(_fields(table, batch, _LABEL_TYPES))
    fields = ", ".join(_field(name, kind, arrow) for name, kind in _LABEL_TYPES.items())
    _run_over(connection, arrow, _ADD_LABELS.format(table=table, fields=fields, batch=_BATCH))


def create_labels(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """Make an empty temporary table for labels."""
    connection.execute(_CREATE_LABELS.format(table=table))


def type_of(name: str, values: pa.ChunkedArray) -> FeatureType | None:
    """
    Return the type of a feature's column; None where it holds nothing.

    Raises
    ------
    StoreError
        If it is neither number, text nor boolean.
    """
    kind = values.type.value_type if pa.types.is_dictionary(values.type) else values.type
    if values.null_count == len(values) or pa.types.is_null(kind):
        return None
    if pa.types.is_boolean(kind):
        return FeatureType.FLAG
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return FeatureType.NUMBER
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return FeatureType.TEXT
    raise StoreError(
        f"feature {name!r} has type {kind}; numbers, text and booleans are kept, nested values "
        "as JSON text"
    )


def _fields(model: str, table: pa.Table, types: Mapping[str, str]) -> dict[str, pa.ChunkedArray]:
    fields = {name: table.column(name) for name in table.column_names if name in types}
    if "ts" in fields and not pa.types.is_null(fields["ts"].type):
        ts = fields["ts"]
        if not pa.types.is_timestamp(ts.type) or ts.type.tz is None:
            raise StoreError(f"the times of {model!r} are {ts.type}; pass timestamps with a zone")
        # drops the zone, keeps the UTC time
        fields["ts"] = ts.cast(pa.timestamp("us", tz="UTC"), safe=False).cast(pa.timestamp("us"))
    return fields


def _field(name: str, kind: str, batch: pa.Table) -> str:
    if name not in batch.column_names:
        return ("''" if name == "version" else f"null::{kind}") + f" as {name}"
    column = quote_identifier(name)
    if name == "version":
        return f"coalesce({column}::varchar, '') as version"
    if kind == "double":
        return f"{_cleaned(column, FeatureType.NUMBER)} as {name}"
    # an empty id is no id
    wanted = f"{column}::{kind}"
    return f"nullif({wanted}, '') as {name}" if name.endswith("_id") else f"{wanted} as {name}"


def _cleaned(column: str, kind: FeatureType) -> str:
    if kind is not FeatureType.NUMBER:
        return f"{column}::{kind.sql}"
    # NaN is how frames and files write a missing number
    return f"case when isnan({column}::double) then null else {column}::double end"


def _run_over(connection: duckdb.DuckDBPyConnection, batch: pa.Table, sql: str) -> None:
    connection.register(_BATCH, batch)
    try:
        connection.execute(sql)
    finally:
        connection.unregister(_BATCH)
