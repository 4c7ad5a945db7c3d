"""``/es`` answers Elasticsearch's clients as they expect, item by item, and stores what it says."""

from __future__ import annotations

import base64
import gzip
import json
import logging
from datetime import UTC, datetime
from functools import partial

import pytest
from elasticsearch import ApiError, Elasticsearch, helpers
from hypothesis import given, settings
from hypothesis import strategies as st

from api.backpressure import BusyError
from api.bodies import BODY_LIMIT_BYTES
from api.collect import endpoints
from api.collector import Collector
from api.guard import Guard
from api.routes import routes
from domain.key import Scope
from ingest.readers.elasticsearch_bulk import items
from monitors.collect_logs import Collecting
from tests.api.asking import Clock, client, empty_service, served

LINES = {"content-type": "application/x-ndjson"}
PRODUCT = "x-elastic-product"


def event(number: int, **fields: object) -> dict[str, object]:
    return {
        "model": "m", "ts": "2026-11-22T10:00:00Z", "prediction_id": f"p-{number}",
        "features": {"x": number}, "score": 0.5, **fields,
    }  # fmt: skip


def document(number: int) -> dict[str, object]:
    return {
        "@timestamp": "2026-11-22T10:00:00.25Z",
        "event": {"id": f"e-{number}", "duration": 1_500_000},
        "service": {"name": "ecs", "version": "3"},
        "http.response.status_code": 200,
        "ml": {"features": {"x": number, "kind": "a"}, "prediction": "yes"},
    }


def body(*lines: object) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in lines)


class Here:
    """A server's routes over a store of their own."""

    def __init__(self, service, collector, clock):
        self.service, self.clock = service, clock
        self.told = endpoints(collector)
        self.collector = collector

    def routes(self, *, loopback=True):
        guard = Guard(self.service, self.clock, loopback=loopback)
        return routes(self.told, guard, lambda *_: None)

    def key(self, *scopes, models=None):
        made = self.service.create_key(
            f"key {len(self.service.keys())}", scopes, models, None, self.clock()
        )
        return made.secret


@pytest.fixture
def here(tmp_path):
    clock = Clock(datetime(2026, 11, 23, tzinfo=UTC))
    with empty_service(tmp_path / "store") as service:
        collector = Collector(Collecting(service.store), clock)
        collector.start()
        yield Here(service, collector, clock)
        collector.stop()


@pytest.fixture
def post(here):
    return partial(client(here.routes()).post, "/es/_bulk", headers=LINES)


@pytest.fixture(scope="module")
def here_once(tmp_path_factory):
    clock = Clock(datetime(2026, 11, 23, tzinfo=UTC))
    with empty_service(tmp_path_factory.mktemp("es") / "store") as service:
        collector = Collector(Collecting(service.store), clock)
        collector.start()
        made = Here(service, collector, clock)
        yield made, set(), partial(client(made.routes()).post, "/es/_bulk", headers=LINES)
        collector.stop()


# ------------------------------------------------------------------ the real client


@pytest.fixture
def connect(here):
    clients = []
    with served(here.routes(loopback=False)) as port:

        def made(**options):
            clients.append(Elasticsearch(f"http://127.0.0.1:{port}/es", **options))
            return clients[-1]

        yield made
        for one in clients:
            one.close()


def test_the_bulk_helper_of_the_real_client_delivers_and_is_told(here, connect):
    es = connect(api_key=("driftline", here.key(Scope.INGEST)), http_compress=True)
    assert es.info()["tagline"] == "You Know, for Search"

    actions = [{"_index": "logs", "_source": document(n)} for n in range(700)]
    assert helpers.bulk(es, actions, chunk_size=250) == (700, [])
    assert here.service.store.sources()["http/elasticsearch-bulk"].predictions == 700

    again = list(helpers.streaming_bulk(es, actions[:3]))
    assert [(ok, told["index"]["status"]) for ok, told in again] == [(True, 200)] * 3
    assert here.service.store.sources()["http/elasticsearch-bulk"].duplicates == 3


