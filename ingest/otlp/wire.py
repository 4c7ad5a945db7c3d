"""
The bytes of OTLP's protobuf messages, looked at without their schema.

Requests of logs, spans and metrics are the same three lists in each other; only the innermost
message tells which it is. Files hold one request, or several with their lengths before them.

https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from enum import Enum, auto
from typing import Final

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_LONGEST_VARINT: Final = 10
_LENGTH: Final = struct.Struct(">I")


class Signal(Enum):
    """What a request brings."""

    LOGS = auto()
    SPANS = auto()
    METRICS = auto()


class Framing(Enum):
    """
    How a file holds requests.

    `single`: it is one. `varint`: each after its length, as protobuf's own libraries write them.
    `prefix`: each after its length in four bytes, as the OpenTelemetry collector writes them.
    """

    SINGLE = auto()
    VARINT = auto()
    PREFIX = auto()


class _BrokenError(ValueError):
    """These bytes are no message."""


def signal_of(content: bytes) -> Signal:
    """
    Return what a request brings; one that brings nothing passes for logs.

    Parameters
    ----------
    content : bytes
        A whole message, or what there is of it.
    """
    try:
        for resource in _messages(content, 1):
            for scope in _messages(resource, 2):
                for item in _messages(scope, 2):
                    return _signal_of_item(item)
    except _BrokenError:
        pass
    return Signal.LOGS


def _signal_of_item(item: bytes) -> Signal:
    kinds = {number: kind for number, kind, _ in _fields(item)}
    if _FIXED64 in {kinds.get(7), kinds.get(8)}:
        return Signal.SPANS
    if kinds.get(1) != _BYTES:
        return Signal.LOGS  # its first field is a time
    # a span without times: 16 bytes of trace id, then 8 of span id
    lengths = {number: len(held) for number, _, held in _fields(item)}
    return Signal.SPANS if (lengths.get(1), lengths.get(2)) == (16, 8) else Signal.METRICS


def is_crowded(content: bytes, limit: int) -> bool:
    """
    Return whether a request holds more messages than it may: two bytes can stand for one.

    Parameters
    ----------
    content : bytes
        One request.
    limit : int
        Of resources, scopes, records and points together.
    """
    points = _POINTS if signal_of(content) is Signal.METRICS else ()
    try:
        _count_down(content, (1, 2, 2, *points), [limit])
    except _BrokenError:  # decoding it will say so
        return False
    except OverflowError:
        return True
    return False


# from a metric to its points, whichever kind it is of
_POINTS: Final = (0, 1)
_KINDS_OF_DATA: Final = frozenset({5, 7, 9, 10, 11})


def _count_down(content: bytes, path: tuple[int, ...], left: list[int]) -> None:
    number, *below = path
    for found, kind, held in _fields(content):
        if kind != _BYTES or not (found == number or (not number and found in _KINDS_OF_DATA)):
            continue
        left[0] -= 1
        if left[0] < 0:
            raise OverflowError
        if below:
            _count_down(held, tuple(below), left)


def framing_of(head: bytes, *, is_whole: bool) -> Framing | None:
    """
    Return how the beginning of a file holds requests; None: it holds none.

    Parameters
    ----------
    head : bytes
        At least a few of them.
    is_whole : bool
        Whether the file ends with them.
    """
    if _starts_request(head, len(head) if is_whole else None):
        return Framing.SINGLE
    found = _varint(head, 0)
    if found is not None and _starts_request(head[found[1] :], found[0]):
        return Framing.VARINT
    if len(head) > _LENGTH.size:
        (length,) = _LENGTH.unpack_from(head)
        if _starts_request(head[_LENGTH.size :], length):
            return Framing.PREFIX
    return None


def _starts_request(content: bytes, length: int | None) -> bool:
    """Tell whether a message of a length begins as requests do: with a resource, or what it did."""
    resource = _outermost(content)
    if resource is None:
        return False
    size, at = resource
    if length is not None and at + size > length:
        return False
    inside = content[at : at + size]
    inner = _outermost(inside) or _outermost(inside, 0x12)
    return inner is not None and sum(inner) <= size


def _outermost(content: bytes, tag: int = 0x0A) -> tuple[int, int] | None:
    """Return the length of a first field that is a message, and where it begins."""
    if not content or content[0] != tag:
        return None
    return _varint(content, 1)


def frames(content: bytes, framing: Framing) -> Iterator[bytes | None]:
    """
    Cut a file into requests.

    Parameters
    ----------
    content : bytes
    framing : Framing

    Yields
    ------
    bytes or None
        None: what is left is cut off.
    """
    if framing is Framing.SINGLE:
        yield content
        return
    at = 0
    while at < len(content):
        if framing is Framing.VARINT:
            found = _varint(content, at)
        else:
            whole = at + _LENGTH.size <= len(content)
            found = (_LENGTH.unpack_from(content, at)[0], at + _LENGTH.size) if whole else None
        if found is None or found[1] + found[0] > len(content):
            yield None
            return
        length, begin = found
        at = begin + length
        yield content[begin:at]


def _messages(content: bytes, number: int) -> Iterator[bytes]:
    for found, kind, held in _fields(content):
        if found == number and kind == _BYTES:
            yield held


def _fields(content: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Return number, kind and, of those that have a length, content of each field."""
    at = 0
    while at < len(content):
        tag, at = _needed(content, at)
        kind = tag & 7
        held = b""
        if kind == _VARINT:
            _, at = _needed(content, at)
        elif kind == _BYTES:
            length, at = _needed(content, at)
            held = content[at : at + length]
            at += length
        elif kind in {_FIXED64, _FIXED32}:
            at += 8 if kind == _FIXED64 else 4
        else:
            raise _BrokenError
        yield tag >> 3, kind, held


def _needed(content: bytes, at: int) -> tuple[int, int]:
    found = _varint(content, at)
    if found is None:
        raise _BrokenError
    return found


def _varint(content: bytes, at: int) -> tuple[int, int] | None:
    """Return a number of seven bits a byte, and where it ends; None: it does not."""
    value = 0
    for i, byte in enumerate(content[at : at + _LONGEST_VARINT]):
        value |= (byte & 0x7F) << (7 * i)
        if byte < 0x80:
            return value, at + i + 1
    return None
