"""
Logs whose lines each carry a line of another log: of Kubernetes, docker, shippers and loggers.

A logger writes level, time and name before an event. The wrapping is taken off between the stream
and the reader, so every format of lines can be wrapped. A line stays a line, and keeps its number:
where the first parts of a line that was written in parts stood, a blank one is left.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

import orjson

from ingest.lines import LINE_LIMIT_BYTES, Torso, pieces
from ingest.unpack import LogStream

_HEAD_BYTES: Final = 64 * 1024
# Filebeat's documents of a container's log that was written by docker; nobody wraps more often
_DEPTH: Final = 3
_CRI: Final = re.compile(
    rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})"
    rb" (stdout|stderr) ([FP])(?::[^ ]*)? "
)
# a logger's own words; no cell of a table, which other marks part from the next
_PREFIX: Final = re.compile(rb'(?=.*\w)[^\x00-\x1f"{}]{3,400}(?<![,;|])[ :\])>-]')
_COLOURS: Final = re.compile(rb"\x1b\[[0-9;]*m")
_CLOCKS: Final = frozenset({"time", "@timestamp", "date"})
# what of a container's line agents keep: whether it goes on in the next
_GOES_ON: Final = ("_p", "logtag")


@dataclass(frozen=True, slots=True)
class Part:
    """
    What one line carries.

    Parameters
    ----------
    content : bytes
    channel : bytes
        Lines that were written in parts are put together for each by itself.
    is_last : bool
        Whether the inner line ends here.
    """

    content: bytes
    channel: bytes = b""
    is_last: bool = True


Unwrap = Callable[[bytes], Part | None]


def of_cri(line: bytes) -> Part | None:
    """Return what a line of a container's log under Kubernetes carries; None: it is none."""
    start = _CRI.match(line)
    if start is None:
        return None
    return Part(line[start.end() :], start[1], start[2] == b"F")


def of_docker(line: bytes) -> Part | None:
    """
    Return what a line of docker's json-file carries; None: it is none.

    Fluent Bit and Fluentd pass a container's lines on in the same form, those of CRI without a line
    break and with the mark of parts beside them.
    """
    if not line.startswith(b"{") or b'"stream"' not in line:
        return None
    entry = _object(line)
    if entry is None or not _CLOCKS & entry.keys():
        return None
    goes_on = next((entry[name] for name in _GOES_ON if name in entry), None)
    log, channel = entry.get("log"), entry.get("stream")
    if log is None and goes_on is not None:
        log = entry.get("message")
    if not isinstance(log, str) or channel not in ("stdout", "stderr"):
        return None
    content = log.encode()
    is_last = content.endswith(b"\n") if goes_on is None else goes_on != "P"
    return Part(content.rstrip(b"\r\n"), str(channel).encode(), is_last)


def of_document(line: bytes) -> Part | None:
    """
    Return the line that a shipper's document carries as its message; None: it is none.

    A document with a message for people is no wrapper.
    """
    if b'"message"' not in line or b'"@timestamp"' not in line or not line.startswith(b"{"):
        return None
    document = _object(line)
    message = None if document is None else document.get("message")
    if document is None or not isinstance(message, str) or "@timestamp" not in document:
        return None
    content = message.strip().encode()
    if not content.startswith(b"{") and _CRI.match(content) is None:
        return None
    return Part(_on_one_line(content))


def of_logger(line: bytes) -> Part | None:
    """Return the object that a program's logger wrote its own words before; None: it is none."""
    plain = _COLOURS.sub(b"", line) if b"\x1b" in line else line
    begin = plain.find(b"{")
    if begin < 0 or (begin == 0 and plain is line):
        return None
    content = plain[begin:].strip()
    if not content.endswith(b"}") or (begin and _PREFIX.fullmatch(plain[:begin]) is None):
        return None
    return None if _object(content) is None else Part(content)


