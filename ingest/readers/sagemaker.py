"""Amazon SageMaker: data capture of endpoints, and ground truth that is merged with it."""

from __future__ import annotations

import base64
import binascii
import csv
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import orjson

from domain.rejection import Rejection
from ingest.exchange import Exchange, Payload
from ingest.json_columns import Cells, columns_of
from ingest.json_exact import UnfitError
from ingest.pieces import RECORD_LINES
from ingest.readers.block import Block, Layout, Reader, reject
from ingest.readers.records import Record, call_block, first_keys, json_bytes, records
from ingest.unpack import LogStream

_CAPTURE: Final = "captureData"
_TRUTH: Final = "groundTruthData"
_META: Final = "eventMetadata"
_MEDIA_TYPES: Final = {"CSV": "text/csv", "JSON": "application/json"}

# {endpoint}/{variant}/2026/11/22/08/name.jsonl, and for labels the hour in which they were known
_HOUR: Final = r"(\d{4})/(\d{2})/(\d{2})/(\d{2})/[^/]+$"
_CAPTURE_PATH: Final = re.compile(rf"([^/]+)/([^/]+)/{_HOUR}")
_TRUTH_PATH: Final = re.compile(rf"(?:^|/){_HOUR}")


def read(stream: LogStream, layout: Layout) -> Iterator[Block]:
    """
    Read captured calls, and labels as rows that only have a label.

    Parameters
    ----------
    stream : LogStream
        Its name may tell the endpoint and its variant.
    layout : Layout
    """
    place = stream.name.replace("\\", "/")
    for found in records(stream):
        if isinstance(found, Block):
            yield found
            continue
        labels = [record for record in found if _TRUTH in record.members]
        if labels:
            yield _label_block(labels, place)
        calls = [record for record in found if _TRUTH not in record.members]
        if calls:
            yield _call_block(calls, layout, place)


def _call_block(found: Sequence[Record], layout: Layout, place: str) -> Block:
    path = _CAPTURE_PATH.search(place)
    tags = {"variant": path[2]} if path else {}
    block = call_block(found, lambda record: _exchange(record, tags), layout)
    return replace(block, from_path={"model": path[1]}) if path else block


def _exchange(record: Record, tags: dict[str, str]) -> Exchange:
    captured, meta = _object(record.members, _CAPTURE), _object(record.members, _META)
    facts: dict[str, object] = {
        "prediction_id": meta.get("inferenceId") or meta.get("eventId"),
        "ts": meta.get("inferenceTime"),
        "tags": tags,
    }
    return Exchange(
        record.position,
        record.raw,
        {field: value for field, value in facts.items() if value},
        _payload(captured, "endpointInput"),
        _payload(captured, "endpointOutput"),
    )


def _object(members: Cells, name: str) -> dict[str, Any]:
    value = members.get(name)
    if not isinstance(value, dict):
        shown = json.dumps(value)[:80]
        raise UnfitError("wrong_type", field=name, value=shown, expected="an object")
    return value


def _payload(captured: dict[str, Any], side: str) -> Payload | None:
    if captured.get(side) is None:
        return None
    part = _object(captured, side)
    encoding = str(part.get("encoding") or "").upper()
    media_type = part.get("observedContentType") or _MEDIA_TYPES.get(encoding, "")
    return Payload(_content(part.get("data"), encoding), str(media_type))


def _content(data: object, encoding: str) -> bytes:
    if data is None:
        return b""
    if not isinstance(data, str):
        return json_bytes(data)
    if encoding != "BASE64":
        return data.encode()
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise UnfitError("bad_body", value="not base64, though it says so") from error


def _label_block(found: Sequence[Record], place: str) -> Block:
    hour = _TRUTH_PATH.search(place)
    ts = "{}-{}-{}T{}:00:00Z".format(*hour.groups()) if hour else None
    rows: list[Cells] = []
    told: list[Record] = []
    rejections: list[Rejection] = []
    for record in found:
        try:
            outcomes = _labels(record, ts)
        except UnfitError as unfit:
            rejections.append(reject(record.position, unfit.reason, record.raw, **unfit.values))
            continue
        rows += outcomes
        told += [record] * len(outcomes)
    positions = np.array([record.position for record in told], dtype=np.int64)
    return Block(positions, columns_of(rows), lambda row: told[row].raw, tuple(rejections))


def _labels(record: Record, ts: str | None) -> list[Cells]:
    """Return a row for each outcome; those of a call of several rows are told apart by place."""
    truth, meta = _object(record.members, _TRUTH), _object(record.members, _META)
    name = meta.get("eventId")
    outcomes = _outcomes(_content(truth.get("data"), str(truth.get("encoding") or "").upper()))
    several = len(outcomes) > 1
    return [
        {
            "prediction_id": f"{name}-item-{i}" if several and name else name,
            "label": outcome,
            "ts": ts,
        }
        for i, outcome in enumerate(outcomes)
    ]


def _outcomes(content: bytes) -> list[object]:
    """Return the cells of CSV, or the items of a JSON list."""
    text = content.decode(errors="replace").strip()
    if text.startswith(("[", "{", '"')):
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError:
            value = None
        if value is not None:
            return (value or [None]) if isinstance(value, list) else [value]
    lines = csv.reader(text.splitlines(), strict=False, skipinitialspace=True)
    return [cell for line in lines for cell in line] or [None]


def _recognises(head: bytes) -> bool:
    keys = first_keys(head)
    return _CAPTURE in keys or _TRUTH in keys


READER: Final = Reader("sagemaker", (".jsonl",), _recognises, read, pieces=RECORD_LINES)
