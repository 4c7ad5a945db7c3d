"""A body to its rows: which protocol it speaks is told by its content."""

from __future__ import annotations

import json
from typing import Final

import orjson

from ingest.exchange import Decoded, Payload
from ingest.json_exact import UnfitError
from ingest.payload.json_rows import FEATURE, Columns, Json, columns_of_rows, columns_of_tensors
from ingest.payload.tensors_v2 import columns_of_v2, is_v2

BODY_LIMIT_BYTES: Final = 64 * 1024 * 1024
ANSWER: Final = "prediction"


def decode_request(payload: Payload) -> Decoded:
    """
    Decode what was asked.

    Parameters
    ----------
    payload : Payload

    Returns
    -------
    Decoded
        Columns under the features' names, ``f0``, ``f1``, … where the request has none.

    Raises
    ------
    UnfitError
        With the reason of the rejection.
    """
    return _decode(payload, FEATURE)


def decode_response(payload: Payload) -> Decoded:
    """
    Decode what was answered.

    Parameters
    ----------
    payload : Payload

    Returns
    -------
    Decoded
        Columns under the outputs' names, ``prediction`` where the answer has none.

    Raises
    ------
    UnfitError
        With the reason of the rejection.
    """
    return _decode(payload, ANSWER)


def _decode(payload: Payload, unnamed: str) -> Decoded:
    if len(payload.content) > BODY_LIMIT_BYTES:
        raise UnfitError("too_large", field="the body", value=BODY_LIMIT_BYTES)
    if not payload.content.strip():
        return Decoded(0)
    body = parse_json(payload.content)
    if isinstance(body, dict) and isinstance(body.get("error"), str) and unnamed == ANSWER:
        return Decoded(0, error=body["error"])
    columns = _columns(body, unnamed)
    facts: dict[str, object] = {}
    if isinstance(body, dict):
        facts = {
            field: body[key]
            for key, field in (("id", "request_id"), ("model_version", "version"))
            if isinstance(body.get(key), str)
        }
    return Decoded(len(next(iter(columns.values()), [])), columns, facts)


def _columns(body: Json, unnamed: str) -> Columns:
    if isinstance(body, dict):
        for key in ("instances", "predictions", "inputs", "outputs"):
            value = body.get(key)
            if isinstance(value, list):
                if is_v2(value):
                    return columns_of_v2(value, unnamed)
                return columns_of_rows(value, unnamed)
            if isinstance(value, dict):
                return columns_of_tensors(value)
        return columns_of_rows([body], unnamed)
    return columns_of_rows(body if isinstance(body, list) else [body], unnamed)


def parse_json(content: bytes) -> Json:
    """Parse a body, NaN and its like too: to a server they are numbers, here they are missing."""
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        pass
    try:
        return json.loads(content, parse_constant=lambda _: None)
    except UnicodeDecodeError as error:
        raise UnfitError("invalid_utf8", value=error.start + 1) from error
    except RecursionError as error:
        raise UnfitError("too_deep", value=32) from error
    except ValueError as error:
        raise UnfitError("bad_json", value=str(error)) from error
