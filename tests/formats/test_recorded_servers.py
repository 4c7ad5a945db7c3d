"""Calls of real MLServer 1.7.1, MLflow and LitServe 0.2.19, recorded by the make.py beside them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from ingest.batch import Read
from ingest.read import read_events
from ingest.sources import find

HERE = Path(__file__).parent
Row = Mapping[str, object]


def read(server: str) -> tuple[list[Row], dict[str, object]]:
    """Return the events of a recording, in their order, and what the model itself said."""
    (source,) = find([str(HERE / server / "calls.jsonl")])
    reads: list[Read] = list(read_events(source, model="credit"))
    assert not [rejection for one in reads for rejection in one.rejections]
    rows: list[tuple[int, Row]] = []
    for batch in (batch for one in reads for batch in one.batches):
        events, features = batch.events.to_pylist(), batch.features.to_pylist()
        for position, event, asked in zip(batch.positions, events, features, strict=True):
            told = {name: value for name, value in asked.items() if value is not None}
            rows.append((int(position), {**event, "model": batch.model, "features": told}))
    expected = json.loads((HERE / server / "expected.json").read_text())
    rows.sort(key=lambda pair: (pair[0], str(pair[1].get("prediction_id"))))
    return [{"position": position, **row} for position, row in rows], expected


def of_call(rows: list[Row], position: int) -> list[Row]:
    return [row for row in rows if row["position"] == position]


@pytest.mark.parametrize(
    ("position", "named", "scored"), [(1, 0, 1), (2, 0, 0), (3, 1, 1), (4, 1, 0)]
)
def test_mlserver_batches_are_what_scikit_learn_says(position: int, named: int, scored: int):
    rows, expected = read("mlserver")
    call = of_call(rows, position)
    names = expected["names"] if named else ["f0", "f1", "f2"]
    assert [list(row["features"].values()) for row in call] == expected["rows"]
    assert [list(row["features"]) for row in call] == [names] * 3
    # its labels are booleans
    assert [row["prediction"] for row in call] == [
        ("false", "true")[y] for y in expected["predict"]
    ]
    if scored:
        scores = [shares[1] for shares in expected["predict_proba"]]
        assert [row["score"] for row in call] == pytest.approx(scores)
    assert {row["status"] for row in call} == {200}
    assert {row["version"] for row in call} == {"v2"}
    assert len({row["request_id"] for row in call}) == 1
    assert len({row["prediction_id"] for row in call}) == 3


def test_mlserver_failures_are_calls_without_predictions():
    rows, _ = read("mlserver")
    failed = [row for row in rows if row["position"] > 5]
    assert [row["status"] for row in failed] == [500, 422, 422, 404, 500]
    assert all(row.get("prediction") is None and not row["features"] for row in failed)
    assert [row["model"] for row in failed] == ["credit", "credit", "credit", "nobody", "failing"]
    assert all(row["latency_ms"] > 0 for row in rows)


@pytest.mark.parametrize("position", [1, 2, 3, 4, 5, 6, 9])
def test_mlflow_bodies_of_every_kind_are_the_same_rows(position: int):
    rows, expected = read("mlflow_serve")
    call = of_call(rows, position)
    asked = [dict(zip(expected["names"], row, strict=True)) for row in expected["rows"]]
    assert [row["features"] for row in call] == asked[: len(call)]
    assert [row["prediction"] for row in call] == expected["predict"][: len(call)]
    assert len(call) == (1 if position == 6 else 3)


def test_mlflow_failures_are_calls_without_predictions():
    rows, _ = read("mlflow_serve")
    failed = [row for row in rows if row["position"] in (7, 8, 10)]
    assert [row["status"] for row in failed] == [400, 400, 400]
    assert all(row.get("prediction") is None and not row["features"] for row in failed)


def test_litserve_answers_follow_no_protocol_and_are_read():
    (source,) = find([str(HERE / "litserve" / "calls.jsonl")])
    (one,) = read_events(source, model="ages", format="v2")
    expected = json.loads((HERE / "litserve" / "expected.json").read_text())
    told = [
        {**event, **asked, "at": int(position)}
        for batch in one.batches
        for position, event, asked in zip(
            batch.positions, batch.events.to_pylist(), batch.features.to_pylist(), strict=True
        )
    ]
    told.sort(key=lambda row: row["at"])
    assert [{"age": row["age"], "city": row["city"]} for row in told[:3]] == expected["rows"]
    answers = [{"prediction": row["prediction"], "score": row["score"]} for row in told[:3]]
    assert answers == expected["answers"]
    assert (told[3]["input"], told[3]["prediction"]) == (4, "16")
    assert [row["status"] for row in told] == [200, 200, 200, 200, 500, 404]
