"""Files as one table of events that DuckDB may ask: it says which columns and which rows."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.dataset as ds

from domain.errors import DriftlineError
from store.arrow_columns import EVENT_COLUMNS
from store.in_place.rows import Batch, Chosen, Feature, FileRows
from store.registry import Features, FeatureType

_OF_TYPE: Final = {
    FeatureType.NUMBER: pa.float64(),
    FeatureType.TEXT: pa.string(),
    FeatureType.FLAG: pa.bool_(),
}
# ids are unique in one answer: number of the file, number of the row
_ROW_BITS: Final = 40
# What is kept of columns that are read in turn: opening a file costs as much as reading one of its
# columns. Values are known beforehand, bytes of long texts are not.
_MOST_VALUES: Final = 1 << 22
_MOST_BYTES: Final = 1 << 26
# beside a column its rows' time, version and kind are read
_BESIDE: Final = 3


@dataclass(frozen=True, slots=True)
class _Held:
    """Columns that were read together."""

    names: tuple[str, ...]
    batches: Sequence[pa.RecordBatch]


class VirtualRows(ds.Dataset):
    """
    The events of some files, with the names that the store's tables have.

    DuckDB asks a dataset for a scanner of the columns and rows that a query needs. This one reads
    no more than that, and turns values into those that a load would have stored.

    Parameters
    ----------
    rows : FileRows
    chosen : sequence of Chosen
    features : Features
        Of the model, over all files.
    in_turn : sequence of str
        Columns that will be asked for one after the other: as many of them as little memory holds
        are read together.

    Attributes
    ----------
    n_rows : int
        In the row groups that are chosen.
    failure : DriftlineError or None
        What went wrong while a query read: DuckDB would only tell its text.
    """

    def __init__(
        self,
        rows: FileRows,
        chosen: Sequence[Chosen],
        features: Features,
        in_turn: Sequence[str] = (),
    ) -> None:
        self._rows = rows
        self._chosen = chosen
        self._places = {column: pair for pair, column in features.columns.items()}
        self.failure: DriftlineError | None = None
        self.n_rows = sum(one.facts.groups[group].rows for one in chosen for group in one.groups)
        at_once = _MOST_VALUES // max(self.n_rows, 1) - _BESIDE
        self._parts = [in_turn[i : i + at_once] for i in range(0, len(in_turn), max(at_once, 1))]
        if at_once < 2:
            self._parts = []
        self._held = _Held((), [])
        self._holding = threading.Lock()

    @property
    def schema(self) -> pa.Schema:
        """The columns."""
        of_features = {c: _OF_TYPE[kind] for c, (_, kind) in self._places.items()}
        kinds = {"id": pa.int64(), "kind": pa.int8(), **EVENT_COLUMNS, **of_features}
        return pa.schema(list(kinds.items()))

    def scanner(
        self,
        columns: Sequence[str] | None = None,
        filter: ds.Expression | None = None,  # noqa: A002 - pyarrow's name
        **_: Any,  # noqa: ANN401 - of pyarrow, for its own reading
    ) -> ds.Scanner:
        """Return what reads some columns of the rows that pass a filter."""
        schema = self.schema
        wanted = schema.names if columns is None else list(columns)
        # pyarrow tells no names of a filter; a name that only looks like one is read in vain
        told = "" if filter is None else str(filter)
        names = [name for name in schema.names if name in wanted or name in told]
        read = pa.schema([schema.field(name) for name in names or ["id"]])
        return ds.Scanner.from_batches(
            self._batches(read), schema=read, columns=wanted, filter=filter, use_threads=False
        )

    def _batches(self, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """Yield the columns of a schema: of what is held, or read now."""
        held = self._hold(schema.names)
        if held is None:
            yield from self._read(schema)
            return
        for batch in held:
            yield batch.select(schema.names)

    def _hold(self, names: Sequence[str]) -> Sequence[pa.RecordBatch] | None:
        """Return rows with some columns, read with those that come next; None: too large."""
        with self._holding:
            if set(names) <= set(self._held.names):
                return self._held.batches
            part = next((part for part in self._parts if not set(part).isdisjoint(names)), None)
            if part is None:
                return None
            self._held = _Held((), [])
            read = {*names, *part}
            schema = self.schema
            kept = pa.schema([field for field in schema if field.name in read])
            batches: list[pa.RecordBatch] = []
            size = 0
            for batch in self._read(kept):
                batches.append(batch)
                size += batch.nbytes
                if size > _MOST_BYTES:
                    self._parts = []
                    return None
            self._held = _Held(tuple(kept.names), batches)
            return batches

    def _read(self, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        features = [self._places[name] for name in schema.names if name in self._places]
        try:
            for one in self._chosen:
                opened = self._rows.open(one.file)
                wanted = self._rows.wanted(opened, one.facts, set(schema.names), features)
                for batch in self._rows.batches(one.file, opened, one.groups, wanted):
                    if len(batch.rows):
                        yield _as_stored(one, batch, schema, self._places)
        except DriftlineError as error:
            self.failure = error
            raise


def _as_stored(
    one: Chosen, batch: Batch, schema: pa.Schema, places: Mapping[str, Feature]
) -> pa.RecordBatch:
    made = {"id": (one.number << _ROW_BITS) + batch.rows, "kind": batch.kinds}
    arrays: list[pa.Array] = []
    for field in schema:
        if field.name in made:
            arrays.append(pa.array(made[field.name], field.type))
            continue
        values = batch.columns.get(places.get(field.name, field.name))
        if values is None:
            values = pa.nulls(len(batch.rows), field.type)
        arrays.append(values)
    return pa.record_batch(arrays, schema=schema)
