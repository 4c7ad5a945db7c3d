"""A page of another site, in a real browser at this machine, can neither send nor read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from api.endpoint import Endpoint
from api.guard import Guard
from api.routes import guarded
from domain.key import Scope
from tests.api.asking import Clock, empty_service, served

pytestmark = pytest.mark.browser


class Doors(NamedTuple):
    """A server with an open loopback, what it let in, and the port of a foreign site."""

    port: int
    foreign_port: int
    let_in: list[str]


@pytest.fixture
def doors(tmp_path: Path) -> Iterator[Doors]:
    let_in: list[str] = []

    async def taken(request: Request) -> Response:
        let_in.append((await request.body()).decode() or request.method)
        return JSONResponse({"models": ["secret"]})

    async def foreign(_: Request) -> Response:
        return HTMLResponse("<!doctype html><title>elsewhere</title><p>elsewhere")

    about = "api.models"
    ours = [
        Endpoint(method="POST", path="/in", scope=Scope.INGEST, handler=taken, about=about),
        Endpoint(method="GET", path="/read", scope=Scope.READ, handler=taken, about=about),
    ]
    with empty_service(tmp_path) as service:
        routes = guarded(ours, Guard(service, Clock(), loopback=True))
        quiet = {"log_level": "warning"}
        with (
            served(routes, **quiet) as port,
            served(Starlette(routes=[Route("/", foreign)]).routes, **quiet) as elsewhere,
        ):
            yield Doors(port, elsewhere, let_in)


FETCH = """
    async ([url, options]) => {
        try { return (await fetch(url, options)).status } catch (error) { return String(error) }
    }
"""
SUBMIT = """
    ([url, encoding]) => {
        const form = document.createElement("form");
        form.method = "post"; form.action = url; form.enctype = encoding;
        form.innerHTML = '<input name=\\'{"model":"m","x":"\\' value=\\'"}\\'>';
        document.body.append(form); form.submit();
    }
"""


def test_our_own_page_is_let_in_or_this_test_sees_nothing(chromium, doors: Doors):
    page = chromium.new_page()
    page.goto(f"http://127.0.0.1:{doors.port}/read")
    assert page.evaluate(FETCH, ["/in", {"method": "POST", "body": "own"}]) == 200
    page.close()
    assert doors.let_in == ["GET", "own"]


@pytest.mark.parametrize(
    "options",
    [
        {"method": "POST", "mode": "no-cors", "body": "x"},
        {"method": "POST", "body": "x", "headers": {"Content-Type": "text/plain"}},
        {"method": "POST", "body": "{}", "headers": {"Content-Type": "application/json"}},
        {"method": "POST", "body": "x", "headers": {"Authorization": "Bearer guess"}},
        {"method": "GET", "mode": "no-cors"},
        {"method": "GET"},
    ],
    ids=["no-cors", "text", "json", "a guessed key", "blind read", "read"],
)
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_fetch_from_elsewhere_is_turned_away(chromium, doors: Doors, host: str, options):
    page = chromium.new_page()
    page.goto(f"http://{host}:{doors.foreign_port}/")
    path = "in" if options["method"] == "POST" else "read"
    page.evaluate(FETCH, [f"http://127.0.0.1:{doors.port}/{path}", options])
    page.close()
    assert doors.let_in == []


@pytest.mark.parametrize("encoding", ["text/plain", "application/x-www-form-urlencoded"])
def test_a_form_from_elsewhere_is_turned_away(chromium, doors: Doors, encoding: str):
    page = chromium.new_page()
    page.goto(f"http://127.0.0.1:{doors.foreign_port}/")
    with page.expect_navigation() as gone:
        page.evaluate(SUBMIT, [f"http://127.0.0.1:{doors.port}/in", encoding])
    assert gone.value.status == 403
    page.close()
    assert doors.let_in == []


def test_a_name_that_a_site_lets_point_here_is_turned_away(chromium, doors: Doors):
    """A browser takes every name under localhost to this machine, as rebound DNS would."""
    own = f"http://rebound.localhost:{doors.port}"
    page = chromium.new_page()
    page.route(f"{own}/", lambda route: route.fulfill(content_type="text/html", body="<p>bait"))
    page.goto(f"{own}/")
    assert page.evaluate(FETCH, ["/in", {"method": "POST", "body": "x"}]) == 403
    assert page.evaluate(FETCH, ["/read", {}]) == 403
    page.close()
    assert doors.let_in == []
