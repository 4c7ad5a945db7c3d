"""Columns of tables that hold JSON objects as text, opened like those of JSON lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from ingest.json_columns import Cells, columns_of
from ingest.json_exact import UnfitError, parse_cells
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
    seen: set[str] = set()
    rows = [_cells(text, path, objects, seen) for text in encoded.dictionary.to_pylist()]
    members = {
        name: values.take(encoded.indices)
        for name, values in columns_of([row or {} for row in rows]).items()
    }
    is_object = pa.array([row is not None for row in rows], pa.bool_())
    taken = is_object.take(encoded.indices)
    return members, pc.if_else(taken, None, texts)


def _cells(text: str, path: str, objects: frozenset[str], seen: set[str]) -> Cells | None:
    """Return the members of one cell by path; nothing for an empty cell, None for no object."""
    try:
        return parse_cells(text.encode(), path + ".", objects, seen) if text else {}
    except UnfitError:
        return None
