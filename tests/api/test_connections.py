"""What a connection may cost before anybody asks for a key."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api import connections
from api.connections import HEAD_LIMIT_BYTES, Connection
from tests.api.asking import served

PIECE = b"a" * 60_000
PATIENCE_S = 60.0
START = b"POST /x HTTP/1.1\r\nHost: x\r\n"
CHUNKED = START + b"Transfer-Encoding: chunked\r\n\r\n"


async def length(request: Request) -> Response:
    return Response(str(len(await request.body())))


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    route = Route("/x", length, methods=["POST"])
    with served([route], http=Connection, log_level="critical") as port:
        yield port


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)


def flood(port: int, start: bytes, piece: bytes) -> tuple[int, bytes]:
    """Send the same piece again and again; return how much was taken, and what was answered."""
    sent, answer = 0, b""
    with connect(port) as connection:
        try:
            connection.sendall(start)
            while sent < 200 * HEAD_LIMIT_BYTES:
                connection.sendall(piece)
                sent += len(piece)
            answer = connection.recv(65536)
        except OSError:  # it was closed while this went on
            pass
    return sent, answer


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        (b"POST /", PIECE),
        (START + b"X: ", PIECE),
        (START, b"X: " + PIECE + b"\r\n"),
        (START, b"X: a\r\n" * 10_000),
        (CHUNKED + b"0\r\nX: ", PIECE),
        (CHUNKED + b"0\r\n", b"X: a\r\n" * 10_000),
        (CHUNKED + b"1;x=", PIECE),
    ],
    ids=["line", "header", "headers", "many", "trailer", "trailers", "extension"],
)
def test_what_is_no_body_is_not_taken_without_end(port, start, piece):
    sent, answer = flood(port, start, piece)
    # what lies in buffers of the system has not been taken
    assert sent < 200 * HEAD_LIMIT_BYTES
    assert answer == b"" or b" 431 " in answer.splitlines()[0]


def test_a_head_that_is_too_long_is_told_so(port):
    with connect(port) as connection:
        connection.sendall(START + b"X: " + b"a" * (HEAD_LIMIT_BYTES + 1))
        answer = connection.recv(65536)
        assert answer.startswith(b"HTTP/1.1 431 ")
        assert b"application/problem+json" in answer
        assert connection.recv(65536) == b""


@pytest.mark.parametrize("chunk", [1, 1_000, 3_000_000])
def test_a_body_is_taken_however_long_and_in_whatever_chunks(port, chunk):
    n_chunks = 9_000_000 // chunk if chunk > 1 else 30_000
    content = (b"%x\r\n%s\r\n" % (chunk, b"a" * chunk)) * n_chunks
    with connect(port) as connection:
        connection.sendall(CHUNKED + content + b"0\r\n\r\n")
        assert connection.recv(65536).endswith(b"\r\n\r\n%d" % (n_chunks * chunk))


def test_requests_one_behind_the_other_are_each_answered(port):
    requests = (START + b"Content-Length: 2\r\nX: " + b"a" * 20_000 + b"\r\n\r\nab") * 20
    answer = b""
    with connect(port) as connection:
        connection.sendall(requests)
        while answer.count(b"HTTP/1.1 200") < 20:
            answer += connection.recv(65536)


@pytest.mark.parametrize("sent", [b"", b"POST", START, START + b"Content-Length: 0\r\n\r\nPOST"])
def test_who_does_not_end_a_head_is_not_waited_for(port, sent, monkeypatch):
    monkeypatch.setattr(connections, "HEAD_S", 0.2)
    with connect(port) as connection:
        connection.sendall(sent)
        while connection.recv(65536):
            pass


def test_a_body_may_take_longer_than_a_head(port, monkeypatch):
    monkeypatch.setattr(connections, "HEAD_S", 0.2)
    with connect(port) as connection:
        connection.sendall(START + b"Content-Length: 6\r\n\r\n")
        for _ in range(3):
            time.sleep(connections.HEAD_S)  # as long as a whole head may take, three times
            connection.sendall(b"ab")
        assert connection.recv(65536).endswith(b"\r\n\r\n6")
