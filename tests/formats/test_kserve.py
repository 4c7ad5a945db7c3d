"""
KServe, Seldon and Azure ML: requests and answers that come apart.

None of the three can be run here (a Kubernetes cluster, Azure): the records are written after the
documented attributes and after the sources of KServe's logger and Seldon's (see formats/kserve.md).
The sender of azureml-ai-monitoring 1.0.0 was run by hand against a collector; what it sends is in
tests/api/test_cloudevents.py.
"""

import base64
import csv
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.exchange_rows import exchange_block
from ingest.mapping import parse_mapping
from ingest.pairing import Pair, Side, exchange_of
from ingest.read import read_events
from ingest.readers.block import Layout
from ingest.sources import SourceFile

KSERVE = "org.kubeflow.serving.inference."
BLOB = "kserve-blob"
SELDON = "io.seldon.serving."
TIMES = {"request": "2026-11-22T08:00:00.123456789Z", "response": "2026-11-22T08:00:00.250Z"}
BODIES = {"request": {"instances": [[42.0, 0.5]]}, "response": {"predictions": [1]}}


def event(side, *, platform=KSERVE, **attributes):
    return {
        "specversion": "1.0", "type": f"{platform}{side}", "source": "http://localhost:9081/",
        "id": "a-1", "time": TIMES.get(side.rpartition(".")[2], TIMES["request"]),
        "inferenceservicename": "credit-default", "namespace": "risk", "component": "predictor",
        "endpoint": "canary", "datacontenttype": "application/json",
        "data": BODIES.get(side.rpartition(".")[2]), **attributes,
    }  # fmt: skip


def in_binary_mode(one):
    """The same event with its headers, as a dump of requests has it."""
    headers = {f"Ce-{name.title()}": value for name, value in one.items() if name != "data"}
    headers["Content-Type"] = headers.pop("Ce-Datacontenttype")
    return {"headers": headers, "body": one["data"]}


def in_pairs(one):
    """The same as a recorder writes it that keeps headers as they came."""
    return {"headers": [*map(list, one["headers"].items())], "data": one["body"]}


def blob(side, **fields):
    """A record as the logger marshals it; types.go and marshaller_record.go of KServe 0.17."""
    return {
        "url": {"Scheme": "s3", "Host": "logs", "Path": "/x"},
        "bytes": base64.b64encode(json.dumps(BODIES[side]).encode()).decode(),
        "contentType": "application/json", "reqType": KSERVE + side, "id": "007",
        "sourceUri": {"Scheme": "http", "Host": "localhost:9081"},
        "inferenceService": "credit-default", "namespace": "risk", "component": "predictor",
        "metadata": {"X-Model-Version": ["7"]}, "tlsSkipVerify": False,
        "occurrenceTime": TIMES[side], **fields,
    }  # fmt: skip


def read(content, name="log", mapping=None):
    plan = None if mapping is None else parse_mapping(mapping)
    reads = list(read_events(SourceFile(name, data=content), plan))
    halves = [half for one in reads for half in one.halves]
    rejections = [one.reason for some in reads for one in some.rejections]
    return reads, halves, rejections


def lines(*records):
    return "\n".join(map(json.dumps, records)).encode()


SIDES = ("request", "response")


@pytest.mark.parametrize(
    "content",
    [
        lines(*(event(side) for side in SIDES)),
        lines(*(in_binary_mode(event(side)) for side in SIDES)),
        lines(*(in_pairs(in_binary_mode(event(side))) for side in SIDES)),
        json.dumps([event(side) for side in SIDES]).encode(),
        json.dumps([in_binary_mode(event(side)) for side in SIDES], indent=2).encode(),
        b"\xef\xbb\xbf" + lines(event("request")) + b"\r\n\r\n" + lines(event("response")),
    ],
)
def test_a_dump_is_known_by_its_content_and_tells_both_sides(content):
    reads, halves, rejections = read(content, "events.json")
    assert {one.format for one in reads} == {"cloudevents"}
    assert rejections == []
    request, response = halves
    assert (request.side, response.side) == SIDES
    assert request.key == response.key
    assert request.at.isoformat() == "2026-11-22T08:00:00.123456+00:00"
    assert request.facts["model"] == "credit-default"
    assert request.facts["tags"]["role"] == "canary"
    assert json.loads(response.payload.content) == BODIES["response"]
    assert "version" not in request.facts
    assert "status" not in response.facts


