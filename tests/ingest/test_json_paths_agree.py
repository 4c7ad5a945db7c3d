"""Bulk or line by line: the same events and the same refusals, whatever the lines are."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.readers import ndjson

SLOW = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

numbers = st.one_of(
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from([0, -0.0, 1.0, 2**53, 2**53 - 1, 2**53 + 1, 1e16, 5e-324, 1e308]),
)
texts = st.one_of(st.text(max_size=6), st.sampled_from(["2013-07-01T10:00:00Z", "NaN", "1", "{"]))
scalars = st.one_of(st.none(), st.booleans(), numbers, texts)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=4,
)  # fmt: skip
names = st.sampled_from(["a", "b", "c.d", "features", "ts", "", "é"])

# columns of one type, as logs have them, and now and then something else
features = st.fixed_dictionaries(
    {},
    optional={
        "n": st.one_of(st.integers(-5, 5), st.floats(-1, 1), st.none()),
        "t": st.sampled_from(["UA", "DL", None]),
        "b": st.booleans(),
        "any": values,
    },
)
events = st.fixed_dictionaries(
    {"model": st.sampled_from(["m", "n"]), "ts": st.sampled_from(["2013-07-01T10:00:00Z"])},
    optional={
        "features": features | st.dictionaries(names, scalars, max_size=2),
        "score": st.floats(0, 1) | scalars,
        "prediction": scalars,
        "tags": st.dictionaries(st.sampled_from(["k", "l"]), scalars, max_size=2) | values,
        "extra": values,
    },
)
lines = st.one_of(
    events.map(lambda event: json.dumps(event).encode()),
    events.map(lambda event: json.dumps(event, ensure_ascii=False).encode(errors="replace")),
    st.dictionaries(names, values, max_size=3).map(lambda o: json.dumps(o).encode()),
    st.binary(max_size=12),
    st.sampled_from([b"", b"  ", b"{", b"}", b"{}", b'{"a":1}{"b":2}', b'{"a":{}', b'{"b":1}]}',
                     b'{"a":1,"a":2}', b'{"a":1}\r', b'{"model":"m","ts":1372672800,"f":-0}',

            b'{"model":"m","ts":1372672800,"score":1}x']),
)  # fmt: skip


def in_order(outcome) -> tuple[list[str], Any]:
    rows = [{**row, "features": sorted(row["features"].items())} for row in outcome.rows]
    refused = sorted(outcome.rejections, key=lambda rejection: rejection.position)
    return sorted(repr(sorted(row.items())) for row in rows), refused


def line_by_line(read, log):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ndjson, "parse_bulk", lambda *_: None)
        return in_order(read(log, format="ndjson"))


@SLOW
@given(log=st.lists(lines, max_size=10).map(b"\n".join))
def test_bulk_and_line_by_line_agree(read, read_in_bulk, log):
    assert in_order(read_in_bulk(log, format="ndjson")) == line_by_line(read, log)


@SLOW
@given(log=st.lists(events, min_size=1, max_size=8))
def test_lines_of_events_agree(read, read_in_bulk, log):
    content = b"\n".join(json.dumps(event).encode() for event in log)
    assert in_order(read_in_bulk(content, format="ndjson")) == line_by_line(read, content)


@SLOW
@given(value=values)
def test_every_value_agrees_as_feature_as_answer_and_as_field(read, read_in_bulk, value):
    event = {"model": "m", "ts": 1372672800, "status": 200, "features": {"f": value}}
    for name in ("prediction", "score", "version", "tags", "ts", "status", "other"):
        content = json.dumps({**event, name: value}).encode()
        assert in_order(read_in_bulk(content)) == line_by_line(read, content)


def test_a_plain_log_really_takes_the_bulk_way(read, monkeypatch):
    taken = []
    bulk = ndjson.parse_bulk
    monkeypatch.setattr(ndjson, "parse_bulk", lambda *a: taken.append(bulk(*a)) or taken[-1])
    features = {"n": 1, "t": "2013-07-01", "b": True, "z": None}
    event = {"model": "m", "ts": "2013-07-01T10:00:00Z", "label": None, "tags": {"t": "a"}}
    event |= {"features": features, "prediction": 1}
    outcome = read((json.dumps(event) + "\n").encode() * 2000)
    assert len(outcome.rows) == 2000
    assert [len(columns) for columns in taken] == [9]


def test_a_new_key_late_in_a_log_costs_only_a_few_lines_their_bulk(read, monkeypatch):
    exact = []
    one_by_one = ndjson._one_by_one
    monkeypatch.setattr(
        ndjson, "_one_by_one", lambda part, *a: exact.append(len(part)) or one_by_one(part, *a)
    )
    event = {"model": "m", "ts": "2013-07-01T10:00:00Z", "features": {"n": 1}}
    late = {**event, "features": {"n": 1, "new": 2}}
    log = [json.dumps(e).encode() for e in [event] * 6000 + [late] * 6000]
    outcome = read(b"\n".join(log))
    assert sum("new" in row["features"] for row in outcome.rows) == 6000
    assert sum(exact) <= ndjson._SAMPLE_LINES + ndjson._SMALLEST_PART


@SLOW
@given(content=st.binary(max_size=200))
def test_any_bytes_are_events_or_refused_and_never_an_accident(read, content):
    outcome = read(content, format="ndjson")
    body = content.removeprefix(b"\xef\xbb\xbf")
    full = [line for line in body.split(b"\n") if line.strip(b" \t\r")]
    assert len(outcome.rows) + len(outcome.rejections) == len(full)
    assert all(rejection.position > 0 for rejection in outcome.rejections)


@SLOW
@given(log=st.lists(lines, max_size=5), block_bytes=st.integers(16, 128))
def test_the_size_of_the_blocks_changes_nothing(read, log, block_bytes):
    content = b"\n".join(log)
    whole = in_order(read(content, format="ndjson"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ndjson, "pieces", lambda stream: small(stream, block_bytes))
        assert in_order(read(content, format="ndjson")) == whole


pieces = ndjson.pieces


def small(stream, block_bytes):
    return pieces(stream, block_bytes)
