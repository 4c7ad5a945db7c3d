"""Bodies of services of one's own: objects and lists that follow no protocol."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ingest.exchange import Decoded
from ingest.payload.dataframe import is_split, split_columns
from ingest.payload.json_rows import (
    ANSWER,
    FEATURES,
    Columns,
    columns_of_rows,
    columns_of_tensors,
    spread,
)
from ingest.payload.json_text import Json

# An object with one of these alone holds its rows there, or its only row.
_WRAPPERS: Final = frozenset(
    {"features", "data", "input", "inputs", "input_data", "instance", "records", "rows", "x"}
)
_ANSWERS: Final = frozenset(
    {"data", "output", "outputs", "prediction", "predictions", "response", "result", "results"}
)
_FACTS: Final = {
    "model_version": "version",
    "prediction_id": "prediction_id",
    "request_id": "request_id",
}


def decode_plain_request(body: Json) -> Decoded:
    """Decode a request: an object is a row, so is a list of single values; other lists are rows."""
    if is_split(body):
        columns, n_rows = split_columns(body)
        return Decoded(n_rows, columns)
    if isinstance(body, dict):
        if len(body) == 1 and next(iter(body)).lower() in _WRAPPERS:
            inner = next(iter(body.values()))
            if isinstance(inner, list | dict):
                return decode_plain_request(inner)
        return _row(body)
    rows = body if isinstance(body, list) else [body]
    if rows and not any(isinstance(row, list | dict) for row in rows):
        rows = [rows]
    return Decoded(len(rows), spread(columns_of_rows(rows, FEATURES)))


def _row(body: Mapping[str, Json]) -> Decoded:
    members = {key: value for key, value in body.items() if key not in _FACTS}
    features = members.pop("features", None)
    if isinstance(features, dict) and not features.keys() & members.keys():
        members |= features
    elif features is not None:
        members["features"] = features
    return Decoded(1, columns_of_rows([members], FEATURES), _facts(body))


def _facts(body: Mapping[str, Json]) -> dict[str, Json]:
    return {
        field: body[key]
        for key, field in _FACTS.items()
        if isinstance(body.get(key), str | int) and body[key] not in ("", "None")
    }


def decode_plain_answer(body: Json, n_rows: int | None) -> Decoded:
    """
    Decode an answer.

    Parameters
    ----------
    body : object
    n_rows : int or None
        Of the request: a list of so many is one answer each. One row asked and a longer list
        answered is one vector.
    """
    if isinstance(body, dict):
        return _answers(body, n_rows)
    if not isinstance(body, list):
        return Decoded(1, {ANSWER: [body]})
    one = n_rows == 1 and len(body) != 1 and not any(isinstance(v, list | dict) for v in body)
    rows = [body] if one else body
    return Decoded(len(rows), columns_of_rows(rows, ANSWER))


def _answers(body: Mapping[str, Json], n_rows: int | None) -> Decoded:
    facts = _facts(body)
    members = {key: value for key, value in body.items() if key not in _FACTS}
    if len(members) == 1:
        ((key, value),) = members.items()
        if key.lower() in _ANSWERS and isinstance(value, list | dict):
            inner = decode_plain_answer(value, n_rows)
            return Decoded(inner.n_rows, inner.columns, facts | dict(inner.facts))
    if n_rows is not None and n_rows > 1 and _side_by_side(members, n_rows):
        return Decoded(n_rows, columns_of_tensors(members), facts)
    return Decoded(1, columns_of_rows([members], ANSWER) if members else {}, facts)


def _side_by_side(members: Columns | Mapping[str, Json], n_rows: int) -> bool:
    lists = [value for value in members.values() if isinstance(value, list)]
    return bool(lists) and all(len(value) == n_rows for value in lists)
