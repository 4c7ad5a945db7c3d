"""Which columns are features, under which names, and how rows of differing types part."""

from __future__ import annotations

from collections.abc import Mapping as Dictionary
from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from domain.event import FIELDS
from ingest.cell_types import as_type
from ingest.exchange import OUTPUTS
from ingest.fields import Refusals
from ingest.mapping import REST, Mapping
from ingest.readers.block import Block
from ingest.values import Mask, Values, feature_form, holds

_NATIVE: Final = "features."
_KINDS: Final = ("number", "text", "flag")


def feature_names(paths: Sequence[str], mapping: Mapping) -> dict[str, str]:
    """
    Return the feature's name by path, for the columns that are features.

    Parameters
    ----------
    paths : sequence of str
        All columns of a log.
    mapping : Mapping
    """
    chosen = _rest(paths, mapping) if mapping.features == REST else _listed(paths, mapping)
    return {
        path: mapping.rename.get(path, mapping.rename.get(name, name))
        for path, name in chosen.items()
        if not _left_out(path, mapping) and not _left_out(name, mapping)
    }


def _left_out(name: str, mapping: Mapping) -> bool:
    beginnings = tuple(item[:-1] for item in mapping.exclude if item.endswith("*"))
    return name in mapping.exclude or name.startswith(beginnings)


def _rest(paths: Sequence[str], mapping: Mapping) -> dict[str, str]:
    taken = {mapping.column(field) for field in FIELDS} | {"features"}
    apart = (f"{mapping.column('tags')}.", OUTPUTS)
    return {
        path: path.removeprefix(_NATIVE)
        for path in paths
        if path not in taken and not path.startswith(apart)
    }


def _listed(paths: Sequence[str], mapping: Mapping) -> dict[str, str]:
    chosen: dict[str, str] = {}
    for item in mapping.features:
        if item.endswith(".*"):
            prefix = item.removesuffix("*")
            chosen |= {p: p.removeprefix(prefix) for p in paths if p.startswith(prefix)}
        elif item in paths:
            chosen[item] = item.removeprefix(_NATIVE)
        elif _NATIVE + item in paths:
            chosen[_NATIVE + item] = item
    return chosen


def features_of(block: Block, mapping: Mapping, refusals: Refusals) -> dict[str, Values]:
    """
    Return the features of a block by name.

    Parameters
    ----------
    block : Block
    mapping : Mapping
    refusals : Refusals
        Takes the rows whose `features` are no object, or that give one feature twice.
    """
    whole = block.columns.get("features")
    if whole is not None and mapping.features == REST:
        refusals.add_where(whole.present(), "wrong_type", whole, "features", "an object")
    features: dict[str, Values] = {}
    for path, name in feature_names(tuple(block.columns), mapping).items():
        values = feature_form(block.columns[path])
        kind = mapping.types.get(path, mapping.types.get(name))
        values = values if kind is None else as_type(values, kind)
        if not values.parts():
            continue
        if name in features:
            values = _joined(features[name], values, name, refusals)
        features[name] = values
    return features


def _joined(first: Values, second: Values, name: str, refusals: Refusals) -> Values:
    """Join two columns of one name: some rows bring it inside `features`, some beside."""
    refusals.add_where(first.present() & second.present(), "duplicate_key", second, name)
    return first.joined(second)


def partition(features: Dictionary[str, Values], length: int) -> NDArray[np.int64]:
    """
    Give the rows a number by the types of their features.

    Parameters
    ----------
    features : mapping of str to Values
    length : int

    Returns
    -------
    ndarray of int64, shape (length,)
        Equal where each feature of two rows has one type, or is missing in one of them.
    """
    groups = np.zeros(length, dtype=np.int64)
    for values in features.values():
        kinds = [kind for kind in _KINDS if kind in values.parts()]
        if len(kinds) < 2:
            continue
        codes = np.zeros(length, dtype=np.int64)
        for code, kind in enumerate(kinds):
            codes[holds(values.parts()[kind])] = code
        _, groups = np.unique(groups * len(kinds) + codes, return_inverse=True)
    return groups.astype(np.int64)


def feature_table(features: Dictionary[str, Values], rows: Mask | None, n_rows: int) -> pa.Table:
    """
    Return the features of rows that agree in their types.

    Parameters
    ----------
    features : mapping of str to Values
    rows : ndarray of bool or None
        Of one group of `partition`; None: all rows.
    n_rows : int
        How many these are: a table without columns has that many rows as well.
    """
    chosen = None if rows is None else pa.array(rows)
    columns: dict[str, pa.Array] = {}
    for name, values in features.items():
        for part in values.parts().values():
            column = part if chosen is None else part.filter(chosen)
            if column.null_count < len(column):
                columns[name] = column
    if not columns:
        return pa.table({"none": pa.nulls(n_rows)}).select([])
    return pa.table(columns)
