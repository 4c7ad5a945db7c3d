"""Google's Vertex AI: the table of requests and responses in BigQuery, as it is exported."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import orjson
import pyarrow as pa

from ingest.exchange import Exchange, Payload
from ingest.json_columns import Cells
from ingest.json_exact import UnfitError
from ingest.payload.json_text import parse_json
from ingest.pieces import RECORD_LINES
from ingest.readers.block import Block, Layout, Reader
from ingest.readers.records import Record, call_blocks, first_keys, json_bytes
from ingest.unpack import LogStream

_NOW: Final = frozenset({"deployed_model_id", "logging_time"})
_OLD: Final = frozenset({"raw_data", "raw_prediction"})

# What a text holds that is a whole body, and not one of the instances of one.
_BODIES: Final = frozenset(
    {"instances", "inputs", "predictions", "outputs", "error", "dataframe_split", "contents"}
)
_JSON: Final = "application/json"
# projects/p/locations/l/models/credit@3
_MODEL_PATH: Final = re.compile(r"(?:.*/)?models/([^/@]+)(?:@[^/]*)?")
_WHOLE: Final = re.compile(r"(-?\d+)\.0+")


def read(stream: LogStream, layout: Layout) -> Iterator[Block]:
    """
    Read exported rows: JSON lines or Parquet, of today's table or of AI Platform's.

    Parameters
    ----------
    stream : LogStream
    layout : Layout
    """
    return call_blocks(stream, _exchange, layout)


def _exchange(record: Record) -> Exchange:
    row = record.members
    facts = {name: value for name, value in _facts(row).items() if value is not None}
    request = _body(row, ("request_payload", "raw_data", "full_request"), "instances")
    response = _body(row, ("response_payload", "raw_prediction", "full_response"), "predictions")
    return Exchange(record.position, record.raw, facts, request, response)


def _facts(row: Cells) -> dict[str, object]:
    model, endpoint = _text(row.get("model")), _text(row.get("endpoint"))
    tags = {"endpoint": endpoint} if model and endpoint else {}
    return {
        "model": _named(model) or endpoint,
        "version": _text(row.get("model_version")) or _text(row.get("deployed_model_id")),
        "ts": _time(row.get("logging_time", row.get("time"))),
        "request_id": _text(row.get("request_id")),
        "latency_ms": _latency_ms(row.get("metadata")),
        "tags": tags or None,
    }


def _named(model: str | None) -> str | None:
    found = _MODEL_PATH.fullmatch(model or "")
    return found[1] if found else model


def _text(value: object) -> str | None:
    """Return a text; an id that is a NUMERIC comes as a number, or with zeros behind a point."""
    if value is None or value == "":
        return None
    text = str(value)
    whole = _WHOLE.fullmatch(text)
    return whole[1] if whole else text


def _time(value: object) -> object:
    """Return a time as ISO 8601: BigQuery writes its zone as a word."""
    if isinstance(value, str) and value.endswith(" UTC"):
        return value.removesuffix(" UTC") + "Z"
    return value


def _latency_ms(metadata: object) -> float | None:
    """Return the latency, which is a number of milliseconds or a text of one."""
    if isinstance(metadata, str):
        try:
            metadata = orjson.loads(metadata)
        except orjson.JSONDecodeError:
            return None
    told = metadata.get("request_latency") if isinstance(metadata, dict) else None
    try:
        return None if told is None else float(told)
    except (TypeError, ValueError, OverflowError):
        return None


def _body(row: Cells, columns: tuple[str, ...], key: str) -> Payload | None:
    for column in columns:
        held = row.get(column)
        if held:
            return Payload(_content(held, key), _JSON)
    return None


def _content(held: Any, key: str) -> bytes:  # noqa: ANN401 - a JSON value
    """Return one body of what is the body itself, or a list of its instances as texts."""
    if isinstance(held, str):
        return held.encode()
    if not isinstance(held, list):
        return json_bytes(held)
    parts = [_part(part) for part in held]
    if len(parts) == 1 and isinstance(parts[0][0], dict) and parts[0][0].keys() & _BODIES:
        return parts[0][1]
    return b'{"%s":[%s]}' % (key.encode(), b",".join(text for _, text in parts))


def _part(part: Any) -> tuple[Any, bytes]:  # noqa: ANN401 - a JSON value
    """Return an instance or a body, and its JSON; a text that is none stands for itself."""
    if not isinstance(part, str):
        return part, json_bytes(part)
    content = part.encode()
    try:
        return parse_json(content), content
    except UnfitError:
        return part, json_bytes(part)


def _recognises(head: bytes) -> bool:
    return _is_log(first_keys(head))


def _recognises_table(schema: pa.Schema) -> bool:
    return _is_log(frozenset(schema.names))


def _is_log(names: frozenset[str]) -> bool:
    return names >= _NOW or names >= _OLD


READER: Final = Reader(
    "vertex",
    (".json", ".jsonl"),
    _recognises,
    read,
    recognises_table=_recognises_table,
    pieces=RECORD_LINES,
)
