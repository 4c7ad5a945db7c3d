"""Blocks of a log into event batches: the same rules whatever the format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from domain.errors import InputError, suggestion
from domain.event import FIELDS, SUBSTANCE
from domain.rejection import Rejection
from ingest.batch import EventBatch, Read
from ingest.features import feature_names, feature_table, features_of, partition
from ingest.fields import (
    Refusals,
    latency_field,
    number_field,
    refuse_long_texts,
    share_field,
    status_field,
    tags_field,
    text_field,
    unless_empty,
)
from ingest.mapping import REST, Mapping
from ingest.readers.block import Block, reject
from ingest.times import parse_times
from ingest.values import Mask, Values, holds

_NUMBERS: Final[dict[str, Callable[[Values, str, Refusals], pa.Array]]] = {
    "score": number_field,
    "latency_ms": latency_field,
    "status": status_field,
    "sampling_rate": share_field,
}


@dataclass(frozen=True, slots=True)
class Defaults:
    """
    What fills in where the log says nothing.

    Parameters
    ----------
    model, version : str or None
    now : datetime or None
        Times more than a day later are refused.
    """

    model: str | None = None
    version: str | None = None
    now: datetime | None = None


def events_of(block: Block, mapping: Mapping, defaults: Defaults, source: str) -> Read:
    """
    Turn a block into events and rejections: each row is in one of the two.

    Parameters
    ----------
    block : Block
    mapping : Mapping
    defaults : Defaults
    source : str
        Name of the log, for messages.

    Raises
    ------
    InputError
        If the log's own header shows that no row can be an event.
    """
    if block.complete:
        require_columns(block, mapping, defaults, source)
    if not block.n_rows:
        return _read((), block.rejections, block)
    assembly = Assembly(block, mapping, defaults)
    events = assembly.events()
    refusals = assembly.refusals
    features = features_of(block, mapping, refusals)
    refuse_long_texts(events, refusals)
    for values in features.values():
        if values.text is not None:
            refuse_long_texts({"a feature": values.text}, refusals)
    _refuse_without_substance(events, features, block.n_rows, refusals)
    batches = _batches(events, features, refusals, block.positions)
    rejections = rejections_of(block, refusals, events["model"])
    return _read(batches, rejections, block)


def _read(batches: tuple[EventBatch, ...], rejections: tuple[Rejection, ...], block: Block) -> Read:
    return Read(batches, rejections, block.halves, block.samples, block.passed_over)


def rejections_of(block: Block, refusals: Refusals, models: pa.Array) -> tuple[Rejection, ...]:
    """Return what the reader and the rules refused, by position; rows of one call at once."""
    refused: dict[tuple[int, str], Rejection] = {}
    for row, (reason, values) in refusals.reasons.items():
        position = int(block.positions[row])
        if (position, reason) not in refused:
            rejection = reject(position, reason, block.raw(row), **values)
            refused[position, reason] = replace(rejection, model=models[row].as_py())
    return tuple(sorted([*block.rejections, *refused.values()], key=lambda one: one.position))


class Assembly:
    """Takes the columns of one block for the fields of an event."""

    def __init__(self, block: Block, mapping: Mapping, defaults: Defaults) -> None:
        self._block = block
        self._mapping = mapping
        self._defaults = defaults
        self.refusals = Refusals()

    def events(self) -> dict[str, pa.Array]:
        """Return the columns of the fields, `model` among them."""
        # whose row it is and when are asked first: the first reason of a refusal counts
        columns = {field: self.field(field) for field in dict.fromkeys(("model", "ts", *FIELDS))}
        return {field: columns[field] for field in FIELDS}

    def field(self, field: str) -> pa.Array:
        """Return the column of one field; rows that it makes no events are refused."""
        if field in _OWN:
            return _OWN[field](self)
        if field in _NUMBERS:
            return _NUMBERS[field](self._values(field), self._name(field), self.refusals)
        if field == "tags":
            name = self._name(field)
            return tags_field(self._values(field), self._below(name), name, self.refusals)
        column = self.text(field)
        if field == "version":
            version = self._defaults.version or self._block.from_path.get("version")
            return column if version is None else pc.fill_null(column, version)
        return column

    def model(self) -> pa.Array:
        """Return the models; rows without one are refused."""
        model = self.text("model")
        given = self._defaults.model or self._block.from_path.get("model")
        if given is not None:
            model = pc.fill_null(model, given)
        for row in np.flatnonzero(~holds(model)):
            self.refusals.add(int(row), "missing_model")
        return model

    def times(self, *, required: bool = True) -> pa.Array:
        """Return the times; rows with a wrong one (or without one, if required) are refused."""
        name, values = self._name("ts"), self._values("ts")
        if values.text is not None:  # an empty text is a missing one
            values = replace(values, text=unless_empty(values.text))
        times = parse_times(values, self._mapping.time_rule, self._defaults.now)
        for row in np.flatnonzero(~values.present()) if required else ():
            self.refusals.add(int(row), "missing_ts", field=name)
        for row, reason in times.refused.items():
            zone = self._mapping.ts_zone or ""
            self.refusals.add(row, reason, field=name, value=values.describe(row), zone=zone)
        return times.ts

    def text(self, field: str) -> pa.Array:
        """Return an id, a version or a name as text."""
        return text_field(self._values(field), self._name(field), self.refusals)

    def outcome(self, field: str) -> pa.Array:
        """Return a prediction or a label as text; lists and objects as JSON text."""
        return text_field(self._values(field), self._name(field), self.refusals, nested=True)

    def _name(self, field: str) -> str:
        return self._mapping.column(field) or field

    def _values(self, field: str) -> Values:
        length = self._block.n_rows
        constant = self._mapping.constant(field)
        if constant is not None:
            return Values(length, text=pa.repeat(pa.scalar(constant, pa.string()), length))
        return self._block.columns.get(self._name(field), Values(length))

    def _below(self, path: str) -> dict[str, Values]:
        prefix = path + "."
        return {
            name.removeprefix(prefix): values
            for name, values in self._block.columns.items()
            if name.startswith(prefix)
        }


_OWN: Final[dict[str, Callable[[Assembly], pa.Array]]] = {
    "model": Assembly.model,
    "ts": Assembly.times,
    "prediction": lambda assembly: assembly.outcome("prediction"),
    "label": lambda assembly: assembly.outcome("label"),
}


def _refuse_without_substance(
    events: dict[str, pa.Array], features: dict[str, Values], length: int, refusals: Refusals
) -> None:
    substance = np.zeros(length, dtype=np.bool_)
    for field in SUBSTANCE:
        substance |= holds(events[field])
    for values in features.values():
        if substance.all():
            return
        substance |= values.present()
    for row in np.flatnonzero(~substance):
        refusals.add(int(row), "no_substance")


def _batches(
    events: dict[str, pa.Array],
    features: dict[str, Values],
    refusals: Refusals,
    positions: NDArray[np.int64],
) -> tuple[EventBatch, ...]:
    """Part the rows by model and by the types of their features."""
    length = len(positions)
    kept = np.ones(length, dtype=np.bool_)
    kept[list(refusals.reasons)] = False
    if not kept.any():
        return ()
    models = events["model"].dictionary_encode()
    codes = np.asarray(models.indices.fill_null(-1), dtype=np.int64)
    _, groups = np.unique(
        partition(features, length) * (len(models.dictionary) + 1) + codes, return_inverse=True
    )
    groups[~kept] = -1
    batches: list[EventBatch] = []
    for group in range(int(groups.max()) + 1):
        rows = groups == group
        if rows.any():
            model = models.dictionary[int(codes[np.argmax(rows)])].as_py()
            whose = positions[rows]
            batches.append(_batch(model, events, features, whose, None if rows.all() else rows))
    return tuple(batches)


def _batch(
    model: str,
    events: dict[str, pa.Array],
    features: dict[str, Values],
    positions: NDArray[np.int64],
    rows: Mask | None,
) -> EventBatch:
    table = pa.table({field: column for field, column in events.items() if field != "model"})
    if rows is not None:
        table = table.filter(pa.array(rows))
    held = [name for name in table.column_names if table[name].null_count < table.num_rows]
    named = feature_table(features, rows, table.num_rows)
    return EventBatch(model, table.select(held), named, positions)


def require_columns(block: Block, mapping: Mapping, defaults: Defaults, source: str) -> None:
    """
    Refuse a table that lacks a column which every row needs.

    Parameters
    ----------
    block : Block
        Of a format with a header.
    mapping : Mapping
    defaults : Defaults
    source : str
        Name of the log.

    Raises
    ------
    InputError
        With the nearest name that is there.
    """
    there = tuple(block.columns)
    for field in FIELDS:
        column, named = mapping.column(field), mapping.named(field)
        needed = field == "ts" or (field == "model" and defaults.model is None)
        if column is not None and (named or needed) and not _is_there(column, there):
            raise InputError(f"{source}: {_missing(field, column, there, named=named)}")
    for item in () if mapping.features == REST else mapping.features:
        if not item.endswith(".*") and not _is_there(
            item, (*there, *feature_names(there, mapping))
        ):
            hint = suggestion(item, there)
            raise InputError(f"{source}: no column {item!r}, which the mapping lists{hint}")


def _is_there(path: str, columns: tuple[str, ...]) -> bool:
    """Return whether there is such a column, or one below it."""
    native = ("", "features.")
    return any(c == prefix + path or c.startswith(path + ".") for c in columns for prefix in native)


def _missing(field: str, column: str, there: tuple[str, ...], *, named: bool) -> str:
    hint = suggestion(column, there)
    if named:
        return f"no column {column!r}, which the mapping names as {field}{hint}"
    remedy = "pass --model, or " if field == "model" else ""
    if field == "ts" and "label" in there:
        remedy = "load labels with 'driftline labels', or "
    hint = hint.replace("; did you mean", "; is it")
    timeless = ", or `ts: {value: TIME}` for a log without times" if field == "ts" else ""
    how = f"(`{field}: COLUMN`{timeless}, --map)"
    return f"no column {column!r}; {remedy}name it in a mapping file {how}{hint}"
