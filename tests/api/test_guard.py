"""Who may ask: whoever sits at this machine while there is no key, and who holds the right key."""

from __future__ import annotations

import http.client
import logging
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api.endpoint import Endpoint, grant_of
from api.guard import Guard, without_keys
from api.routes import guarded, routes
from domain.key import Scope
from monitors.local_service import LocalService
from tests.api.asking import HERE, Clock, TestClient, bearer, client, empty_service, served

OWNER = "the-owner's-local-key"


async def told(request: Request) -> Response:
    """Say who asks, and with what body."""
    grant = grant_of(request)
    body = (await request.body()).decode()
    return JSONResponse({"name": grant.name, "body": body, "path": request.url.path})


def endpoint(path: str, scope: Scope | None, method: str = "GET", **more) -> Endpoint:
    about = "api.problem.failed"
    return Endpoint(method=method, path=path, scope=scope, handler=told, about=about, **more)


ENDPOINTS = [
    endpoint("/open", None),
    endpoint("/in", Scope.INGEST, "POST", key_in_path=True, keeps_to_models=True),
    endpoint("/read", Scope.READ),
    endpoint("/read/{model:path}/versions", Scope.READ),
    endpoint("/admin", Scope.ADMIN, "POST"),
    endpoint("/metrics", Scope.READ, on_loopback=True),
]


@pytest.fixture
def service(tmp_path: Path):
    with empty_service(tmp_path) as service:
        yield service


@pytest.fixture
def clock() -> Clock:
    return Clock()


def asking(service: LocalService, clock: Clock, *, loopback: bool = True, **more) -> TestClient:
    return client(
        guarded(ENDPOINTS, Guard(service, clock, loopback=loopback, owner_secret=OWNER)), **more
    )


def key(service: LocalService, clock: Clock, *scopes: Scope, models=None, expires_at=None) -> str:
    name = f"key {len(service.keys())}"
    return service.create_key(name, scopes, models, expires_at, clock.now).secret


# ------------------------------------------------------------------ nobody made a key


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.0.0.1:8501", "127.8.7.6:1", "localhost:8501", "LocalHost", "[::1]:8501"],
)
def test_without_any_key_this_machine_may_send_and_read(service, clock, host: str):
    ask = asking(service, clock)
    assert ask.post("/in", headers={"Host": host}).status_code == 200
    assert ask.get("/read", headers={"Host": host}).status_code == 200


def test_without_any_key_nobody_administers_but_the_owner(service, clock):
    ask = asking(service, clock)
    refused = ask.post("/admin")
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Bearer")
    assert ask.post("/admin", headers=bearer(OWNER)).json()["name"] == "the owner of the store"
    assert ask.post("/admin", headers=bearer(OWNER + "x")).status_code == 401


@pytest.mark.parametrize(
    "host",
    [
        "rebound.example",  # a name of its own that a page lets point to this machine
        "rebound.example:8501",
        "127.0.0.1.rebound.example",
        "localhost.rebound.example",
        "127.0.0.1@rebound.example",
        "rebound.example@127.0.0.1",
        "192.168.1.10:8501",
        "0.0.0.0:8501",
        "[::]:8501",
        "[fe80::1]",
        "127.0.0.1:8501, rebound.example",
        "",
    ],
)
def test_a_name_that_was_made_to_point_here_is_not_answered(service, clock, host: str):
    ask = asking(service, clock)
    for answer in (
        ask.post("/in", headers={"Host": host}),
        ask.get("/read", headers={"Host": host}),
        ask.get("/metrics", headers={"Host": host}),
    ):
        assert answer.status_code == 403
        assert answer.json()["type"] == "urn:driftline:guard:foreign-host"


def test_two_hosts_are_none(service, clock):
    hosts = [("Host", "127.0.0.1:8501"), ("Host", "rebound.example")]
    assert asking(service, clock).get("/read", headers=hosts).status_code == 403


