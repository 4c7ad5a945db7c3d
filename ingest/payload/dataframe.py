"""Data frames as JSON: MLflow's ``dataframe_split`` and ``dataframe_records``, Azure's kin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ingest.exchange import Decoded
from ingest.json_exact import UnfitError
from ingest.payload.json_rows import FEATURES, Columns, check_size, columns_of_rows
from ingest.payload.json_text import Json
from ingest.payload.tf_serving import parameters

_SPLIT: Final = frozenset({"columns", "data"})


def is_split(value: Json) -> bool:
    """Return whether a value is a data frame as pandas splits it: names, rows, an index."""
    return (
        isinstance(value, dict)
        and value.keys() >= _SPLIT
        and isinstance(value["columns"], list)
        and isinstance(value["data"], list)
    )


def decode_split(body: Mapping[str, Json]) -> Decoded:
    """Decode ``{"dataframe_split": {"columns": […], "data": [[…], …]}}``."""
    columns, n_rows = split_columns(body["dataframe_split"])
    return Decoded(n_rows, columns | parameters(body, n_rows))


def split_columns(frame: Json) -> tuple[Columns, int]:
    """
    Return the columns of a split data frame, and how many rows it has.

    Raises
    ------
    UnfitError
        If a row is longer or shorter than the names, or there are no names.
    """
    if not isinstance(frame, dict) or not isinstance(frame.get("data"), list):
        raise UnfitError("bad_body", value="a data frame without data")
    rows: list[Json] = frame["data"]
    names = frame.get("columns")
    if not isinstance(names, list):
        return columns_of_rows(rows, FEATURES), len(rows)
    return named_columns(rows, [str(name) for name in names]), len(rows)


def named_columns(rows: list[Json], names: list[str]) -> Columns:
    """
    Return rows of cells under names.

    Raises
    ------
    UnfitError
        If a row is longer or shorter, or a name is there twice.
    """
    check_size(len(rows), max(len(names), 1))
    if len(set(names)) < len(names):
        raise UnfitError("duplicate_key", field=next(n for n in names if names.count(n) > 1))
    if len(names) == 1:  # a row may then be its cell
        rows = [row if isinstance(row, list) else [row] for row in rows]
    for row in rows:
        if not isinstance(row, list) or len(row) != len(names):
            width = len(row) if isinstance(row, list) else 1
            raise UnfitError("uneven_rows", value=width, expected=len(names))
    if not rows:
        return {name: [] for name in names}
    cells = zip(*rows, strict=True)
    return {name: list(column) for name, column in zip(names, cells, strict=True)}


def decode_records(body: Mapping[str, Json]) -> Decoded:
    """
    Decode ``{"dataframe_records": [{…}, …]}``.

    Raises
    ------
    UnfitError
        If these are no rows.
    """
    rows = body["dataframe_records"]
    if not isinstance(rows, list):
        raise UnfitError("bad_body", value="dataframe_records that are no list")
    return Decoded(len(rows), columns_of_rows(rows, FEATURES) | parameters(body, len(rows)))
