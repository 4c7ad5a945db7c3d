"""Requests to ASGI applications become lines, and are answered as if there were no tap."""

import asyncio
import contextlib
import gc
import gzip
import json
import socket
import threading

import httpx
import pytest
import uvicorn
from fastapi import BackgroundTasks, FastAPI
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute

import driftline_tap
from tests.tap.conftest import DISTANCE, TRACE, TRACEPARENT, in_a_loop, payload, sent, until


@contextlib.contextmanager
def served(app):
    """Serve with a real uvicorn until the end of the block."""
    door = socket.socket()
    door.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None))
    thread = threading.Thread(target=server.run, args=([door],))
    thread.start()
    until(lambda: server.started or not thread.is_alive())
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{door.getsockname()[1]}") as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()


class Flight(BaseModel):
    distance: float
    carrier: str


def service(tap):
    app = FastAPI()
    app.add_middleware(driftline_tap.AsgiMiddleware, tap=tap)

    @app.post("/predict/{tenant}")
    def predict(flight: Flight, tenant: str):
        return {"prediction": "late", "score": 0.7}

    @app.post("/native")
    async def native(flight: Flight):
        tap.record(flight.model_dump(), "late", 0.7)

    @app.post("/boom")
    def boom():
        raise ValueError("no such flight")

    @app.get("/health")
    @app.get("/predict")
    def health():
        return {}

    return app


def test_a_call_is_recorded_with_both_bodies_and_what_is_known_of_it(new_tap, sink):
    tap = new_tap(replica="pod-1")
    with served(service(tap)) as client:
        answer = client.post("/predict/acme", json=DISTANCE, headers=TRACEPARENT)
    assert answer.json() == {"prediction": "late", "score": 0.7}
    [line] = sent(tap, sink, "calls")
    assert payload(line, "request") == DISTANCE
    assert payload(line, "response") == answer.json()
    told = {key: line[key] for key in ("model", "version", "status", "replica", "trace_id", "tags")}
    assert told == {
        "model": "m", "version": "1", "status": 200, "replica": "pod-1", "trace_id": TRACE,
        "tags": {"path": "/predict/{tenant}"},
    }  # fmt: skip
    assert 0 < line["latency_ms"] < answer.elapsed.total_seconds() * 1000
    assert line["ts"].endswith("+00:00")


def test_what_the_service_records_itself_replaces_the_bodies(new_tap, sink):
    tap = new_tap()
    with served(service(tap)) as client:
        client.post("/native", json=DISTANCE)
    [line] = sent(tap, sink, "events")
    assert (line["features"], line["prediction"], line["score"]) == (DISTANCE, "late", 0.7)
    assert line["status"] == 200
    assert line["latency_ms"] > 0
    assert sink.lines("calls") == []


def test_an_application_that_raises_is_a_call_that_failed(new_tap, sink):
    tap = new_tap()
    with served(service(tap)) as client:
        assert client.post("/predict/acme", json={"distance": "far"}).status_code == 422
        assert client.post("/boom", json=DISTANCE).status_code == 500
    refused, failed = sent(tap, sink)
    assert (failed["status"], failed["tags"]["error"]) == (500, "ValueError")
    assert refused["status"] == 422
    # what failed predicts nothing, and an error may quote what was asked
    assert not {"request", "response"} & {*failed, *refused}


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/predict"), ("HEAD", "/health"), ("GET", "/health"), ("OPTIONS", "/predict")],
)
def test_what_asks_for_no_prediction_is_left_out(new_tap, method, path):
    tap = new_tap()
    with served(service(tap)) as client:
        client.request(method, path)
    assert tap.counts()["recorded"] == 0


def test_only_the_paths_that_are_wanted_are_recorded(new_tap, sink):
    tap = new_tap(paths=["/predict/*"], skip=["*/probe"])
    with served(service(tap)) as client:
        for path in ("/predict/acme", "/predict/probe", "/elsewhere"):
            client.post(path, json=DISTANCE)
    assert [line["tags"]["path"] for line in sent(tap, sink)] == ["/predict/{tenant}"]