def test_the_real_client_raises_what_is_refused_and_names_it(here, connect):
    es = connect(api_key=base64.b64encode(f"id:{here.key(Scope.INGEST)}".encode()).decode())
    actions = [
        {"_op_type": "create", "_index": "logs", "_id": "a", "_source": event(1)},
        {"_op_type": "create", "_index": "logs", "_id": "b", "_source": {"model": "m"}},
        {"_op_type": "delete", "_index": "logs", "_id": "c"},
    ]
    with pytest.raises(helpers.BulkIndexError) as caught:
        helpers.bulk(es, actions)
    told = [
        (name, one["_id"], one["status"]) for e in caught.value.errors for name, one in e.items()
    ]
    assert told == [("create", "b", 400), ("delete", "c", 400)]
    assert "ts" in caught.value.errors[0]["create"]["error"]["reason"]

    _, conflict = helpers.bulk(es, actions[:1], raise_on_error=False)
    assert conflict[0]["create"]["status"] == 409
    assert conflict[0]["create"]["error"]["type"] == "version_conflict_engine_exception"


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({}, 401),
        ({"api_key": ("driftline", "dlk_000000000000_wrong")}, 401),
        ({"basic_auth": ("elastic", "changeme")}, 401),
        ({"bearer_auth": "wrong"}, 401),
        ({"api_key": "not base64"}, 401),
    ],
)
def test_without_the_right_key_the_real_client_is_turned_away(here, connect, options, status):
    here.key(Scope.INGEST)
    with pytest.raises(ApiError) as caught:
        helpers.bulk(connect(**options), [{"_index": "logs", "_source": event(1)}])
    assert caught.value.meta.status == status
    assert caught.value.body["error"]["type"] == "security_exception"
    assert not here.service.store.sources()


@pytest.mark.parametrize("form", ["api_key", "encoded", "raw", "basic_auth", "bearer_auth"])
def test_every_form_in_which_clients_bring_a_key_opens_the_same(here, connect, form, caplog):
    caplog.set_level(logging.DEBUG)
    key = here.key(Scope.INGEST)
    options = {
        "api_key": {"api_key": ("any", key)},
        "encoded": {"api_key": base64.b64encode(f"any:{key}".encode()).decode()},
        "raw": {"api_key": key},
        "basic_auth": {"basic_auth": ("any", key)},
        "bearer_auth": {"bearer_auth": key},
    }[form]
    assert helpers.bulk(connect(**options), [{"_index": "a", "_source": event(1)}]) == (1, [])
    ours = [one for one in caplog.records if not one.name.startswith(("elastic", "urllib3"))]
    assert key not in " ".join(f"{one.getMessage()} {vars(one)}" for one in ours)


def test_a_key_that_reads_does_not_write_and_one_for_a_model_writes_no_other(here, connect):
    with pytest.raises(ApiError) as caught:
        connect(api_key=("id", here.key(Scope.READ))).bulk(operations=[{"index": {}}, event(1)])
    assert caught.value.meta.status == 403

    es = connect(api_key=("id", here.key(Scope.INGEST, models=("m",))))
    answer = es.bulk(operations=[{"index": {}}, event(1), {"index": {}}, event(2, model="other")])
    assert [one["index"]["status"] for one in answer["items"]] == [201, 403]
    assert here.service.store.models() == ("m",)


# ------------------------------------------------------------------ the answer


