"""Names that OpenTelemetry's conventions changed, and points that are no level of anything."""

import json
from itertools import pairwise

import pytest
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.semconv._incubating.attributes import rpc_attributes
from opentelemetry.semconv._incubating.metrics import k8s_metrics

from tests.ingest.otlp_made import protobuf_metrics, protobuf_spans, read_all, rows, span

CODE, METHOD = rpc_attributes.RPC_RESPONSE_STATUS_CODE, rpc_attributes.RPC_METHOD
# as https://github.com/grpc/grpc/blob/master/doc/statuscodes.md counts them
NAMES = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
]


@pytest.mark.parametrize(("number", "name"), list(enumerate(NAMES)))
def test_a_grpc_status_means_the_same_by_its_name_and_by_its_number(number, name):
    ways = [{CODE: name}, {CODE: str(number)}, {"rpc.grpc.status_code": number}]
    calls = [rows(protobuf_spans(span(attributes)))[0] for attributes in ways]
    assert all(call["status"] == other["status"] for call, other in pairwise(calls))
    assert (calls[0]["status"] >= 500) == (number in {2, 4, 12, 13, 14, 15})


def test_a_code_of_another_protocol_is_no_status_and_no_error():
    (call,) = rows(protobuf_spans(span({CODE: "-32602"})))
    assert "status" not in call


def test_health_checks_are_known_by_the_names_of_old_and_new_conventions():
    paths = ["/v2/models/credit/ready", "/v2/models/{model_name}/versions/{model_version}/ready"]
    asked = [
        {METHOD: "grpc.health.v1.Health/Check"},
        {"rpc.service": "grpc.health.v1.Health", METHOD: "Check"},
        *({"http.route": path} for path in paths),
    ]
    calls = [
        {METHOD: "inference.GRPCInferenceService/ModelInfer"},
        {"url.path": "/v2/models/a/infer"},
    ]
    read = read_all(protobuf_spans(*map(span, [*asked, *calls])))
    assert sum(batch.n_rows for batch in read.batches) == len(calls)
    assert read.passed_over == {"health_check": len(asked)}


def metrics(name, kind="gauge", *, flags=0, temporality=0) -> bytes:
    content = protobuf_metrics((name, "1", 0.5, {}, kind))
    request = ExportMetricsServiceRequest.FromString(content)
    metric = request.resource_metrics[0].scope_metrics[0].metrics[0]
    getattr(metric, kind).data_points[0].flags = flags
    if kind == "sum":
        metric.sum.aggregation_temporality = temporality
    return request.SerializeToString()


def as_json(content: bytes) -> bytes:
    """Write protobuf as JSON: no ids are in it, which its own library spells in another way."""
    request = ExportMetricsServiceRequest.FromString(content)
    return json.dumps(MessageToDict(request)).encode()


@pytest.mark.parametrize("written", [bytes, as_json])
@pytest.mark.parametrize(
    ("content", "n_samples"),
    [
        (metrics("process.cpu.utilization", flags=0), 1),
        (metrics("process.cpu.utilization", flags=1), 0),
        (metrics("process.cpu.utilization", "sum", temporality=2), 1),
        (metrics("process.cpu.utilization", "sum", temporality=1), 0),
        (metrics(k8s_metrics.K8S_CONTAINER_CPU_LIMIT_UTILIZATION), 1),
    ],
)
def test_gaps_and_changes_are_no_use_of_a_resource(content, n_samples, written):
    read = read_all(written(content))
    assert len(read.samples) == n_samples
    assert read.passed_over.get("unusable_point", 0) == 1 - n_samples
