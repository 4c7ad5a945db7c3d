"""Samples of resource use over HTTP and in files."""

import gzip
import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from domain.key import Scope
from domain.window import Window
from ingest.readers.registry import reader_for
from ingest.sources import SourceFile
from monitors.ingest_logs import Options
from tests.formats.listening import listening

AT = datetime(2026, 11, 22, 8, tzinfo=UTC)


def sample(seconds=0, **said):
    told = {
        "ts": (AT + timedelta(seconds=seconds)).isoformat(),
        "model": "credit",
        "version": "2",
        "replica": "p-1",
        "metric": "cpu",
        "value": 0.5,
        "unit": "cores",
    }
    return told | said


def lines(*samples):
    return "\n".join(json.dumps(one) for one in samples).encode()


@pytest.fixture(scope="module")
def collector(tmp_path_factory):
    with listening(tmp_path_factory.mktemp("resources") / "store") as listens:
        yield listens


@pytest.fixture
def client(collector):
    with httpx.Client(base_url=collector.url, timeout=30) as client:
        yield client


def test_names_may_be_numbers_and_processes_of_a_replica_are_added(collector, client):
    two = [sample(value=value, model=3, version=2, process=p) for p, value in ((7, 0.5), (8, 1.5))]
    answer = client.post("/v1/resources", content=lines(*two))
    assert answer.json() == {"accepted": 2, "rejected": 0}
    call = CALL | {"model": "3"}
    collector.service.ingest([SourceFile("call", data=json.dumps(call).encode())], OPTIONS)
    use = collector.service.resources("3", "2", Window(AT, AT + timedelta(hours=1)))
    assert [(one.replica, one.n[0], one.mean[0]) for one in use.series] == [("p-1", 1, 2.0)]


def test_samples_are_stored_once_and_read_as_a_course(collector, client):
    body = lines(
        sample(0), sample(60, value=1.5), sample(0, metric="memory", unit="bytes", value=9)
    )
    for content in (body, gzip.compress(body)):
        answer = client.post("/v1/resources", content=content)
        assert (answer.status_code, answer.json()) == (200, {"accepted": 3, "rejected": 0})
    collector.service.ingest([SourceFile("call", data=json.dumps(CALL).encode())], OPTIONS)
    use = collector.service.resources("credit", "2", Window(AT, AT + timedelta(hours=1)))
    course = {one.metric.value: (one.n[0], one.mean[0], one.highest[0]) for one in use.series}
    assert course == {"cpu": (2, 1.0, 1.5), "memory": (1, 9.0, 9.0)}


CALL = {"model": "credit", "version": "2", "ts": AT.isoformat(), "score": 0.5}
OPTIONS = Options(None, None, None, "auto", AT)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"metric": "heat"}, "out_of_range"),
        ({"unit": "bytes"}, "out_of_range"),
        ({"unit": None}, "out_of_range"),
        ({"value": -1}, "out_of_range"),
        ({"value": "much"}, "out_of_range"),
        ({"value": True}, "out_of_range"),
        ({"ts": "noon"}, "out_of_range"),
        ({"ts": "0001-01-01T00:00:00+14:00"}, "out_of_range"),
        ({"ts": -99999999999}, "out_of_range"),
        ({"ts": None}, "out_of_range"),
    ],
)
def test_what_is_no_sample_is_refused_with_its_reason(client, said, reason):
    answer = client.post("/v1/resources", content=lines(sample(**said)))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["reason"] == reason
    answer = client.post("/v1/resources", content=lines(sample(**said), sample()))
    assert (answer.status_code, answer.json()["accepted"]) == (207, 1)


def test_other_bodies_are_turned_away(client):
    answer = client.post("/v1/resources", content=b"x", headers={"content-type": "text/csv"})
    assert answer.status_code == 415
    assert client.post("/v1/resources", content=b"").status_code == 400


def test_a_key_for_one_model_brings_samples_of_no_other(tmp_path):
    body = lines(sample(), sample(model="other"), sample(model=None))
    with listening(tmp_path / "store") as collector:
        key = collector.service.create_key("tap", [Scope.INGEST], ["credit"], None, AT)
        own = {"authorization": f"Bearer {key.secret}"}
        answer = httpx.post(f"{collector.url}/v1/resources", content=body, headers=own)
        assert (answer.status_code, answer.json()["accepted"]) == (207, 1)
        assert [one["reason"] for one in answer.json()["errors"]] == ["wrong_model"] * 2
        assert collector.rows("select distinct model from resource_samples") == [("credit",)]


def test_a_file_of_samples_is_recognised_and_counted(collector):
    source = SourceFile("use.log", data=lines(sample(), sample(1), {"ts": 1}))
    with source.open() as stream:
        assert reader_for(stream).name == "resources"
    counts = collector.service.ingest([source], OPTIONS)
    assert (counts.samples, counts.rejected, counts.stored.predictions) == (2, 1, 0)
    assert counts.shape()["samples"] == 2
