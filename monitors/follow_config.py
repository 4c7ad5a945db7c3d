"""`follow:` logs that the owner of the store takes by itself, as they are written."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from ingest.mapping import Mapping, load_mapping
from monitors.config_values import Duration, Name


class FollowConfig(BaseModel):
    """A file, a folder, a pattern or a bucket whose logs are taken as they are written."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str = Field(
        min_length=1,
        description=(
            "A file, a folder, a glob or s3://BUCKET/PREFIX; a relative one is taken from this "
            "file's folder."
        ),
    )
    labels: bool = Field(
        default=False,
        description="They hold labels, as driftline labels takes them, and no predictions.",
    )
    format: str = Field(default="auto", description="As driftline ingest --format.")
    model: Name | None = Field(default=None, description="Of rows that carry none.")
    version: Name | None = Field(default=None, description="Of rows that carry none.")
    map: Mapping | Path | None = Field(
        default=None,
        union_mode="left_to_right",
        description="A mapping file, or its keys: which column is which field of an event.",
    )
    every: Duration | None = Field(
        default=None, description="From one look to the next; absent: 2s, of a bucket 30s."
    )
    settle: Duration = Field(
        default=timedelta(seconds=60),
        description="A file that nobody wrote to for so long has ended.",
    )

    @property
    def mapping(self) -> Mapping | None:
        """Which column is which field; a file is read now."""
        return load_mapping(self.map) if isinstance(self.map, Path) else self.map


def beside(follow: FollowConfig, folder: Path) -> FollowConfig:
    """Take relative paths from the configuration's folder."""
    moved: dict[str, Any] = {}
    if "://" not in follow.path:
        moved["path"] = str(folder / Path(follow.path).expanduser())
    if isinstance(follow.map, Path):
        moved["map"] = load_mapping(folder / follow.map)
    return follow.model_copy(update=moved)