def test_batches_that_were_dumped_one_behind_the_other_are_read_all():
    batches = [[event(side, id=f"a-{n}") for side in SIDES] for n in range(3)]
    content = "\n".join(map(json.dumps, [*batches, []])).encode()
    _, halves, rejections = read(content)
    assert [half.facts["request_id"] for half in halves] == [f"a-{n // 2}" for n in range(6)]
    assert rejections == []
    assert read(content[:-1])[2] == ["bad_json"]
    _, halves, rejections = read(content + b"\nthe end")
    assert (len(halves), rejections) == (6, ["bad_json"])


def test_a_transformer_logs_the_same_call_as_another_model():
    _, halves, _ = read(
        lines(*(event("request", component=c) for c in ("predictor", "transformer")))
    )
    assert halves[0].key != halves[1].key
    assert [half.facts["model"] for half in halves] == [
        "credit-default",
        "credit-default-transformer",
    ]


def test_headers_that_were_passed_on_tell_version_and_trace():
    metadata = {
        "x-model-version": ["3"],
        "Traceparent": ["00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"],
    }
    for told in (json.dumps(metadata), metadata):
        _, [half], _ = read(lines(event("request", metadata=told)))
        assert half.facts["version"] == "3"
        assert half.facts["trace_id"] == "0af7651916cd43dd8448eb211c80319c"


def as_csv(records):
    text = io.StringIO()
    flat = [{k: json.dumps(v) if isinstance(v, dict) else v for k, v in r.items()} for r in records]
    writer = csv.DictWriter(text, flat[0])
    writer.writeheader()
    writer.writerows(flat)
    return text.getvalue().encode()


def as_parquet(records):
    flat = [{k: json.dumps(v) if isinstance(v, dict) else v for k, v in r.items()} for r in records]
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(flat), sink)
    return sink.getvalue()


@pytest.mark.parametrize("write", [lambda r: json.dumps(r).encode(), as_csv, as_parquet])
def test_blobs_of_all_three_forms_tell_the_same_where_there_is_a_time(write):
    reads, halves, rejections = read(write([blob(side) for side in SIDES]))
    assert {one.format for one in reads} == {"kserve-blob"}
    assert rejections == []
    assert [half.side for half in halves] == list(SIDES)
    assert {half.facts["request_id"] for half in halves} == {"007"}
    assert {half.facts["version"] for half in halves} == {"7"}
    assert [json.loads(half.payload.content) for half in halves] == list(BODIES.values())


def without_time(record):
    return {name: value for name, value in record.items() if name != "occurrenceTime"}


# KServe 0.16 writes the members of its struct as Go calls them, and no time
def of_kserve_016(record):
    return {name[0].upper() + name[1:]: value for name, value in without_time(record).items()}


TIMELESS = [
    lambda r: as_csv(list(map(without_time, r))),
    lambda r: as_parquet(list(map(without_time, r))),
    lambda r: json.dumps(list(map(of_kserve_016, r))).encode(),
]


@pytest.mark.parametrize("write", TIMELESS)
def test_blobs_without_a_time_are_refused_with_what_to_do(write):
    reads, halves, rejections = read(write([blob(side) for side in SIDES]))
    assert (halves, rejections) == ([], ["blob_without_time"] * 2)
    assert "`ts: {value: 2026-11-22T08:00:00Z}`" in reads[0].rejections[0].message


@pytest.mark.parametrize("write", TIMELESS)
def test_a_mapping_gives_blobs_without_a_time_the_one_of_all_and_no_latency(write):
    mapping = {"ts": {"value": "2026-11-22T09:00:00"}, "ts_zone": "Europe/Berlin"}
    _, halves, rejections = read(write([blob(side) for side in SIDES]), mapping=mapping)
    assert rejections == []
    assert [half.at for half in halves] == [None, None]
    assert {half.facts["ts"] for half in halves} == {"2026-11-22T08:00:00+00:00"}
    call = exchange_of(Pair(*map(Side, halves)))
    assert "latency_ms" not in call.facts


