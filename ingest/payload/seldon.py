"""Messages of Seldon Core 1 with ``data``: ndarray, tensor or tftensor, under names or not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ingest.exchange import Decoded
from ingest.json_exact import UnfitError
from ingest.payload.dataframe import named_columns
from ingest.payload.json_rows import ANSWER, FEATURES, columns_of_rows, spread
from ingest.payload.json_text import Json
from ingest.payload.tensor_proto import rows_of_tensor, tensor_of_json
from ingest.payload.tensors_v2 import flat, rows_of, shape_of

_DATA: Final = ("ndarray", "tensor", "tftensor")


def is_seldon(body: Mapping[str, Json]) -> bool:
    """Return whether an object is a message with data."""
    data = body.get("data")
    return isinstance(data, dict) and any(key in data for key in _DATA)


def facts_of_meta(body: Mapping[str, Json]) -> dict[str, Json]:
    """Return what the message tells of the call: its id and its tags."""
    meta = body.get("meta")
    if not isinstance(meta, dict):
        return {}
    facts: dict[str, Json] = {}
    if isinstance(meta.get("puid"), str) and meta["puid"]:
        facts["request_id"] = meta["puid"]
    if isinstance(meta.get("tags"), dict) and meta["tags"]:
        facts["tags"] = meta["tags"]
    return facts


def decode_seldon(body: Mapping[str, Json], *, request: bool) -> Decoded:
    """
    Decode a message with data.

    Parameters
    ----------
    body : mapping of str to object
    request : bool

    Raises
    ------
    UnfitError
        If the data are not what they say, or stand under fewer or more names.
    """
    data, facts = body["data"], facts_of_meta(body)
    unnamed = FEATURES if request else ANSWER
    rows = _rows(data)
    names = data.get("names")
    if isinstance(names, list) and names and rows and not isinstance(rows[0], dict):
        return Decoded(len(rows), named_columns(_wide(rows), [str(n) for n in names]), facts)
    columns = columns_of_rows(rows, unnamed)
    return Decoded(len(rows), spread(columns) if request else columns, facts)


def _rows(data: Mapping[str, Json]) -> list[Json]:
    if "ndarray" in data:
        value = data["ndarray"]
        return value if isinstance(value, list) else [value]
    if isinstance(data.get("tftensor"), dict):
        return rows_of_tensor(tensor_of_json(data["tftensor"]))
    message = data.get("tensor")
    if not isinstance(message, dict) or not isinstance(message.get("values"), list):
        raise UnfitError("bad_tensor", field="tensor", value="no values")
    shape = shape_of({"name": "tensor", "shape": message.get("shape")})
    return rows_of(flat(message["values"]), shape, "tensor")


def _wide(rows: list[Json]) -> list[Json]:
    return [row if isinstance(row, list) else [row] for row in rows]
