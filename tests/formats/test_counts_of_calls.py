"""
Files nobody has seen: as many calls, predictions and labels are stored as were written.

The writers here are the standard library and pyarrow, and the bytes of TensorFlow's messages put
together by hand in test_tf_serving.py; none of them knows the readers.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingest.sources import SourceFile
from monitors.ingest_logs import Options, ingest_events, ingest_labels
from store.store import Store
from tests.formats.test_tf_serving import call, framed

START = datetime(2026, 11, 22, 8, tzinfo=UTC)
NOW = START + timedelta(days=1)

Call = list[tuple[float, float]]
"""Of each row the feature and the score."""


def calls(n: int, seed: int) -> list[Call]:
    rng = random.Random(seed)
    sizes = [rng.choice([1, 1, 2, 3, rng.randint(4, 70)]) for _ in range(n)]
    return [[(rng.random(), rng.random()) for _ in range(size)] for size in sizes]


def at(i: int) -> str:
    return (START + timedelta(seconds=i)).isoformat().replace("+00:00", "Z")


def lines(rows: list[dict]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def table(rows: list[dict]) -> bytes:
    into = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), into, row_group_size=7)
    return into.getvalue()


def csv_of(cells: list[float]) -> str:
    return "".join(f"{cell!r}\n" for cell in cells)


def body(one: Call) -> tuple[str, str]:
    asked = {"instances": [{"x": x} for x, _ in one]}
    return json.dumps(asked), json.dumps({"predictions": [{"score": s} for _, s in one]})


def sagemaker(made: list[Call], encoding: str) -> bytes:
    def data(text: str) -> str:
        return base64.b64encode(text.encode()).decode() if encoding == "BASE64" else text

    def sides(one: Call) -> tuple[str, str, str]:
        if encoding == "JSON":
            return (*body(one), "application/json")
        return csv_of([x for x, _ in one]), csv_of([s for _, s in one]), "text/csv"

    return lines(
        [
            {
                "captureData": {
                    name: {"observedContentType": kind, "data": data(text), "encoding": encoding}
                    for name, text in (("endpointInput", asked), ("endpointOutput", answered))
                },
                "eventMetadata": {"eventId": f"e{i}", "inferenceTime": at(i)},
                "eventVersion": "0",
            }
            for i, one in enumerate(made)
            for asked, answered, kind in [sides(one)]
        ]
    )


def vertex(made: list[Call], write: Callable[[list[dict]], bytes]) -> bytes:
    return write(
        [
            {
                "deployed_model_id": "7",
                "logging_time": at(i).replace("T", " ").replace("Z", " UTC"),
                "request_id": str(10**17 + i),
                "request_payload": [asked],
                "response_payload": [answered],
            }
            for i, one in enumerate(made)
            for asked, answered in [body(one)]
        ]
    )


def databricks(made: list[Call], write: Callable[[list[dict]], bytes]) -> bytes:
    return write(
        [
            {
                "databricks_request_id": f"r{i}",
                "request_time": at(i),
                "status_code": 200,
                "sampling_fraction": 1.0,
                "execution_duration_ms": 5,
                "request": asked,
                "response": answered,
            }
            for i, one in enumerate(made)
            for asked, answered in [body(one)]
        ]
    )


def tfrecord(made: list[Call]) -> bytes:
    second = int(START.timestamp())
    return b"".join(
        framed(call(second + i // 9, [x for x, _ in one])) for i, one in enumerate(made)
    )


WRITERS: dict[str, Callable[[list[Call]], bytes]] = {
    "sagemaker csv": lambda made: sagemaker(made, "CSV"),
    "sagemaker json": lambda made: sagemaker(made, "JSON"),
    "sagemaker base64": lambda made: sagemaker(made, "BASE64"),
    "vertex json": lambda made: vertex(made, lines),
    "vertex parquet": lambda made: vertex(made, table),
    "databricks json": lambda made: databricks(made, lines),
    "databricks parquet": lambda made: databricks(made, table),
    "tfrecord": tfrecord,
    "tfrecord gzip": lambda made: gzip.compress(tfrecord(made)),
}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with Store.open(tmp_path_factory.mktemp("counts") / "store") as opened:
        yield opened


@pytest.mark.parametrize("name", WRITERS)
def test_as_many_calls_and_predictions_are_stored_as_were_written_and_once(store, name):
    made = calls(120, seed=sum(map(ord, name)))
    data = WRITERS[name](made)
    options = Options(None, f"counted {name}", None, "auto", NOW)
    counts = ingest_events(store, [SourceFile("a log", data=data)], options).shape()
    rows = sum(map(len, made))
    assert (counts["calls"], counts["predictions"], counts["rejected"]) == (120, rows, 0)
    if name.startswith("tfrecord"):
        return  # its calls name their model themselves
    again = ingest_events(store, [SourceFile("renamed", data=data)], options).shape()
    assert (again["calls"], again["predictions"], again["duplicates"]) == (0, 0, rows)


def test_ground_truth_reaches_the_rows_that_were_captured(store):
    made = calls(60, seed=5)
    model = "with ground truth"
    options = Options(None, model, None, "auto", NOW)
    ingest_events(store, [SourceFile("log", data=sagemaker(made, "CSV"))], options)
    truth = lines(
        [
            {
                "groundTruthData": {
                    "data": ",".join("1" if s > 0.5 else "0" for _, s in one),
                    "encoding": "CSV",
                },
                "eventMetadata": {"eventId": f"e{i}"},
                "eventVersion": "0",
            }
            for i, one in enumerate(made)
        ]
    )
    counts = ingest_labels(store, [SourceFile("truth/2026/11/22/20/p.jsonl", data=truth)], options)
    assert counts.shape()["labels"] == sum(map(len, made))
    assert counts.shape()["rejected"] == 0
    joined = store.sql(
        f"""
        select count(*) as n, bool_and((p.prediction::double > 0.5) = (l.label = '1')) as right
        from predictions as p
        join labels as l using (model, prediction_id)
        where model = '{model}'
        """
    ).to_pylist()
    assert joined == [{"n": sum(map(len, made)), "right": True}]
