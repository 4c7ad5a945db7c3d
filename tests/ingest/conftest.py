"""What the tests of this room share: a log in, plain rows and rejections out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from domain.rejection import Rejection
from ingest.mapping import parse_mapping
from ingest.read import read_events
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
