"""The shipped sample of real logs: one event for every row, in each of its formats."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from ingest.mapping import Mapping
from ingest.read import read_events, read_labels
from ingest.sources import find

SAMPLE = Path(__file__).parents[2] / "sample_data"
EXCERPTS = sorted((SAMPLE / "excerpts").iterdir())


@pytest.mark.parametrize("path", EXCERPTS, ids=lambda path: path.name)
def test_an_excerpt_is_read_without_a_refusal(path):
    steps = [step for source in find([str(path)]) for step in read_events(source)]
    assert sum(batch.n_rows for step in steps for batch in step.batches) > 50
    assert [step.rejections for step in steps if step.rejections] == []
    assert {batch.model for step in steps for batch in step.batches} == {"flight-delay"}


def test_the_whole_sample_is_read_row_for_row():
    files = find([str(SAMPLE / "predictions")])
    written = sum(pq.read_metadata(source.path).num_rows for source in files)
    steps = [step for source in files for step in read_events(source)]
    assert sum(batch.n_rows for step in steps for batch in step.batches) == written
    assert all(not step.rejections for step in steps)


def test_all_labels_of_the_sample_are_read():
    files = find([str(SAMPLE / "labels")])
    written = sum(pq.read_metadata(source.path).num_rows for source in files)
    steps = [s for source in files for s in read_labels(source, Mapping(), model="flight-delay")]
    assert sum(b.labels.num_rows for step in steps for b in step.batches) == written
