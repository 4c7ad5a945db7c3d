"""Whatever is sent: an answer that fits, never a fault, and the next one is served."""

import gzip
import json

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.event import FIELDS
from tests.api.sending import TS, serving

FINE = {200, 201, 207, 400, 413, 415, 422}
TYPES = [
    "application/json", "application/x-ndjson", "application/octet-stream", "text/csv",
    "application/vnd.apache.arrow.stream", "application/vnd.apache.parquet", "",
]  # fmt: skip

leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
NAMES = [*FIELDS, "features", "x"]
odd_events = st.dictionaries(st.sampled_from(NAMES), values, max_size=6)
events = odd_events.map(lambda odd: {"model": "m", "ts": TS, "score": 0.5, **odd})
documents = st.one_of(values, events, st.lists(events, max_size=4)).map(
    lambda value: json.dumps(value).encode("utf-8", "surrogatepass")
)
log_lines = st.lists(documents | st.binary(max_size=20), max_size=5).map(b"\n".join)
tables = st.lists(st.lists(st.text(max_size=6), max_size=4), max_size=4).map(
    lambda rows: "\n".join(",".join(row) for row in [["model", "ts", "score"], *rows]).encode()
)
plain = st.one_of(documents, log_lines, tables, st.binary(max_size=200))
cut = st.builds(lambda body, at: body[: max(1, len(body) - at)], plain, st.integers(0, 20))
bodies = st.one_of(plain, cut, plain.map(gzip.compress), plain.map(lambda b: gzip.compress(b)[:-5]))


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("store")) as server, server.client() as client:
        yield client


@settings(max_examples=120, suppress_health_check=list(HealthCheck))
@given(bodies, st.sampled_from(TYPES), st.sampled_from(["predictions", "labels"]))
def test_any_body_gets_an_answer(client: httpx.Client, content: bytes, media: str, kind: str):
    answer = client.post(
        f"/v1/{kind}", content=content, headers={"content-type": media} if media else {}
    )

    assert answer.status_code in FINE, (answer.status_code, answer.text)
    told = answer.json()
    if answer.status_code in {200, 201, 207}:
        assert min(told["accepted"], told["duplicates"], told["rejected"]) >= 0
        assert (told["rejected"] > 0) == (answer.status_code == 207)
    else:
        assert told["status"] == answer.status_code