FORM = "application/x-www-form-urlencoded"
BY_A_FOREIGN_PAGE: dict[str, Mapping[str, str]] = {
    "form post": {"Origin": "https://evil.example", "Content-Type": FORM},
    "fetch without CORS": {
        "Origin": "https://evil.example",
        "Sec-Fetch-Site": "cross-site",
        "Sec-Fetch-Mode": "no-cors",
        "Content-Type": "text/plain;charset=UTF-8",
    },
    "a sandboxed frame": {"Origin": "null", "Content-Type": "text/plain"},
    "another port of this machine": {"Origin": "http://127.0.0.1:3000"},
    "another port, told by the browser alone": {"Sec-Fetch-Site": "same-site"},
    "another scheme": {"Origin": "https://127.0.0.1:8501"},
    "another name of this machine": {"Origin": "http://localhost:8501"},
    "a link or picture": {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
    "two origins": {"Origin": f"{HERE}, https://evil.example"},
}


@pytest.mark.parametrize("headers", BY_A_FOREIGN_PAGE.values(), ids=BY_A_FOREIGN_PAGE.keys())
def test_a_page_of_another_site_can_neither_send_nor_read(service, clock, headers):
    ask = asking(service, clock)
    for answer in (
        ask.post("/in", headers=headers, content="x"),
        ask.get("/read", headers=headers),
        ask.get("/metrics", headers=headers),
    ):
        assert answer.status_code == 403
        assert answer.json()["type"] == "urn:driftline:guard:foreign-page"
        assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": HERE, "Sec-Fetch-Site": "same-origin"},
        {"Origin": HERE.upper()},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_our_own_page_and_a_typed_address_are_answered(service, clock, headers):
    assert asking(service, clock).get("/read", headers=headers).status_code == 200


def test_a_browser_that_asks_whether_it_may_is_told_no(service, clock):
    answer = asking(service, clock).options(
        "/in",
        headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"},
    )
    assert answer.status_code == 405
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    "header", ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP"]
)
def test_what_a_proxy_hands_on_needs_a_key(service, clock, header: str):
    answer = asking(service, clock).get("/read", headers={header: "203.0.113.9"})
    assert answer.status_code == 401


def test_a_server_that_others_can_reach_needs_keys_from_the_start(service, clock):
    ask = asking(service, clock, loopback=False)
    assert ask.post("/in").status_code == 401
    assert ask.get("/read").status_code == 401
    assert ask.get("/metrics").status_code == 401
    assert ask.get("/open").status_code == 200
    assert ask.get("/read", headers=bearer(OWNER)).status_code == 200


# ------------------------------------------------------------------ with keys


@pytest.mark.parametrize("scope", list(Scope))
def test_a_key_opens_what_its_scope_says_and_nothing_else(service, clock, scope: Scope):
    headers = bearer(key(service, clock, scope))
    ask = asking(service, clock)
    opened = {
        Scope.INGEST: ask.post("/in", headers=headers),
        Scope.READ: ask.get("/read", headers=headers),
        Scope.ADMIN: ask.post("/admin", headers=headers),
    }
    for needed, answer in opened.items():
        if scope in (needed, Scope.ADMIN):
            assert answer.status_code == 200
        else:
            assert answer.status_code == 403
            challenge = answer.headers["www-authenticate"]
            assert 'error="insufficient_scope"' in challenge
            assert f'scope="{needed}"' in challenge


def test_a_key_serves_where_the_host_and_the_page_are_foreign(service, clock):
    headers = bearer(key(service, clock, Scope.READ))
    foreign = {"Host": "driftline.example", "Origin": "https://evil.example"}
    ask = asking(service, clock, loopback=False)
    assert ask.get("/read", headers={**headers, **foreign}).status_code == 200


def test_the_first_key_closes_the_door_for_who_has_none_within_a_second(service, clock):
    ask = asking(service, clock)
    assert ask.get("/read").status_code == 200
    key(service, clock, Scope.READ)
    clock.forward(seconds=1)
    answer = ask.get("/read")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="driftline"'
    assert "driftline keys create" in answer.json()["detail"]


