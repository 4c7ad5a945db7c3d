"""Columns of tables that hold JSON objects as text, opened like those of JSON lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.column_builder import ColumnBuilder
from ingest.json_exact import UnfitError, parse_object, spread
from ingest.values import Values


def opened(columns: Mapping[str, Values], objects: frozenset[str]) -> dict[str, Values]:
    """
    Open the columns that hold objects as text or as JSON.

    Parameters
    ----------
    columns : mapping of str to Values
    objects : frozenset of str
        Paths of the objects whose members become columns.

    Returns
    -------
    dict of str to Values
        The members by path beside the other columns; what is no object stays where it was.
    """
    result = dict(columns)
    for path in sorted(objects & columns.keys()):
        for kind in ("text", "nested"):
            part = result[path].parts().get(kind)
            if part is not None:
                members, left = _members(path, part, objects)
                result |= members | {path: replace(result[path], **{kind: left})}
    return result


def _members(
    path: str, texts: pa.Array, objects: frozenset[str]
) -> tuple[dict[str, Values], pa.Array]:
    """Parse each distinct text once: tags repeat from row to row."""
    encoded = texts.dictionary_encode()
    builders: dict[str, ColumnBuilder] = {}
    is_object = np.zeros(len(encoded.dictionary), dtype=np.bool_)
    for index, text in enumerate(encoded.dictionary.to_pylist()):
        cells = _cells(text, path, objects)
        if cells is None:
            continue
        is_object[index] = True
        for name, cell in cells.items():
            builders.setdefault(name, ColumnBuilder()).put(index, cell)
    members = {
        name: builder.values(len(is_object)).take(encoded.indices)
        for name, builder in builders.items()
    }
    taken = pa.array(is_object).take(encoded.indices)
    return members, pc.if_else(taken, pa.scalar(None, texts.type), texts)


def _cells(text: str, path: str, objects: frozenset[str]) -> dict[str, object] | None:
    """Return the members of one cell by path; nothing for an empty cell, None for no object."""
    if not text:
        return {}
    cells: dict[str, object] = {}
    try:
        spread(parse_object(text.encode()), path + ".", objects, cells)
    except UnfitError:
        return None
    return cells
