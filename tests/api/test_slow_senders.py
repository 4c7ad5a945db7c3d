"""Senders that stop in the middle of a body: they take nothing from others, and not for long."""

from __future__ import annotations

import contextlib
import socket
import time

import pytest

from api import protocols
from api.bodies import BODY_LIMIT_BYTES
from tests.api.sending import LINES, Server, event, lines, serving

HALF = BODY_LIMIT_BYTES // 2


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("store")) as running:
        yield running


def begin(server: Server, n_bytes: int) -> socket.socket:
    """Send the head of a request for the largest body there is, and some of it."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=60)
    head = (
        "POST /v1/predictions HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Content-Type: application/x-ndjson\r\nContent-Length: {BODY_LIMIT_BYTES}\r\n\r\n"
    )
    connection.sendall(head.encode() + b" " * n_bytes)
    return connection


def post(server: Server, number: int) -> int:
    with server.client() as client:
        body = lines([event(number)])
        return client.post("/v1/predictions", content=body, headers=LINES).status_code


@pytest.mark.parametrize("n_bytes", [10, HALF])
def test_half_sent_bodies_of_the_largest_size_do_not_slow_others_down(server, n_bytes):
    # nine bodies that are sent whole fill more than the whole queue, and seven more than 80 %
    with contextlib.ExitStack() as stack:
        for _ in range(9):
            stack.enter_context(begin(server, n_bytes))
        # what they sent is being received meanwhile, in whatever order
        assert {post(server, n_bytes + i) for i in range(20)} <= {200, 201}


def test_a_sender_that_stands_still_is_told_so_after_a_few_seconds(server):
    begun = time.monotonic()
    with begin(server, 100) as connection:
        answer = b""
        while b"}" not in answer:
            answer += connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"may pause for 5 s" in answer
    assert protocols.STALL_S - 0.5 < time.monotonic() - begun < protocols.RECEIVE_S


def test_a_sender_that_goes_on_slowly_is_waited_for(server):
    body = lines([event(7_000_000)])
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=60)
    head = (
        "POST /v1/predictions HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Content-Type: application/x-ndjson\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with connection:
        connection.sendall(head.encode())
        step = len(body) // 4 + 1
        for at in range(0, len(body), step):
            time.sleep(protocols.STALL_S / 3)  # longer in all than it may stand still
            connection.sendall(body[at : at + step])
        assert connection.recv(65536).startswith(b"HTTP/1.1 20")
