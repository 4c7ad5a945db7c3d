"""Requests to WSGI applications become lines, and are answered as if there were no tap."""

import contextlib
import io
import json
import socket
import threading
from wsgiref.simple_server import make_server as make_simple_server
from wsgiref.validate import validator

import httpx
import pytest
from flask import Flask, request
from werkzeug.serving import make_server

from tests.tap.conftest import DISTANCE, TRACE, TRACEPARENT, payload, sent


@contextlib.contextmanager
def served(app):
    """Serve with werkzeug's own threads until the end of the block."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{server.port}") as client:
            yield client
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def service(tap):
    app = Flask("service")
    app.wsgi_app = tap.wsgi(app.wsgi_app)

    @app.post("/predict")
    def predict():
        return {"prediction": "late", "asked": request.get_json()}

    @app.post("/native")
    def native():
        tap.record(request.get_json(), "late", 0.7)
        return {}

    @app.post("/customers/<customer>")
    def customer(customer):
        return {"prediction": 1}

    @app.post("/boom")
    def boom():
        raise ValueError("no such flight")

    @app.post("/stream")
    def stream():
        def pieces():
            yield "["
            tap.record(DISTANCE, 1)
            yield "1]"

        return app.response_class(pieces(), mimetype="application/json")

    @app.get("/health")
    def health():
        return {}

    return app


def test_a_call_is_recorded_with_both_bodies_and_what_is_known_of_it(new_tap, sink):
    tap = new_tap()
    with served(service(tap)) as client:
        answer = client.post("/predict", json=DISTANCE, headers=TRACEPARENT)
        client.get("/health")
    [line] = sent(tap, sink)
    assert payload(line, "request") == DISTANCE
    assert payload(line, "response") == answer.json() == {"prediction": "late", "asked": DISTANCE}
    assert (line["status"], line["trace_id"], line["tags"]) == (200, TRACE, {"path": "/predict"})
    assert 0 < line["latency_ms"] < answer.elapsed.total_seconds() * 1000


def test_what_the_service_records_itself_replaces_the_bodies(new_tap, sink):
    tap = new_tap()
    with served(service(tap)) as client:
        client.post("/native", json=DISTANCE)
        assert client.post("/stream").json() == [1]
    native, streamed = sent(tap, sink, "events")
    assert (native["features"], native["prediction"], native["score"]) == (DISTANCE, "late", 0.7)
    assert (streamed["features"], streamed["prediction"]) == (DISTANCE, 1)
    assert len({native["request_id"], streamed["request_id"]}) == 2


def test_the_path_is_that_of_the_route(new_tap, sink):
    tap = new_tap()
    with served(service(tap)) as client:
        client.post("/customers/4711")
        client.post("/nowhere/4711")
    told = {line["tags"]["path"] for line in sent(tap, sink)}
    assert told == {"/customers/<customer>", "/nowhere/4711"}


def test_a_service_that_raises_is_a_call_that_failed(new_tap, sink):
    tap = new_tap()
    app = service(tap)
    with served(app) as client:
        assert client.post("/boom").status_code == 500
        assert client.post("/nowhere").status_code == 404
    # who has his answer may be faster than the end of the request that brought it
    assert {line["status"] for line in sent(tap, sink)} == {500, 404}


def test_an_application_without_a_framework_that_raises_still_raises(new_tap, sink):
    tap = new_tap()

    def raising(environ, start_response):
        raise LookupError("no such flight")

    with pytest.raises(LookupError, match="no such flight"):
        tap.wsgi(raising)({"REQUEST_METHOD": "POST", "wsgi.input": None}, None)
    [line] = sent(tap, sink)
    assert (line["status"], line["tags"]) == (500, {"error": "LookupError"})


READS = {
    "read": lambda source, n: source.read(n),
    "in parts": lambda source, n: source.read(3) + source.read(n - 3),
    "a line": lambda source, n: source.readline(n),
}


@pytest.mark.parametrize("read", [list, lambda source: source.readlines()])
def test_lines_of_a_body_are_put_together(new_tap, sink, read):
    tap = new_tap()
    content = b'{"a":\n1}\n'

    def counting(environ, start_response):
        start_response("200 OK", [("Content-Type", "application/json")])
        return [b"%d" % len(read(environ["wsgi.input"]))]

    environ = {"REQUEST_METHOD": "POST", "CONTENT_LENGTH": str(len(content))}
    environ |= {"CONTENT_TYPE": "application/json", "wsgi.input": io.BytesIO(content)}
    assert tap.wsgi(counting)(environ, lambda *_: None) == [b"2"]
    [line] = sent(tap, sink)
    assert payload(line, "request") == {"a": 1}


@pytest.mark.parametrize("how", READS)
def test_however_a_body_is_read_it_is_whole(new_tap, sink, how):
    tap = new_tap()

    def echo(environ, start_response):
        content = READS[how](environ["wsgi.input"], int(environ["CONTENT_LENGTH"]))
        start_response("200 OK", [("Content-Type", "application/json")])
        return [content]

    # the validators tell whether the tap itself keeps to the rules on both its sides
    with make_simple_server("127.0.0.1", 0, validator(tap.wsgi(validator(echo)))) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        answer = httpx.post(f"http://127.0.0.1:{server.server_port}/p", json=DISTANCE)
        thread.join()
    assert answer.json() == DISTANCE
    [line] = sent(tap, sink)
    assert payload(line, "request") == payload(line, "response") == DISTANCE


ENDS = {
    "all at once": lambda source: source.read(),
    "all, in other words": lambda source: source.read(-1),
    "until nothing comes": lambda source: b"".join(iter(lambda: source.read(4), b"")),
    "lines": lambda source: b"".join(source.readlines()),
    "every line": b"".join,
}


@pytest.mark.parametrize("how", ENDS)
def test_a_body_whose_length_nobody_tells_is_whole_when_its_end_was_read(new_tap, sink, how):
    tap = new_tap()
    content = b'{"a":\n1}'

    def echo(environ, start_response):
        start_response("200 OK", [("Content-Type", "application/json")])
        return [ENDS[how](environ["wsgi.input"])]

    chunked = {"REQUEST_METHOD": "POST", "CONTENT_TYPE": "application/json"}
    assert (
        b"".join(tap.wsgi(echo)(chunked | {"wsgi.input": io.BytesIO(content)}, lambda *_: None))
        == content
    )
    [line] = sent(tap, sink)
    assert payload(line, "request") == {"a": 1}


def test_of_a_body_whose_length_nobody_tells_a_part_is_left_out(new_tap, sink):
    tap = new_tap()

    def reading(environ, start_response):
        start_response("200 OK", [("Content-Type", "application/json")])
        return [environ["wsgi.input"].read(2)]

    chunked = {"REQUEST_METHOD": "POST", "CONTENT_TYPE": "application/json"}
    tap.wsgi(reading)(chunked | {"wsgi.input": io.BytesIO(b"12345")}, lambda *_: None)
    [line] = sent(tap, sink)
    assert "request" not in line


def test_a_body_that_is_read_in_part_is_left_out(new_tap, sink):
    tap = new_tap()

    def hasty(environ, start_response):
        environ["wsgi.input"].read(5)
        write = start_response("200 OK", [("Content-Type", "application/json")])
        write(b'{"a"')
        write(b": 1}")
        return []

    with served(tap.wsgi(hasty)) as client:
        assert client.post("/p", json=DISTANCE).json() == {"a": 1}
    [line] = sent(tap, sink)
    assert "request" not in line
    assert payload(line, "response") == {"a": 1}


def test_a_list_is_handed_on_as_it_is(new_tap):
    tap, pieces = new_tap(), [b"{}"]

    def listing(environ, start_response):
        return pieces

    assert tap.wsgi(listing)({"REQUEST_METHOD": "POST", "wsgi.input": None}, None) is pieces


@pytest.mark.parametrize("fails", [False, True])
def test_an_answer_that_breaks_off_is_no_answer(new_tap, sink, fails):
    tap = new_tap()
    is_closed = threading.Event()

    def endless(environ, start_response):
        start_response("200 OK", [("Content-Type", "application/json")])
        try:
            yield b"["
            while not fails:
                yield b"1," * 1_000
            raise RuntimeError("half way")
        finally:
            is_closed.set()

    with served(tap.wsgi(endless)) as client:
        with socket.create_connection((client.base_url.host, client.base_url.port)) as caller:
            caller.sendall(b"POST /p HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}")
            while caller.recv(100) and fails:
                pass
        assert is_closed.wait(10)
    [line] = sent(tap, sink)
    assert line["status"] == (500 if fails else 0)
    assert "response" not in line


def test_pieces_of_a_generator_can_be_recorded_while_they_come(new_tap, sink):
    tap = new_tap()

    def rows(environ, start_response):
        start_response("200 OK", [])
        for n in range(3):
            tap.record({"n": n}, n)
            yield json.dumps(n).encode()

    with served(tap.wsgi(rows)) as client:
        assert client.post("/p").content == b"012"
    lines = sent(tap, sink, "events")
    assert [line["prediction"] for line in lines] == [0, 1, 2]
    assert len({line["request_id"] for line in lines}) == 1
    assert len({line["prediction_id"] for line in lines}) == 3