def test_revoking_the_last_key_opens_nothing(service, clock):
    secret = key(service, clock, Scope.READ)
    service.revoke_key("key 0", clock.now)
    ask = asking(service, clock)
    assert ask.get("/read").status_code == 401
    assert ask.get("/read", headers=bearer(secret)).status_code == 401


def test_a_revoked_or_expired_key_opens_nothing_a_second_later(service, clock):
    first, second = key(service, clock, Scope.READ), None
    second = key(service, clock, Scope.READ, expires_at=Clock().now.replace(hour=11))
    ask = asking(service, clock)
    assert ask.get("/read", headers=bearer(first)).status_code == 200
    assert ask.get("/read", headers=bearer(second)).status_code == 200
    service.revoke_key("key 0", clock.now)
    clock.forward(seconds=1)
    answer = ask.get("/read", headers=bearer(first))
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    assert ask.get("/read", headers=bearer(second)).status_code == 200
    clock.forward(hours=1)
    assert ask.get("/read", headers=bearer(second)).status_code == 401


def test_a_wrong_key_is_refused_even_where_none_is_needed(service, clock):
    assert asking(service, clock).get("/read", headers=bearer("dlk_x")).status_code == 401


@pytest.mark.parametrize("scheme", ["bearer", "BEARER"])
def test_the_name_of_the_scheme_may_be_written_in_any_case(service, clock, scheme: str):
    secret = key(service, clock, Scope.READ)
    answer = asking(service, clock).get("/read", headers={"Authorization": f"{scheme} {secret}"})
    assert answer.status_code == 200


def test_a_key_for_some_models_may_only_ask_for_these(service, clock):
    headers = bearer(key(service, clock, Scope.READ, models=["flights", "team/rides"]))
    ask = asking(service, clock)
    assert ask.get("/read/flights/versions", headers=headers).status_code == 200
    assert ask.get("/read/team%2Frides/versions", headers=headers).status_code == 200
    assert ask.get("/read/other/versions", headers=headers).status_code == 403
    assert ask.get("/read", headers=headers).status_code == 403, "speaks of every model"


def test_metrics_on_loopback_need_no_key_even_where_there_are_some(service, clock):
    key(service, clock, Scope.READ)
    assert asking(service, clock).get("/metrics").status_code == 200
    assert asking(service, clock).get("/read").status_code == 401


# ------------------------------------------------------------------ a key in the path


def test_a_sender_without_headers_puts_an_ingest_key_into_the_path(service, clock):
    secret = key(service, clock, Scope.INGEST)
    answer = asking(service, clock, loopback=False).post(f"/k/{secret}/in", content="x")
    assert answer.json() == {"name": "key 0", "body": "x", "path": "/in"}


@pytest.mark.parametrize("scopes", [(Scope.ADMIN,), (Scope.INGEST, Scope.READ)])
def test_a_key_in_the_path_may_do_nothing_else_than_ingest(service, clock, scopes):
    secret = key(service, clock, *scopes)
    ask = asking(service, clock)
    assert ask.post(f"/k/{secret}/in").status_code == 403
    assert ask.post("/in", headers=bearer(secret)).status_code == 200
    assert ask.post(f"/k/{OWNER}/in").status_code == 403


@pytest.mark.parametrize("path", ["read", "admin", "metrics", "open", "", "nothing"])
def test_only_what_ingests_is_there_behind_a_key(service, clock, path: str):
    secret = key(service, clock, Scope.INGEST)
    answer = asking(service, clock).get(f"/k/{secret}/{path}")
    assert answer.status_code == 404
    assert secret not in answer.text


def test_a_wrong_key_in_the_path_is_refused_on_an_open_loopback_too(service, clock):
    assert asking(service, clock).post("/k/nothing/in").status_code == 401


