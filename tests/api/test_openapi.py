"""The document says what there is, no more and no less; its page asks nobody else for anything."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator
from starlette.routing import Route

from api import collect
from api.actions import Actions
from api.collector import Collector
from api.guard import Guard
from api.meters import Meters
from api.openapi import plain_path
from api.routes import routes, table
from api.schemas import schema_of
from domain.key import Scope
from monitors.collect_logs import Collecting
from monitors.local_service import LocalService
from tests.api.asking import HERE, Clock, TestClient, client, empty_service
from tests.golden.logs import Service as Made
from tests.golden.logs import batch


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalService]:
    with empty_service(tmp_path_factory.mktemp("openapi")) as service:
        made = Made(days=3, calls_a_day=40)
        service.store.load([batch(made.events(), "parcel")], "made")
        for day in range(3):
            service.run("parcel", made.window(day), made.window(day).end, Clock().now)
        yield service


@pytest.fixture(scope="module")
def endpoints(service: LocalService):
    clock = Clock()
    actions = Actions(service, spool=service.config.store, judging=threading.Lock())
    collector = Collector(Collecting(service.store), clock)
    collector.start()
    others = [*collect.endpoints(collector), *actions.endpoints()]
    yield table(service, Meters(service, clock), clock, others=others)
    collector.stop()
    actions.close()


@pytest.fixture(scope="module")
def served(service: LocalService, endpoints):
    return routes(endpoints, Guard(service, Clock(), loopback=True), lambda *_: None)


@pytest.fixture(scope="module")
def ask(served) -> TestClient:
    return client(served)


@pytest.fixture(scope="module")
def document(ask) -> dict[str, Any]:
    return ask.get("/openapi.json").json()


def test_the_document_is_valid_in_both_versions(document, ask):
    assert document["openapi"] == "3.1.0"
    OpenAPIV31SpecValidator(document).validate()
    older = ask.get("/openapi.json?openapi=3.0").json()
    assert older["openapi"] == "3.0.3"
    OpenAPIV30SpecValidator(older).validate()
    assert "null" not in re.findall(r'"type": ?"(\w+)"', str(older).replace("'", '"'))


def test_every_route_is_in_the_document_and_every_path_of_it_is_routed(document, served):
    told = set(document["paths"])
    routed = {plain_path(route.path) for route in served if isinstance(route, Route)}
    # what is behind a key in the path is told with the path itself; the rest says 404
    assert routed - told == {"/k/{rest}", "/v1", "/v1/{rest}", "/es", "/es/{rest}"}
    assert told <= routed


def test_every_operation_is_answered_and_no_other_method(document, ask):
    for path, operations in document["paths"].items():
        asked = path.replace("{model}", "parcel").replace("{asset}", "start.js")
        for method in ("get", "post", "put", "delete", "patch"):
            status = ask.request(method, asked).status_code
            assert (status == 405) == (method not in operations), f"{method} {path}"


def test_what_needs_a_key_says_which_and_is_closed_without_one(endpoints, document, service):
    outside = client(routes(endpoints, Guard(service, Clock(), loopback=False), lambda *_: None))
    for endpoint in endpoints:
        path = plain_path(endpoint.path)
        operation = document["paths"][path][endpoint.method.lower()]
        needed = [{"key": [one.value]} for one in (endpoint.scope, endpoint.also) if one]
        assert operation["security"] == needed
        asked = path.replace("{model}", "parcel").replace("{asset}", "start.js")
        closed = outside.request(endpoint.method, asked).status_code == 401
        assert closed == (endpoint.scope is not None), path


def test_only_what_tells_how_the_server_is_and_this_document_are_open_to_everyone(endpoints):
    open_paths = {one.path for one in endpoints if one.scope is None}
    assert open_paths == {"/livez", "/readyz", "/openapi.json", "/docs", "/docs/{asset}"}
    assert {one.path for one in endpoints if one.on_loopback} == {"/metrics"}
    for endpoint in endpoints:
        if endpoint.key_in_path:
            assert endpoint.scope is Scope.INGEST


@pytest.mark.parametrize(
    "path",
    [
        "/v1/models",
        "/v1/models/parcel/versions",
        "/v1/runs",
        "/v1/findings",
        "/v1/alerts",
        "/v1/slos",
        "/v1/sources",
        "/v1/runs?limit=0",
        "/readyz",
    ],
)
def test_an_answer_is_what_the_document_says_it_is(path: str, document, ask):
    answer = ask.get(path)
    told = document["paths"][re.sub(r"\?.*", "", path).replace("parcel", "{model}")]["get"]
    responses = told["responses"]
    [content] = responses.get(str(answer.status_code), responses["default"])["content"].values()
    schema = {**content["schema"], "components": document["components"]}
    errors = [error.message for error in OAS31Validator(schema).iter_errors(answer.json())]
    assert errors == []
    lists = [items for items in answer.json().values() if isinstance(items, list)]
    assert answer.status_code == 400 or any(lists), "an empty list proves nothing"


def test_descriptions_come_in_both_languages(ask):
    english, chinese = (
        ask.get("/openapi.json", params={"language": language}).json() for language in ("en", "zh")
    )
    assert english["paths"].keys() == chinese["paths"].keys()
    assert "登录" not in chinese["info"]["description"]
    assert english["info"]["description"].isascii()
    assert "密钥" in chinese["info"]["description"]


def test_operations_have_names_of_their_own(document):
    names = [
        operation["operationId"]
        for operations in document["paths"].values()
        for operation in operations.values()
    ]
    assert len(set(names)) == len(names)


def test_an_annotation_without_a_schema_is_a_fault():
    with pytest.raises(TypeError, match="no JSON Schema"):
        schema_of(Path)


# ------------------------------------------------------------------ the page


class Links(HTMLParser):
    """Every address that a page names, and whether it holds a script of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inside: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.found += [value for name, value in attrs if name in {"src", "href", "action"}]
        self.inside.append(tag)

    def handle_data(self, data):
        assert not (self.inside[-1:] == ["script"] and data.strip()), "the policy forbids it"


def test_the_page_and_its_files_name_no_other_host(ask):
    page = ask.get("/docs")
    links = Links()
    links.feed(page.text)
    assert links.found
    for link in links.found:
        assert re.fullmatch(r"docs/[\w.-]+", link)
        asset = ask.get(f"/{link}")
        assert asset.status_code == 200
        assert asset.headers["x-content-type-options"] == "nosniff"
    assert "http" not in page.text + ask.get("/docs/start.js").text
    assert "url(http" not in ask.get("/docs/swagger-ui.css").text


def test_a_browser_is_told_to_load_nothing_from_elsewhere(ask):
    policy = dict(
        part.strip().split(" ", 1)
        for part in ask.get("/docs").headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"


@pytest.mark.parametrize("name", ["../openapi.py", "swagger-ui.js.map", "index.html", "%2e%2e"])
def test_no_other_file_is_handed_out(ask, name: str):
    assert ask.get(f"/docs/{name}").status_code == 404


def test_the_document_names_no_address_of_its_server(document):
    assert document["servers"] == [{"url": "/"}]
    assert HERE not in str(document)
