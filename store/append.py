"""A staged load becomes stored rows: all of it or nothing, and nothing twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import duckdb
import pyarrow as pa

from store.call_rows import add_calls
from store.database import Database
from store.identity import repeated
from store.label_rows import add_inline_labels, add_labels, stage_labels
from store.names import quote_identifier, quote_text
from store.outputs import note_outputs
from store.registry import FeatureType, ModelTables, ensure_features, ensure_model
from store.staging import StagedModel, Staging
from store.stale_hours import MarkedHours, mark_stale

# A sender that tries again may stamp the same id anew: ids are looked for this much around the
# batch's own span. A store is never searched as a whole: its time map keeps the search cheap.
SLACK: Final = "interval 1 hour"

_REPEATED = """
    create or replace temp table repeated as
    select
        r,
        case when given then null else {ordinal_id} end as id
    from (
        select
            rowid as r,
            base,
            kind = 2 and prediction_id is not null as given,
            row_number() over (partition by base order by rowid) as n
        from {staged}
        where base in (
            select base
            from {staged}
            where kind > 0
            group by base
            having count(*) > 1
        )
    )
    where n > 1
"""
# `known` events are stored already; `id` is the event's own unless it is staged as `base`
_ODD = """
    create or replace temp table odd as
    with span as (
        select min(ts) - {slack} as low, max(ts) + {slack} as high
        from {staged}
        where kind > 0
    ),
    stored as (
        select id
        from {predictions}
        where ts between (select low from span) and (select high from span)
        union all
        select id
        from {unanswered}
        where ts between (select low from span) and (select high from span)
    ),
    known as (
        select s.rowid as r, coalesce(repeated.id, s.base) as id
        from {staged} as s
        left join repeated on repeated.r = s.rowid
        where s.kind > 0
          and (repeated.r is null or repeated.id is not null)
          and coalesce(repeated.id, s.base) in (select id from stored)
    )
    select r, id, true as known
    from known
    union all
    select r, id, id is null as known
    from repeated
    where r not in (select r from known)
"""
_FRESH = """
    create or replace temp view fresh as
    select s.*, s.rowid as r, coalesce(odd.id, s.base) as id
    from {staged} as s
    left join odd on odd.r = s.rowid
    where s.kind > 0
      and (odd.r is null or not odd.known)
"""
_ADD_PREDICTIONS = """
    insert into {predictions} by name
    select
        id, ts, version, prediction_id, request_id, prediction, score, replica, tags{features}
    from fresh
    where kind = 2
    order by ts
"""
_ADD_UNANSWERED = """
    insert into {unanswered} by name
    select
        id, ts, version, prediction_id, request_id, replica, tags, {features} as features
    from fresh
    where kind = 1
    order by ts
"""
_TALLY = """
    select count(*), count(*) filter (kind = 1), count(label)
    from {staged}
"""
_COUNT_SOURCE = """
    update sources
    set predictions = predictions + $predictions,
        calls = calls + $calls,
        labels = labels + $labels,
        duplicates = duplicates + $duplicates
    where source = $source
"""
_ADD_SOURCE = """
    insert into sources
    values ($source, $predictions, $calls, $labels, $duplicates)
"""
_SOURCES = """
    select source, predictions, calls, labels, duplicates
    from sources
    order by source
