"""What was recorded arrives once, whatever the collector does, and what does not is counted."""

import itertools
import json
import logging
import os
import threading
import time
from datetime import datetime
from email.utils import formatdate

import pytest

import driftline_tap
from tests.tap.conftest import PATIENCE_S, sent, until

NOBODY = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def eager(monkeypatch):
    """Wait a hundredth of what it waits elsewhere."""
    monkeypatch.setattr(driftline_tap, "_BACKOFF_S", 0.005)


def test_calls_arrive_in_their_order_and_once(new_tap, sink):
    tap = new_tap()
    for n in range(1_200):
        tap.record({"n": n}, n)
    assert [line["prediction"] for line in sent(tap, sink)] == list(range(1_200))
    assert len({line["request_id"] for line in sink.lines()}) == 1_200
    assert max(len(lines) for _, _, lines, _ in sink.posts) <= 500
    assert tap.counts() == {
        "recorded": 1_200, "sent": 1_200, "dropped": 0, "refused": 0, "lost": 0, "errors": 0,
    }  # fmt: skip


def test_the_key_is_sent_and_shown_nowhere(new_tap, sink, caplog):
    tap = new_tap(key="dlk_secret")
    tap.record({"n": 1}, 1)
    sent(tap, sink)
    assert sink.posts[0][1]["authorization"] == "Bearer dlk_secret"
    assert "dlk_secret" not in repr(tap) + caplog.text


def test_where_to_is_taken_from_the_environment(new_tap, sink, monkeypatch):
    monkeypatch.setenv("DRIFTLINE_URL", sink.url + "/")
    monkeypatch.setenv("DRIFTLINE_KEY", "dlk_other")
    tap = new_tap(url="")
    tap.record({"n": 1}, 1)
    sent(tap, sink)
    path, headers, _, _ = sink.posts[0]
    assert (path, headers["authorization"]) == ("/v1/predictions", "Bearer dlk_other")


def test_without_a_place_to_send_to_nothing_is_recorded(new_tap, caplog):
    tap = new_tap(url="")
    tap.record({"n": 1}, 1)
    with tap.call("p"):
        tap.record({"n": 1}, 1)
    assert tap.counts()["recorded"] == 0
    assert "DRIFTLINE_URL" in caplog.text
    assert tap.flush()


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
def test_what_is_turned_away_for_now_is_sent_again(new_tap, sink, status):
    tap = new_tap()
    sink.answers.extend([(status, {}, b"")] * 3)
    tap.record({"n": 1}, 1)
    until(sink.lines)
    assert len(sent(tap, sink)) == 1
    assert tap.counts()["sent"] == 1


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_a_retry_after_is_waited_for(new_tap, sink, form):
    after = "1" if form == "seconds" else formatdate(time.time() + 2, usegmt=True)
    tap = new_tap()
    sink.answers.append((429, {"Retry-After": after}, b""))
    began = time.monotonic()
    tap.record({"n": 1}, 1)
    until(sink.lines)
    assert time.monotonic() - began >= 0.9


def test_a_flush_tries_once_and_does_not_press(new_tap, sink):
    tap = new_tap()
    sink.answers.extend([(503, {"Retry-After": "60"}, b"")] * 1_000)
    tap.record({"n": 1}, 1)
    until(lambda: len(sink.answers) < 1_000)
    assert not tap.flush(0.3)
    assert len(sink.answers) >= 998
    sink.answers.clear()
    for n in range(2, 1_202):  # three batches
        tap.record({"n": n}, n)
    assert len(sent(tap, sink)) == 1_201


@pytest.mark.parametrize("said", ["soon", "-5", "", None])
def test_a_retry_after_that_makes_no_sense_is_no_wait(said):
    assert driftline_tap._seconds(said) is None


def test_a_retry_after_of_a_year_is_five_minutes():
    assert driftline_tap._seconds("31536000") == 300
    assert driftline_tap._seconds(formatdate(time.time() + 1e7, usegmt=True)) == 300


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 302])
def test_what_is_refused_for_good_is_counted_and_said(new_tap, sink, status, caplog):
    tap = new_tap()
    sink.answers.append((status, {"Location": f"{sink.url}/elsewhere"}, b""))
    tap.record({"n": 1}, 1)
    sent(tap, sink)
    tap.record({"n": 2}, 2)
    assert [line["prediction"] for line in sent(tap, sink)] == [2]
    assert tap.counts()["refused"] == 1
    until(lambda: f"answers {status}" in caplog.text)


def test_what_the_collector_rejects_of_a_batch_is_counted_and_its_reasons_said(
    new_tap, sink, caplog
):
    tap = new_tap()
    errors = [{"reason": "bad_body", "message": "secret"}, {"reason": "Not A Code: secret"}]
    said = {"rejected": 1, "accepted": 0, "errors": errors}
    sink.answers.append((207, {}, json.dumps(said).encode()))
    tap.record({"n": 1}, 1)
    sent(tap, sink)
    assert (tap.counts()["refused"], tap.counts()["sent"]) == (1, 0)
    until(lambda: "rejects lines (bad_body)" in caplog.text)
    assert "ecret" not in caplog.text