@pytest.mark.parametrize("http_version", ["h11", "httptools"])
def test_no_log_of_a_real_server_shows_a_key(service, clock, http_version: str, caplog):
    secret = key(service, clock, Scope.INGEST)
    ours = routes(ENDPOINTS, Guard(service, clock, loopback=True), lambda *_: None)
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "uvicorn.access")  # a server before may have set its own
    with served(ours, http=http_version, log_config=None) as port:
        statuses = [
            posted(port, f"/k/{secret}/in"),
            posted(port, f"/k/{secret}/in?key={secret}"),
            posted(port, f"/%6b/{secret}/in"),
            posted(port, f"/k/{secret}"),
            posted(port, f"//k/{secret}/in"),
            posted(port, f"/elsewhere/{secret}"),
        ]
    assert statuses == [200, 200, 200, 404, 404, 404]
    lines = [record.getMessage() for record in caplog.records if record.name == "uvicorn.access"]
    assert len(lines) == len(statuses)
    assert secret not in caplog.text


def posted(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("POST", path, body=b"x")
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


@given(st.from_regex(r"dlk_[0-9a-f]{12}_[A-Za-z0-9_-]{43}", fullmatch=True), st.text(max_size=9))
def test_no_line_keeps_a_key(secret: str, around: str):
    assert secret not in without_keys(f"{around}{secret}{around}")
    assert "any key" not in without_keys("POST /k/any-key/v1/predictions")


# ------------------------------------------------------------------ bodies and errors


def small(limit_bytes: int) -> Endpoint:
    return endpoint("/small", Scope.INGEST, "POST", limit_bytes=limit_bytes)


@pytest.mark.parametrize("told", [True, False], ids=["told", "in pieces"])
@pytest.mark.parametrize(("size", "status"), [(10, 200), (11, 413)])
def test_a_body_may_be_as_large_as_said_and_no_larger(service, clock, told, size, status):
    ask = client(guarded([small(10)], Guard(service, clock, loopback=True)))
    content = b"x" * size if told else iter([b"x"] * size)
    answer = ask.post("/small", content=content)
    assert answer.status_code == status
    if status == 413:
        assert "10 bytes" in answer.json()["detail"]


def test_a_body_that_is_said_to_be_too_large_is_refused_before_anybody_reads_it(service, clock):
    async def careless(_: Request) -> Response:
        return JSONResponse({})

    at = Endpoint(
        method="POST",
        path="/x",
        scope=Scope.INGEST,
        handler=careless,
        about="api.problem.failed",
        limit_bytes=10,
    )
    ask = client(guarded([at], Guard(service, clock, loopback=True)))
    assert ask.post("/x", content=b"x" * 11).status_code == 413
    assert ask.post("/x", content=b"x" * 10).status_code == 200


def test_who_may_not_ask_is_told_so_before_the_body_is_read(service, clock):
    ask = client(guarded([small(10)], Guard(service, clock, loopback=False)))
    assert ask.post("/small", content=b"x" * 11).status_code == 401


def test_a_method_that_a_path_does_not_take_is_told_with_those_it_takes(service, clock):
    answer = asking(service, clock).delete("/read")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    assert answer.headers["content-type"] == "application/problem+json"


def test_head_answers_like_get(service, clock):
    assert asking(service, clock).head("/read").status_code == 200


def test_a_fault_is_told_without_its_text_and_logged_without_values(service, clock, caplog):
    async def failing(request: Request) -> Response:
        raise ValueError(f"could not convert {request.query_params['x']!r}")

    at = Endpoint(method="GET", path="/x", scope=None, handler=failing, about="api.problem.failed")
    answer = client(guarded([at], Guard(service, clock, loopback=True))).get("/x?x=alice")
    assert answer.status_code == 500
    [record] = [record for record in caplog.records if record.name == "api.routes"]
    assert record.reference in answer.json()["detail"]
    assert record.error == "ValueError"
    assert any("failing" in frame for frame in record.where)
    assert "alice" not in answer.text + str(vars(record))
