"""
What every endpoint answers to who may not ask, and to bodies that are none.

The cases are made of the table of endpoints, so that a new one is held to them without a new test.
"""

from __future__ import annotations

import base64
import gzip
import threading
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from api.actions import Actions
from api.bodies import BODY_LIMIT_BYTES, UNPACKED_LIMIT_BYTES
from api.collect import endpoints as collecting
from api.collector import Collector
from api.guard import Guard
from api.meters import Meters
from api.methods import PREFIX
from api.openapi import plain_path
from api.routes import routes, table
from domain.key import Scope
from monitors.collect_logs import Collecting
from tests.api.asking import Clock, bearer, client, empty_service

NOW = datetime(2026, 11, 23, tzinfo=UTC)
IN_PATH = {"{model}": "m", "{asset}": "start.js", "{index}": "i"}
BOMB = gzip.compress(b" " * (UNPACKED_LIMIT_BYTES + 1), 9)


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    clock = Clock(NOW)
    with empty_service(tmp_path_factory.mktemp("contract")) as service:
        keys = {
            name: service.create_key(name, scopes, models, expires, NOW).secret
            for name, scopes, models, expires in (
                ("ingest", [Scope.INGEST], None, None),
                ("read", [Scope.READ], None, None),
                ("other", [Scope.INGEST], ["another model"], None),
                ("revoked", [Scope.ADMIN], None, None),
                ("expired", [Scope.ADMIN], None, NOW + timedelta(seconds=1)),
            )
        }
        service.revoke_key("revoked", NOW)
        clock.forward(seconds=2)
        actions = Actions(service, spool=service.config.store, judging=threading.Lock())
        collector = Collector(Collecting(service.store), clock)
        collector.start()
        others = [*collecting(collector), *actions.endpoints()]
        every = table(service, Meters(service, clock), clock, others=others)
        guard = Guard(service, clock, loopback=False, owner_secret="the owner's")
        ask = client(routes(every, guard, lambda *_: None))
        yield SimpleNamespace(keys=keys, every=every, ask=ask, service=service)
        collector.stop()
        actions.close()


def asked(endpoint) -> str:
    path = plain_path(endpoint.path)
    for name, value in IN_PATH.items():
        path = path.replace(name, value)
    return path


def send(here, endpoint, secret=None, content=b"", **headers):
    told = (bearer(secret) if secret else {}) | headers
    return here.ask.request(endpoint.method, asked(endpoint), content=content, headers=told)


def closed(here):
    return [one for one in here.every if one.scope is not None]


def taking(here):
    """Those of the collector: they take bodies of senders."""
    return [one for one in here.every if one.limit_bytes == BODY_LIMIT_BYTES and one.body]


def media(endpoint):
    return next(iter(endpoint.body))


@pytest.mark.parametrize("name", ["revoked", "expired"])
def test_a_dead_key_opens_nothing_whatever_it_was_for(here, name):
    for endpoint in closed(here):
        assert send(here, endpoint, here.keys[name]).status_code == 401, endpoint.path


@pytest.mark.parametrize(
    "secret", [None, "dlk_0123456789ab_wrong", "the owner", "\x7f", "x" * 5000]
)
def test_no_key_and_a_wrong_key_open_nothing_and_are_challenged(here, secret):
    for endpoint in closed(here):
        answer = send(here, endpoint, secret)
        assert answer.status_code == 401, endpoint.path
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_key_that_may_write_reads_nothing(here):
    for endpoint in closed(here):
        if Scope.INGEST not in {endpoint.scope, endpoint.also}:
            answer = send(here, endpoint, here.keys["ingest"])
            assert answer.status_code == 403, (endpoint.method, endpoint.path)


def test_a_key_that_may_read_writes_and_administers_nothing(here):
    for endpoint in closed(here):
        if endpoint.scope is not Scope.READ:
            answer = send(here, endpoint, here.keys["read"], b"{}")
            assert answer.status_code == 403, (endpoint.method, endpoint.path)


def test_what_only_greets_a_writer_tells_it_nothing_of_the_store(here):
    for endpoint in closed(here):
        greets = endpoint.scope is Scope.INGEST and not endpoint.body
        if greets and not endpoint.path.startswith(PREFIX):
            answer = send(here, endpoint, here.keys["ingest"])
            assert answer.status_code == 200, endpoint.path
            assert "credit" not in answer.text


