"""One CloudEvent (specification 1.0), however it was written down."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import unquote

import orjson

from ingest.exchange import Payload
from ingest.json_exact import UnfitError
from ingest.times import ZONED, TimeRule, parse_time
from store.moments import from_microseconds

Json = Any

_PREFIX: Final = "ce-"
# members of a structured event that are no attributes
_DATA: Final = ("data", "data_base64")
# of an event in binary mode, and what some dumps call it
_BODY: Final = (("body", "data"), ("body_base64", "data_base64"))
_HEADER_LENGTH: Final = "inference-header-content-length"


@dataclass(frozen=True, slots=True, eq=False)
class CloudEvent:
    """
    What one event says.

    Parameters
    ----------
    position : int
        1-based line or item of the log.
    raw : bytes
        What was read.
    attributes : mapping of str to object
        By name in lower case; those that are empty are not there.
    payload : Payload or None
        None: it has no data.
    times : TimeRule
        What is meant by a time without a zone.
    """

    position: int
    raw: bytes
    attributes: Mapping[str, Json]
    payload: Payload | None
    times: TimeRule = ZONED

    @property
    def type(self) -> str:
        """What kind of event it is."""
        return self.text("type") or ""

    def text(self, *names: str) -> str | None:
        """Return the first of some attributes that is there, as text."""
        for name in names:
            value = self.attributes.get(name)
            if isinstance(value, str | int | float) and not isinstance(value, bool):
                return str(value)
        return None

    def at(self) -> datetime | None:
        """
        Return its time, cut to microseconds; None: it tells none.

        Raises
        ------
        UnfitError
            If what it tells is no time.
        """
        return time_of(self.text("time"), "time", self.times)


def time_of(text: str | None, field: str, rule: TimeRule) -> datetime | None:
    """
    Return a time in RFC 3339, or in seconds or parts of them since 1970.

    Parameters
    ----------
    text : str or None
    field : str
        What the log calls it.
    rule : TimeRule

    Raises
    ------
    UnfitError
        If it is no time.
    """
    if text is None:
        return None
    told = parse_time(text, rule)
    if isinstance(told, str):
        raise UnfitError(told, field=field, value=text, zone=rule.zone or "")
    try:
        return from_microseconds(told)
    except OverflowError:
        raise UnfitError("bad_ts", field=field, value=text, zone="") from None


def looks_like_event(record: Json) -> bool:
    """Return whether a JSON value is a CloudEvent, structured or with its headers."""
    if not isinstance(record, dict):
        return False
    headers = _headers(record)
    if headers is not None:
        return f"{_PREFIX}type" in headers
    return isinstance(record.get("type"), str) and "specversion" in record


def event_of(record: Json, position: int, raw: bytes, times: TimeRule) -> CloudEvent:
    """
    Take an event out of a JSON object.

    Parameters
    ----------
    record : JSON value
        A structured event; or one in binary mode with its headers (an object, or pairs), written
        down as ``{"headers": {…}, "body": …}`` (``body_base64`` where it is no text).
    position : int
    raw : bytes
    times : TimeRule

    Raises
    ------
    UnfitError
        If it is no event, or its data are not what it says.
    """
    if not looks_like_event(record):
        raise UnfitError("not_a_cloudevent")
    headers = _headers(record)
    if headers is not None:
        return _with_headers(headers, record, position, raw, times)
    named = {name.lower(): value for name, value in record.items() if name not in _DATA}
    attributes = {name: value for name, value in named.items() if value is not None and value != ""}
    media_type = str(attributes.get("datacontenttype", ""))
    length = attributes.get("inferenceheadercontentlength")
    content = _content(record.get("data"), record.get("data_base64"))
    payload = None if content is None else Payload(content, media_type, _length(length))
    return CloudEvent(position, raw, attributes, payload, times)


def with_headers(headers: Mapping[str, str], body: bytes) -> bytes:
    """
    Write down an event in binary mode, as `event_of` takes it.

    Parameters
    ----------
    headers : mapping of str to str
        Those of the request; only what belongs to the event is kept.
    body : bytes

    Returns
    -------
    bytes
        A JSON array of one.
    """
    kept = {
        name: value
        for name, value in ((name.lower(), value) for name, value in headers.items())
        if name.startswith(_PREFIX) or name in {"content-type", _HEADER_LENGTH}
    }
    return orjson.dumps([{"headers": kept, "body_base64": base64.b64encode(body).decode()}])


def _headers(record: Mapping[str, Json]) -> dict[str, Json] | None:
    """Return the headers of a record by their names in lower case; None: it has none."""
    headers = record.get("headers")
    if isinstance(headers, list):  # pairs
        pairs = [pair for pair in headers if isinstance(pair, list) and len(pair) == 2]
        return {str(name).lower(): value for name, value in pairs} or None
    if isinstance(headers, dict):
        return {str(name).lower(): value for name, value in headers.items()}
    return None


def _with_headers(
    headers: Mapping[str, Json],
    record: Mapping[str, Json],
    position: int,
    raw: bytes,
    times: TimeRule,
) -> CloudEvent:
    attributes = {
        name.removeprefix(_PREFIX): _decoded(value)
        for name, value in headers.items()
        if name.startswith(_PREFIX) and value not in (None, "", [])
    }
    body, packed = (record.get(name, record.get(data)) for name, data in _BODY)
    content = _content(body, packed)
    if not content:
        return CloudEvent(position, raw, attributes, None, times)
    media_type = str(_decoded(headers.get("content-type")) or "")
    length = _length(_decoded(headers.get(_HEADER_LENGTH)))
    return CloudEvent(position, raw, attributes, Payload(content, media_type, length), times)


def _decoded(value: Json) -> Json:
    """Return a header as it was before it was made fit for one."""
    if isinstance(value, list):
        value = value[0] if value else None
    return unquote(value) if isinstance(value, str) else value


def _content(data: Json, packed: Json) -> bytes | None:
    if packed is not None:
        try:
            return base64.b64decode(str(packed), validate=True)
        except (binascii.Error, ValueError) as error:
            raise UnfitError("bad_body", value="no base64") from error
    if data is None:
        return None
    if isinstance(data, str):
        return data.encode(errors="surrogatepass")
    return json_bytes(data)


def json_bytes(value: Json) -> bytes:
    """Return a JSON value as it would be on the wire."""
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:  # integers beyond 64 bits
        return json.dumps(value).encode()


def _length(told: Json) -> int | None:
    text = str(told)
    return int(text) if text.isdecimal() and len(text) < 12 else None
