"""Rows of Parquet that are read where they lie: the rules of a load, applied to some columns."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from domain.errors import InputError, suggestion
from domain.event import FIELDS
from ingest.arrow_values import Column, flatten, from_arrow
from ingest.cell_types import as_type
from ingest.events import Assembly, Defaults
from ingest.features import feature_names
from ingest.fields import refuse_long_texts
from ingest.json_cells import opened
from ingest.mapping import REST, Mapping
from ingest.readers.block import Block
from ingest.readers.parquet import is_row_index
from ingest.values import feature_form
from store.in_place.form import Fields
from store.registry import FeatureType

# of longer ones the values decide whether a double holds them
_EXACT_DIGITS: Final = 15


@dataclass(frozen=True)
class InPlace:
    """
    The rows of one model in files that nobody loads; see `store.in_place.form.RowForm`.

    Parameters
    ----------
    given : Mapping
        Times without a zone are of UTC where it names none.
    model : str
        Rows that name another one are not its; rows that name none are.
    """

    given: Mapping
    model: str
    mapping: Mapping = field(init=False)

    def __post_init__(self) -> None:
        zoned = {"ts_zone": self.given.ts_zone or "UTC"}
        object.__setattr__(self, "mapping", self.given.model_copy(update=zoned))

    @property
    def identity(self) -> str:
        """A text that differs wherever rows would be read otherwise."""
        told = f"{self.model}\0{self.mapping.model_dump_json()}"
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    @property
    def zone(self) -> str:
        """Zone of times that are written without one."""
        return self.mapping.ts_zone or "UTC"

    def types(self, schema: pa.Schema) -> dict[str, pa.DataType]:
        """Return the type of each column by path."""
        columns = flatten(schema.empty_table(), self.mapping.layout.objects)
        return {path: column.type for path, column in columns.items() if not is_row_index(path)}

    def opened(self, batch: pa.RecordBatch) -> dict[str, Column]:
        """Return the columns of some rows by path."""
        return flatten(batch, self.mapping.layout.objects)

    def features(
        self, columns: Dictionary[str, pa.DataType], partitions: Collection[str]
    ) -> dict[str, str]:
        """Return the column of each feature by the feature's name; see `RowForm`."""
        self._require(columns)
        chosen = feature_names(tuple(columns), self.mapping)
        if self.mapping.features == REST:
            chosen = {path: name for path, name in chosen.items() if path not in partitions}
        found: dict[str, str] = {}
        for path, name in chosen.items():
            if name in found:
                raise InputError(
                    f"columns {found[name]!r} and {path!r} would both be the feature {name!r}; "
                    "exclude or rename one in the source's map"
                )
            found[name] = path
        return found

    def _require(self, columns: Dictionary[str, pa.DataType]) -> None:
        for name in FIELDS:
            path = self.mapping.column(name)
            if path is None or not (self.mapping.named(name) or name == "ts"):
                continue
            if path not in columns and not any(c.startswith(f"{path}.") for c in columns):
                raise InputError(
                    f"no column {path!r} for {name}; name it in the source's map "
                    f"(`{name}: COLUMN`){suggestion(path, columns)}"
                )
        if "features" in columns and self.mapping.features == REST:
            raise InputError(
                f"column 'features' is {columns['features']}, no struct; load this log with "
                "'driftline ingest', or list the columns that are features in the source's map"
            )

    def paths(self, fields: Collection[str], columns: Collection[str]) -> list[str]:
        """Return the columns that some fields are read from."""
        wanted = {self.mapping.column(name) for name in fields} - {None}
        tags = f"{self.mapping.column('tags')}."
        return [p for p in columns if p in wanted or ("tags" in fields and p.startswith(tags))]

    def fields(
        self, columns: Dictionary[str, Column], n_rows: int, wanted: Collection[str]
    ) -> Fields:
        """Read fields of some rows; rows are judged by these fields alone."""
        held = {path: from_arrow(column) for path, column in columns.items()}
        tags = self.mapping.column("tags") or "tags"
        if "tags" in wanted and tags in held:
            held = opened(held, frozenset({tags}))
        block = Block(np.arange(n_rows), held, _no_raw)
        assembly = Assembly(block, self.mapping, Defaults(model=self.model))
        asked = [name for name in dict.fromkeys(("model", "ts", *FIELDS)) if name in wanted]
        events = {name: assembly.field(name) for name in asked}
        refuse_long_texts(events, assembly.refusals)
        others = np.zeros(n_rows, np.bool_)
        if "model" in events:
            others = np.asarray(pc.not_equal(events.pop("model"), self.model))
        refused = assembly.refusals.reasons.items()
        return Fields(events, others, {row: why for row, (why, _) in refused if not others[row]})

    def kinds(self, path: str, column: pa.DataType) -> tuple[FeatureType, ...]:
        """Return the types that values of a column can have; more than one: it depends on them."""
        if pa.types.is_dictionary(column):
            return self.kinds(path, column.value_type)
        if self._told(path) is not None:
            return tuple(FeatureType)
        if pa.types.is_boolean(column):
            return (FeatureType.FLAG,)
        decimal = pa.types.is_decimal(column)
        if (decimal and column.precision > _EXACT_DIGITS) or column in (pa.int64(), pa.uint64()):
            return (FeatureType.NUMBER, FeatureType.TEXT)
        numeric = decimal or pa.types.is_integer(column) or pa.types.is_floating(column)
        if numeric or pa.types.is_duration(column):
            return (FeatureType.NUMBER,)
        return (FeatureType.TEXT,)

    def _told(self, path: str) -> str | None:
        types = self.mapping.types
        return types.get(path, types.get(path.removeprefix("features.")))

    def feature(self, path: str, values: Column) -> dict[FeatureType, pa.Array]:
        """Return the values of a feature by their type; a type without any is absent."""
        held = feature_form(from_arrow(values))
        told = self._told(path)
        if told is not None:
            held = as_type(held, told)
        return {FeatureType(kind): part for kind, part in held.parts().items()}


def _no_raw(row: int) -> bytes:
    raise IndexError(row)