def test_a_collector_that_does_not_answer_is_said_while_calls_wait(new_tap, sink, caplog):
    tap = new_tap(url=NOBODY)
    tap.record({"n": 1}, 1)
    until(lambda: "calls wait for Driftline; 127.0.0.1 does not answer" in caplog.text)
    tap.flush(0.1)
    tap.flush(0.1)
    assert caplog.text.count("calls wait") == 1
    tap.sink._url = sink.url


def test_a_batch_that_is_too_large_is_halved_until_it_fits(new_tap, sink):
    tap = new_tap()
    sink.answers.extend([(413, {}, b"")] * 2)
    with tap.call("p"):  # all of them in one batch
        for n in range(5):
            tap.record({"n": n}, n)
    assert [line["prediction"] for line in sent(tap, sink)] == list(range(5))
    sink.answers.extend([(413, {}, b"")])
    tap.record({"n": 5}, 5)
    sent(tap, sink)
    assert tap.counts()["refused"] == 1


def test_while_the_collector_is_down_calls_wait_and_then_arrive(new_tap, sink):
    tap = new_tap(url=NOBODY)
    for n in range(3):
        tap.record({"n": n}, n)
    assert not tap.flush(0.1)
    assert tap.counts()["sent"] == 0
    tap.sink._url = sink.url
    assert [line["prediction"] for line in sent(tap, sink)] == [0, 1, 2]


def test_a_queue_that_is_full_drops_and_says_how_many(new_tap, sink, caplog):
    tap = new_tap(url=NOBODY, queue_bytes=50_000)
    for n in range(1_000):
        tap.record({"n": n}, n)
    counts = tap.counts()
    assert counts["dropped"] > 900
    assert counts["recorded"] + counts["dropped"] == 1_000
    until(lambda: "'dropped': " in caplog.text)
    assert "127.0.0.1 does not answer" in caplog.text
    tap.sink._url = sink.url
    assert len(sent(tap, sink)) == counts["recorded"]


def test_a_collector_that_hangs_holds_up_no_request(new_tap, sink):
    tap = new_tap()
    sink.open.clear()
    longest = 0.0
    for n in range(50):
        began = time.thread_time()
        with tap.call("p"):
            tap.record({"n": n}, n)
        longest = max(longest, time.thread_time() - began)
    assert tap.counts()["recorded"] == 50
    assert sink.lines() == []
    sink.open.set()
    assert len(sent(tap, sink)) == 50


def test_an_answer_that_is_none_is_tried_again(new_tap, sink):
    tap = new_tap()
    tap.sink._opener = _Broken(tap.sink._opener)
    tap.record({"n": 1}, 1)
    until(sink.lines)
    assert tap.counts()["errors"] == 0


class _Broken:
    """Breaks off the first connection in the middle of the answer."""

    def __init__(self, opener):
        self._opener = opener
        self._left = 1

    def open(self, *words, **more):
        if self._left:
            self._left -= 1
            raise driftline_tap.http.client.IncompleteRead(b"")
        return self._opener.open(*words, **more)


STEPS = ["_Lines.of", "_Lines._facts", "_line", "Call.finish_answer", "_Body.add"]


@pytest.mark.parametrize("step", STEPS)
def test_a_fault_of_the_tap_is_no_fault_of_the_service(new_tap, sink, step, monkeypatch):
    tap = new_tap()

    def faulty(*_values, **_more):
        raise RuntimeError("a fault of the tap")

    with monkeypatch.context() as patch:
        owner, _, name = step.rpartition(".")
        patch.setattr(getattr(driftline_tap, owner) if owner else driftline_tap, name, faulty)
        answers = list(_asked(tap))
        tap.flush(PATIENCE_S)
    assert answers == [b"{}", "200 OK"]
    assert tap.counts()["errors"] >= 1
    assert tap.trouble.startswith("RuntimeError in ")
    before = len(sink.lines())
    tap.record({"n": 1}, 1)
    assert len(sent(tap, sink)) == before + 1


def _asked(tap):
    """One request over WSGI, by hand."""
    import io

    def app(environ, start_response):
        environ["wsgi.input"].read(2)
        start_response("200 OK", [("Content-Type", "application/json")])
        yield b"{}"

    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": "/p", "CONTENT_LENGTH": "2"}
    environ["wsgi.input"] = io.BytesIO(b"{}")
    told = []
    answer = tap.wsgi(app)(environ, lambda *said: told.append(said))
    yield from answer
    yield told[0][0]
    answer.close()


def test_a_thread_that_cannot_start_loses_a_call_and_no_more(new_tap, sink, monkeypatch):
    tap = new_tap()

    def full(thread):
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", full)
        tap.record({"n": 1}, 1)
    assert tap.counts()["errors"] == 1
    tap.record({"n": 2}, 2)
    assert [line["prediction"] for line in sent(tap, sink)] == [1, 2]


