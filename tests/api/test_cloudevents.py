"""CloudEvents over a real socket: by the project's own SDK, and as KServe and Azure send them."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from cloudevents.core.bindings import http as binding
from cloudevents.core.v1.event import CloudEvent

from store.store import Store
from tests.api.sending import many_lives, serving

T = datetime(2026, 6, 1, 8, tzinfo=UTC)
PATH = "/v1/cloudevents"
KSERVE = "org.kubeflow.serving.inference."


def side(number, kind, *, at=None, **more):
    """One side of a call as KServe tells it: the documented attributes of its logger."""
    body = {"instances": [[number, 2.5]]} if kind == "request" else {"predictions": [number % 2]}
    return CloudEvent(
        attributes={
            "type": KSERVE + kind,
            "source": "http://localhost:9081/",
            "id": f"call-{number}",
            "time": at or T + timedelta(milliseconds=5 * (kind == "response")),
            "datacontenttype": "application/json",
            "inferenceservicename": "credit",
            "namespace": "risk",
            "component": "predictor",
            "endpoint": "default",
            "metadata": '{"X-Model-Version":["7 % \\"a\\""]}',
            **more,
        },
        data=body,
    )


def binary(client, event):
    message = binding.to_binary_event(event)
    return client.post(PATH, content=message.body, headers=message.headers)


def structured(client, event):
    message = binding.to_structured_event(event)
    return client.post(PATH, content=message.body, headers=message.headers)


def batch(client, *events):
    # the SDK writes structured events; an array of them is the batch of the specification
    items = b",".join(binding.to_structured_event(event).body for event in events)
    headers = {"content-type": "application/cloudevents-batch+json; charset=utf-8"}
    return client.post(PATH, content=b"[" + items + b"]", headers=headers)


def rows(folder, sql):
    with Store.open(folder) as store:
        return store.sql(sql).to_pylist()


def test_the_sdk_sends_in_three_modes_and_each_mode_tells_the_same(tmp_path):
    with serving(tmp_path) as server, server.client() as client:
        answers = [
            binary(client, side(1, "request")),
            structured(client, side(1, "response")),
            structured(client, side(2, "request")),
            binary(client, side(2, "response")),
            batch(client, side(3, "response"), side(4, "response"), side(3, "request")),
            batch(client, side(4, "request")),
        ]
        assert [answer.status_code for answer in answers] == [200] * 6
        told = [answer.json()["predictions"] for answer in answers]
        assert told == [0, 1, 0, 1, 1, 1]
    calls = rows(tmp_path, "select * from calls order by request_id")
    assert [call["request_id"] for call in calls] == [f"call-{n}" for n in (1, 2, 3, 4)]
    assert {call["latency_ms"] for call in calls} == {5.0}
    assert {call["version"] for call in calls} == {'7 % "a"'}
    assert {call["ts"] for call in calls} == {T.replace(tzinfo=None)}
    for row in rows(tmp_path, "select * from predictions"):
        assert row["f_f0"] % 2 == float(row["prediction"])
        assert json.loads(row["tags"]) == {
            "component": "predictor", "endpoint": "default", "namespace": "risk",
        }  # fmt: skip


def test_halves_outlive_a_kill_between_them(tmp_path):
    with many_lives(tmp_path) as next_life:
        server = next_life()
        with server.client() as client:
            assert binary(client, side(1, "request")).status_code == 200
            assert binary(client, side(2, "response")).status_code == 200
        server.kill()
        server = next_life()
        with server.client() as client:
            assert binary(client, side(1, "response")).json()["predictions"] == 1
            # sent again, because the answer may have been lost with the server
            assert binary(client, side(2, "response")).json()["predictions"] == 0
            assert binary(client, side(2, "request")).json()["predictions"] == 1
        server.kill()
    assert len(rows(tmp_path, "select * from calls")) == 2


def test_azures_library_finds_its_sidecar(tmp_path):
    # what azureml-ai-monitoring 1.0.0 sends: epoch seconds, neither ce-id nor ce-specversion
    def post(client, kind, rows):
        headers = {
            "ce-type": f"azureml.inference.{kind}",
            "ce-time": "1780300800",
            "ce-x-request-id": "c-1",
            "ce-collect-data-type": "pandas.core.frame.DataFrame",
            "ce-agent": "azureml-ai-monitoring/1.0.0",
            "content-type": "application/json",
        }
        return client.post("/modeldata/log?model=pricing", json=rows, headers=headers)

    with serving(tmp_path) as server, server.client() as client:
        sent = [
            post(client, "model_inputs", [{"age": 42.0}, {"age": 7.0}]),
            post(client, "model_outputs", [{"price": 1.5}, {"price": 9.5}]),
        ]
        assert [answer.status_code for answer in sent] == [200, 200]
    found = rows(tmp_path, "select * from predictions order by prediction_id")
    assert [(row["prediction_id"], row["f_age"], row["prediction"]) for row in found] == [
        ("c-1-item-0", 42.0, "1.5"),
        ("c-1-item-1", 7.0, "9.5"),
    ]
    assert rows(tmp_path, "select latency_ms from calls") == [{"latency_ms": None}]


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("refusing")) as server, server.client() as client:
        yield client


@pytest.mark.parametrize(
    ("headers", "content", "status"),
    [
        ({"content-type": "text/plain"}, b"hello", 415),
        ({"content-type": "application/cloudevents+json"}, b"{", 400),
        ({"content-type": "application/cloudevents+json"}, b"", 400),
        ({"content-type": "application/cloudevents+json"}, b'{"type":"x"}', 422),
        ({"ce-type": KSERVE + "request", "content-type": "application/json"}, b"[1]", 422),
        ({"ce-type": "com.acme.x", "ce-id": "1"}, b'"text"', 422),
    ],
)
def test_what_is_no_event_is_refused_as_a_problem(client, headers, content, status):
    answer = client.post(PATH, content=content, headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]


def test_of_a_batch_the_good_events_are_kept(client):
    good = json.loads(binding.to_structured_event(side(9, "request")).body)
    bad = good | {"id": "10", "time": "yesterday"}
    headers = {"content-type": "application/cloudevents-batch+json"}
    answer = client.post(PATH, content=json.dumps([good, bad]).encode(), headers=headers)
    assert answer.status_code == 207
    assert [error["reason"] for error in answer.json()["errors"]] == ["bad_ts"]
    assert [error["index"] for error in answer.json()["errors"]] == [1]
    assert answer.json()["accepted"] == 1


def test_an_event_that_is_no_inference_may_be_a_native_one(client):
    event = CloudEvent(
        attributes={"type": "com.acme.scored", "source": "s", "id": "n-1", "time": T},
        data={"model": "native", "features": {"age": 3}, "score": 0.25},
    )
    answers = [binary(client, event), structured(client, event)]
    assert [answer.json()["predictions"] for answer in answers] == [1, 0]
    assert [answer.json()["duplicates"] for answer in answers] == [0, 1]


def test_headers_differ_only_in_case(client):
    message = binding.to_binary_event(side(77, "request"))
    headers = {name.upper(): value for name, value in message.headers.items()}
    assert client.post(PATH, content=message.body, headers=headers).status_code == 200
    assert binary(client, side(77, "response")).json()["predictions"] == 1
