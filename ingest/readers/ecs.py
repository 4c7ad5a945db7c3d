"""
Documents of the Elastic Common Schema: JSON lines whose fields have other names.

Nested objects and dotted keys, ``{"trace": {"id": …}}`` and ``{"trace.id": …}``, are one. The
schema has no fields for a model's features and answers: they stand under their native names, at
the top or inside ``ml``. Everything else that a shipper adds is left out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from ingest.cell_types import text_numbers
from ingest.json_bulk import KnownColumns
from ingest.lines import Torso, pieces
from ingest.pieces import RECORD_LINES
from ingest.readers import json_document
from ingest.readers.block import NATIVE_OBJECTS, Block, Layout, Reader, torso_block
from ingest.readers.json_document import Rest, object_blocks, objects_in
from ingest.readers.ndjson import parse_lines
from ingest.unpack import LogStream
from ingest.values import Values
from ingest.wrapped import of_document

Columns = dict[str, Values]

_HEAD_BYTES: Final = 64 * 1024
_NS_PER_MS: Final = 1e6
# where a field is; the first that holds something counts
_SOURCES: Final[dict[str, tuple[str, ...]]] = {
    "model": ("model", "ml.model", "ml.model.name", "service.name"),
    "version": ("version", "ml.version", "ml.model.version", "service.version"),
    "ts": ("ts", "@timestamp"),
    "prediction_id": ("prediction_id", "ml.prediction_id", "event.id"),
    "request_id": ("request_id", "ml.request_id", "http.request.id", "transaction.id"),
    "prediction": ("prediction", "ml.prediction"),
    "score": ("score", "ml.score"),
    "latency_ms": ("latency_ms", "ml.latency_ms"),
    "status": ("status", "http.response.status_code"),
    "replica": (
        "replica",
        "service.node.name",
        "kubernetes.pod.name",
        "orchestrator.resource.name",
        "container.id",
        "host.name",
    ),
    "trace_id": ("trace_id", "trace.id"),
    "label": ("label", "ml.label"),
    "sampling_rate": ("sampling_rate", "ml.sampling_rate"),
}
# of columns below these: what the column is called instead
_BRANCHES: Final = (
    ("features.", "features."),
    ("ml.features.", "features."),
    ("tags.", "tags."),
    ("labels.", "tags."),
)
# an outcome is a status of which only the class is known
_STATUS_OF: Final = {"success": 200, "failure": 500}
_DURATION: Final = "event.duration"
_OUTCOME: Final = "event.outcome"


def _above(path: str) -> set[str]:
    parts = path.split(".")
    return {".".join(parts[:depth]) for depth in range(1, len(parts))}


_PATHS: Final = {path for paths in _SOURCES.values() for path in paths} | {_DURATION, _OUTCOME}
OBJECTS: Final = NATIVE_OBJECTS.union(
    {"labels", "ml.features"}, *(_above(path) for path in _PATHS), {"ml.model"}
)
_ROOTS: Final = ("ecs", "event", "service", "trace", "transaction", "http", "ml", "log")


def read(stream: LogStream, layout: Layout) -> Iterator[Block]:
    """
    Read documents: one a line, or in an array, as queries give them.

    Parameters
    ----------
    stream : LogStream
    layout : Layout
    """
    opened = opening(layout)
    if json_document.READER.recognises(stream.peek(_HEAD_BYTES)):
        objects = map(_carried, objects_in(stream))
        yield from (native(block, layout) for block in object_blocks(stream, objects, opened))
        return
    known = KnownColumns(opened.objects)
    for piece in pieces(stream):
        if isinstance(piece, Torso):
            yield torso_block(piece)
        else:
            for block in parse_lines(piece, known, opened):
                yield native(block, layout)


def _carried(item: bytes) -> bytes:
    """Return the event that a shipper's document carries as its message, else the document."""
    carried = of_document(item)
    return item if carried is None or isinstance(item, Rest) else carried.content


