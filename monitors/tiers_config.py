"""`archive:` and `retention:` of a monitor: where old rows go, and how long any are kept."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from domain.errors import ConfigurationError
from monitors.config_values import Duration
from store.file_places import place_of

_SIZE: Final = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(B|kB|KB|MB|GB|TB)\s*$")
_BYTES: Final = {"B": 1, "kB": 1e3, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12}
# rows move and go by whole days
SHORTEST_STAY: Final = timedelta(days=2)


def _size(raw: object) -> object:
    match = _SIZE.match(raw) if isinstance(raw, str) else None
    if match is None:
        raise ValueError("write a size with its unit: 500 MB, 20 GB or 1.5 TB")
    return int(float(match[1]) * _BYTES[match[2]])


Size = Annotated[
    int,
    BeforeValidator(_size),
    WithJsonSchema({"type": "string", "pattern": _SIZE.pattern, "format": "size"}),
]


class _Stay(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    @field_validator("after", check_fields=False)
    @classmethod
    def _whole_days(cls, after: timedelta | None) -> timedelta | None:
        if after is not None and after < SHORTEST_STAY:
            raise ValueError("rows move by whole days; give 2d or more")
        return after


class ArchiveConfig(_Stay):
    """Where old rows go: Parquet files that every question still reads."""

    after: Duration = Field(
        default=timedelta(days=90),
        description=(
            "Age from which whole UTC days move; a quarter lets late rows and usual baselines meet "
            "rows that still lie in the store."
        ),
    )
    to: str = Field(
        min_length=1,
        description=(
            "A folder (a relative one is taken from this file's folder) or s3://BUCKET/PREFIX, "
            "with ?endpoint=URL&region=NAME where it is not Amazon's."
        ),
    )

    @field_validator("to")
    @classmethod
    def _can_be_meant(cls, to: str) -> str:
        try:
            place_of(to)
        except ConfigurationError as error:
            raise ValueError(str(error)) from error
        return to


class RetentionConfig(_Stay):
    """How long a model's rows are kept, archived ones too; by default for good."""

    after: Duration | None = Field(
        default=None,
        description=(
            "Age from which whole UTC days of rows are dropped, archived ones too; what was "
            "counted of them stays. Absent: none, for nothing brings them back."
        ),
    )
    size: Size | None = Field(
        default=None,
        gt=0,
        description=(
            "Bytes that the model's rows may take in the store and in its archive together, about; "
            "beyond it the oldest days are dropped. Absent: any."
        ),
    )

    @model_validator(mode="after")
    def _says_something(self) -> RetentionConfig:
        if self.after is None and self.size is None:
            raise ValueError("give after, size or both; without retention everything is kept")
        return self


def require_order(archive: ArchiveConfig | None, retention: RetentionConfig | None) -> None:
    """
    Refuse rows that would be dropped before they are archived.

    Raises
    ------
    ValueError
    """
    if archive is None or retention is None or retention.after is None:
        return
    if retention.after <= archive.after:
        raise ValueError(
            f"retention.after ({retention.after.days}d) drops rows before archive.after "
            f"({archive.after.days}d) moves them; keep them longer, or leave archive out"
        )


def beside(archive: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Take a relative folder of an archive from the configuration's folder."""
    to = archive.get("to")
    if isinstance(to, str) and "://" not in to:
        return {**archive, "to": str((folder / Path(to).expanduser()).absolute())}
    return archive
