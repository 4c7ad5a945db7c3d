"""2,400 bent records in bodies of every protocol: an answer that fits, and nothing told is lost."""

from __future__ import annotations

import gzip
from pathlib import Path

from store.store import Store
from tests.api.sending import TS, serving
from tests.fuzz.bends import Bends
from tests.fuzz.corpus import otlp_bodies, records

CASES, TOGETHER = 2_400, 40
REFUSED = {400, 413, 415, 422}
# where each protocol's records go, and as what
WAYS = {
    "ndjson": ("/v1/predictions", "application/x-ndjson"),
    "tap": ("/v1/predictions", "application/vnd.driftline.tap"),
    "cloudevents": ("/v1/cloudevents", "application/cloudevents-batch+json"),
    "elasticsearch-bulk": ("/es/_bulk", "application/x-ndjson"),
    "resources": ("/v1/resources", "application/x-ndjson"),
}
SIGNALS = ("/v1/logs", "/v1/traces", "/v1/metrics")


def body_of(bends: Bends, name: str) -> bytes:
    """Whole records among bent ones, so that there is something to lose."""
    known = records()[name]
    chosen = [bends.chance.choice(known) for _ in range(TOGETHER)]
    bent = [bends.record(one) if bends.chance.random() < 0.7 else one for one in chosen]
    if name == "cloudevents":
        return b"[" + b",".join(bent) + b"]"
    return b"".join(one + b"\n" for one in bent)


def packed(bends: Bends, content: bytes) -> bytes:
    if bends.chance.random() < 0.9:
        return content
    whole = gzip.compress(content)
    return whole if bends.chance.random() < 0.5 else bends.packed(whole)


def test_bent_bodies_are_answered_and_what_is_acknowledged_is_stored(tmp_path: Path):
    bends, statuses, predictions = Bends(20261124), set[int](), 0
    with serving(tmp_path) as server, server.client() as client:
        for number in range(CASES // TOGETHER):
            name = list(WAYS)[number % len(WAYS)]
            path, media = WAYS[name]
            content = packed(bends, body_of(bends, name))
            answer = client.post(path, content=content, headers={"content-type": media})
            assert answer.status_code in {200, 201, 207} | REFUSED, (name, answer.text[:300])
            statuses.add(answer.status_code)
            if path == "/v1/predictions":
                predictions += answer.json().get("predictions", 0)
        server.kill()
    assert {200, 207} <= statuses
    assert predictions > TOGETHER
    with Store.open(tmp_path) as store:
        (count,) = store.sql("select count(*) as n from predictions")["n"].to_pylist()
    assert count >= predictions, "what was acknowledged is there after a kill"


def test_bent_otlp_is_answered_in_its_own_words(tmp_path: Path):
    bends, statuses = Bends(20261125), set[int]()
    with serving(tmp_path) as running, running.client() as client:
        for number in range(150):
            whole = bends.chance.choice(otlp_bodies())
            kind = "json" if whole.startswith(b"{") else "x-protobuf"
            content = bends.record(whole) if kind == "json" else bends.bytes(whole)
            headers = {"content-type": f"application/{kind}"}
            answer = client.post(SIGNALS[number % 3], content=content, headers=headers)
            assert answer.status_code in {200} | REFUSED, answer.text[:300]
            statuses.add(answer.status_code)
        good = client.post("/v1/predictions", json={"model": "m", "ts": TS, "score": 0.5})
        assert good.status_code == 201, "and the next sender is served"
    assert {200, 400} <= statuses
