"""
Objects that KServe's inference logger writes to blob storage: JSON, CSV or Parquet.

An object holds requests and answers of several calls; its name tells only of the first. CSV and
Parquet objects have no time, nor have JSON objects of older loggers: a column that somebody added
or a mapping, ``ts: {value: 2026-11-22T08:00:00Z}``, tells it.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

import orjson
import pyarrow as pa

from ingest.cloudevents import serving
from ingest.cloudevents.event import CloudEvent
from ingest.cloudevents.tell import Told
from ingest.exchange import Half, Payload
from ingest.exchange_rows import exchange_block
from ingest.json_exact import UnfitError
from ingest.payload.json_text import parse_record
from ingest.readers import csv, json_document, parquet
from ingest.readers.block import Block, Layout, Reader, reject
from ingest.readers.json_document import Rest, objects_in, rest_block
from ingest.times import TimeRule
from ingest.unpack import LogStream

Json = Any

# as the logger calls them, in lower case, and what a CloudEvent calls them
_ATTRIBUTES: Final = {
    "id": "id",
    "reqtype": "type",
    "inferenceservice": "inferenceservicename",
    "namespace": "namespace",
    "component": "component",
    "endpoint": "endpoint",
    "metadata": "metadata",
    "occurrencetime": "time",
}
_KNOWN_BY: Final = frozenset({"bytes", "reqtype", "inferenceservice"})
_JSON_KEYS: Final = tuple(
    re.compile(rb'"%s"\s*:' % name.encode(), re.IGNORECASE) for name in _KNOWN_BY
)
# the beginning of a record that ends in a long payload: what names the service stands behind it
_IN_BYTES: Final = re.compile(
    rb'\[?\s*\{\s*"url"\s*:.{2,2000}"bytes"\s*:\s*"[A-Za-z0-9+/=]+', re.IGNORECASE | re.DOTALL
)
_HEAD_BYTES: Final = 64 * 1024


def read(stream: LogStream, layout: Layout) -> Iterator[Block]:
    """
    Read an object of the logger.

    Parameters
    ----------
    stream : LogStream
    layout : Layout
    """
    head = stream.peek(_HEAD_BYTES)
    if parquet.READER.recognises(head):
        yield from _of_table(parquet.READER.read(stream, layout), layout)
    elif head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
        yield from _of_json(stream, layout)
    else:
        as_written = replace(layout, as_written=layout.as_written | {"id"})
        yield from _of_table(csv.READER.read(stream, as_written), layout)


def _of_json(stream: LogStream, layout: Layout) -> Iterator[Block]:
    told = Told(layout)
    for number, item in enumerate(objects_in(stream), 1):
        if isinstance(item, Rest):
            yield _block(told, layout)
            yield rest_block(number, item, stream.damage)
            return
        _take(told, number, item)
        if told.is_full:
            yield _block(told, layout)
            told = Told(layout)
    yield _block(told, layout)


def _of_table(blocks: Iterator[Block], layout: Layout) -> Iterator[Block]:
    for block in blocks:
        told = Told(layout, rejections=list(block.rejections))
        for row, number in enumerate(block.positions.tolist()):
            record = {name: values.plain(row) for name, values in block.columns.items()}
            _take(told, number, orjson.dumps(record, default=str))
            if told.is_full:
                yield _block(told, layout)
                told = Told(layout)
        yield _block(told, layout)


def _take(told: Told, position: int, raw: bytes) -> None:
    try:
        told.add_half(_half(parse_record(raw), position, raw, told.layout))
    except UnfitError as unfit:
        told.rejections.append(reject(position, unfit.reason, raw, **unfit.values))


def _half(record: Json, position: int, raw: bytes, layout: Layout) -> Half:
    if not isinstance(record, dict):
        raise UnfitError("bad_json", value="no object")
    event = _event(record, position, raw, layout.times)
    if not event.type:
        raise UnfitError("no_blob_record", field="reqType")
    half = serving.half_of(event)
    if half is None:
        raise UnfitError("unknown_event", value=event.type)
    if half.at is None and layout.ts is None:
        raise UnfitError("blob_without_time")
    return half


def _event(record: Mapping[str, Json], position: int, raw: bytes, times: TimeRule) -> CloudEvent:
    named = {name.lower(): value for name, value in record.items()}
    attributes = {
        attribute: named[name]
        for name, attribute in _ATTRIBUTES.items()
        if named.get(name) not in (None, "")
    }
    return CloudEvent(position, raw, attributes, _payload(named), times)


def _payload(named: Mapping[str, Json]) -> Payload | None:
    packed = named.get("bytes")
    if not isinstance(packed, str) or not packed:
        return None
    try:
        content = base64.b64decode(packed, validate=True)
    except (binascii.Error, ValueError) as error:
        raise UnfitError("bad_body", value="no base64") from error
    media_type = named.get("contenttype")
    return Payload(content, media_type if isinstance(media_type, str) else "")


def _block(told: Told, layout: Layout) -> Block:
    return replace(exchange_block((), layout, told.rejections), halves=tuple(told.halves))


def _recognises(head: bytes) -> bool:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith((b"{", b"[")):
        first = start if json_document.READER.recognises(head) else start.split(b"\n", 1)[0]
        return all(key.search(first) for key in _JSON_KEYS) or bool(_IN_BYTES.fullmatch(first))
    columns = start.split(b"\n", 1)[0].decode(errors="replace").lower().replace('"', "").split(",")
    return {name.strip() for name in columns} >= _KNOWN_BY


def _recognises_table(schema: pa.Schema) -> bool:
    return {name.lower() for name in schema.names} >= _KNOWN_BY


READER: Final = Reader("kserve-blob", (), _recognises, read, recognises_table=_recognises_table)
