"""Whatever stands where an envelope has its parts: a row, or a reason; never an error."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.outcome import read
from tests.formats.test_inference_table import LEGACY, ROW
from tests.formats.test_sagemaker import capture, truth
from tests.formats.test_vertex import NEWER

ENVELOPES = {
    "sagemaker": [capture(), capture("{}", "[1]", "JSON"), truth("a"), truth("a", "[1]", "JSON")],
    "vertex": [NEWER],
    "databricks": [ROW, LEGACY],
}

TEXTS = st.sampled_from(
    ["", "NaN", "{", "[[1],[2,3]]", '{"instances": [1]}', '{"instances": {}}', "1,2", "a b", "\x00"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["instances", "predictions", "data", "a"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)


def places(envelope: dict, above: tuple = ()) -> list[tuple]:
    """The paths of everything in an envelope."""
    found = []
    for name, value in envelope.items():
        found.append((*above, name))
        if isinstance(value, dict):
            found += places(value, (*above, name))
    return found


@st.composite
def bent(draw, envelopes: list[dict]) -> dict:
    envelope = json.loads(json.dumps(draw(st.sampled_from(envelopes)), default=str))
    for path in draw(st.lists(st.sampled_from(places(envelope)), min_size=1, max_size=3)):
        inner = envelope
        for name in path[:-1]:
            inner = inner.get(name) if isinstance(inner, dict) else None
        if isinstance(inner, dict):
            inner[path[-1]] = draw(VALUES)
    return envelope


LOGS = st.sampled_from(sorted(ENVELOPES)).flatmap(
    lambda name: st.tuples(st.just(name), st.lists(bent(ENVELOPES[name]), min_size=1, max_size=8))
)


@given(LOGS)
@settings(max_examples=150)
def test_a_record_with_odd_parts_is_rows_or_a_rejection_whatever_stands_beside_it(log):
    log_format, envelopes = log
    lines = [json.dumps(one).encode() for one in envelopes for _ in range(2)]
    found = read(b"\n".join(lines), model="m", format=log_format)
    every = range(1, len(lines) + 1)
    assert {r.position for r in found.rejections} | set(found.rows) == set(every)
    for first in every[::2]:
        assert len(found.rows.get(first, [])) == len(found.rows.get(first + 1, []))
