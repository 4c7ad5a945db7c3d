"""A page of another site, in a browser at this machine, stores nothing in a running server."""

import json
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from api.client import RemoteService
from tests.browser.serving import serving

EVENT = {"model": "bait", "version": "1", "ts": "2026-01-01T00:00:00Z", "score": 0.5}
LABEL = {"model": "bait", "prediction_id": "p-1", "label": "late"}
KEY = {"name": "bait", "scopes": ["admin"], "models": None, "expires_at": None}
DOORS = {
    "/v1/predictions": EVENT,
    "/v1/labels": LABEL,
    "/v1/service/create_key": {**KEY, "now": "2026-01-01T00:00:00Z"},
}
SENT = {
    "as JSON": {"headers": {"Content-Type": "application/json"}},
    "as text": {"headers": {"Content-Type": "text/plain"}},
    "blindly": {"mode": "no-cors"},
    "with a guessed key": {"headers": {"Authorization": "Bearer guess"}},
}
FETCH = """async ([url, options]) => {
    try { return (await fetch(url, options)).status } catch (error) { return 0 }
}"""
# a form of text/plain sends name=value: the equals sign goes into a string of the JSON
SUBMIT = """([url, name, value, encoding]) => {
    const form = document.createElement('form');
    Object.assign(form, {method: 'post', action: url, enctype: encoding});
    form.append(Object.assign(document.createElement('input'), {name, value}));
    document.body.append(form);
    form.submit();
}"""
EVERY_TABLE = """
    select table_schema, table_name
    from information_schema.tables
    where table_type = 'BASE TABLE'
"""


class Elsewhere(BaseHTTPRequestHandler):
    """Another site."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>elsewhere</title><p>elsewhere")

    def log_message(self, *said):
        """Say nothing."""


@pytest.fixture(scope="module")
def foreign_site():
    site = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    yield f"http://localhost:{site.server_address[1]}/"
    site.shutdown()
    site.server_close()


@pytest.fixture(scope="module")
def attacked(tmp_path_factory):
    """A server without keys, which takes predictions from whoever sits at this machine."""
    with serving(tmp_path_factory.mktemp("attacked")) as running:
        yield running


@pytest.fixture
def bait(chromium, foreign_site):
    """A page of the other site."""
    page = chromium.new_page()
    page.goto(foreign_site)
    yield page
    page.close()


def owner_key(server):
    return json.loads((server.folder / "driftline-store" / "owner.json").read_text())["key"]


def stored(server):
    """Count the rows of every table there is."""
    with RemoteService(server.url, owner_key(server)) as service:
        tables = [tuple(one.values()) for one in service.sql(EVERY_TABLE).to_pylist()]
        each = [
            f"""select '{schema}.{name}' as told, count(*) as n from "{schema}"."{name}\""""
            for schema, name in tables
        ]
        return service.sql(" union all ".join(each)).sort_by("told").to_pylist()


@pytest.mark.parametrize("how", SENT)
@pytest.mark.parametrize("path", DOORS)
def test_a_script_of_another_site_stores_nothing(bait, attacked, path, how):
    before, answers = stored(attacked), []
    bait.on("response", lambda answer: answers.append((answer.request.method, answer.status)))
    options = {"method": "POST", "body": json.dumps(DOORS[path]), **SENT[how]}
    assert bait.evaluate(FETCH, [attacked.url + path, options]) == 0
    assert stored(attacked) == before
    # what a browser sends without asking first is refused for where it comes from
    refused = {status for method, status in answers if method == "POST"}
    assert refused <= {401, 403}
    assert refused or how != "blindly"


@pytest.mark.parametrize("encoding", ["text/plain", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize("path", DOORS)
def test_a_form_of_another_site_stores_nothing(bait, attacked, path, encoding):
    before = stored(attacked)
    name, value = json.dumps({**DOORS[path], "tags": {"x": "="}}).split("=")
    with bait.expect_navigation() as gone:
        bait.evaluate(SUBMIT, [attacked.url + path, name, value, encoding])
    assert gone.value.status in {401, 403}
    assert stored(attacked) == before


@pytest.mark.parametrize("path", DOORS)
def test_a_program_at_this_machine_is_stored_or_the_tests_above_see_nothing(attacked, path):
    before = stored(attacked)
    headers = {"Content-Type": "application/json"}
    if path.startswith("/v1/service/"):
        headers["Authorization"] = f"Bearer {owner_key(attacked)}"
    body = json.dumps(DOORS[path]).encode()
    asked = urllib.request.Request(attacked.url + path, body, headers)
    with urllib.request.urlopen(asked) as answer:
        assert answer.status in {200, 201}
    assert stored(attacked) != before
