"""A real Chromium on a real `driftline serve`; pictures are kept of the same run."""

import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.browser.serving import AS_OF, serving
from tests.browser.visitor import Visitor

# no test sends anything out of this machine, whatever a page asks for
STAY_HERE = "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE *.localhost"


def pytest_collection_modifyitems(items):
    """Mark what is in this folder: it drives a browser."""
    for item in items:
        if Path(item.path).is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def served(demo, tmp_path_factory):
    """The judged sample, served as of the end of its data; nobody changes anything in it."""
    folder = tmp_path_factory.mktemp("served") / "demo"
    shutil.copytree(demo, folder)
    with serving(folder, "--as-of", AS_OF) as running:
        yield running


@pytest.fixture(scope="session")
def served_empty(tmp_path_factory):
    """A server whose store nothing was ever sent to."""
    with serving(tmp_path_factory.mktemp("served-empty")) as running:
        yield running


@pytest.fixture
def served_to_change(demo, tmp_path):
    """The judged sample once more, for one test to change."""
    shutil.copytree(demo, tmp_path / "demo")
    with serving(tmp_path / "demo", "--as-of", AS_OF) as running:
        yield running


@pytest.fixture(scope="session")
def chromium():
    """Chromium; without one the tests are skipped, or fail where one is required."""
    names = (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, (shutil.which(name) for name in names if name)), None)
    if not found:
        missing = "no Chromium found; install one, or name it: CHROMIUM=/path/to/chromium"
        (pytest.fail if os.environ.get("REQUIRE_BROWSER") else pytest.skip)(missing)
    args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    args.append(f"--host-resolver-rules={STAY_HERE}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=args)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium):
    """
    Return a function that opens a page: ``visit(served, "/drift?…", scheme="dark", width=420)``.

    At the end of the test nothing may have gone to another host, and nothing been complained of.
    """
    visitors = []

    def open_page(server, path, **how):
        visitor = Visitor(chromium, server.url, **how)
        visitors.append(visitor)
        return visitor.go(path)

    yield open_page
    for visitor in visitors:
        visitor.context.close()
    assert [url for visitor in visitors for url in visitor.foreign] == []
    assert [error for visitor in visitors for error in visitor.errors] == []
