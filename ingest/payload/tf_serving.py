"""Bodies of TensorFlow Serving's REST API, whose ``instances`` half of the field speaks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ingest.exchange import Decoded
from ingest.json_exact import UnfitError
from ingest.payload.embedded import text_of_base64
from ingest.payload.json_rows import (
    ANSWER,
    FEATURES,
    Columns,
    columns_of_rows,
    columns_of_tensors,
    flattened,
    spread,
)
from ingest.payload.json_text import Json, opened

_B64: Final = {"b64"}


def decode_instances(body: Mapping[str, Json]) -> Decoded:
    """Decode ``{"instances": [row, …]}``; ``params`` and ``parameters`` hold for all rows."""
    rows = body["instances"]
    rows = opened([rows])[0] if isinstance(rows, str) else rows
    rows = rows if isinstance(rows, list) else [rows]
    columns = spread(without_b64(columns_of_rows(_plain(rows), FEATURES)))
    return Decoded(len(rows), columns | parameters(body, len(rows)))


def _plain(rows: list[Json]) -> list[Json]:
    """Return rows that are nothing but ``{"b64": …}`` as their texts."""
    wrapped = [isinstance(row, dict) and row.keys() == _B64 for row in rows]
    return [text_of_base64(row["b64"]) for row in rows] if rows and all(wrapped) else rows


def parameters(body: Mapping[str, Json], n_rows: int) -> Columns:
    """Return what MLflow and Vertex call the parameters of a call as columns."""
    columns: Columns = {}
    for key in ("params", "parameters"):
        members = body.get(key)
        if isinstance(members, dict):
            columns |= {f"{key}.{name}": [value] * n_rows for name, value in members.items()}
    return columns


def without_b64(columns: Columns) -> Columns:
    """Return columns with texts for ``{"b64": …}``, which objects became when they were opened."""
    if not any(name.endswith(".b64") for name in columns):
        return columns
    return {
        name.removesuffix(".b64"): [text_of_base64(cell) for cell in column]
        if name.endswith(".b64")
        else column
        for name, column in columns.items()
    }


def decode_tensors(body: Mapping[str, Json], key: str) -> Decoded:
    """
    Decode the column form: ``{"inputs": tensor}`` or ``{"inputs": {name: tensor}}``.

    Parameters
    ----------
    body : mapping of str to object
    key : str
        ``inputs`` or ``outputs``.
    """
    value = body[key]
    value = opened([value])[0] if isinstance(value, str) else value
    unnamed = FEATURES if key == "inputs" else ANSWER
    if isinstance(value, dict):
        columns = without_b64(flattened(columns_of_tensors(value)))
        n_rows = len(next(iter(columns.values()), []))
    else:
        rows = value if isinstance(value, list) else [value]
        columns, n_rows = columns_of_rows(rows, unnamed), len(rows)
    if key == "inputs":
        columns = spread(columns) | parameters(body, n_rows)
    return Decoded(n_rows, columns)


def decode_predictions(body: Mapping[str, Json]) -> Decoded:
    """Decode ``{"predictions": [row, …]}``; Vertex and MLflow tell more beside it."""
    rows = body["predictions"]
    rows = opened([rows])[0] if isinstance(rows, str) else rows
    facts = {"version": body["modelVersionId"]} if body.get("modelVersionId") else {}
    if isinstance(rows, dict):
        lists = [value for value in rows.values() if isinstance(value, list)]
        columns = (
            columns_of_tensors(rows) if len(lists) == len(rows) else columns_of_rows([rows], ANSWER)
        )
        return Decoded(len(next(iter(columns.values()), [])), columns, facts)
    rows = rows if isinstance(rows, list) else [rows]
    return Decoded(len(rows), columns_of_rows(_plain(rows), ANSWER), facts)


def decode_examples(body: Mapping[str, Json]) -> Decoded:
    """
    Decode the examples of classify and regress; what `context` says holds for each.

    Raises
    ------
    UnfitError
        If an example is no object.
    """
    context = body.get("context")
    context = context if isinstance(context, dict) else {}
    examples = body["examples"]
    if not all(isinstance(example, dict) for example in examples):
        raise UnfitError("bad_body", value="an example that is no object")
    rows = [{**context, **example} for example in examples]
    return Decoded(len(rows), spread(without_b64(columns_of_rows(rows, FEATURES))))


def decode_result(body: Mapping[str, Json]) -> Decoded:
    """Decode the result of classify, pairs of label and score for each example, and of regress."""
    rows = body["result"]
    if rows and all(map(_is_classes, rows)):
        labels: list[Json] = [[pair[0] for pair in row] for row in rows]
        scores: list[Json] = [[pair[1] for pair in row] for row in rows]
        return Decoded(len(rows), {"classes": labels, "scores": scores})
    return Decoded(len(rows), columns_of_rows(rows, ANSWER))


def _is_classes(row: Json) -> bool:
    return isinstance(row, list) and bool(row) and all(map(_is_pair, row))


def _is_pair(pair: Json) -> bool:
    if not isinstance(pair, list) or len(pair) != 2:
        return False
    return isinstance(pair[0], str) and isinstance(pair[1], int | float)
