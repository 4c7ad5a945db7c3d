"""Databricks' inference tables: each row a call of a serving endpoint."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import orjson
import pyarrow as pa

from ingest.exchange import Exchange, Payload
from ingest.json_columns import Cells
from ingest.pieces import RECORD_LINES
from ingest.readers.block import Block, Layout, Reader
from ingest.readers.records import Record, call_blocks, first_keys, json_bytes
from ingest.unpack import LogStream

_ID: Final = "databricks_request_id"
_JSON: Final = "application/json"

# field -> column of today's table, then of the one before
_COLUMNS: Final = {
    "ts": ("request_time", "timestamp_ms"),
    "latency_ms": ("execution_duration_ms", "execution_time_ms"),
    "status": ("status_code",),
    "sampling_rate": ("sampling_fraction",),
    "prediction_id": ("client_request_id", _ID),
    "request_id": (_ID,),
}


def read(stream: LogStream, layout: Layout) -> Iterator[Block]:
    """
    Read rows of an inference table, Parquet or JSON lines, of today's schema or the one before.

    Parameters
    ----------
    stream : LogStream
    layout : Layout
    """
    return call_blocks(stream, _exchange, layout)


def _exchange(record: Record) -> Exchange:
    row = record.members
    facts = {field: _first(row, columns) for field, columns in _COLUMNS.items()}
    served = _served(row)
    facts["model"] = served.get("model_name")
    facts["version"] = served.get("model_version") or row.get("served_entity_id")
    facts["tags"] = _tags(row, served)
    return Exchange(
        record.position,
        record.raw,
        {field: value for field, value in facts.items() if value not in (None, "", {})},
        _payload(row.get("request")),
        _payload(row.get("response")),
    )


def _first(row: Cells, columns: tuple[str, ...]) -> object:
    held = (row.get(column) for column in columns)
    return next((value for value in held if value not in (None, "")), None)


def _served(row: Cells) -> dict[str, Any]:
    """Return what the older table tells of the model, a map or the JSON text of one."""
    told = row.get("request_metadata")
    if isinstance(told, str):
        try:
            told = orjson.loads(told)
        except orjson.JSONDecodeError:
            return {}
    return told if isinstance(told, dict) else {}


def _tags(row: Cells, served: dict[str, Any]) -> dict[str, object]:
    codes = row.get("logging_error_codes")
    tags = {
        "endpoint": served.get("endpoint_name"),
        "logging_error": ", ".join(map(str, codes)) if isinstance(codes, list) else codes,
    }
    return {tag: value for tag, value in tags.items() if value}


def _payload(body: object) -> Payload | None:
    if body is None:
        return None
    return Payload(body.encode() if isinstance(body, str) else json_bytes(body), _JSON)


def _recognises(head: bytes) -> bool:
    return _ID in first_keys(head)


def _recognises_table(schema: pa.Schema) -> bool:
    return _ID in schema.names


READER: Final = Reader(
    "databricks",
    (".json", ".jsonl"),
    _recognises,
    read,
    recognises_table=_recognises_table,
    pieces=RECORD_LINES,
)
