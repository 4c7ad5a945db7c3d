"""Ways to bend records and files: by bytes, by structure, by lengths, by packing; from one seed."""

from __future__ import annotations

import gzip
import json
import random
import zlib
from collections.abc import Callable
from typing import Any

# what a value may be swapped for; json.dumps writes the last three as NaN, Infinity, -Infinity
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 200, 2**53 + 1, -(2**63), 2**64, 10**400, 1e308, 5e-324, 0.1, "", "x",
    "\x00", "é", "\u2028", "=cmd|'/C calc'!A0", "<b>&", "'; drop table predictions; --", "NaN",
    "-0", "1e999", "9007199254740993", "x" * 70_000, [], {}, [[]], [None], [[1, 2], [3]],
    {"a": {"b": 1}}, {"$type": 1}, [1] * 300, {"": ""}, {"a.b": 1, "a": {"b": 2}},
    float("nan"), float("inf"), float("-inf"),
)  # fmt: skip
TIMES: tuple[Any, ...] = (
    "2026-11-22T10:00:00Z", "2026-11-22T10:00:00", "2026-11-22 10:00:00+01:00",
    "2026-10-25T02:30:00", "2026-03-29T02:30:00", "2026-11-22T10:00:00.123456789Z",
    1_795_334_400, 1_795_334_400.25, 1_795_334_400_000, 1_795_334_400_000_000,
    1_795_334_400_000_000_000, "1795334400000", -1, 1e300,
    "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "2026-02-30T00:00:00Z", "yesterday", "",
    "2026-11-22T24:00:00Z", "2026-11-22T10:00:60Z", 2**70, "٢٠٢٦-11-22T10:00:00Z",
)  # fmt: skip
NAMES: tuple[str, ...] = (
    "model", "version", "ts", "prediction_id", "request_id", "features", "prediction", "score",
    "latency_ms", "status", "replica", "trace_id", "tags", "label", "sampling_rate", "outputs",
    "metric", "value", "unit", "specversion", "type", "id", "source", "data", "data_base64", "time",
    "request", "response", "headers", "body", "captureData", "eventMetadata", "resourceLogs",
    "@timestamp", "message", "log", "timestamp", "", "a.b", "features.x", "é", "ts.ts", "instances",
)  # fmt: skip
TOKENS: tuple[bytes, ...] = (
    b"NaN", b"-Infinity", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\\ud800", b"[" * 200, b'{"a":' * 50,
    b"{", b"}", b'"', b",", b":", b"\r", b"\r\n", b"\n", b"\n\n", b"99999999999999999999", b"1e999",
    b"\xef\xbb\xbf", b"\x1f\x8b", b"PAR1", b"\\u0000", b"\0", b" ", b"-", b'"ts":1,', b"\x1e",
    b"\\",
)  # fmt: skip


class Bends:
    """
    Bends what it is given.

    Parameters
    ----------
    seed : int
        The same bends for the same seed, in the same order.
    """

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def record(self, line: bytes) -> bytes:
        """Bend one line: mostly what it means, sometimes how it is written."""
        chance = self.chance
        above, newline, below = line.rpartition(b"\n")  # what to do stands above a document
        if newline and chance.random() < 0.8:
            return above + newline + self.record(below)
        content = line
        if not newline and line[:1] in b"{[" and chance.random() < 0.9:
            value = json.loads(line)
            for _ in range(chance.choice((1, 1, 1, 2, 4))):
                value = self._changed(value, 0)
            content = self._written(value)
            if chance.random() < 0.95:
                return content
        return self.bytes(content)

    def bytes(self, content: bytes) -> bytes:
        """Cut, flip, repeat, insert, move: what a disk, a proxy or an attacker does."""
        for _ in range(self.chance.choice((1, 1, 2, 5))):
            content = self._bent(content)
        return content

    def packed(self, content: bytes) -> bytes:
        """Pack, as a whole, in members, cut off, damaged, or only by name."""
        whole, half = gzip.compress(content, 1), len(content) // 2
        members = gzip.compress(content[:half], 1) + gzip.compress(content[half:], 1)
        packed = (
            members,
            whole[: self.chance.randrange(len(whole))],
            self.bytes(whole),
            gzip.compress(whole, 1),
            b"\x1f\x8b" + content,
            zlib.compress(content, 1),
            whole + b"\0" * self.chance.randrange(40),
        )
        return self.chance.choice(packed)

    # ------------------------------------------------------------------ structure

    def _changed(self, value: Any, depth: int) -> Any:
        """Return a value with one place in it changed."""
        chance = self.chance
        if not isinstance(value, dict | list) or not value or depth > 7 or chance.random() < 0.1:
            return self._other(value)
        if isinstance(value, list):
            place = chance.randrange(len(value))
            return [*value[:place], self._changed(value[place], depth + 1), *value[place + 1 :]]
        name = chance.choice(list(value))
        kind = chance.random()
        if kind < 0.1:
            return {key: held for key, held in value.items() if key != name}
        if kind < 0.15:
            return {**value, chance.choice(NAMES): chance.choice(ODD)}
        if kind < 0.2 and (name == "ts" or "ime" in name):
            return {**value, name: chance.choice(TIMES)}
        changed = {**value, name: self._changed(value[name], depth + 1)}
        if chance.random() < 0.1:
            changed[chance.choice(NAMES)] = changed.pop(name)
        return changed

    def _other(self, value: Any) -> Any:
        make = self.chance.choices(_OTHERS, _WEIGHTS)[0]
        return make(self.chance, value)

    def _written(self, value: Any) -> bytes:
        """Write JSON as its many writers do."""
        chance = self.chance
        text = json.dumps(
            value,
            ensure_ascii=chance.random() < 0.5,
            separators=chance.choice(((",", ":"), (", ", ": "))),
        )
        if chance.random() < 0.05 and text.startswith("{"):  # a key that is there twice
            text = f'{{"{chance.choice(NAMES)}":1,{text[1:]}'
        return text.encode("utf-8", "surrogatepass")

    def _bent(self, content: bytes) -> bytes:
        chance = self.chance
        place = chance.randrange(len(content) + 1)
        end = min(place + chance.choice((1, 4, 8, 40)), len(content))
        before, part, after = content[:place], content[place:end], content[end:]
        return chance.choice(_BYTES)(chance, before, part, after)


# ---------------------------------------------------------------------- instead of a value


def _deep(chance: random.Random, value: Any) -> Any:
    for _ in range(chance.choice((5, 31, 32, 33, 200))):
        value = [value] if chance.random() < 0.5 else {"a": value}
    return value


def _wide(chance: random.Random, _: Any) -> Any:
    return {f"k{chance.randrange(10**6)}": i for i in range(chance.choice((50, 400)))}


def _within(chance: random.Random, value: Any) -> Any:
    return {chance.choice(NAMES): value, chance.choice(NAMES): chance.choice(ODD)}


def _times(chance: random.Random, value: Any) -> Any:
    if isinstance(value, int | float):
        return value * chance.choice((-1, 0, 10**6, 10**12))
    return value * 3 if isinstance(value, list | str) and len(value) < 1_000 else value


_OTHERS: tuple[Callable[[random.Random, Any], Any], ...] = (
    lambda chance, _: chance.choice(ODD),
    lambda chance, _: chance.choice(TIMES),
    lambda chance, value: [value, chance.choice(ODD)],
    _within,
    lambda _, value: json.dumps(value),  # encoded twice
    _deep,
    _wide,
    _times,
)
_WEIGHTS = (45, 15, 6, 6, 8, 2, 2, 16)


# ---------------------------------------------------------------------- instead of some bytes


def _flipped(chance: random.Random, before: bytes, part: bytes, after: bytes) -> bytes:
    flipped = bytes([part[0] ^ 1 << chance.randrange(8)]) if part else b""
    return before + flipped + part[1:] + after


def _length(chance: random.Random, before: bytes, part: bytes, after: bytes) -> bytes:
    """Write what may be a length, of any width, in the ways that lengths are written."""
    n = chance.choice((0, 1, 127, 128, 255, 2**31 - 1, 2**32 - 1, 2**63 - 1, 2**64 - 1))
    size = chance.choice((1, 2, 4, 8))
    told = (n & (1 << 8 * size) - 1).to_bytes(size, chance.choice(("little", "big")))
    return before + told + (part + after)[size:]


_BYTES: tuple[Callable[[random.Random, bytes, bytes, bytes], bytes], ...] = (
    lambda _chance, before, _part, _after: before,
    lambda _chance, before, _part, after: before + after,
    lambda chance, before, part, after: before + part * chance.randrange(1, 30) + after,
    lambda chance, before, part, after: before + chance.choice(TOKENS) + part + after,
    lambda chance, before, part, after: before + chance.randbytes(len(part)) + after,
    _flipped,
    _length,
)