def _on_one_line(content: bytes) -> bytes:
    """Return an object that was written over several lines: no line break stands in a text."""
    return content.replace(b"\n", b" ") if b"\n" in content else content


def _object(line: bytes) -> dict[str, object] | None:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


_WRAPPERS: Final[tuple[Unwrap, ...]] = (of_cri, of_docker, of_document, of_logger)


def unwrapped(stream: LogStream) -> LogStream:
    """
    Take the wrapping off a log, if its lines are wrapped.

    Parameters
    ----------
    stream : LogStream
        At its beginning; it is closed by whoever opened it.
    """
    for _ in range(_DEPTH):
        unwrap = _wrapper(stream.peek(_HEAD_BYTES))
        if unwrap is None:
            return stream
        stream = _Unwrapped(stream, unwrap)
    return stream


def without_wrapping(head: bytes) -> bytes:
    """Return what the beginning of a log holds, so that its format can be told."""
    with LogStream("", io.BytesIO(head)) as stream:
        if stream.packed:
            return head
        return unwrapped(stream).read(len(head))


def whole_lines(content: bytes) -> int:
    """Return the length of what is whole in a piece of a log: no line ends in a part of one."""
    end = content.rfind(b"\n") + 1
    while end:
        begin = content.rfind(b"\n", 0, end - 1) + 1
        line = content[begin : end - 1]
        part = of_cri(line) or of_docker(line)
        if part is None or part.is_last:
            break
        end = begin
    return end


def is_wrapped(line: bytes) -> bool:
    """Return whether a line carries a line of another log."""
    return any(unwrap(line) is not None for unwrap in _WRAPPERS)


def _wrapper(head: bytes) -> Unwrap | None:
    """Return how to unwrap the first line that is wrapped at all: a log may begin in a line."""
    if b"\0" in head or not any(mark in head for mark in (b"{", b" stdout ", b" stderr ")):
        return None
    for line in head.removeprefix(b"\xef\xbb\xbf").splitlines():
        for unwrap in _WRAPPERS:
            if unwrap(line) is not None:
                return unwrap
    return None


@dataclass(slots=True)
class _Waiting:
    """The parts of a line whose end has not come."""

    parts: list[bytes] = field(default_factory=list[bytes])
    n_bytes: int = 0

    def add(self, content: bytes) -> None:
        """Keep a part; beyond what a line may have, nothing: it is refused anyway."""
        if self.n_bytes <= LINE_LIMIT_BYTES:
            self.parts.append(content)
            self.n_bytes += len(content)

    def with_last(self, content: bytes) -> bytes:
        """Return the line, and be empty again."""
        self.add(content)
        whole = b"".join(self.parts)
        self.parts, self.n_bytes = [], 0
        return whole


class _Unwrapped(LogStream):
    """The inner lines of a log."""

    def __init__(self, outer: LogStream, unwrap: Unwrap) -> None:
        super().__init__(outer.name, io.BytesIO(), outer.beside)
        self.packed = True  # what is here is nowhere on disk
        self._outer = outer
        self._unwrap = unwrap
        self._pieces = self._lines()

    def _lines(self) -> Iterator[bytes]:
        waiting: dict[bytes, _Waiting] = {}
        for piece in pieces(self._outer):
            if isinstance(piece, Torso):
                self.damage = piece.why
                yield piece.raw
                return
            inner = [self._line(piece.line(index), waiting) for index in range(len(piece))]
            yield b"".join(inner)
        yield b"\n".join(one.with_last(b"") for one in waiting.values() if one.parts)

    def _line(self, line: bytes, waiting: dict[bytes, _Waiting]) -> bytes:
        part = self._unwrap(line)
        if part is None:
            return line + b"\n"
        if part.is_last and not waiting:
            return part.content + b"\n"
        before = waiting.setdefault(part.channel, _Waiting())
        if not part.is_last:
            before.add(part.content)
            return b"\n"
        return before.with_last(part.content) + b"\n"
