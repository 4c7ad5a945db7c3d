"""The dashboard's server: what it is set up with, and whose pages it answers."""

import asyncio
import tomllib
from pathlib import Path

import pytest
from streamlit import config

from app import server
from app.same_site import SameSite

ROOT = Path(__file__).parents[2]


def answered(kind="http", path="/", hosts=(), **headers):
    """Ask as a browser does, and return what comes back first: a status, or what closes it."""
    first = opening(kind, path, hosts, headers)
    return first.get("status") or first["type"]


def started(path="/", **headers):
    """Ask as a browser does, and return the headers of the answer."""
    first = opening("http", path, (), headers)
    return {name.decode(): value.decode() for name, value in first["headers"]}


def opening(kind, path, hosts, headers):
    told = []

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive():
        return {"type": f"{kind}.connect"}

    async def send(message):
        told.append(message)

    named = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": kind, "path": path, "method": "POST", "headers": named}
    asyncio.run(SameSite(app, hosts=hosts, exempt={"v1"})(scope, receive, send))
    return told[0]


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8501", "localhost:8501", "LOCALHOST", "[::1]:8501", "127.3.2.1"]
)
def test_this_machine_is_answered_under_each_of_its_names(host):
    for kind in ("http", "websocket"):
        assert answered(kind, host=host) == 200
        assert answered(kind, host=host, origin=f"http://{host.lower()}") == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:8501.evil.example"},
        {"host": "evil.example:8501", "origin": "http://evil.example:8501"},
        {"host": "evil.example"},
        {"host": "127.0.0.1.evil.example"},
        {"host": ""},
    ],
)
def test_a_page_of_another_site_gets_nothing_and_sends_nothing(headers):
    headers = {"host": "127.0.0.1:8501"} | headers
    assert answered(**headers) == 403
    assert answered("websocket", "/_stcore/stream", **headers) == "websocket.close"


def test_what_has_a_guard_of_its_own_is_left_to_it():
    foreign = {"host": "evil.example", "origin": "http://evil.example"}
    assert answered(path="/v1/x", **foreign) == 200
    assert answered(path="/v1x", **foreign) == 403


def test_no_other_site_can_show_the_dashboard_in_a_frame():
    head = started(host="localhost:8501")
    assert head["content-security-policy"] == "frame-ancestors 'self'"
    assert head["x-frame-options"] == "SAMEORIGIN"
    assert "content-security-policy" not in started(path="/v1/x", host="localhost:8501")
    assert server.options()["client.allowedOrigins"] == []


def test_a_proxys_name_is_answered_where_it_was_allowed():
    own = {"host": "drift.example", "origin": "https://Drift.example"}
    assert answered(hosts=["Drift.example"], **own) == 200
    assert answered(**own) == 403
    assert answered(hosts=None, **own) == 200
    assert answered(hosts=None, host="drift.example", origin="http://evil.example") == 403


# ------------------------------------------------------------------ settings


def test_the_looks_are_the_same_under_streamlit_run():
    plain = ROOT / ".streamlit" / "config.toml"
    packaged = ROOT / "app" / "streamlit.toml"
    assert tomllib.loads(plain.read_text()) == tomllib.loads(packaged.read_text())


def test_every_setting_is_one_of_streamlits():
    assert set(server.options()) <= set(config.get_config_options())


def test_what_keeps_others_out_and_tells_nobody_is_set(monkeypatch):
    before = dict(config.get_config_options())
    monkeypatch.setenv("STREAMLIT_BROWSER_GATHER_USAGE_STATS", "true")
    monkeypatch.setenv("STREAMLIT_SERVER_ENABLE_CORS", "false")
    monkeypatch.setenv("STREAMLIT_SERVER_ENABLE_XSRF_PROTECTION", "false")
    try:
        server._configure("127.0.0.1", 8501)
        wanted = {
            "browser.gatherUsageStats": False,
            "server.enableCORS": True,
            "server.enableXsrfProtection": True,
            "server.headless": True,
            "server.fileWatcherType": "none",
            "client.showErrorDetails": "none",
            "client.toolbarMode": "minimal",
            "server.address": "127.0.0.1",
            "server.port": 8501,
        }
        assert {name: config.get_option(name) for name in wanted} == wanted
    finally:
        monkeypatch.undo()
        config.get_config_options(force_reparse=True)
    assert config.get_config_options().keys() == before.keys()