def test_a_sampled_call_says_how_many_it_stands_for(new_tap, sink, monkeypatch):
    chances = itertools.cycle([0.1, 0.9])
    monkeypatch.setattr(driftline_tap.random, "random", lambda: next(chances))
    tap = new_tap(sampling_rate=0.5)
    for n in range(10):
        with tap.call("p"):
            tap.record({"n": n}, n)
    lines = sent(tap, sink)
    assert [line["prediction"] for line in lines] == [0, 2, 4, 6, 8]
    assert {line["sampling_rate"] for line in lines} == {0.5}


@pytest.mark.parametrize("rate", [0, -0.1, 1.1])
def test_a_sampling_rate_is_a_share(new_tap, rate):
    with pytest.raises(ValueError, match=f"sampling_rate is {rate}"):
        new_tap(sampling_rate=rate)


def test_an_address_without_a_scheme_is_refused(new_tap):
    with pytest.raises(ValueError, match="http://host:port"):
        new_tap(url="driftline.example.org")


def test_a_version_can_be_told_by_the_answer(new_tap, sink):
    tap = new_tap(
        version=lambda call: call.response_headers.get("x-model-version"),
        model=lambda call: call.path.split("/")[1],
        id_header="X-Request-ID",
    )
    call = tap.begin("POST", "/flight-delay/predict", [(b"X-Request-ID", b"r-1")])
    call.status, call.answered = 200, [(b"X-Model-Version", b"7")]
    call.finish_answer()
    tap.end(call)
    [line] = sent(tap, sink)
    assert (line["model"], line["version"], line["request_id"]) == ("flight-delay", "7", "r-1")


def test_a_version_that_cannot_be_told_is_absent(new_tap, sink):
    tap = new_tap(version=lambda call: call.response_headers["x-model-version"])
    with tap.call("p"):
        pass
    [line] = sent(tap, sink)
    assert "version" not in line
    assert tap.counts()["errors"] == 1


@pytest.mark.parametrize(
    "header",
    ["", "nonsense", f"00-{'0' * 32}-b7ad6b7169203331-01", "00-0AF7651916CD43DD8448EB211C80319C"],
)
def test_what_is_no_trace_is_not_recorded_as_one(new_tap, sink, header):
    tap = new_tap()
    with tap.call("p", traceparent=header):
        pass
    [line] = sent(tap, sink)
    assert "trace_id" not in line


def test_a_call_of_ones_own_that_raises_has_failed(new_tap, sink):
    tap = new_tap()
    with pytest.raises(KeyError), tap.call("nightly"):
        raise KeyError("carrier")
    with pytest.raises(KeyboardInterrupt), tap.call("nightly"):
        raise KeyboardInterrupt
    lines = sent(tap, sink)
    assert [(line["status"], line["tags"]["error"]) for line in lines] == [
        (500, "KeyError"),
        (0, "KeyboardInterrupt"),
    ]


def test_what_numpy_and_pandas_hold_becomes_json(new_tap, sink):
    import numpy as np
    import pandas as pd

    tap = new_tap()
    day = pd.Timestamp("2026-01-02", tz="UTC")
    features = {"f": np.float32(0.5), "i": np.int64(7), "v": np.array([1, 2]), "day": day, "o": {1}}
    tap.record(features, np.bool_(True), np.float64(0.25), prediction_id="p-1", label=np.int8(1))
    features["f"] = 0
    [line] = sent(tap, sink)
    assert line["features"] == {"f": 0.5, "i": 7, "v": [1, 2], "day": day.isoformat(), "o": "{1}"}
    assert (line["prediction"], line["score"], line["label"]) == (True, 0.25, 1)
    assert line["prediction_id"] == "p-1"
    assert "status" not in line
    assert "latency_ms" not in line


def test_what_a_process_uses_is_measured(new_tap, sink):
    tap = new_tap(resources_every_s=0.25, replica="pod-1")
    tap.record({"n": 1}, 1)
    until(lambda: len(sink.lines("calls")) >= 4)
    cpu, memory = sink.lines("calls")[-2:]
    assert (cpu["metric"], cpu["unit"]) == ("cpu", "cores")
    assert (memory["metric"], memory["unit"]) == ("memory", "bytes")
    assert (cpu["model"], cpu["version"], cpu["replica"]) == ("m", "1", "pod-1")
    assert cpu["process"] == memory["process"] == str(os.getpid())
    # all processes of a machine measure at the same moments, so that they can be added
    assert datetime.fromisoformat(cpu["ts"]).timestamp() % 0.25 == 0
    assert 0 <= cpu["value"] < 16
    assert memory["value"] > 20_000_000


def test_a_warning_is_given_once_a_minute_at_most(new_tap, sink, caplog):
    tap = new_tap()
    for n in range(3):
        sink.answers.append((400, {}, b""))
        tap.record({"n": n}, n)
        sent(tap, sink)
    warnings = [
        r for r in caplog.records if r.levelno == logging.WARNING and "reached" in r.message
    ]
    assert len(warnings) <= 1
