"""A real Chromium on a real `driftline serve`, and a recorder that lets nothing pass unnoticed."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

sync_playwright = pytest.importorskip("playwright.sync_api").sync_playwright

DRIFTLINE = Path(sys.executable).with_name("driftline")
AS_OF = "2014-01-01T00:00:00Z"
# Streamlit asks for these beside a page's own path before it asks at the root
KNOWN_404 = ("/_stcore/health", "/_stcore/host-config")
SETTLED = """() => {
    const app = document.querySelector('[data-testid=stApp]');
    return app && app.dataset.testScriptState === 'notRunning'
        && app.dataset.testConnectionState === 'CONNECTED'
        && !document.querySelector('[data-stale="true"], [data-testid=stSkeleton]')
        && document.querySelector('h1')
        && [...document.querySelectorAll('.stPlotlyChart')]
            .every(chart => chart.querySelector('.main-svg'));
}"""


def pytest_collection_modifyitems(items):
    """Mark what is in this folder: it drives a browser."""
    for item in items:
        if Path(item.path).is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)


def _free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _answers(url):
    try:
        with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2) as answer:
            return answer.read() == b"ok"
    except OSError:
        return False


class Served:
    """A running `driftline serve`: its address and its log."""

    def __init__(self, url, log):
        self.url, self.log = url, log

    def said(self):
        """Return the server's log so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")


@contextmanager
def serving(folder, *options):
    """Run `driftline serve` in a folder until the block ends; its log must stay clean."""
    port, log = _free_port(), folder / "server.log"
    command = [DRIFTLINE, "serve", "--port", str(port), *options]
    outside = {k: v for k, v in os.environ.items() if not k.startswith("DRIFTLINE_")}
    with log.open("w") as out:
        server = subprocess.Popen(command, cwd=folder, stdout=out, stderr=out, env=outside)
    served = Served(f"http://127.0.0.1:{port}", log)
    try:
        deadline = time.monotonic() + 90
        while not _answers(served.url):
            assert server.poll() is None, served.said()
            assert time.monotonic() < deadline, served.said()
            time.sleep(0.1)
        yield served
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
    said = served.said()
    assert "deprecat" not in said.lower(), said
    assert "Traceback" not in said, said


@pytest.fixture(scope="session")
def served(demo, tmp_path_factory):
    """The judged sample, served as of the end of its data."""
    folder = tmp_path_factory.mktemp("served") / "demo"
    shutil.copytree(demo, folder)
    with serving(folder, "--as-of", AS_OF) as running:
        yield running


@pytest.fixture(scope="session")
def served_empty(tmp_path_factory):
    """A server whose store nothing was ever sent to."""
    folder = tmp_path_factory.mktemp("served-empty")
    with serving(folder) as running:
        yield running


@pytest.fixture(scope="session")
def chromium():
    """Chromium; without one the tests are skipped, or fail where one is required."""
    found = os.environ.get("CHROMIUM") or next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if not found:
        missing = "no Chromium found; install one, or name it: CHROMIUM=/path/to/chromium"
        (pytest.fail if os.environ.get("REQUIRE_BROWSER") else pytest.skip)(missing)
    args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=args)
        yield browser
        browser.close()


class Visitor:
    """A reader with a browser; what the pages ask for and complain of is recorded."""

    def __init__(self, browser, url, scheme, width, locale):
        self.url = url
        self.context = browser.new_context(
            color_scheme=scheme,
            viewport={"width": width, "height": 900},
            locale=locale,
            accept_downloads=True,
        )
        self.page = self.context.new_page()
        self.foreign, self.errors, self.received = [], [], 0
        self.page.on("request", self._asked)
        self.page.on("console", self._complained)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("websocket", lambda socket: socket.on("framereceived", self._got))

    def _asked(self, request):
        if not request.url.startswith((self.url, "data:", "blob:", "about:")):
            self.foreign.append(request.url)

    def _complained(self, message):
        where = (message.location or {}).get("url", "")
        if message.type == "error" and not where.endswith(KNOWN_404):
            self.errors.append(f"{message.text} ({where})")

    def _got(self, frame):
        self.received += len(frame)

    def go(self, path):
        """Open an address of the dashboard and wait until it is drawn."""
        self.page.goto(self.url + path)
        self.settle()
        return self

    def settle(self):
        """Wait until the page stands still."""
        self.page.wait_for_function(SETTLED, timeout=60_000)
        self.page.wait_for_timeout(300)
        self.page.wait_for_function(SETTLED, timeout=60_000)

    def text(self):
        """Return what can be read."""
        return self.page.locator("[data-testid=stMain]").inner_text()

    def picture(self, path):
        """Keep a picture of the whole page: its main part scrolls, so the window grows."""
        tall = "document.querySelector('[data-testid=stMain]').scrollHeight"
        height = self.page.evaluate(f"() => Math.max(900, {tall})")
        size = self.page.viewport_size
        self.page.set_viewport_size({"width": size["width"], "height": min(height, 4000)})
        self.settle()
        self.page.screenshot(path=path)
        self.page.set_viewport_size(size)

    def keys(self):
        """Return the keys of the address."""
        script = "() => JSON.stringify(Object.fromEntries(new URLSearchParams(location.search)))"
        return json.loads(self.page.evaluate(script))

    def path(self):
        """Return the path of the address."""
        return self.page.evaluate("() => location.pathname")


@pytest.fixture
def visit(chromium):
    """
    Return a function that opens a page: ``visit(served, "/drift?…", scheme="dark", width=420)``.

    At the end of the test nothing may have gone to another host, and nothing been complained of.
    """
    visitors = []

    def open_page(server, path, *, scheme="light", width=1440, locale="en-US"):
        visitor = Visitor(chromium, server.url, scheme, width, locale)
        visitors.append(visitor)
        return visitor.go(path)

    yield open_page
    for visitor in visitors:
        visitor.context.close()
        assert visitor.foreign == []
        assert visitor.errors == []
