"""What was read out of Elasticsearch is what was sent to it."""

from __future__ import annotations

import json

import pytest

from ingest.readers.registry import reader_for
from ingest.sources import SourceFile

NATIVE = {"model": "m", "ts": "2026-11-22T08:00:00Z", "features": {"x": 1}, "score": 0.5}
ECS = {
    "@timestamp": "2026-11-22T08:00:01Z",
    "service": {"name": "m"},
    "event": {"duration": 2_000_000},
    "ml.features": {"x": 2},
}
SHIPPED = {"@timestamp": "2026-11-22T09:00:00Z", "message": json.dumps(NATIVE), "log": {}}
DOCUMENTS = [NATIVE, ECS, SHIPPED, NATIVE | {"prediction_id": "own"}]


def hit(number: int, document: object) -> dict[str, object]:
    """As elasticdump writes it, and a search answers it."""
    return {
        "_index": "logs-1",
        "_type": "_doc",
        "_id": f"d{number}",
        "_score": 1,
        "_source": document,
    }


HITS = [hit(number, document) for number, document in enumerate(DOCUMENTS)]
ANSWER = {"took": 3, "timed_out": False, "hits": {"total": {"value": 4}, "hits": HITS}}


def lines(*objects: object) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in objects)


def sent() -> bytes:
    """Return the same documents as a bulk body."""
    pairs = [({"index": {"_id": one["_id"]}}, one["_source"]) for one in HITS]
    return lines(*(part for pair in pairs for part in pair))


@pytest.mark.parametrize(
    "log",
    [
        pytest.param(lines(*HITS), id="elasticdump"),
        pytest.param(json.dumps(HITS).encode(), id="an array"),
        pytest.param(json.dumps(ANSWER).encode(), id="an answer"),
        pytest.param(json.dumps(ANSWER, indent=2).encode(), id="a pretty answer"),
    ],
)
def test_hits_are_the_documents_that_were_sent(read, log):
    outcome = read(log, name="export.json")
    assert outcome.rejections == []
    assert outcome.rows == read(sent()).rows
    assert [row["prediction_id"] for row in outcome.rows] == ["d0", "d1", "d2", "own"]


def test_a_hit_that_is_no_event_is_refused_at_its_line_and_can_be_read_again(read):
    bad = hit(9, {"@timestamp": "2026-11-22T08:00:01Z", "service.name": "m"})
    outcome = read(lines(HITS[0], bad) + b"oh\n" + lines(HITS[1]))
    told = {(one.position, one.reason) for one in outcome.rejections}
    assert told == {(2, "no_substance"), (3, "bad_json")}
    (raw,) = (one.raw for one in outcome.rejections if one.position == 2)
    assert json.loads(raw) == bad
    assert len(outcome.rows) == 2


@pytest.mark.parametrize(
    ("log", "name"),
    [
        (lines(HITS[0]), "elasticsearch-hits"),
        (sent(), "elasticsearch-bulk"),
        (lines(ECS), "ecs"),
        (lines({**NATIVE, "features": {"_source": "web"}}), "ndjson"),
    ],
)
def test_hits_are_told_from_what_they_hold(log, name):
    with SourceFile("log", data=log).open() as stream:
        assert reader_for(stream).name == name
