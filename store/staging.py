"""One load, collected before anything is stored: a piece in memory, the rest in its own table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import duckdb
import pyarrow as pa

from domain.errors import StoreError
from store.arrow_columns import EVENT_COLUMNS, event_columns, feature_column, type_of
from store.fingerprint import fingerprints
from store.identity import scoped
from store.registry import FeatureType

# What an event is: a prediction, a call without an answer, or only a label for an earlier one.
PREDICTION: Final = 2
UNANSWERED: Final = 1
LABEL_ONLY: Final = 0

# What is decided in memory: a load of 20,000 rows costs 0.3 s in SQL, half of it in statements.
_SMALL_ROWS: Final = 20_000
# Larger pieces cost DuckDB less per row (50,000 rows each: 4.5 us a row; 250,000: 2 us).
_PIECE_ROWS: Final = 250_000
_PIECE_BYTES: Final = 128 * 2**20

_FAILED: Final = "(status < 100 or status >= 500)"
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
        * exclude (high, low),
        case
            when kind = {prediction} and prediction_id is not null then {given}
            when kind > {label_only}
            then high::uhugeint * 18446744073709551616::uhugeint + low::uhugeint
        end as base,
        case
            when request_id is not null then {request}
            when prediction_id is not null then {given}
        end as call
    from (
        select
            *,
            case
                when prediction is not null or score is not null then {prediction}
                when ({any_feature}) and not coalesce({failed}, false) then {prediction}
                when ({any_feature}) or label is null
                    or latency_ms is not null or status is not null then {unanswered}
                else {label_only}
            end::tinyint as kind
        from events_in_flight
    )
"""
_EVENTS: Final = "events_in_flight"
_SQL_TYPES: Final = {
    pa.timestamp("us"): "timestamp",
    pa.string(): "varchar",
    pa.float64(): "double",
    pa.int32(): "integer",
}


@dataclass
class StagedModel:
    """
    The events of one model in this load.

    Parameters
    ----------
    table : str
        Name of the temporary table.
    features : dict of (feature, FeatureType) to str
        Columns for the features.
    columns : set of str
        Those that the temporary table has already.
    pieces : list of Table
        What is not in the temporary table yet.
    """

    table: str
    features: dict[tuple[str, FeatureType], str] = field(
        default_factory=dict[tuple[str, FeatureType], str]
    )
    columns: set[str] = field(default_factory=set[str])
    pieces: list[pa.Table] = field(default_factory=list[pa.Table])

    def place(self, name: str, kind: FeatureType) -> str:
        """Return the staged column of a feature of that type."""
        return self.features.setdefault((name, kind), f"x{len(self.features)}")

    def in_memory(self) -> pa.Table:
        """Return the rows of a load of which nothing is in the temporary table yet."""
        if len(self.pieces) == 1:
            return self.pieces[0]
        return pa.concat_tables(self.pieces, promote_options="default")


class Staging:
    """
    The batches of one load.

    Parameters
    ----------
    connection : DuckDBPyConnection
        Whose temporary tables are used; they go when it is closed.
    whole : bool, default=False
        Keep everything in memory: whoever adds the batches knows that they are small.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, *, whole: bool = False) -> None:
        self._connection = connection
        self._whole = whole
        self.models: dict[str, StagedModel] = {}
        # in memory, of all models
        self._rows = self._bytes = 0

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
        staged = self.models.setdefault(model, StagedModel(f"staged_{len(self.models)}"))
        columns = event_columns(model, events)
        for name, values in zip(features.column_names, features.columns, strict=True):
            kind = type_of(name, values)
            if kind is not None:
                columns[staged.place(name, kind)] = feature_column(kind, values)
        staged.pieces.append(pa.table(columns))
        self._rows += events.num_rows
        self._bytes += staged.pieces[-1].nbytes
        if not self._whole and (self._rows >= _PIECE_ROWS or self._bytes >= _PIECE_BYTES):
            self.finish()

    @property
    def is_small(self) -> bool:
        """Whether the load so far is better decided in memory."""
        waits = not any(staged.columns for staged in self.models.values())
        return waits and self._rows <= _SMALL_ROWS

    def finish(self) -> None:
        """Move what is left in memory to the temporary tables."""
        for staged in self.models.values():
            self._flush(staged)
        self._rows = self._bytes = 0

    def _flush(self, staged: StagedModel) -> None:
        if not staged.pieces:
            return
        piece = pa.concat_tables(staged.pieces, promote_options="default")
        staged.pieces.clear()
        self._shape(staged)
        named = [(name, piece.column(name)) for name in EVENT_COLUMNS]
        named += [
            (f"feature:{name}", piece.column(place))
            for (name, _), place in staged.features.items()
            if place in piece.column_names
        ]
        high, low = fingerprints(self._connection, named, piece.num_rows)
        piece = piece.append_column("high", pa.array(high)).append_column("low", pa.array(low))
        self._connection.register(_EVENTS, piece)
        self._connection.execute(_statement(staged, piece.column_names))
        self._connection.unregister(_EVENTS)

    def _shape(self, staged: StagedModel) -> None:
        if not staged.columns:
            columns = ", ".join(
                f"{name} {_SQL_TYPES[kind]}" for name, kind in EVENT_COLUMNS.items()
            )
            self._connection.execute(_CREATE.format(table=staged.table, columns=columns))
        for (_, kind), place in staged.features.items():
            if place not in staged.columns:
                self._connection.execute(
                    f"alter table {staged.table} add column {place} {kind.sql}"
                )
        staged.columns = set(staged.features.values()) | set(EVENT_COLUMNS)


def _statement(staged: StagedModel, columns: list[str]) -> str:
    features = [place for place in staged.features.values() if place in columns]
    return _ADD.format(
        table=staged.table,
        given=scoped("p", "prediction_id"),
        request=scoped("r", "request_id"),
        any_feature=" or ".join(f"{place} is not null" for place in features) or "false",
        failed=_FAILED,
        prediction=PREDICTION,
        unanswered=UNANSWERED,
        label_only=LABEL_ONLY,
    )
