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
def logs(draw):
    log_format = draw(st.sampled_from(sorted(ENVELOPES)))
    envelope = draw(st.sampled_from(ENVELOPES[log_format]))
    envelope = json.loads(json.dumps(envelope, default=str))
    for path in draw(st.lists(st.sampled_from(places(envelope)), min_size=1, max_size=3)):
        inner = envelope
        for name in path[:-1]:
            inner = inner.get(name) if isinstance(inner, dict) else None
        if isinstance(inner, dict):
            inner[path[-1]] = draw(VALUES)
    return log_format, envelope


@given(logs())
@settings(max_examples=600)
def test_a_record_with_odd_parts_is_rows_or_a_rejection(log):
    log_format, envelope = log
    line = json.dumps(envelope).encode()
    found = read(line + b"\n" + line, model="m", format=log_format)
    assert {r.position for r in found.rejections} | set(found.rows) == {1, 2}
    assert len(found.rows.get(1, [])) == len(found.rows.get(2, []))
