"""What bending found: values that a reader of one format met as faults."""

import json

import pyarrow as pa
import pytest

from domain.errors import InputError
from ingest.read import read_events
from ingest.readers.records import json_bytes
from ingest.sources import SourceFile
from tests.formats.outcome import read
from tests.formats.test_kserve import azure, event, in_binary_mode
from tests.formats.test_triton import TIMED, file, tensor, trace
from tests.formats.test_vertex import NEWER
from tests.fuzz.corpus import SAMPLE, parquet

HUGE = 10**400


def reads(content: bytes, **options):
    return list(read_events(SourceFile("log", data=content), **options))


def test_digits_beyond_64_bits_are_kept_in_calls_of_azure():
    (one,) = reads(json.dumps(azure("model_inputs", [{"id": 2**70}])).encode())
    assert json.loads(one.halves[0].payload.content) == {"dataframe_records": [{"id": 2**70}]}


def test_a_header_of_no_value_tells_nothing():
    told = in_binary_mode(event("request"))
    told["headers"]["Content-Type"] = []
    (one,) = reads(json.dumps(told).encode())
    assert one.halves[0].payload.media_type == ""


def test_a_cell_of_csv_beyond_a_double_is_kept_or_refused_not_a_fault():
    side = {"observedContentType": "text/csv", "mode": "OUTPUT", "encoding": "CSV"}
    told = {
        "captureData": {"endpointOutput": side | {"data": f"{HUGE}\n"}},
        "eventMetadata": {"eventId": "e", "inferenceTime": "2026-11-22T08:00:00Z"},
        "eventVersion": "0",
    }
    outcome = read(json.dumps(told).encode(), model="m")
    assert len(outcome.rows) + len(outcome.rejections) == 1


def test_a_sample_beyond_a_double_is_refused():
    (one,) = reads(json.dumps(SAMPLE | {"value": HUGE}).encode(), format="resources")
    assert [rejection.reason for rejection in one.rejections] == ["out_of_range"]


def test_a_latency_beyond_a_double_is_absent():
    told = NEWER | {"metadata": {"request_latency": HUGE}}
    (outcome,) = [read(json_bytes(told), format="vertex")]
    assert not outcome.rejections
    assert all("latency_ms" not in row for rows in outcome.rows.values() for row in rows)


def test_a_shape_of_no_digits_is_none():
    fragments = trace(1)
    fragments[3]["tensor"] = tensor("age", "41,52", "²")
    outcome = read(file(*fragments), mapping=TIMED)
    assert [rejection.reason for rejection in outcome.rejections] == ["bad_tensor"]


@pytest.mark.parametrize("name", ["auto", "parquet", "vertex"])
def test_a_parquet_file_whose_names_are_no_text_is_one_error(name):
    content = parquet(pa.table({"feature_x": [1.0]})).replace(b"feature_x", b"feature\xec_")
    with pytest.raises(InputError, match="not a whole Parquet file"):
        reads(content, format=name)
