"""What is sent to a Prometheus and what is taken from it, whoever answers there."""

import base64
import gzip
import json
import urllib.parse
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler

import pytest
from pydantic import ValidationError

from domain.errors import InputError
from monitors.prometheus import range_query
from monitors.prometheus.asking import PrometheusAsker
from monitors.prometheus.range_query import RangeQueries, RefusedQueryError
from monitors.prometheus_config import PrometheusConfig
from monitors.views.resources import Asking
from tests.prometheus.conftest import answered, answering, free_port

START = datetime(2026, 11, 20, 10, tzinfo=UTC)


def matrix(*series):
    return {"status": "success", "data": {"resultType": "matrix", "result": list(series)}}


def answers(status, content, **headers):
    """A handler that says the same to everybody, and the requests that it saw."""
    seen = []
    body = content if isinstance(content, bytes) else json.dumps(content).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            form = self.rfile.read(int(self.headers["Content-Length"])).decode()
            seen.append((self.path, dict(self.headers), dict(urllib.parse.parse_qsl(form))))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    return Handler, seen


def ask(address, path="", **settings):
    config = PrometheusConfig.model_validate({"url": f"http://{address}{path}", **settings})
    with RangeQueries(config) as server:
        return server.ask("up", START, START + timedelta(minutes=2), 60)


def refused(status, content, **headers):
    handler, _ = answers(status, content, **headers)
    with answering(handler) as address, pytest.raises(InputError) as caught:
        ask(address)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_question_is_a_form_with_whole_seconds_behind_a_path(monkeypatch):
    # whatever the environment says of proxies
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    handler, seen = answers(200, matrix({"metric": {"pod": "a"}, "values": [[1.5, "2"]]}))
    with answering(handler) as address:
        (series,) = ask(address, "/prometheus/")
    assert (series.labels, series.seconds.tolist(), series.values.tolist()) == (
        {"pod": "a"},
        [1.5],
        [2.0],
    )
    ((path, headers, form),) = seen
    assert path == "/prometheus/api/v1/query_range"
    assert form["query"] == "up"
    assert float(form["end"]) - float(form["start"]) == 120
    assert float(form["start"]) == START.timestamp()
    assert form["step"] == "60"
    assert "Authorization" not in headers


def test_a_token_is_a_bearer_token_or_a_users_password():
    handler, seen = answers(200, matrix())
    with answering(handler) as address:
        ask(address, token="secret-1")
        ask(address, token="secret-2", user="reader")
    sent = [headers["Authorization"] for _, headers, _ in seen]
    assert sent == ["Bearer secret-1", "Basic " + base64.b64encode(b"reader:secret-2").decode()]


def test_a_redirect_is_not_followed_for_the_token_is_meant_for_one_address():
    elsewhere, asked = answers(200, matrix())
    with answering(elsewhere) as there:
        said = refused(307, b"", Location=f"http://{there}/api/v1/query_range")
    assert "not followed" in said
    assert asked == []


@pytest.mark.parametrize(
    "content",
    [
        b"<html>login</html>",
        b"[]",
        b"{}",
        {"status": "success", "data": {"resultType": "vector", "result": []}},
        matrix({"metric": {}, "values": [[1, "two"]]}),
        matrix({"metric": {}, "values": [[1]]}),
        matrix({"values": [[1, "2"]]}),
        matrix(7),
    ],
)
def test_an_answer_of_somebody_else_is_none(content):
    assert "as no Prometheus does" in refused(200, content)


def test_why_a_query_is_refused_is_said_on_one_line():
    told = {"status": "error", "errorType": "bad_data", "error": "parse error:\nat " + "x" * 5000}
    said = refused(400, told)
    assert "bad_data: parse error: at xxx" in said
    assert len(said) < 500


def test_a_token_that_is_refused_is_not_repeated():
    handler, _ = answers(401, b"no")
    with answering(handler) as address, pytest.raises(InputError, match="401") as caught:
        ask(address, token="very-secret")
    assert "very-secret" not in str(caught.value)


def test_an_answer_without_an_end_is_left(monkeypatch):
    monkeypatch.setattr(range_query, "MOST_BYTES", 1 << 20)
    handler, _ = answers(200, b" " * (1 << 21))
    with answering(handler) as address, pytest.raises(RefusedQueryError, match="1 MB"):
        ask(address)


def test_what_could_unpack_to_any_size_is_not_unpacked():
    packed = gzip.compress(json.dumps(matrix()).encode())
    assert "packs" in refused(200, packed, Content_Encoding="gzip")


def test_series_of_histograms_have_no_values():
    handler, _ = answers(200, matrix({"metric": {"a": "b"}, "histograms": [[1, {}]]}))
    with answering(handler) as address:
        (series,) = ask(address)
    assert len(series.values) == 0


def test_a_server_that_does_not_answer_is_told_of_once_and_asked_again(store, caplog):
    answered(store, START, "pod-1")
    port = free_port()
    config = PrometheusConfig.model_validate({"url": f"http://127.0.0.1:{port}"})
    asker = PrometheusAsker(store, config)
    with caplog.at_level("INFO", "monitors.prometheus.asking"):
        for minute in range(3):
            assert asker.round(START + timedelta(minutes=minute), lambda: None) == 0
    told = asker.view()
    assert told.asking is Asking.FAILING
    assert "does not answer" in told.errors[""]
    assert [record.message for record in caplog.records] == ["prometheus.failed"]


def test_who_ends_the_work_in_between_loses_nothing(store):
    class EndError(Exception):
        pass

    def end():
        raise EndError

    answered(store, START, "pod-1")
    point = [START.timestamp(), "5"]
    handler, seen = answers(200, matrix({"metric": {"pod": "pod-1"}, "values": [point]}))
    with answering(handler) as address:
        config = PrometheusConfig.model_validate({"url": f"http://{address}"})
        asker = PrometheusAsker(store, config)
        with pytest.raises(EndError):
            asker.round(START, end)
        assert seen == []
        assert asker.round(START, lambda: None) > 0


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"url": "ftp://prometheus:9090"}, "http"),
        ({"url": "prometheus:9090"}, "http"),
        ({"url": "http://"}, "http"),
        ({"url": "http://u:p@prometheus:9090"}, "password"),
        ({"url": "http://prometheus:99999"}, "no address"),
        ({"url": "http://prometheus:9090/graph?g0=1"}, "must end"),
        ({"url": "http://a b"}, "white space"),
        ({"url": "http://p", "user": "u"}, "token"),
        ({"url": "http://p", "step": "1h", "look_back": "1m"}, "shorter"),
        ({"url": "http://p", "step": "0.5s"}, "whole seconds"),
        ({"url": "http://p", "queries": {"disk": "x"}}, "disk"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(settings, said):
    with pytest.raises(ValidationError, match=said):
        PrometheusConfig.model_validate(settings)