@pytest.mark.parametrize(
    "content",
    [
        lines(event("request", time="2026-11-22T09:00:00.5")),
        lines(in_binary_mode(event("request", time="2026-11-22T09:00:00.5"))),
        as_csv([blob("request", occurrenceTime="2026-11-22 09:00:00.5")]),
    ],
)
def test_times_without_a_zone_are_those_of_the_zone_that_the_mapping_gives(content):
    reads, halves, rejections = read(content)
    assert (halves, rejections) == ([], ["naive_ts"])
    assert "`ts_zone: America/New_York`" in reads[0].rejections[0].message
    _, [half], _ = read(content, mapping={"ts_zone": "Europe/Berlin"})
    assert half.at.isoformat() == "2026-11-22T08:00:00.500000+00:00"


def test_a_time_that_happens_twice_is_the_one_that_the_mapping_means():
    content = lines(event("request", time="2026-10-25T02:30:00"))
    _, _, rejections = read(content, mapping={"ts_zone": "Europe/Berlin"})
    assert rejections == ["ambiguous_ts"]
    _, [half], _ = read(content, mapping={"ts_zone": "Europe/Berlin", "ts_fold": "later"})
    assert half.at.isoformat() == "2026-10-25T01:30:00+00:00"


def test_what_is_no_record_of_the_logger_is_refused_and_says_what_it_lacks():
    record = {name: value for name, value in blob("request").items() if name != "reqType"}
    reads = list(read_events(SourceFile("log", data=json.dumps(record).encode()), format=BLOB))
    [refused] = reads[0].rejections
    assert refused.reason == "no_blob_record"
    assert "reqType is missing" in refused.message
    assert "--format" in refused.message


def test_a_blob_of_one_record_is_an_object_and_of_none_an_empty_list():
    assert len(read(json.dumps(blob("request")).encode())[1]) == 1
    assert read(b"[]")[1:] == ([], [])


def test_a_line_that_is_no_json_is_told_as_such_and_refused_alone():
    content = b"INFO: started\n" + lines(event("request")) + b'\n{"specversion": "1.0", "ty'
    reads, halves, rejections = read(content)
    assert len(halves) == 1
    assert rejections == ["bad_json", "bad_json"]
    assert [one.position for some in reads for one in some.rejections] == [1, 3]
    assert read(json.dumps([blob("request") | {"bytes": "!"}]).encode())[2] == ["bad_body"]


def test_seldon_is_paired_by_its_request_id_and_not_by_the_id_of_the_event():
    records = [
        event(
            f"inference.{side}", platform=SELDON, id=f"event-{side}", requestid="r-1", modelid="clf"
        )
        for side in SIDES
    ]
    _, (request, response), _ = read(lines(*records))
    assert request.key == response.key
    assert request.facts["request_id"] == "r-1"
    assert request.facts["tags"]["node"] == "clf"


def test_feedback_that_tells_the_truth_is_a_label_of_each_row():
    truth = {"data": {"names": ["class"], "ndarray": [[1], [0]]}}
    feedback = {"response": {"meta": {"puid": "r-1"}}, "reward": 1.0, "truth": truth}
    reads, _, rejections = read(lines(event("feedback", platform=SELDON, data=feedback)))
    batches = [batch for one in reads for batch in one.batches]
    [table] = [batch.events.select(["prediction_id", "label"]) for batch in batches]
    assert [tuple(row.values()) for row in table.to_pylist()] == [
        ("r-1-item-0", "1"),
        ("r-1-item-1", "0"),
    ]
    assert rejections == []


def test_what_is_no_call_is_passed_over_or_refused_with_a_reason():
    reward = event("feedback", platform=SELDON, data={"reward": 1.0})
    outlier = event("inference.outlier", platform=SELDON, data={"is_outlier": [1]})
    nameless = event("request", id="")
    other = event("x", platform="com.acme.", data="text")
    reads, halves, rejections = read(lines(event("request"), reward, outlier, nameless, other))
    assert len(halves) == 1
    assert rejections == ["missing_label", "missing_event_id", "unknown_event"]
    passed = [name for one in reads for name in one.passed_over]
    assert passed == ["io.seldon.serving.inference.outlier"]


