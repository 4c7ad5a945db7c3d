"""`source:` of a monitor: logs that are read where they lie."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from domain.event import FIELDS
from domain.source import Source
from ingest.mapping import REST, Mapping, load_mapping
from ingest.presets import PRESETS

# texts are parsed while they are loaded; what is read in place has its types already
_LOADED_ONLY = ("ts_format", "positive")


class SourceConfig(BaseModel):
    """Logs that are read where they lie, instead of the store."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    engine: Literal["duckdb", "spark"] = Field(default="duckdb", description="Who reads them.")
    path: str | None = Field(
        default=None,
        min_length=1,
        description=(
            "A Parquet file, a folder of them (Hive-partitioned or not), a glob, or s3://…; "
            "a relative one is taken from this file's folder."
        ),
    )
    table: str | None = Field(
        default=None,
        min_length=1,
        description="A table that Spark knows, as db.schema.payload; instead of `path`.",
    )
    master: str | None = Field(
        default=None,
        min_length=1,
        description="Of Spark: spark://host:7077, yarn…; absent: every core of this machine.",
    )
    options: dict[str, str] = Field(
        default={}, description="Spark's own settings, as spark.executor.memory: 4g."
    )
    map: Mapping | Path | None = Field(
        default=None,
        union_mode="left_to_right",
        description="A mapping file, or its keys: which column is which field of an event.",
    )

    @model_validator(mode="after")
    def _one_place(self) -> SourceConfig:
        if (self.path is None) == (self.table is None):
            given = "neither" if self.path is None else "both"
            raise ValueError(f"give path or table, not {given}")
        if self.table is not None and self.engine == "duckdb":
            raise ValueError("a table is read by Spark; write engine: spark, or give a path")
        if self.engine == "duckdb" and (self.master or self.options):
            raise ValueError("master and options are Spark's; write engine: spark too")
        if isinstance(self.map, Mapping):
            for key in _LOADED_ONLY:
                if getattr(self.map, key) is not None:
                    raise ValueError(f"map.{key} is for logs that are loaded; leave it out")
        return self

    @property
    def mapping(self) -> Mapping:
        """Which column is which field; a file is read now."""
        if isinstance(self.map, Path):
            return load_mapping(self.map)
        return self.map or Mapping()

    def source(self) -> Source:
        """
        Return what engines are told.

        Raises
        ------
        ConfigurationError
            If the mapping file cannot be read.
        """
        mapping = self.mapping
        constants = {f: mapping.constant(f) for f in FIELDS}
        return Source(
            engine=self.engine,
            path=self.path,
            table=self.table,
            columns={f: c for f in FIELDS if (c := mapping.column(f)) not in (None, f)},
            constants={f: value for f, value in constants.items() if value is not None},
            features=None if mapping.features == REST else tuple(mapping.features),
            exclude=mapping.exclude,
            rename=mapping.rename,
            types=mapping.types,
            ts_zone=mapping.ts_zone,
            ts_unit=mapping.ts_unit,
            master=self.master,
            options=self.options,
        )


def beside(source: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Take relative paths of a source from the configuration's folder."""
    moved = dict(source)
    path = source.get("path")
    if isinstance(path, str) and "://" not in path:
        moved["path"] = str(folder / path)
    if isinstance(source.get("map"), str):
        preset = source["map"] in PRESETS
        read = load_mapping(source["map"] if preset else folder / source["map"])
        moved["map"] = read.model_dump(mode="json", exclude_unset=True)
    return moved
