"""Bodies of several senders read as one: what each costs beside its rows is then paid once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from domain.errors import InputError
from ingest.lines import is_utf8
from monitors.collected import LINES, Body
from store.arrow_columns import holds_dictionaries

ARROW: Final = "arrow"

_BOM: Final = b"\xef\xbb\xbf"
_FILE_MAGIC: Final = b"ARROW1"
# which model a body is of, so that bodies of one model are read together; a guess is good enough
_MODEL: Final = re.compile(rb'"model"\s*:\s*"([^"\\]{1,200})"')
_HEAD_BYTES: Final = 4_096


@dataclass(frozen=True, slots=True, eq=False)
class JoinedBodies:
    """
    Several bodies as one.

    Parameters
    ----------
    content : bytes
        In the format that all of them have.
    lengths : ndarray of int64, shape (n_bodies,)
        How many positions of `content` each body has, one after another.
    """

    content: bytes
    lengths: NDArray[np.int64]


def groups(bodies: Sequence[Body]) -> list[list[int]]:
    """Return the numbers of bodies that are read together."""
    found: dict[object, list[int]] = {}
    for part, body in enumerate(bodies):
        found.setdefault(alike(body) or part, []).append(part)
    return list(found.values())


def alike(body: Body) -> tuple[object, ...] | None:
    """Return what bodies share that are read as one; None: each for itself."""
    said = body.kind, body.format, body.model, body.version, body.models
    if body.format == LINES and is_utf8(body.content):
        model = _MODEL.search(body.content, 0, _HEAD_BYTES)
        return *said, model and model[1]
    if body.format == ARROW and not body.content.startswith(_FILE_MAGIC):
        schema = _schema(body.content)
        return None if schema is None else (*said, schema)
    return None


def joined(bodies: Sequence[Body]) -> JoinedBodies:
    """
    Put bodies together that are `alike`.

    Parameters
    ----------
    bodies : sequence of Body
        At least one. Tables are trusted: who took them from a sender has looked at their offsets.

    Raises
    ------
    InputError
        If one of them is damaged.
    """
    if bodies[0].format == LINES:
        contents = [_whole_lines(body.content) for body in bodies]
        lengths = [content.count(b"\n") for content in contents]
        return JoinedBodies(b"".join(contents), np.array(lengths, np.int64))
    try:
        tables = [pa.ipc.open_stream(pa.BufferReader(body.content)).read_all() for body in bodies]
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError("one of the bodies is not whole Arrow IPC data") from error
    sink = pa.BufferOutputStream()
    together = pa.concat_tables(tables).combine_chunks()
    with pa.ipc.new_stream(sink, together.schema) as stream:
        stream.write_table(together)
    lengths = [table.num_rows for table in tables]
    return JoinedBodies(sink.getvalue().to_pybytes(), np.array(lengths, np.int64))


def _schema(content: bytes) -> bytes | None:
    """Return the columns of a stream; None where its batches cannot be put together."""
    try:
        schema = pa.ipc.open_stream(pa.BufferReader(content)).schema
    except (pa.ArrowException, OSError, ValueError):
        return None
    if any(pa.types.is_dictionary(kind) or holds_dictionaries(kind) for kind in schema.types):
        return None
    return schema.remove_metadata().serialize().to_pybytes()


def _whole_lines(content: bytes) -> bytes:
    content = content.removeprefix(_BOM)
    return content if content.endswith(b"\n") or not content else content + b"\n"
