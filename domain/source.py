"""Where a model's logs lie when they are read in place, and which column is which field there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

EngineName = Literal["duckdb", "spark"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """
    Logs that are judged where they lie; the store keeps only what was found in them.

    Parameters
    ----------
    engine : {"duckdb", "spark"}
        Who answers.
    path : str or None
        A Parquet file, a folder of them (Hive-partitioned or not), a glob, or a URL (``s3://…``).
    table : str or None
        A table that the engine knows by name, ``db.schema.payload``; exactly one of the two.
    columns : mapping of str to str
        Column by field of the native event (`domain.event.FIELDS`), for the fields that are called
        otherwise; ``request.time`` is a member of a struct.
    constants : mapping of str to str
        What all rows have, by field.
    features : tuple of str or None
        Columns that are features, ``object.*`` for all members of a struct; None: every column
        that nothing else names.
    exclude : tuple of str
        Columns that are none.
    rename : mapping of str to str
        Name of the feature by column.
    types : mapping of str to str
        ``number``, ``text`` or ``bool`` by column, where it would be read otherwise.
    ts_zone : str or None
        IANA zone of times that are written without one; None: UTC.
    ts_unit : {"s", "ms", "us", "ns"} or None
        Of times that are numbers.
    master : str or None
        Of Spark: ``spark://host:7077``, ``yarn``…; None: every core of this machine.
    options : mapping of str to str
        Spark's own settings, such as ``spark.executor.memory``.
    """

    engine: EngineName = "duckdb"
    path: str | None = None
    table: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict[str, str])
    constants: Mapping[str, str] = field(default_factory=dict[str, str])
    features: tuple[str, ...] | None = None
    exclude: tuple[str, ...] = ()
    rename: Mapping[str, str] = field(default_factory=dict[str, str])
    types: Mapping[str, str] = field(default_factory=dict[str, str])
    ts_zone: str | None = None
    ts_unit: Literal["s", "ms", "us", "ns"] | None = None
    master: str | None = None
    options: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def name(self) -> str:
        """What messages call it: its path or its table."""
        return self.path or self.table or ""

    def column(self, of: str) -> str | None:
        """Return the column of a field; None where all rows have one value."""
        return None if of in self.constants else self.columns.get(of, of)