def test_each_item_is_answered_at_its_place_with_what_became_of_it(here, post):
    first = post(content=body({"create": {"_id": "a"}}, event(1), {"index": {}}, event(2)))
    assert first.headers[PRODUCT] == "Elasticsearch"
    assert [one.popitem()[1]["status"] for one in first.json()["items"]] == [201, 201]
    assert first.json()["errors"] is False

    answer = post(
        content=body(
            *({"create": {"_index": "i", "_id": "a"}}, event(1)),
            *({"index": {"_id": "a"}}, event(1)),
            *({"create": {}}, event(2)),
            *({"create": {"_id": "n"}}, event(3)),
            {"delete": {"_id": "a"}},
            *({"update": {"_id": "a"}}, {"doc": {"label": 1}}),
            *({"index": {}}, {"model": "m", "score": 1}),
            *({"index": {}}, event(4, ts="2026-11-22 10:00")),
            *({"update": {"_id": "u"}}, {"doc": event(5), "doc_as_upsert": True}),
        )
    ).json()
    assert answer["errors"] is True
    told = [(name, one["status"]) for item in answer["items"] for name, one in item.items()]
    assert told == [
        ("create", 409), ("index", 200), ("create", 200), ("create", 201), ("delete", 400),
        ("update", 400), ("index", 400), ("index", 400), ("update", 201),
    ]  # fmt: skip
    assert answer["items"][0]["create"]["_index"] == "i"
    assert "zone" in answer["items"][7]["index"]["error"]["reason"]
    assert here.service.store.sources()["http/elasticsearch-bulk"].predictions == 4


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["index", "create"])), max_size=8))
def test_an_answer_says_created_exactly_where_an_event_is_new(here_once, wanted):
    _, seen, post = here_once
    lines, expected = [], []
    for number, operation in wanted:
        lines += [{operation: {"_id": f"d-{number}"}}, event(number)]
        known = 409 if operation == "create" else 200
        expected.append(known if number in seen else 201)
        seen.add(number)
    if lines:
        items = post(content=body(*lines)).json()["items"]
        assert [one.popitem()[1]["status"] for one in items] == expected