def azure(collection, data, **attributes):
    return {
        "specversion": "1.0", "id": f"e-{collection}", "time": "2026-11-22T08:00:00Z",
        "source": "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices"
        "/workspaces/w/onlineEndpoints/pricing/deployments/blue",
        "type": f"azureml.inference.{collection}", "datacontenttype": "application/json",
        "correlationid": "c-1", "xrequestid": "x-1", "modelversion": "default",
        "collectdatatype": "pandas.core.frame.DataFrame", "agent": "azureml-ai-monitoring/1.0.0",
        "contentrange": "bytes 0-99/100", "data": data, **attributes,
    }  # fmt: skip


def test_azure_inputs_and_outputs_share_the_correlation_id():
    rows = azure("model_inputs", [{"age": 42, "correlationid": "c-1"}, {"age": 7}])
    _, (request, response), rejections = read(
        lines(rows, azure("model_outputs", [{"price": 1}] * 2))
    )
    assert request.key == response.key
    assert request.facts == {
        "request_id": "c-1",
        "model": "pricing",
        "tags": {"deployment": "blue"},
    }
    assert json.loads(request.payload.content) == {"dataframe_records": [{"age": 42}, {"age": 7}]}
    assert rejections == []


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        (["k-1", "k-2"], ["k-1", "k-2"]),
        (["c-1", "c-1"], ["c-1-item-0", "c-1-item-1"]),  # the record's own
        (["k-1", None], ["c-1-item-0", "c-1-item-1"]),
        (["k-1"], ["k-1"]),
        (["c-1"], ["c-1"]),
    ],
)
def test_azure_rows_with_ids_of_their_own_keep_them(ids, expected):
    rows = [{"age": 42, "correlationid": name} for name in ids]
    answers = [{"price": place} for place in range(len(ids))]
    _, halves, _ = read(lines(azure("model_inputs", rows), azure("model_outputs", answers)))
    block = exchange_block([exchange_of(Pair(*map(Side, halves)))], Layout())
    told = [
        [block.columns[path].plain(row) for row in range(block.n_rows)]
        for path in ("prediction_id", "request_id", "prediction")
    ]
    assert told == [expected, ["c-1"] * len(ids), [*range(len(ids))]]
    assert set(block.columns) >= {"features.age"}
    assert not {path for path in block.columns if "correlation" in path or path.endswith("ids")}


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({"datainblob": "true", "data": "https://x.blob/y"}, "data_elsewhere"),
        ({"contentrange": "bytes 100-199/200"}, "part_of_data"),
        ({"contentrange": "bytes 0-99/200"}, "part_of_data"),
        ({"type": "azureml.inference.other"}, "unknown_event"),
        ({"time": "soon"}, "bad_ts"),
    ],
)
def test_azure_records_that_are_not_whole_are_refused(attributes, reason):
    record = azure("model_inputs", [{"age": 42}]) | attributes
    _, halves, rejections = read(lines(record))
    assert (halves, rejections) == ([], [reason])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
KNOWN = [
    event("request"),
    in_binary_mode(event("response")),
    azure("model_inputs", [{"age": 1}]),
    event("feedback", platform=SELDON, data={"truth": {"data": {"ndarray": [[1]]}}}),
    event("x", platform="com.acme.", data={"model": "m", "score": 0.5}),
    blob("request"),
]


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_whatever_stands_in_a_record_it_is_told_or_refused_and_never_lost(data):
    records = []
    for known in data.draw(st.lists(st.sampled_from(KNOWN), min_size=1, max_size=4)):
        changed = dict(known)
        for name in data.draw(st.lists(st.sampled_from([*known]), max_size=3)):
            changed[name] = data.draw(JSON)
        records.append(changed)
    name = data.draw(st.sampled_from(["cloudevents", "kserve-blob"]))
    write = data.draw(st.sampled_from([lines, lambda *some: json.dumps(some).encode()]))
    if name == "kserve-blob":
        write = lambda *some: json.dumps(some).encode()  # noqa: E731
    reads = list(read_events(SourceFile("log", data=write(*records)), format=name))
    met = {half.position for one in reads for half in one.halves}
    met |= {rejection.position for one in reads for rejection in one.rejections}
    met |= {int(n) for one in reads for batch in one.batches for n in batch.positions}
    passed = sum(n for one in reads for n in one.passed_over.values())
    assert len(met) + passed >= len(records)
