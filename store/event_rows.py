"""Fresh events become rows: predictions, and what calls without an answer were asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import duckdb

from store.names import quote_identifier, quote_text
from store.registry import Features, FeatureType, ModelTables

# A sender that tries again may stamp the same id anew: ids are looked for this much around the
# batch's own span. A store is never searched as a whole: its time map keeps the search cheap.
SLACK: Final = "interval 1 hour"

_ADD_PREDICTIONS = """
    insert into {predictions} by name
    select
        id, ts, version, prediction_id, request_id, prediction, score, replica, tags{features}
    from {fresh}
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


def add_predictions(
    connection: duckdb.DuckDBPyConnection,
    tables: ModelTables,
    features: Features,
    places: Mapping[tuple[str, FeatureType], str],
) -> int:
    """
    Store the predictions of the view ``fresh``.

    Parameters
    ----------
    connection : DuckDBPyConnection
        In a write transaction.
    tables : ModelTables
    features : Features
        Of the model.
    places : mapping of (feature, FeatureType) to str
        Columns of the view.

    Returns
    -------
    int
        How many.
    """
    statement = prediction_statement(tables, features, places, "fresh")
    return int(connection.execute(statement).fetchall()[0][0])


def prediction_statement(
    tables: ModelTables,
    features: Features,
    places: Mapping[tuple[str, FeatureType], str],
    fresh: str,
) -> str:
    """Return the SQL that stores the predictions of `fresh`; see `add_predictions`."""
    chosen = "".join(
        f", {place} as {quote_identifier(features.columns[pair])}" for pair, place in places.items()
    )
    return _ADD_PREDICTIONS.format(
        predictions=tables.table("predictions"), features=chosen, fresh=fresh
    )


def add_unanswered(
    connection: duckdb.DuckDBPyConnection,
    tables: ModelTables,
    places: Mapping[tuple[str, FeatureType], str],
) -> int:
    """
    Store the unanswered rows of the view ``fresh``; see `add_predictions`.

    What a failed call was asked is worth reading, but nothing is counted over it: one JSON text.
    """
    pairs = ", ".join(
        f"{quote_text(name.replace(chr(0), '␀'))}, {_json(place, kind)}"
        for (name, kind), place in places.items()
    )
    features = (
        f"nullif(json_merge_patch('{{}}', json_object({pairs}))::varchar, '{{}}')"
        if pairs
        else "null"
    )
    statement = _ADD_UNANSWERED.format(unanswered=tables.table("unanswered"), features=features)
    return int(connection.execute(statement).fetchall()[0][0])


def _json(place: str, kind: FeatureType) -> str:
    if kind is FeatureType.NUMBER:
        return (
            f"case when isfinite({place}) then to_json({place}) else to_json({place}::varchar) end"
        )
    return f"to_json({place})"
