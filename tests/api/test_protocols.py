"""A protocol of one's own: its reader, its answers, and its own words for every problem."""

from datetime import UTC, datetime

import orjson
import pytest
from starlette.responses import Response

from api.bodies import BODY_LIMIT_BYTES, Heading, UnfitBodyError
from api.collector import Collector
from api.guard import Guard
from api.protocols import Protocol, protocol_endpoints
from api.routes import routes
from monitors.collect_logs import Collecting
from tests.api.asking import Clock, client, empty_service
from tests.api.sending import event, lines


def heading(request):
    if request.headers["content-type"] != "application/x-toy":
        raise UnfitBodyError(415, "api.collect.media-type", value="?", known="application/x-toy")
    return Heading("ndjson", wrap=lambda content: content.replace(b"toy", b"model"))


def answer(request, outcome):
    collected = outcome.collected
    return Response(f"{collected.accepted} stored of {len(outcome.body.content)} bytes")


def refuse(request, trouble):
    return Response(
        orjson.dumps({"oops": trouble.detail, "why": trouble.kind}),
        status_code=trouble.status,
        headers=dict(trouble.headers),
        media_type="application/x-toy",
    )


TOY = Protocol(
    paths=("/toy", "/toy/{index}"),
    methods=("POST", "PUT"),
    about="api.collect.predictions",
    heading=heading,
    answer=answer,
    refuse=refuse,
)
BODY = lines([event(1, model="m") | {"model": None, "toy": "m"}]).replace(b'"model": null, ', b"")


@pytest.fixture(scope="module")
def toys(tmp_path_factory):
    with empty_service(tmp_path_factory.mktemp("toy")) as service:
        collector = Collector(Collecting(service.store), Clock(datetime(2099, 1, 1, tzinfo=UTC)))
        collector.start()
        yield service, protocol_endpoints(collector, TOY)
        collector.stop()


def ask(toys, *, loopback=True):
    service, endpoints = toys
    return client(routes(endpoints, Guard(service, Clock(), loopback=loopback), lambda *_: None))


@pytest.mark.parametrize(("method", "path"), [("POST", "/toy"), ("PUT", "/toy/some")])
def test_a_protocol_is_asked_under_all_its_paths_and_answers_in_its_own_words(toys, method, path):
    said = ask(toys).request(
        method, path, content=BODY, headers={"content-type": "application/x-toy"}
    )
    assert (said.status_code, said.text) == (200, f"1 stored of {len(BODY) + 2} bytes")


@pytest.mark.parametrize(
    ("content_type", "length", "status"),
    [("text/plain", 1, 415), ("application/x-toy", 0, 400), ("application/x-toy", 9e9, 413)],
)
def test_whoever_finds_a_problem_it_is_told_in_the_words_of_the_protocol(
    toys, content_type, length, status
):
    headers = {"content-type": content_type, "content-length": str(int(length))}
    assert length in {0, 1} or length > BODY_LIMIT_BYTES
    said = ask(toys).post("/toy", content=b"x" * int(length <= 1 and length), headers=headers)
    assert said.status_code == status
    assert said.headers["content-type"] == "application/x-toy"
    assert set(said.json()) == {"oops", "why"}


def test_also_the_guard_speaks_the_protocol_and_keeps_its_challenge(toys):
    said = ask(toys, loopback=False).post("/toy", content=BODY)
    assert said.status_code == 401
    assert said.headers["www-authenticate"].startswith("Bearer")
    assert said.json()["why"] == "urn:driftline:guard:no-key"
