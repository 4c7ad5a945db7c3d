"""A log in; rows by the record they are of, and rejections out."""

from __future__ import annotations

from typing import Any, NamedTuple

from domain.rejection import Rejection
from ingest.mapping import parse_mapping
from ingest.read import read_events
from ingest.sources import SourceFile

Row = dict[str, Any]


class Outcome(NamedTuple):
    rows: dict[int, list[Row]]
    rejections: list[Rejection]

    @property
    def reasons(self) -> list[tuple[int, str]]:
        return [(rejection.position, rejection.reason) for rejection in self.rejections]

    @property
    def only(self) -> Row:
        """The one row of a log of one."""
        ((row,),) = self.rows.values()
        return row

    @property
    def features(self) -> list[Row]:
        return [row["features"] for found in self.rows.values() for row in found]


def read(
    data: bytes, name: str = "log", mapping: dict[str, Any] | None = None, **options: Any
) -> Outcome:
    """Read a log; what a row does not have is not in it, and rows of a call are in their order."""
    plan = None if mapping is None else parse_mapping(mapping)
    rows: dict[int, list[Row]] = {}
    rejections: list[Rejection] = []
    for step in read_events(SourceFile(name, data=data), plan, **options):
        rejections += step.rejections
        for batch in step.batches:
            events = batch.events.to_pylist()
            features = batch.features.to_pylist() or [{}] * len(events)
            for at, *told in zip(batch.positions.tolist(), events, features, strict=True):
                event, held = ({k: v for k, v in row.items() if v is not None} for row in told)
                rows.setdefault(at, []).append(event | {"model": batch.model, "features": held})
    for found in rows.values():
        found.sort(key=_place)
    return Outcome(dict(sorted(rows.items())), rejections)


def _place(row: Row) -> int:
    _, parted, place = row.get("prediction_id", "").rpartition("-item-")
    return int(place) if parted else 0