def opening(layout: Layout) -> Layout:
    """Return the layout to read documents with."""
    return replace(layout, objects=layout.objects | OBJECTS)


def native(block: Block, layout: Layout) -> Block:
    """
    Give the columns of documents their native names.

    Parameters
    ----------
    block : Block
        Read with `opening`.
    layout : Layout
        What the mapping names stays under its own name too.
    """
    found = _fields(block.columns, block.n_rows)
    kept = {field: found[field] for field in found if field not in layout.elsewhere}
    for path, values in block.columns.items():
        for branch, name in _BRANCHES:
            if path.startswith(branch):
                _join(kept, name + path.removeprefix(branch), values)
        if layout.names(path):
            kept.setdefault(path, values)
    for path in ("features", "ml.features"):  # what is no object is refused there
        if path in block.columns:
            _join(kept, "features", block.columns[path])
    if "tags" in block.columns:
        kept["tags"] = _without_lists(block.columns["tags"])
    return replace(block, columns=kept)


def _fields(columns: Columns, n_rows: int) -> Columns:
    found: Columns = {}
    for field, paths in _SOURCES.items():
        for path in paths:
            if path in columns:
                _join(found, field, columns[path])
    derived: tuple[tuple[str, str, Callable[[Values], Values]], ...] = (
        ("latency_ms", _DURATION, _milliseconds),
        ("status", _OUTCOME, _status),
    )
    for field, path, derive in derived:
        if path in columns:
            _join(found, field, derive(columns[path]))
    return {field: values for field, values in found.items() if values.length == n_rows}


def _join(columns: Columns, name: str, values: Values) -> None:
    columns[name] = columns[name].joined(values) if name in columns else values


def _milliseconds(nanoseconds: Values) -> Values:
    """Return durations in milliseconds; what is no number stays as it is, to be refused."""
    number, text = nanoseconds.number, nanoseconds.text
    if text is not None:  # a long that a language without them wrote as text
        parsed = text_numbers(text)
        number = parsed if number is None else pc.coalesce(number, parsed)
        text = pc.if_else(parsed.is_null(), text, None)
    if number is not None:
        number = pc.divide(number, _NS_PER_MS)
    return replace(nanoseconds, number=number, text=text)


def _status(outcome: Values) -> Values:
    if outcome.text is None:
        return Values(outcome.length)
    named = pa.array(list(_STATUS_OF), pa.string())
    codes = pa.array(list(_STATUS_OF.values()), pa.float64())
    return Values(outcome.length, number=codes.take(pc.index_in(outcome.text, named)))


def _without_lists(whole: Values) -> Values:
    """Return tags without lists: what ECS calls ``tags`` are keywords, with nothing to them."""
    if whole.nested is None:
        return whole
    return replace(
        whole, nested=pc.if_else(pc.starts_with(whole.nested, pattern="["), None, whole.nested)
    )


def looks_like_document(value: object) -> bool:
    """Return whether a JSON value is a document of the schema."""
    if not isinstance(value, dict) or "@timestamp" not in value:
        return False
    return any(str(key).split(".", 1)[0] in _ROOTS for key in value)


def _recognises(head: bytes) -> bool:
    if b'"@timestamp"' not in head:
        return False
    if json_document.READER.recognises(head):
        return looks_like_document(_first_object(head))
    for line in head.removeprefix(b"\xef\xbb\xbf").splitlines():
        if b'"@timestamp"' in line and line.lstrip().startswith(b"{"):
            try:
                return looks_like_document(orjson.loads(line))
            except orjson.JSONDecodeError:
                continue
    return False


def _first_object(head: bytes) -> object:
    text = head.removeprefix(b"\xef\xbb\xbf").decode(errors="replace").lstrip(" \t\r\n[")
    try:
        return json.JSONDecoder().raw_decode(text)[0]
    except (ValueError, RecursionError):
        return None


READER: Final = Reader("ecs", (), _recognises, read, pieces=RECORD_LINES)