async def _streaming(request):
    async def pieces():
        for word in ("[", "1", "]"):
            yield word
            await asyncio.sleep(0)

    await request.body()
    return StreamingResponse(pieces(), media_type="application/json")


async def _echo(request):
    return JSONResponse(await request.json())


def plain(tap, *routes, **options):
    middleware = [Middleware(driftline_tap.AsgiMiddleware, tap=tap), *options.pop("inside", ())]
    return Starlette(routes=list(routes), middleware=middleware)


def test_a_streamed_answer_is_put_together(new_tap, sink):
    tap = new_tap()
    with served(plain(tap, Route("/stream", _streaming, methods=["POST"]))) as client:
        assert client.post("/stream", json=DISTANCE).json() == [1]
    [line] = sent(tap, sink)
    assert payload(line, "response") == [1]


def test_a_body_in_chunks_is_put_together(new_tap, sink):
    tap = new_tap()
    with served(plain(tap, Route("/echo", _echo, methods=["POST"]))) as client:
        answer = client.post(
            "/echo",
            content=iter([b'{"distance"', b": 7}"]),
            headers={"content-type": "application/json"},
        )
    assert answer.json() == {"distance": 7}
    [line] = sent(tap, sink)
    assert payload(line, "request") == {"distance": 7}


def test_packed_bodies_are_unpacked(new_tap, sink):
    tap = new_tap()

    async def unpacking(request):
        return JSONResponse({"echo": json.loads(gzip.decompress(await request.body()))})

    route = Route("/echo", unpacking, methods=["POST"])
    app = plain(tap, route, inside=[Middleware(GZipMiddleware, minimum_size=1)])
    with served(app) as client:
        packed = {"content-encoding": "gzip", "content-type": "application/json"}
        answer = client.post("/echo", content=gzip.compress(b'{"a": 1}'), headers=packed)
        assert answer.headers["content-encoding"] == "gzip"
    [line] = sent(tap, sink)
    assert payload(line, "request") == {"a": 1}
    assert payload(line, "response") == {"echo": {"a": 1}}


def test_a_packed_bomb_is_left_out(new_tap, sink):
    tap = new_tap(max_body_bytes=10_000)

    async def counting(request):
        return JSONResponse(len(await request.body()))

    with served(plain(tap, Route("/count", counting, methods=["POST"]))) as client:
        packed = {"content-encoding": "gzip", "content-type": "application/json"}
        client.post("/count", content=gzip.compress(b" " * 1_000_000), headers=packed)
    [line] = sent(tap, sink)
    assert "request" not in line
    assert payload(line, "response") == len(gzip.compress(b" " * 1_000_000))


def test_a_large_body_is_recorded_as_a_call_without_it(new_tap, sink):
    tap = new_tap(max_body_bytes=1_000)
    large = {"text": "x" * 1_000}
    with served(plain(tap, Route("/echo", _echo, methods=["POST"]))) as client:
        assert client.post("/echo", json=large).json() == large
        assert client.post("/echo", json={"a": 1}).json() == {"a": 1}
    lines = sent(tap, sink)
    assert [("request" in line, "response" in line) for line in lines] == [
        (False, False),
        (True, True),
    ]
    assert [line["status"] for line in lines] == [200, 200]


def test_a_body_of_another_kind_is_left_out(new_tap, sink):
    tap = new_tap()
    with served(plain(tap, Route("/stream", _streaming, methods=["POST"]))) as client:
        client.post("/stream", content=b"\x89PNG", headers={"content-type": "image/png"})
    [line] = sent(tap, sink)
    assert "request" not in line
    assert "response" in line