def test_a_key_for_another_model_stores_nothing(here):
    event = b'{"model":"m","ts":"2026-11-22T10:00:00Z","score":0.5,"prediction_id":"p"}'
    label = b'{"model":"m","prediction_id":"p","label":"x"}'
    for endpoint in taking(here):
        content = label if endpoint.path.endswith("labels") else event
        if "bulk" in endpoint.path:
            content = b'{"index":{}}\n' + content + b"\n"
        send(here, endpoint, here.keys["other"], content, **{"content-type": media(endpoint)})
    counts = here.service.sql("select count(*) as n from predictions")["n"].to_pylist()
    assert counts == [0]
    assert here.service.sql("select count(*) as n from labels")["n"].to_pylist() == [0]


@pytest.mark.parametrize("told", [True, False], ids=["told", "in pieces"])
def test_a_body_that_is_too_large_is_413(here, told):
    for endpoint in here.every:
        if not endpoint.body or endpoint.limit_bytes > BODY_LIMIT_BYTES:
            continue
        key = here.keys["ingest"] if endpoint.scope is Scope.INGEST else "the owner's"
        size = endpoint.limit_bytes + 1
        content = b" " * size if told else iter([b" " * 65_536] * (size // 65_536 + 1))
        answer = send(here, endpoint, key, content, **{"content-type": media(endpoint)})
        assert answer.status_code == 413, (endpoint.path, answer.text)


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_a_bomb_is_413_also_where_the_header_lies(here, encoding):
    for endpoint in taking(here):
        headers = {"content-type": media(endpoint), "content-encoding": encoding}
        answer = send(here, endpoint, here.keys["ingest"], BOMB, **headers)
        assert answer.status_code == 413, (endpoint.path, answer.text)


def test_what_says_that_it_is_packed_and_is_not_is_read_as_it_is(here):
    # a proxy may have unpacked it and left the header
    for endpoint in taking(here):
        headers = {"content-type": media(endpoint), "content-encoding": "gzip"}
        answer = send(here, endpoint, here.keys["ingest"], b"{", **headers)
        assert answer.status_code in {200, 400, 422}, (endpoint.path, answer.text)


def test_no_body_is_400_where_nothing_is_no_whole_request(here):
    for endpoint in taking(here):
        answer = send(here, endpoint, here.keys["ingest"], **{"content-type": media(endpoint)})
        whole = endpoint.path in {"/v1/logs", "/v1/traces", "/v1/metrics"}
        assert answer.status_code == (200 if whole else 400), (endpoint.path, answer.text)


@pytest.mark.parametrize(
    "headers",
    [{"content-type": "image/png"}, {"content-encoding": "br"}, {"content-encoding": "gzip, gzip"}],
)
def test_a_body_of_an_unknown_kind_is_415(here, headers):
    for endpoint in taking(here):
        told = {"content-type": media(endpoint)} | headers
        answer = send(here, endpoint, here.keys["ingest"], b"{}", **told)
        assert answer.status_code == 415, (endpoint.path, answer.text)


@pytest.mark.parametrize("content", [b"\x1f\x8b", BOMB[:40], gzip.compress(gzip.compress(b"{}"))])
def test_a_packing_that_is_none_is_refused_and_nothing_fails(here, content):
    for endpoint in taking(here):
        headers = {"content-type": media(endpoint)}
        answer = send(here, endpoint, here.keys["ingest"], content, **headers)
        assert answer.status_code in {400, 415}, (endpoint.path, answer.text)


def test_a_method_that_is_not_there_is_405_with_those_that_are(here):
    for path in {asked(endpoint) for endpoint in here.every}:
        answer = here.ask.request("TRACE", path)
        assert (answer.status_code, "allow" in answer.headers) == (405, True), path


def test_long_names_and_long_paths_are_refused_and_nothing_fails(here):
    for endpoint in taking(here):
        headers = bearer(here.keys["ingest"]) | {"content-type": media(endpoint)}
        path = f"{asked(endpoint)}?model={'m' * 5_000}"
        answer = here.ask.request(endpoint.method, path, content=b"{}", headers=headers)
        assert answer.status_code == 400, (endpoint.path, answer.text)
    assert here.ask.get("/v1/" + "x" * 60_000).status_code == 404


@pytest.mark.parametrize("scheme", ["ApiKey", "Basic"])
def test_keys_of_other_schemes_and_in_paths_are_held_to_the_same(here, scheme):
    for name, status in (("read", 403), ("revoked", 401), ("expired", 401)):
        pair = base64.b64encode(f"any:{here.keys[name]}".encode()).decode()
        for endpoint in taking(here):
            by_header = here.ask.request(
                endpoint.method, asked(endpoint), headers={"authorization": f"{scheme} {pair}"}
            )
            by_path = here.ask.request(endpoint.method, f"/k/{here.keys[name]}{asked(endpoint)}")
            assert {by_header.status_code, by_path.status_code} == {status}, endpoint.path
