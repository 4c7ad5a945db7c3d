"""A collector that answers what it is told to, and taps that send there."""

import asyncio
import gzip
import json
import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import driftline_tap
from driftline_tap import Tap

PATIENCE_S = 30
DISTANCE = {"distance": 1400, "carrier": "UA"}
TRACE = "0af7651916cd43dd8448eb211c80319c"
TRACEPARENT = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}


def until(true):
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline, "it never became true"
        time.sleep(0.005)


def in_a_loop(coroutine):
    """Run it in a thread: the browser's tests leave a loop running in that of the tests."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


class Sink(ThreadingHTTPServer):
    """
    Takes what taps send.

    Attributes
    ----------
    answers : deque of (status, headers, content)
        What to say next; then 200.
    posts : list of (path, headers, lines, time)
    open : Event
        While it is not set, nobody is answered.
    """

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Taking)
        self.answers = deque()
        self.posts = []
        self.open = threading.Event()
        self.open.set()
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def lines(self, kind=None):
        """What was taken: "calls" as the tap saw them, "events" of the service's own, or both."""
        return [
            line
            for _, headers, lines, _ in self.posts
            for line in lines
            if kind is None
            or (kind == "calls") == headers["content-type"].endswith("driftline.tap")
        ]

    def end(self):
        self.open.set()
        self.shutdown()
        self.server_close()


class _Taking(BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.open.wait(PATIENCE_S)
        content = gzip.decompress(self.rfile.read(int(self.headers["content-length"])))
        lines = [json.loads(line) for line in content.splitlines()]
        scripted = self.server.answers
        status, headers, said = scripted.popleft() if scripted else (200, {}, b"{}")
        if status in (200, 207):
            known = {name.lower(): value for name, value in self.headers.items()}
            self.server.posts.append((self.path, known, lines, time.monotonic()))
        self.send_response(status)
        for name, value in {"content-length": str(len(said)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_):
        pass


@pytest.fixture
def sink():
    server = Sink()
    yield server
    server.end()


@pytest.fixture
def new_tap(sink, monkeypatch):
    """Make taps that send to `sink` at once, and end them after the test."""
    for name in ("DRIFTLINE_URL", "DRIFTLINE_KEY", "DRIFTLINE_HASH_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(driftline_tap, "_INTERVAL_S", 0.01)
    made = []

    def new(**options):
        where = {} if "folder" in options else {"url": sink.url}
        made.append(
            Tap(**{"model": "m", "version": "1", "resources_every_s": 0, **where, **options})
        )
        return made[-1]

    yield new
    sink.open.set()
    for tap in made:
        tap.close()


def sent(tap, sink, kind=None):
    """What arrived, when all of it has."""
    assert tap.flush(PATIENCE_S), tap.counts()
    return sink.lines(kind)


def payload(line, side):
    """The JSON body of one side of a call."""
    return json.loads(line[side]["text"])