@pytest.mark.parametrize(
    "content_type",
    [
        "application/vnd.elasticsearch+x-ndjson; compatible-with=9",
        "application/vnd.elasticsearch+json;compatible-with=8",
        "application/x-ndjson",
        "application/json; charset=UTF-8",
        "text/plain",
        "",
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_all_media_types_of_clients_are_taken_packed_or_not(here_once, content_type, packed):
    here, _, _ = here_once
    content = body({"index": {"_index": "a"}}, document(1))
    content = gzip.compress(content) if packed else content
    ask = client(here.routes())
    for method in ("PUT", "POST"):
        headers = {"content-type": content_type} if content_type else {}
        told = ask.request(
            method, "/es/logs-a/_bulk?filter_path=x", content=content, headers=headers
        )
        assert told.status_code == 200
        assert told.json()["errors"] is False


def test_the_answer_has_the_form_that_was_asked_for(here_once):
    here, _, _ = here_once
    asked = "application/vnd.elasticsearch+json; compatible-with=9"
    said = client(here.routes()).get("/es/", headers={"accept": asked})
    assert said.headers["content-type"] == asked
    assert client(here.routes()).get("/es/").headers["content-type"] == "application/json"


# ------------------------------------------------------------------ what is wrong as a whole


@pytest.mark.parametrize(
    ("content", "headers", "status", "kind"),
    [
        (b"", LINES, 400, "illegal_argument_exception"),
        (b"hello\n", LINES, 400, "illegal_argument_exception"),
        (body({"index": {}}), LINES, 400, "illegal_argument_exception"),
        (body({"index": {}}, event(1), event(2)), LINES, 400, "illegal_argument_exception"),
        (b"\x1f\x8b rubbish", LINES, 400, "illegal_argument_exception"),
        (b"x", {"content-type": "text/csv2"}, 415, "media_type_header_exception"),
        (b"x", LINES | {"content-encoding": "br"}, 415, "media_type_header_exception"),
        (b"x", LINES | {"content-length": "999999999"}, 413, "content_too_long_exception"),
    ],
)
def test_a_body_that_is_none_is_refused_whole_in_elasticsearchs_words(
    here_once, content, headers, status, kind
):
    here, _, post = here_once
    before = here.service.store.sources()
    said = post(content=content, headers=headers)
    assert said.status_code == status == said.json()["status"]
    assert said.json()["error"]["type"] == kind
    assert said.json()["error"]["root_cause"][0]["reason"] == said.json()["error"]["reason"]
    assert said.headers[PRODUCT] == "Elasticsearch"
    assert len(content) < BODY_LIMIT_BYTES
    assert here.service.store.sources() == before


@pytest.mark.parametrize("status", [429, 503])
def test_where_there_is_no_room_clients_are_told_to_wait_as_elasticsearch_does(
    here_once, monkeypatch, status
):
    here, _, post = here_once

    def busy(*_, **__):
        raise BusyError(status, 3)

    monkeypatch.setattr(here.collector, "room", busy)
    said = post(content=body({"index": {}}, event(1)))
    assert said.status_code == 429
    assert said.json()["error"]["type"] == "es_rejected_execution_exception"
    assert said.headers["retry-after"] == "3"


def test_what_shippers_ask_first_is_answered_and_the_rest_says_that_it_is_not_here(here_once):
    here, _, _ = here_once
    ask = client(here.routes())
    assert ask.get("/es").json()["version"]["number"].startswith("8.")
    assert ask.head("/es/").headers[PRODUCT] == "Elasticsearch"
    assert ask.get("/es/_license").json()["license"]["status"] == "active"
    assert ask.get("/es/_cluster/health").json()["status"] == "green"
    for method, path in [("GET", "/es/_ilm/policy/x"), ("PUT", "/es/_index_template/x")]:
        said = ask.request(method, path)
        assert said.status_code == 404
        assert said.headers[PRODUCT] == "Elasticsearch"
        assert "_bulk" in said.json()["error"]["reason"]


@pytest.mark.parametrize("spelled", [str.upper, str.lower, str.title])
def test_headers_and_schemes_mean_the_same_however_they_are_spelled(here, spelled):
    pair = base64.b64encode(f"id:{here.key(Scope.INGEST)}".encode()).decode()
    headers = {
        spelled("authorization"): f"{spelled('apikey')} {pair}",
        spelled("content-type"): spelled("application/x-ndjson"),
        spelled("content-encoding"): spelled("gzip"),
    }
    ask = client(here.routes(loopback=False))
    content = gzip.compress(body({"index": {}}, event(1)))
    assert ask.post("/es/_bulk", content=content, headers=headers).json()["errors"] is False


def test_names_and_values_that_would_be_code_elsewhere_are_only_names_and_values(here, post):
    nasty = {'"; drop table predictions; --': 1, "<script>alert(1)</script>": "=1+1", "ts": 3}
    answer = post(content=body({"index": {"_id": "'; --"}}, event(1, features=nasty)))
    assert answer.json()["errors"] is False
    (row,) = here.service.sql("select * from predictions").to_pylist()
    assert set(nasty.values()) <= {v for v in row.values() if isinstance(v, str | float)}
    assert here.service.store.models() == ("m",)


def test_a_key_in_the_path_serves_where_a_sender_cannot_set_headers(here):
    ask = client(here.routes(loopback=False))
    path = f"/k/{here.key(Scope.INGEST)}/es/_bulk"
    assert ask.post(path, content=body({"index": {}}, event(1)), headers=LINES).status_code == 200


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200) | st.lists(st.sampled_from([
    b'{"index":{}}', b'{"create":{"_id":"a"}}', b'{"delete":{"_id":7}}', b'{"update":{}}', b"",
    b'{"index":{"_id":[1]}}', b'{"doc":{}}', b'{"model":"m","ts":1,"score":NaN}', b"[[[[",
    b'{"@timestamp":null,"service":3}', b'{"@timestamp":"2026-11-22T10:00:00Z","message":"{"}',
]), max_size=9).map(b"\n".join))  # fmt: skip
def test_no_body_makes_the_server_fail(here_once, content):
    post = here_once[2]
    said = post(content=content)
    assert said.status_code in {200, 400, 415}
    if said.status_code == 200:
        assert len(said.json()["items"]) == len(items(content))
