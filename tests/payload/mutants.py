"""Bodies that nobody meant: correct ones of every protocol, bent at random from one seed."""

from __future__ import annotations

import base64
import gzip
import json
import random
from collections.abc import Callable
from typing import Any

from ingest.exchange import Exchange, Payload
from tests.payload.spellings import LAYOUTS, spelled

ROWS = [[1.0, 2.5, -3.0], [4.0, 0.5, 6.25]]
ANSWERS: tuple[Any, ...] = (
    {"predictions": [0, 1]},
    {"predictions": [[0.2, 0.8], [0.9, 0.1]]},
    {"predictions": [{"label": "a", "score": 0.5}, {"label": "b", "score": 0.25}]},
    {"outputs": {"probability": [[0.1], [0.2]], "class": ["x", "y"]}},
    {
        "outputs": [{"name": "y", "shape": [2, 1], "datatype": "FP32", "data": [0.5, 1.5]}],
        "id": "i",
    },
    {"result": [[["a", 0.1], ["b", 0.9]], [["a", 0.8], ["b", 0.2]]]},
    {"data": {"names": ["t:0", "t:1"], "ndarray": [[0.1, 0.9], [0.5, 0.5]]}, "meta": {"puid": "p"}},
    {
        "id": "c",
        "object": "o",
        "choices": [{"finish_reason": "stop"}],
        "usage": {"total_tokens": 1},
    },
    {"error": "no"},
    {"detail": [{"msg": "no"}]},
    {"status": {"code": 500, "status": "FAILURE"}},
    [0.25, 0.75],
    0.5,
)
ODD: tuple[Any, ...] = (
    None, True, 0, -1, 2**53 + 1, 2**64, 10**30, 1e308, 0.1, "", "x", "\x00", "ts", "é", "NaN",
    [], {}, [[]], [None], [[1]], {"a": 1}, {"b64": "AAAA"}, {"b64": 3}, "[1]", '{"a":1}', [1] * 50,
    float("nan"), float("inf"), "1e999", "00000000000000000000000", "=cmd()", "t:0",
)  # fmt: skip
NAMES = (
    "instances", "inputs", "outputs", "predictions", "examples", "context", "result", "data",
    "names", "ndarray", "tensor", "tftensor", "shape", "values", "datatype", "parameters", "name",
    "binary_data_size", "content_type", "dataframe_split", "dataframe_records", "columns", "index",
    "error", "detail", "status", "id", "model_version", "features", "prediction", "score", "b64",
    "strData", "jsonData", "binData", "messages", "choices", "usage", "params", "tags", "meta",
    "request_id", "prediction_id", "", "a.b", "ts", "dtype", "tensorShape", "dim", "size",
)  # fmt: skip


class Mutants:
    """
    Makes calls whose bodies are bent.

    Parameters
    ----------
    seed : int
        The same calls for the same seed.
    """

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._requests = [encode(ROWS) for encode in LAYOUTS.values()]
        self._responses = [spelled(answer) for answer in ANSWERS]
        self._responses += [Payload(b"0.5\n0.25\n", "text/csv"), Payload(b"<html>", "text/html")]

    def call(self, number: int) -> Exchange:
        """Return one call."""
        chance = self._chance
        facts: dict[str, Any] = {"ts": "2026-11-22T08:00:00Z", "model": "m"}
        for name in ("status", "latency_ms", "request_id", "prediction_id", "tags"):
            if chance.random() < 0.2:
                facts[name] = chance.choice((200, 503, 3.5, "7", chance.choice(ODD[:-7])))
        request, response = chance.choice(self._requests), chance.choice(self._responses)
        side = chance.random()  # a call of which both sides are bent ends with the first
        request = self._bent(request) if side < 0.6 else request
        response = self._bent(response) if side > 0.5 else response
        return Exchange(number, b"raw", facts, request, response)

    def _bent(self, payload: Payload) -> Payload | None:
        chance = self._chance
        kind = chance.random()
        if kind < 0.05:
            return None
        if kind < 0.15:
            return payload
        content = payload.content
        if kind < 0.75 and payload.media_type == "application/json":
            value = json.loads(content)
            for _ in range(chance.randint(1, 3)):
                value = self._changed(value, 0)
            content = json.dumps(value).encode()
        else:
            for _ in range(chance.randint(1, 4)):
                content = chance.choice(_BENDS)(content, chance)
        if chance.random() < 0.1:
            content = chance.choice(_WRAPS)(content)
        media_type = chance.choice(
            (payload.media_type, "", "text/csv", "text/plain; header=present")
        )
        length = payload.header_length if chance.random() < 0.8 else chance.randint(-2, 200)
        return Payload(content, media_type, length if chance.random() < 0.9 else None)

    def _changed(self, value: Any, depth: int) -> Any:
        """Return a value with one place in it changed."""
        chance = self._chance
        if not isinstance(value, dict | list) or not value or depth > 6 or chance.random() < 0.15:
            return self._other(value)
        if isinstance(value, list):
            place = chance.randrange(len(value))
            return [*value[:place], self._changed(value[place], depth + 1), *value[place + 1 :]]
        name = chance.choice(list(value))
        changed = {**value, name: self._changed(value[name], depth + 1)}
        if chance.random() < 0.2:
            changed[chance.choice(NAMES)] = changed.pop(name)
        return changed

    def _other(self, value: Any) -> Any:
        chance = self._chance
        kind = chance.random()
        if kind < 0.5:
            return chance.choice(ODD)
        if kind < 0.6:
            return [value, chance.choice(ODD)]
        if kind < 0.7:
            return {chance.choice(NAMES): value, chance.choice(NAMES): chance.choice(ODD)}
        if kind < 0.8:
            return json.dumps(value)
        if kind < 0.9 and isinstance(value, int | float):
            return value * chance.choice((-1, 0, 10**6, 10**12, 1e300))
        return value * 3 if isinstance(value, list | str) else value


Bend = Callable[[bytes, random.Random], bytes]


def _cut(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content) + 1)]


def _flip(content: bytes, chance: random.Random) -> bytes:
    if not content:
        return content
    place = chance.randrange(len(content))
    return content[:place] + bytes([chance.randrange(256)]) + content[place + 1 :]


def _repeat(content: bytes, chance: random.Random) -> bytes:
    begin = chance.randrange(len(content) + 1)
    end = min(begin + chance.randrange(20), len(content))
    return content[:end] + content[begin:end] * chance.randrange(40) + content[end:]


def _insert(content: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(content) + 1)
    return content[:place] + chance.choice(_TOKENS) + content[place:]


_BENDS: tuple[Bend, ...] = (_cut, _flip, _repeat, _insert)
_TOKENS = (
    b"NaN", b"-Infinity", b"\xff", b"\\ud800", b"[" * 40, b"{", b"}", b'"', b",", b"\n", b"\r\n",
    b"99999999999999999999", b"1e999", b"\xef\xbb\xbf", b"\x1f\x8b", b"data: ", b"\\u0000", b"-",
    b"\0", b" ",
)  # fmt: skip
_WRAPS: tuple[Callable[[bytes], bytes], ...] = (
    base64.b64encode,
    gzip.compress,
    lambda content: json.dumps(content.decode(errors="replace")).encode(),
    lambda content: b'{"strData": ' + json.dumps(content.decode(errors="replace")).encode() + b"}",
)
