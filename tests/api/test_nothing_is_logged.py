"""A session of every protocol, at the most talkative: no log holds a key or what was predicted."""

from __future__ import annotations

import base64
import gzip
import json
import logging
from datetime import UTC, datetime

import httpx
import pytest

from api.collect import endpoints
from api.collector import Collector
from api.guard import Guard
from api.routes import routes
from domain.key import Scope
from monitors.collect_logs import Collecting
from tests.api.asking import Clock, empty_service, served
from tests.api.sending import event
from tests.formats.test_kserve import event as cloud_event
from tests.fuzz.corpus import SAMPLE
from tests.ingest.otlp_made import json_logs, json_spans, log, protobuf_logs, span

# of a feature, of a prediction, of a score, of a label, of a user; in good lines and in bad ones
VALUES = ("secret-feature", "secret-prediction", "0.918273645", "secret-label", "secret-user")
NOW = datetime(2026, 11, 23, tzinfo=UTC)
FEATURE, PREDICTION, SCORE, LABEL, USER = VALUES
TOLD = event(
    1, features={"f": FEATURE}, prediction=PREDICTION, score=float(SCORE), label=LABEL,
    tags={"user": USER},
)  # fmt: skip
LOGGED = log({"ml.model": "m", "ml.features.f": FEATURE, "ml.score": float(SCORE)}, PREDICTION)
BAD = [
    TOLD | {"ts": FEATURE}, TOLD | {"score": PREDICTION}, TOLD | {"status": USER},
    TOLD | {"features": LABEL},
]  # fmt: skip
JSON, LINES = "application/json", "application/x-ndjson"


def lines(*told: object) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in told)


BODIES = [
    ("/v1/predictions", lines(TOLD, *BAD), LINES),
    ("/v1/predictions", lines(TOLD)[:-20], JSON),
    ("/v1/labels", lines({"prediction_id": "p-1", "label": LABEL, "model": "m"}), JSON),
    ("/v1/cloudevents", lines(cloud_event("request", data={"instances": [[FEATURE]]})), JSON),
    ("/v1/cloudevents", lines(cloud_event("request", time=USER)), JSON),
    ("/modeldata/log", lines({"data": FEATURE}), JSON),
    ("/v1/logs", protobuf_logs(LOGGED), "application/x-protobuf"),
    ("/v1/logs", lines(json_logs(LOGGED)), JSON),
    ("/v1/logs", b"\x0a\xff" + FEATURE.encode(), "application/x-protobuf"),
    ("/v1/traces", lines(json_spans(span({"user": USER}))), JSON),
    ("/v1/metrics", lines({"resourceMetrics": FEATURE}), JSON),
    ("/es/_bulk", lines({"index": {"_id": USER}}, TOLD, {"create": {}}, BAD[0]), LINES),
    ("/es/_bulk", lines(TOLD), LINES),
    ("/v1/resources", lines(SAMPLE, SAMPLE | {"value": FEATURE}), LINES),
    ("/v1/predictions", gzip.compress(lines(TOLD))[:-9], LINES),
    ("/v1/predictions", lines(TOLD), "image/png"),
    ("/v1/nothing", lines(TOLD), JSON),
]


@pytest.mark.parametrize("breaks", [False, True])
def test_no_log_holds_a_key_or_a_value(tmp_path, caplog, capfd, monkeypatch, breaks):
    with empty_service(tmp_path) as service:
        scopes = {"in": [Scope.INGEST], "read": [Scope.READ], "dead": [Scope.INGEST]}
        keys = {
            n: service.create_key(n, some, None, None, NOW).secret for n, some in scopes.items()
        }
        service.revoke_key("dead", NOW)
        collecting = Collecting(service.store)
        if breaks:
            # a fault whose message holds what was sent
            monkeypatch.setattr(collecting, "collect", fails)
        collector = Collector(collecting, Clock(NOW))
        caplog.set_level(logging.DEBUG)
        collector.start()
        every = routes(endpoints(collector), Guard(service, Clock(NOW), loopback=True), _no_count)
        statuses = set()
        with served(every, log_config=None, log_level="debug") as port:
            base = f"http://127.0.0.1:{port}"
            # the client's own log is the sender's
            with httpx.Client(base_url=base, timeout=30) as client:
                for secret in (*keys.values(), "dlk_0123456789ab_wrongwrong"):
                    statuses |= session(client, secret)
        collector.stop()
    assert statuses >= ({401, 403, 500} if breaks else {200, 401, 403, 400, 415})
    of_server = [one for one in caplog.records if not one.name.startswith(("httpx", "httpcore"))]
    assert of_server
    told = "\n".join(f"{one.getMessage()} {vars(one)} {one.exc_text}" for one in of_server)
    printed = capfd.readouterr()
    told += printed.out + printed.err
    for secret in (*VALUES, *keys.values(), "wrongwrong"):
        assert secret not in told, secret
    for path in tmp_path.rglob("*.log"):
        assert not any(secret.encode() in path.read_bytes() for secret in keys.values())


def session(client: httpx.Client, secret: str) -> set[int]:
    pair = base64.b64encode(f"id:{secret}".encode()).decode()
    found = set()
    for path, content, media in BODIES:
        headers = {"content-type": media}
        for told in (f"Bearer {secret}", f"ApiKey {pair}", f"Basic {pair}"):
            answer = client.post(path, content=content, headers=headers | {"authorization": told})
            found.add(answer.status_code)
        found.add(client.post(f"/k/{secret}{path}", content=content, headers=headers).status_code)
    return found


def fails(bodies, *_):
    raise ValueError(bodies[0].content)


def _no_count(*_: object) -> None:
    pass
