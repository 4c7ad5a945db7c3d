"""What the tests of this room share: a log in, plain rows and rejections out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from domain.rejection import Rejection
from ingest.json_bulk import KnownColumns
from ingest.mapping import parse_mapping
from ingest.read import read_events
from ingest.readers import ndjson
from ingest.sources import SourceFile

Row = dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    rows: list[Row]
    rejections: list[Rejection]

    @property
    def reasons(self) -> list[str]:
        return [rejection.reason for rejection in self.rejections]

    @property
    def positions(self) -> list[int]:
        return [rejection.position for rejection in self.rejections]


def rows_of(batch) -> list[Row]:
    events, features = batch.events.to_pylist(), batch.features.to_pylist()
    assert batch.events.num_rows == batch.features.num_rows
    return [
        {"model": batch.model}
        | {k: v for k, v in event.items() if v is not None}
        | {"features": {k: v for k, v in row.items() if v is not None}}
        for event, row in zip(events, features or [{}] * len(events), strict=True)
    ]


@pytest.fixture(scope="session")
def read():
    def run(data: bytes, mapping: dict[str, Any] | None = None, name: str = "log", **options):
        plan = None if mapping is None else parse_mapping(mapping)
        rows, rejections = [], []
        for step in read_events(SourceFile(name, data=data), plan, **options):
            rejections.extend(step.rejections)
            for batch in step.batches:
                rows.extend(rows_of(batch))
        return Outcome(rows, rejections)

    return run


@pytest.fixture
def read_in_bulk(read):
    """Read a log whose columns are all known: what can go the bulk way does, line by line."""

    def run(data: bytes, mapping: dict[str, Any] | None = None, **options):
        known = KnownColumns(parse_mapping(mapping or {}).layout.objects)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ndjson, "KnownColumns", lambda _objects: known)
            read(data, mapping, **options)
            patch.setattr(ndjson, "_SMALLEST_PART", 1)
            return read(data, mapping, **options)

    return run