def test_raw_tensors_keep_the_length_of_their_header(new_tap, sink):
    tap = new_tap(model=None, version=None)
    content = b'{"inputs":[]}\x00\x00\x80\x3f'
    headers = {"content-type": "application/octet-stream", "inference-header-content-length": "13"}
    with served(
        plain(tap, Route("/v2/models/a b/{path:path}", _streaming, methods=["POST"]))
    ) as client:
        client.post("/v2/models/a%20b/versions/3/infer", content=content, headers=headers)
        client.post("/v2/repository/index", json={})
        # whoever asks for a model that is not there must not make one
        client.put("/v2/models/nobody/infer", json={})
    [line] = sent(tap, sink)
    assert line["request"]["header_length"] == 13
    assert (line["model"], line["version"]) == ("a b", "3")


@pytest.mark.parametrize("started", [False, True])
def test_who_goes_before_the_answer_got_none(new_tap, sink, started):
    tap = new_tap()
    is_asked, is_over = threading.Event(), threading.Event()

    async def slow(scope, receive, send):
        if scope["type"] != "http":
            return
        await receive()
        if started:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"[", "more_body": True})
        is_asked.set()
        assert (await receive())["type"] == "http.disconnect"
        is_over.set()

    with served(tap.asgi(slow)) as client:
        with socket.create_connection((client.base_url.host, client.base_url.port)) as caller:
            caller.sendall(b"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}")
            assert is_asked.wait(10)
        assert is_over.wait(10)
    [line] = sent(tap, sink)
    assert line["status"] == 0
    assert "response" not in line


def test_an_application_that_says_nothing_has_failed(new_tap, sink):
    tap = new_tap()

    async def silent(scope, receive, send):
        if scope["type"] == "http":
            await receive()

    with served(tap.asgi(silent)) as client:
        assert client.post("/p").status_code == 500
    [line] = sent(tap, sink)
    assert line["status"] == 500


def test_what_fails_after_the_answer_fails_no_call(new_tap, sink):
    tap = new_tap()
    app = FastAPI()
    app.add_middleware(driftline_tap.AsgiMiddleware, tap=tap)

    def later():
        tap.record({"a": 1}, "in the background")
        raise RuntimeError("after the answer")

    @app.post("/p")
    def predict(tasks: BackgroundTasks):
        tasks.add_task(later)
        return {"prediction": 1}

    with served(app) as client:
        assert client.post("/p").status_code == 200
    [line] = sent(tap, sink)
    assert line["status"] == 200
    assert line["prediction"] == "in the background"


def test_a_websocket_passes(new_tap):
    tap = new_tap()

    async def echo(websocket):
        await websocket.accept()
        await websocket.send_text(await websocket.receive_text())
        await websocket.close()

    said = []

    async def talk():
        words = iter(
            [{"type": "websocket.connect"}, {"type": "websocket.receive", "text": "hello"}]
        )

        async def receive():
            return next(words)

        async def send(message):
            said.append(message)

        scope = {"type": "websocket", "path": "/ws", "headers": [], "query_string": b""}
        await plain(tap, WebSocketRoute("/ws", echo))(scope, receive, send)

    in_a_loop(talk())
    assert {"type": "websocket.send", "text": "hello"} in said
    assert tap.counts()["recorded"] == 0


def test_many_requests_at_once_are_not_mixed_up(new_tap, sink):
    tap = new_tap()
    app = FastAPI()
    app.add_middleware(driftline_tap.AsgiMiddleware, tap=tap)

    @app.post("/threads")
    def in_threads(body: dict[str, int]):
        tap.record(body, body["n"])
        return body

    @app.post("/loop")
    async def in_the_loop(body: dict[str, int]):
        await asyncio.sleep(0.001 * (body["n"] % 3))
        return {"prediction": body["n"]}

    async def ask(base):
        async with httpx.AsyncClient(base_url=base) as client:
            await asyncio.gather(
                *(
                    client.post(path, json={"n": n})
                    for n in range(40)
                    for path in ("/threads", "/loop")
                )
            )

    with served(app) as client:
        in_a_loop(ask(client.base_url))
    sent(tap, sink)
    events, calls = sink.lines("events"), sink.lines("calls")
    assert sorted(line["prediction"] for line in events) == list(range(40))
    assert all(line["features"] == {"n": line["prediction"]} for line in events)
    assert sorted(payload(line, "request")["n"] for line in calls) == list(range(40))
    assert all(
        payload(line, "request")["n"] == payload(line, "response")["prediction"] for line in calls
    )
    assert len({line["request_id"] for line in events + calls}) == 80


