"""Bulk bodies in files: the documents count, what is done to them does not."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.readers.elasticsearch_bulk import MalformedError, items

NATIVE = {"model": "m", "ts": "2026-11-22T08:00:00Z", "features": {"x": 1}, "score": 0.5}
ECS = {
    "@timestamp": "2026-11-22T08:00:00Z",
    "service": {"name": "m"},
    "event": {"duration": 2_000_000},
    "ml.features": {"x": 1},
}


def body(*lines: object) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in lines)


def shipped(message: object) -> dict[str, object]:
    return {
        "@timestamp": "2026-11-22T09:00:00Z",
        "message": json.dumps(message),
        "agent": {"type": "filebeat"},
        "ecs": {"version": "8.0.0"},
    }


def test_documents_become_events_whatever_they_are_written_in(read):
    outcome = read(
        body(
            *({"index": {"_index": "logs"}}, NATIVE),
            *({"create": {"_index": "logs", "_id": "d-2"}}, ECS),
            *({"create": {}}, shipped(NATIVE | {"prediction_id": "p-3"})),
            *({"create": {"_id": "d-4"}}, shipped(ECS)),
        )
    )
    assert not outcome.rejections
    found = sorted(outcome.rows, key=lambda row: row.get("prediction_id", ""))
    assert [row.get("prediction_id") for row in found] == [None, "d-2", "d-4", "p-3"]
    assert {row["model"] for row in found} == {"m"}
    assert all(row["features"] == {"x": 1.0} for row in found)
    assert [row.get("latency_ms") for row in found] == [None, 2.0, 2.0, None]


def test_an_own_id_counts_before_that_of_the_document(read):
    (row,) = read(body({"index": {"_id": "d"}}, NATIVE | {"prediction_id": "p"})).rows
    assert row["prediction_id"] == "p"
    mapped = read(body({"index": {"_id": "d"}}, NATIVE | {"id": "q"}), {"prediction_id": "id"})
    assert [row["prediction_id"] for row in mapped.rows] == ["q"]


@pytest.mark.parametrize(
    ("lines", "position", "reason"),
    [
        (({"delete": {"_id": "a"}},), 3, "elasticsearch_delete"),
        (({"update": {"_id": "a"}}, {"doc": {"score": 1}}), 4, "elasticsearch_update"),
        (({"update": {"_id": "a"}}, {"script": {}}), 4, "elasticsearch_update"),
        (({"index": {}}, {"model": "m", "score": 1}), 4, "missing_ts"),
        (({"index": {}}, "text"), 4, "bad_json"),
        (({"index": {}},), 3, "truncated"),
        (("text",), 3, "not_an_action"),
        (({"index": 3},), 3, "not_an_action"),
        (({"index": {}, "create": {}},), 3, "not_an_action"),
    ],
)
def test_what_brings_no_event_is_refused_and_the_rest_read(read, lines, position, reason):
    whole = body({"index": {}}, NATIVE, *lines)
    outcome = read(whole)
    assert [(one.position, one.reason) for one in outcome.rejections] == [(position, reason)]
    assert len(outcome.rows) == 1


@pytest.mark.parametrize("update", [{"doc": NATIVE, "doc_as_upsert": True}, {"upsert": NATIVE}])
def test_an_update_that_stores_what_is_not_there_is_an_event(read, update):
    (row,) = read(body({"update": {"_id": "a"}}, update)).rows
    assert row["prediction_id"] == "a"
    assert row["features"] == {"x": 1.0}


def test_a_blank_line_in_place_of_a_document_is_not_passed_over(read):
    outcome = read(body({"index": {}}) + b"\n" + body({"index": {}}, NATIVE))
    assert [(one.position, one.reason) for one in outcome.rejections] == [(2, "bad_json")]
    assert len(outcome.rows) == 1


def test_a_body_of_many_pieces_keeps_its_numbers_and_ids(read, monkeypatch):
    monkeypatch.setattr("ingest.lines.pieces.__defaults__", (997,))
    lines = []
    for number in range(300):
        lines += [{"index": {"_id": f"d-{number}"}}, NATIVE | {"score": number}]
    lines[401] = {"model": "m"}
    outcome = read(body(*lines))
    assert [one.position for one in outcome.rejections] == [402]
    assert all(row["prediction_id"] == f"d-{row['score']:.0f}" for row in outcome.rows)
    assert len(outcome.rows) == 299


ACTION = st.sampled_from(["index", "create", "update", "delete"])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(ACTION, st.booleans()), max_size=12))
def test_every_item_is_an_event_or_a_rejection_at_its_place(read, wanted):
    lines: list[object] = []
    places = []
    for operation, good in wanted:
        lines.append({operation: {"_id": str(len(lines))}})
        if operation != "delete":
            lines.append(NATIVE if good else {"model": "m"})
        places.append(len(lines))
    found = items(body(*lines))
    assert [(one.operation, one.position) for one in found] == [
        (operation, place) for (operation, _), place in zip(wanted, places, strict=True)
    ]
    outcome = read(body(*lines), format="elasticsearch-bulk")
    stored = [good and operation in ("index", "create") for operation, good in wanted]
    assert len(outcome.rows) == sum(stored)
    assert sorted(outcome.positions) == [
        place for place, is_stored in zip(places, stored, strict=True) if not is_stored
    ]


@pytest.mark.parametrize("lines", [(NATIVE,), ({"index": {}},)])
def test_a_line_out_of_place_is_named(lines):
    with pytest.raises(MalformedError) as caught:
        items(body({"index": {}}, NATIVE, *lines))
    assert caught.value.position == 3