"""


@dataclass(frozen=True, slots=True)
class LoadCounts:
    """
    What a load newly stored.

    Parameters
    ----------
    predictions, calls, labels : int
        New rows of each.
    duplicates : int
        Events and labels that brought nothing new.
    """

    predictions: int = 0
    calls: int = 0
    labels: int = 0
    duplicates: int = 0

    def __add__(self, other: LoadCounts) -> LoadCounts:
        return LoadCounts(
            self.predictions + other.predictions,
            self.calls + other.calls,
            self.labels + other.labels,
            self.duplicates + other.duplicates,
        )


def load_events(
    database: Database, batches: Iterable[tuple[str, pa.Table, pa.Table]], source: str
) -> LoadCounts:
    """
    Store one load's events, all or nothing.

    Parameters
    ----------
    database : Database
    batches : iterable of (model, events, features)
    source : str
        Counted under this name.
    """
    with database.cursor() as connection:
        staging = Staging(connection)
        for model, events, features in batches:
            with database.guarded():
                staging.add(model, events, features)
        with database.guarded():
            staging.finish()
        with database.writing(connection):
            counts = sum(
                (
                    _merge(connection, model, staged, database.marked)
                    for model, staged in staging.models.items()
                ),
                LoadCounts(),
            )
            _note_source(connection, source, counts)
    return counts


def load_labels(
    database: Database, batches: Iterable[tuple[str, pa.Table]], source: str
) -> LoadCounts:
    """
    Store one load's labels, all or nothing.

    Parameters
    ----------
    database : Database
    batches : iterable of (model, labels)
    source : str
        Counted under this name.
    """
    with database.cursor() as connection:
        staged: dict[str, str] = {}
        for model, batch in batches:
            table = staged.setdefault(model, f"staged_{len(staged)}")
            with database.guarded():
                stage_labels(connection, table, model, batch)
        with database.writing(connection):
            counts = LoadCounts()
            for model, table in staged.items():
                new, told = add_labels(connection, ensure_model(connection, model), table)
                counts += LoadCounts(labels=new, duplicates=told - new)
            _note_source(connection, source, counts)
    return counts


def sources(connection: duckdb.DuckDBPyConnection) -> dict[str, LoadCounts]:
    """Return what came from each source so far."""
    return {name: LoadCounts(*counts) for name, *counts in connection.execute(_SOURCES).fetchall()}


def _merge(
    connection: duckdb.DuckDBPyConnection, model: str, staged: StagedModel, marked: MarkedHours
) -> LoadCounts:
    tables = ensure_model(connection, model)
    rows, failed, labelled = connection.execute(_TALLY.format(staged=staged.table)).fetchall()[0]
    _decide(connection, tables, staged.table)
    predictions = _add_predictions(connection, tables, staged)
    # planning a statement over hundreds of columns costs more than what most loads need it for
    unanswered = _add_unanswered(connection, tables, staged) if failed else 0
    calls = add_calls(connection, tables, SLACK)
    # in the transaction that stores the calls, so that none is ever stored and not counted
    mark_stale(connection, model, marked)
    labels, of_known = add_inline_labels(connection, tables, staged.table) if labelled else (0, 0)
    note_outputs(connection, model)
    return LoadCounts(predictions, calls, labels, rows - predictions - unanswered - of_known)


def _decide(connection: duckdb.DuckDBPyConnection, tables: ModelTables, staged: str) -> None:
    connection.execute(_REPEATED.format(staged=staged, ordinal_id=repeated("base", "n")))
    connection.execute(
        _ODD.format(
            staged=staged,
            slack=SLACK,
            predictions=tables.table("predictions"),
            unanswered=tables.table("unanswered"),
        )
    )
    connection.execute(_FRESH.format(staged=staged))


def _add_predictions(
    connection: duckdb.DuckDBPyConnection, tables: ModelTables, staged: StagedModel
) -> int:
    features = ensure_features(connection, tables, list(staged.features))
    chosen = "".join(
        f", {place} as {quote_identifier(features.columns[pair])}"
        for pair, place in staged.features.items()
    )
    return _count(
        connection,
        _ADD_PREDICTIONS.format(predictions=tables.table("predictions"), features=chosen),
    )


def _add_unanswered(
    connection: duckdb.DuckDBPyConnection, tables: ModelTables, staged: StagedModel
) -> int:
    # what a failed call was asked is worth reading, but nothing is counted over it
    pairs = ", ".join(
        f"{quote_text(name.replace(chr(0), '␀'))}, {_json(place, kind)}"
        for (name, kind), place in staged.features.items()
    )
    features = (
        f"nullif(json_merge_patch('{{}}', json_object({pairs}))::varchar, '{{}}')"
        if pairs
        else "null"
    )
    return _count(
        connection,
        _ADD_UNANSWERED.format(unanswered=tables.table("unanswered"), features=features),
    )


def _json(place: str, kind: FeatureType) -> str:
    if kind is FeatureType.NUMBER:
        return (
            f"case when isfinite({place}) then to_json({place}) else to_json({place}::varchar) end"
        )
    return f"to_json({place})"


def _note_source(connection: duckdb.DuckDBPyConnection, source: str, counts: LoadCounts) -> None:
    values = {
        "source": source,
        "predictions": counts.predictions,
        "calls": counts.calls,
        "labels": counts.labels,
        "duplicates": counts.duplicates,
    }
    if not _count(connection, _COUNT_SOURCE, values):
        connection.execute(_ADD_SOURCE, values)


def _count(
    connection: duckdb.DuckDBPyConnection, sql: str, values: Mapping[str, object] | None = None
) -> int:
    return int(connection.execute(sql, values).fetchall()[0][0])