def test_the_end_of_the_server_sends_what_waits(new_tap, sink, monkeypatch):
    monkeypatch.setattr(driftline_tap, "_INTERVAL_S", 60)
    tap = new_tap()
    with served(service(tap)) as client:
        client.post("/native", json=DISTANCE)  # wakes the new thread, which then sleeps
        client.post("/native", json=DISTANCE)
    assert len(sink.lines()) == 2


def test_the_end_of_the_server_says_what_could_not_be_sent_and_waits_for_it_once(
    new_tap, sink, monkeypatch, caplog
):
    monkeypatch.setattr(driftline_tap, "_EXIT_S", 0.05)
    tap = new_tap(url="http://127.0.0.1:9")
    with served(service(tap)) as client:
        client.post("/native", json=DISTANCE)
    said = "the process ends, and not all calls reached Driftline; 127.0.0.1 does not answer"
    assert said in caplog.text
    driftline_tap._ends()
    assert caplog.text.count("the process ends") == 1
    tap.record({"n": 1}, 1)
    driftline_tap._ends()
    assert caplog.text.count("the process ends") == 2
    tap.sink._url = sink.url


@pytest.mark.parametrize(("records", "at_most"), [(False, 2), (True, 5)])
def test_a_call_that_waits_holds_few_containers(new_tap, sink, monkeypatch, records, at_most):
    """Each one brings the next search for garbage nearer, which a request then waits for."""
    monkeypatch.setattr(driftline_tap, "_INTERVAL_S", 60)
    tap = new_tap()
    headers = [(b"h%d" % n, b"v") for n in range(8)] + [(b"content-type", b"application/json")]

    async def answering(scope, receive, send):
        await receive()
        if records:
            tap.record(DISTANCE, "late")
        await send({"type": "http.response.start", "status": 200, "headers": list(headers)})
        await send({"type": "http.response.body", "body": b"{}"})

    async def receive():
        return {"type": "http.request", "body": b'{"a": 1}'}

    async def send(message):
        pass

    async def ask(times):
        for _ in range(times):
            # as a server does: new ones for each request
            told = [(bytes(name), bytes(value)) for name, value in headers]
            scope = {"type": "http", "method": "POST", "path": "/p", "headers": told}
            await tap.asgi(answering)(scope, receive, send)

    async def counted():
        await ask(1)
        until(sink.lines)
        gc.collect()
        gc.disable()
        try:
            before = gc.get_count()[0]
            await ask(200)
            return gc.get_count()[0] - before
        finally:
            gc.enable()

    assert in_a_loop(counted()) < 200 * at_most
    assert len(sent(tap, sink)) == 201


def test_a_body_beyond_the_limit_is_not_held(new_tap):
    call = new_tap(max_body_bytes=10).begin("POST", "/p")
    for _ in range(3):
        call.request.add(b"123456")
    assert (call.request.pieces, call.request.size) == ([], 18)


def test_a_generator_that_nobody_reads_to_its_end_is_recorded(new_tap, sink):
    tap = new_tap()

    async def pieces():
        with tap.call("p"):
            for n in range(3):
                tap.record({"n": n}, n)
                yield n

    async def reading():
        async for n in pieces():  # closed by the loop, in a context of its own
            if n == 1:
                return

    in_a_loop(reading())
    assert [line["prediction"] for line in sent(tap, sink)] == [0, 1]
    assert tap.counts()["errors"] == 0


def test_what_is_recorded_after_the_end_of_a_call_is_not_lost(new_tap, sink):
    tap = new_tap()
    with tap.call("p") as call:
        pass
    call.enter()  # as in a task that was started by the request and outlives it
    tap.record({"n": 1}, 1)
    call.leave()
    first, later = sent(tap, sink)
    assert "prediction" not in first
    assert later["prediction"] == 1
