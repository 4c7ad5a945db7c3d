"""
Recorded calls: JSON lines of ``request`` and ``response``, and of what the recorder knew besides.

Proxies and users of MLServer, Triton and other servers that log nothing write such lines. Either
side is a body (JSON, a text, or base64 of raw tensors), or a message of HTTP with ``body`` and
``headers``, ``status`` or ``path``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Final

from ingest.exchange import Exchange, Payload
from ingest.exchange_rows import exchange_block
from ingest.json_exact import UnfitError
from ingest.lines import LINE_LIMIT_BYTES, Lines
from ingest.payload.json_text import Json, parse_record
from ingest.pieces import RECORD_LINES
from ingest.readers.block import Block, Layout, Reader
from ingest.readers.line_blocks import line_blocks, take_lines
from ingest.readers.records import first_keys
from ingest.unpack import LogStream

Members = Mapping[str, Json]

# Field of the event: keys of a line, of which the first that holds something counts.
FACTS: Final[dict[str, tuple[str, ...]]] = {
    "ts": ("ts", "time", "timestamp", "@timestamp", "request_time", "start_time"),
    "model": ("model", "model_name"),
    "version": ("version", "model_version"),
    "status": ("status", "status_code"),
    "latency_ms": ("latency_ms", "duration_ms"),
    "request_id": ("request_id", "id"),
    "prediction_id": ("prediction_id",),
    "replica": ("replica", "pod"),
    "trace_id": ("trace_id",),
    "tags": ("tags",),
    "label": ("label",),
    "sampling_rate": ("sampling_rate",),
}
_REQUEST_IDS: Final = ("x-request-id", "ce-requestid", "ce-id")
_LENGTH: Final = "inference-header-content-length"

# What makes an object beside `body` a message of HTTP.
_HTTP: Final = frozenset({"headers", "path", "url", "method", "status", "status_code"})
_PATH: Final = re.compile(
    r"/v[12]/models/(?P<model>[^/:?]+)(?:/versions/(?P<version>[^/:?]+))?(?:/infer|:\w+)"
)
_TRACEPARENT: Final = re.compile(r"[0-9a-f]{2}-(?P<trace>[0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


def read(stream: LogStream, layout: Layout) -> Iterator[Block]:
    """
    Read recorded calls; each line that is none is rejected alone.

    Parameters
    ----------
    stream : LogStream
    layout : Layout
    """
    yield from line_blocks(stream, lambda lines: _block(lines, layout))


def _block(lines: Lines, layout: Layout) -> Block:
    exchanges: list[Exchange] = []
    refused = take_lines(lines, lambda number, line: exchanges.append(exchange_of(number, line)))
    return exchange_block(exchanges, layout, refused)


def exchange_of(position: int, line: bytes) -> Exchange:
    """
    Take one line apart.

    Parameters
    ----------
    position : int
        1-based.
    line : bytes

    Raises
    ------
    UnfitError
        If it is no object, or has neither `request` nor `response`.
    """
    if len(line) > LINE_LIMIT_BYTES:
        raise UnfitError("too_large", field="line", value=LINE_LIMIT_BYTES)
    members = parse_record(line)
    if not isinstance(members, dict):
        raise UnfitError("bad_json", value="it holds no object")
    if members.get("request") is None and members.get("response") is None:
        raise UnfitError("no_call")
    asked, answered = _side(members, "request"), _side(members, "response")
    facts: dict[str, Json] = {}
    for told in (members, answered, asked):
        for field, keys in FACTS.items():
            value = next((told[key] for key in keys if told.get(key) is not None), None)
            if value is not None:
                facts.setdefault(field, value)
    for hint in (*_of_headers(_headers(asked)), *_of_headers(_headers(answered)), *_of_path(asked)):
        facts.setdefault(*hint)
    return Exchange(position, line, facts, _payload(asked), _payload(answered))


def _side(members: Members, side: str) -> Members:
    """Return a side as a message of HTTP: with ``body``, and ``headers`` and the like."""
    value = members.get(side)
    if isinstance(value, dict) and "body" in value and _HTTP & value.keys():
        return value
    message: dict[str, Json] = {"body": value, "headers": members.get(f"{side}_headers")}
    if side == "request":
        message["headers"] = message["headers"] or members.get("headers")
        message["path"] = members.get("path", members.get("url"))
    return message


def _payload(message: Members) -> Payload | None:
    body = message.get("body")
    if body is None:
        return None
    headers = _headers(message)
    length = headers.get(_LENGTH, "")
    content = body.encode(errors="surrogatepass") if isinstance(body, str) else _spelled(body)
    return Payload(
        content,
        headers.get("content-type", ""),
        int(length) if length.isdecimal() and len(length) < 10 else None,
    )


def _spelled(body: Json) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _headers(message: Members) -> dict[str, str]:
    """Return headers by their names in lower case; of several values the first."""
    headers = message.get("headers")
    if isinstance(headers, list):  # pairs
        pairs = [pair for pair in headers if isinstance(pair, list) and len(pair) == 2]
        headers = {str(name): value for name, value in pairs}
    if not isinstance(headers, dict):
        return {}
    firsts = {n: v[0] if isinstance(v, list) and v else v for n, v in headers.items()}
    return {name.lower(): str(value) for name, value in firsts.items()}


def _of_headers(headers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name in _REQUEST_IDS:
        if headers.get(name):
            yield "request_id", headers[name]
    parent = _TRACEPARENT.fullmatch(headers.get("traceparent", ""))
    if parent is not None:
        yield "trace_id", parent["trace"]


def _of_path(message: Members) -> Iterator[tuple[str, str]]:
    path = message.get("path", message.get("url"))
    found = _PATH.search(path) if isinstance(path, str) else None
    if found is not None:
        yield from ((field, value) for field, value in found.groupdict().items() if value)


_SIDES: Final = frozenset({"request", "response"})
_KEY: Final = re.compile(
    rb'\\?"(instances|predictions|dataframe_split|dataframe_records|ndarray)\\?"\s*:\s*[\[{]'
    rb'|\\?"(inputs|outputs)\\?"\s*:\s*\[\s*\{\s*\\?"(name|shape|datatype|data|parameters)\\?"\s*:'
    # base64 of an object, a list, or gzip
    rb'|"(request|response|body)"\s*:\s*"([eW][w-z0-9+/]|H4sI)[A-Za-z0-9+/_-]{14,}={0,2}("|\Z)'
)


def _recognises(head: bytes) -> bool:
    """
    Return whether the first line has sides, and any that speaks a protocol: not just any two keys.

    Of the first call the bodies may be CSV or missing; those of another tell then.
    """
    return not _SIDES.isdisjoint(first_keys(head)) and _KEY.search(head) is not None


READER: Final = Reader("v2", (".ndjson", ".jsonl"), _recognises, read, pieces=RECORD_LINES)
