"""Bodies of several senders are read together and answered apart."""

import json
from datetime import UTC, datetime

import pytest

from domain.errors import InputError
from monitors.collect_logs import FEATURES_LIMIT, Body, Collecting, Kind, TooLargeError
from store.store import Store

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def line(number, **fields):
    named = {"model": "m", "ts": "2026-11-20T10:00:00Z", "prediction_id": f"p-{number}"}
    return json.dumps({**named, "score": 0.5, "features": {"a": number}, **fields})


def body(*lines, end="\n", **more):
    content = "\n".join(lines) + end
    return Body(Kind.PREDICTIONS, content.encode(), "ndjson", **more)


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path) as opened:
        yield opened


@pytest.fixture
def collect(store):
    collecting = Collecting(store)
    return lambda *bodies: collecting.collect(bodies, NOW, "http")


def told(answer):
    return [(one.position, one.reason) for one in answer.rejections]


def test_each_body_is_told_its_own_lines(collect):
    bodies = [
        body(line(1), "", "{bad", line(2), end=""),
        body(line(3)),
        body(line(4), line(5, ts="never"), end="\r\n"),
        body("", line(6), "{bad", end="\n\n"),
    ]

    answers = collect(*bodies)

    assert [told(answer) for answer in answers] == [
        [(3, "bad_json")], [], [(2, "bad_ts")], [(3, "bad_json")],
    ]  # fmt: skip
    assert [answer.accepted for answer in answers] == [2, 1, 1, 1]
    assert [answer.stored.predictions for answer in answers] == [2, 1, 1, 1]
    # read together or alone: the same
    assert [told(collect(one)[0]) for one in bodies] == [told(answer) for answer in answers]


def test_defaults_are_of_one_body_and_not_of_its_neighbours(collect, store):
    bare = json.dumps({"ts": "2026-11-20T10:00:00Z", "score": 0.5})

    answers = collect(
        body(bare, model="a", version="1"), body(bare, model="a", version="2"), body(bare)
    )

    assert [told(answer) for answer in answers] == [[], [], [(1, "missing_model")]]
    assert [info.version for info in store.logs("a").deployments()] == ["1", "2"]


def test_a_key_for_one_model_brings_no_other(collect, store):
    mine, every = frozenset({"mine"}), None
    lines = [line(1, model="mine"), line(2, model="yours"), line(3, model="mine")]

    first, second = collect(body(*lines, models=mine), body(line(4, model="yours"), models=every))

    assert told(first) == [(2, "wrong_model")]
    assert (first.accepted, second.accepted) == (2, 1)
    assert store.models() == ("mine", "yours")
    # what somebody may not send is not kept for others to read either
    assert [one.rejection.raw for one in store.rejected()] == [b""]


def test_a_body_that_cannot_be_read_spoils_no_other(collect):
    broken = Body(Kind.PREDICTIONS, b"PAR1 no", "parquet")
    latin = Body(Kind.PREDICTIONS, line(1, replica="é").encode("latin-1"), "ndjson")
    escaped = json.dumps("é").encode()
    latin = Body(Kind.PREDICTIONS, latin.content.replace(escaped[1:-1], b"\xe9"), "ndjson")

    answers = collect(body(line(7)), broken, latin, body(line(8)))

    assert [answer.accepted for answer in answers] == [1, 0, 0, 1]
    assert isinstance(answers[1].error, InputError)
    assert told(answers[2]) == [(1, "invalid_utf8")]


def test_a_body_of_too_many_features_is_refused_and_its_neighbours_are_not(collect):
    def wide(prefix):
        return {f"{prefix}{i}": i for i in range(FEATURES_LIMIT // 2 + 1)}

    crowd = [body(line(i, features=wide(f"{i}-"))) for i in range(2)]
    too_wide = body(line(9, features={**wide("x"), **wide("y")}))

    answers = collect(*crowd, too_wide)

    assert [answer.accepted for answer in answers] == [1, 1, 0]
    assert isinstance(answers[2].error, TooLargeError)


def test_keys_that_are_really_values_do_not_close_the_door_for_others(collect):
    for start in range(0, 12_000, 1_500):
        ids = {f"id-{start + i}": 1 for i in range(1_500)}
        (answer,) = collect(body(json.dumps({"model": "m", "ts": "x", "features": ids})))
        assert told(answer) == [(1, "bad_ts")]

    assert collect(body(line(1, features={"new": 1})))[0].accepted == 1


def test_bodies_of_many_events_are_read_in_bulk_and_one_by_one_alike(collect, store):
    odd = [line(i, features={"a": "text" if i == 777 else i}) for i in range(1_500)]

    first = collect(body(*odd[:600]), body(*odd[600:]))
    again = collect(body(*odd[:300]), body(*odd[300:]))

    assert [answer.stored.predictions for answer in first] == [600, 900]
    assert [answer.stored.duplicates for answer in again] == [300, 1_200]
    assert store.conflicts("m") == {"a": ("number", "text")}


def test_other_protocols_are_counted_apart_from_events_of_ones_own(store, collect):
    told = {"type": "org.kubeflow.serving.inference.request", "specversion": "1.0"}
    other = Body(Kind.PREDICTIONS, json.dumps({**told, "data": {}}).encode(), "cloudevents")
    collect(body(line(1)), other, body(line(2), "{bad"))
    facts = store.source_facts()
    assert facts["http"].counts.predictions == 2
    assert facts["http"].last_at == facts["http/cloudevents"].last_at == NOW
    assert {one.source for one in store.rejected()} == {"http", "http/cloudevents"}
