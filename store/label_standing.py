"""Which predictions wait for their label, and which labels for their prediction."""

from __future__ import annotations

from typing import Final

import duckdb

from domain.label import LabelStanding
from store.archive.spanning import spanning_relations

_STANDING: Final = """
    with served as (
        select id, prediction_id, request_id
        from {predictions}
    ),
    told as (
        select distinct
            event_id,
            prediction_id,
            case when prediction_id is null then request_id end as request_id
        from {labels}
    ),
    awaited as (
        select count(*) as pending
        from served
        where id not in (select event_id from told where event_id is not null)
          and (
              prediction_id is null
              or prediction_id not in (
                  select prediction_id from told where prediction_id is not null
              )
          )
          and (
              request_id is null
              or request_id not in (select request_id from told where request_id is not null)
          )
    ),
    early as (
        select count(*) as unmatched
        from told
        where (event_id is null or event_id not in (select id from served))
          and (
              prediction_id is null
              or prediction_id not in (
                  select prediction_id from served where prediction_id is not null
              )
          )
          and (
              request_id is null
              or request_id not in (select request_id from served where request_id is not null)
          )
    )
    select (select count(*) from served), pending, unmatched
    from awaited, early
"""


def label_standing(connection: duckdb.DuckDBPyConnection, model: str) -> LabelStanding:
    """
    Count a model's predictions without a label, and its labels without a prediction.

    The cost grows with both: 0.3 s of CPU for a million predictions, half of them labelled.

    Parameters
    ----------
    connection : DuckDBPyConnection
        In a transaction, inside `TierUse.reading`.
    model : str

    Raises
    ------
    UnknownNameError
        If there is no such model.
    """
    logs = spanning_relations(connection, model)
    sql = _STANDING.format(predictions=logs.predictions, labels=logs.labels)
    predictions, pending, unmatched = connection.execute(sql).fetchall()[0]
    return LabelStanding(model=model, predictions=predictions, pending=pending, unmatched=unmatched)
