"""True outcomes: which prediction they belong to, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain.errors import InputError
from ingest.mapping import parse_mapping
from ingest.read import read_labels
from ingest.sources import SourceFile


def labels(data: bytes, mapping=None, **options):
    batches, rejections = [], []
    plan = None if mapping is None else parse_mapping(mapping)
    for step in read_labels(SourceFile("labels.csv", data=data), plan, **options):
        batches += [(b.model, row) for b in step.batches for row in b.labels.to_pylist()]
        rejections += step.rejections
    return batches, rejections


def test_labels_come_by_prediction_or_by_request_and_with_or_without_a_time():
    got, rejections = labels(
        b'{"prediction_id":"p1","label":"late","model":"m","ts":"2013-07-01T10:00:00Z"}\n'
        b'{"request_id":7,"label":1.0}\n{"prediction_id":"p2","label":true}\n',
        model="given",
    )
    assert rejections == []
    assert {row["label"]: model for model, row in got} == {
        "late": "m",
        "1": "given",
        "true": "given",
    }
    by_label = {row["label"]: row for _, row in got}
    assert by_label["late"]["ts"] == datetime(2013, 7, 1, 10, tzinfo=UTC)
    assert by_label["1"]["request_id"] == "7"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("p1,", "missing_label"),
        (",late", "missing_id"),
        ("p1,late,extra", "ragged_row"),
        (f"p1,{'x' * 70000}", "too_large"),
    ],
)
def test_a_label_without_its_parts_is_refused_with_its_line(row, reason):
    got, rejections = labels(f"prediction_id,label\np0,1\n{row}\n".encode(), model="m")
    assert [(r.reason, r.position) for r in rejections] == [(reason, 3)]
    assert len(got) == 1


def test_a_label_with_a_naive_time_is_refused_and_one_without_a_model_too():
    log = b'{"prediction_id":"p","label":1,"ts":"2013-07-01T10:00:00"}\n'
    log += b'{"prediction_id":"p","label":1}'
    assert [r.reason for r in labels(log, model="m")[1]] == ["naive_ts"]
    assert [r.reason for r in labels(log, {"ts_zone": "UTC"})[1]] == ["missing_model"] * 2


def test_a_mapping_says_where_the_label_is():
    got, _ = labels(
        b"id,outcome\np1,late\n", {"prediction_id": "id", "label": "outcome"}, model="m"
    )
    assert got == [("m", {"label": "late", "prediction_id": "p1"})]


def test_a_file_without_labels_is_one_error():
    with pytest.raises(InputError, match="no column 'label'"):
        labels(b"id,outcome\np1,late\n", model="m")
