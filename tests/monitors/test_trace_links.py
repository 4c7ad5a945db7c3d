"""Which address opens a call's trace, and what makes none."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from api.wire import decode, encode
from domain.calls import LoggedCall
from domain.run import Deployment
from domain.window import Window
from monitors.config import Config
from monitors.gathering.calls import notable_calls
from monitors.trace_links import trace_link
from monitors.views.calls import CallsRead, NotableCalls
from store.store import Store

AT = datetime(2026, 11, 20, 10, 0, 1, 500_000, tzinfo=UTC)
HOUR = Window(AT.replace(minute=0, second=0, microsecond=0), AT.replace(hour=11))
SPAN = "b7ad6b7169203331"
TRACE = "0af7651916cd43dd8448eb211c80319c"
JAEGER = "http://jaeger:16686/trace/{trace_id}"


def call(trace_id=TRACE, latency_ms=2.0):
    return LoggedCall(AT, latency_ms, 200, "pod-1", trace_id)


def test_a_call_leads_to_its_trace_and_the_time_around_it():
    assert trace_link(JAEGER, call()) == f"http://jaeger:16686/trace/{TRACE}"
    template = "https://grafana/a/{trace_id}?from={start_ms}&to={end_ms}"
    start = int(AT.timestamp() * 1000)
    wanted = f"https://grafana/a/{TRACE}?from={start}&to={start + 3}"
    assert trace_link(template, call()) == wanted


def test_ids_are_spelled_as_w3c_has_them():
    assert trace_link(JAEGER, call(TRACE.upper())).endswith(TRACE)
    assert trace_link(JAEGER, call("e20f174c1d3a6f6a")).endswith(
        "/" + "0" * 16 + "e20f174c1d3a6f6a"
    )


@pytest.mark.parametrize(
    "odd", [None, "", "0" * 32, "javascript:alert(1)", "../../login", f"{TRACE}?a=b", "{start_ms}"]
)
def test_what_is_no_trace_id_makes_no_link(odd):
    assert trace_link(JAEGER, call(odd)) is None


@pytest.mark.parametrize(
    ("request_id", "span"),
    [(f"{TRACE}-{SPAN}", SPAN), (f"{TRACE}-x&y=1", ""), ("order-7", ""), (None, "")],
)
def test_a_link_finds_the_span_of_a_call_where_one_told_it(store, request_id, span):
    load(store, [500], request_id=[request_id])
    found = gathered(store, trace_url=JAEGER + "?uiFind={span_id}")
    assert [one.trace_url for one in found.calls] == [
        f"http://jaeger:16686/trace/{TRACE}?uiFind={span}"
    ]


@given(st.text(max_size=60), st.none() | st.floats(allow_nan=False))
def test_whatever_a_log_holds_only_the_configured_place_is_linked(odd, latency_ms):
    link = trace_link(JAEGER + "?s={start_ms}&e={end_ms}", call(odd, latency_ms))
    if link is not None:
        parts = urlsplit(link)
        assert (parts.scheme, parts.netloc) == ("http", "jaeger:16686")
        path, _, trace_id = parts.path.rpartition("/")
        assert path == "/trace"
        assert len(trace_id) == 32
        assert set(trace_id) <= set("0123456789abcdef")


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("javascript:alert('{trace_id}')", "http"),
        ("http://jaeger:16686/trace/", "names no trace"),
        ("http://{trace_id}.example/", "may not hang on"),
        ("http://jaeger/{trace_id}/{tenant}", "tenant"),
        ("http://user:word@jaeger/{trace_id}", "password"),
        ("http://jaeger/ {trace_id}", "white space"),
    ],
)
def test_addresses_that_cannot_be_meant_are_refused(template, said):
    with pytest.raises(ValidationError, match=said):
        Config.model_validate({"trace_url": template})
    with pytest.raises(ValidationError, match=said):
        Config.model_validate({"monitors": {"m": {"trace_url": template}}}).monitor("m")


def test_a_monitor_has_its_own_address_and_no_verdict_hangs_on_it():
    config = Config.model_validate(
        {"trace_url": JAEGER, "monitors": {"credit": {"trace_url": "http://t/{trace_id}"}}}
    )
    assert config.monitor("fraud").trace_url == JAEGER
    assert config.monitor("credit").trace_url == "http://t/{trace_id}"
    bare = Config().monitor("fraud")
    assert bare.fingerprint() == config.monitor("fraud").fingerprint()


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path) as opened:
        yield opened


def load(store, statuses, **more):
    n = len(statuses)
    events = {
        "ts": pa.array([AT] * n, pa.timestamp("us", tz="UTC")),
        "version": ["2"] * n,
        "latency_ms": [float(i) for i in range(n)],
        "status": pa.array(statuses, pa.int32()),
        "trace_id": [TRACE] * n,
        **{name: pa.array(cells, pa.string()) for name, cells in more.items()},
    }
    store.load([("credit", pa.table(events), pa.table({"x": [1.0] * n}))], "test")


def gathered(store, **settings):
    config = Config.model_validate({"trace_url": JAEGER, **settings})
    return notable_calls(store, config, Deployment("credit", "2"), HOUR)


def test_failed_calls_come_first_and_leave_room_for_slow_ones(store):
    load(store, [500] * 30 + [200] * 30)
    found = gathered(store)
    assert found.read is CallsRead.READ
    assert [one.failed for one in found.calls] == [True] * 10 + [False] * 10
    assert [one.call.latency_ms for one in found.calls[10:13]] == [59, 58, 57]
    assert {one.trace_url for one in found.calls} == {f"http://jaeger:16686/trace/{TRACE}"}
    assert decode(encode(found, NotableCalls), NotableCalls) == found


def test_where_few_failed_the_rest_is_slow_and_the_other_way_round(store):
    load(store, [503, 0] + [200] * 30)
    assert sum(one.failed for one in gathered(store).calls) == 2
    assert len(gathered(store).calls) == 20


def test_a_failed_call_that_is_slow_is_shown_once(store):
    load(store, [200] * 5 + [500] * 3)
    found = gathered(store)
    assert {one.call.latency_ms for one in found.calls[:3]} == {5, 6, 7}
    assert [one.call.latency_ms for one in found.calls[3:]] == [4, 3, 2, 1, 0]


def test_where_all_failed_all_are_failed_ones(store):
    load(store, [500] * 30)
    assert [one.failed for one in gathered(store).calls] == [True] * 20


def test_a_trace_id_that_was_hashed_leads_nowhere(store):
    load(store, [200])
    hidden = gathered(store, monitors={"credit": {"privacy": {"hash": ["trace_id"]}}})
    assert hidden.calls[0].trace_url is None
    assert not hidden.linked


def test_calls_without_latency_that_went_well_are_none_to_look_at(store):
    at = pa.array([AT], pa.timestamp("us", tz="UTC"))
    events = pa.table({"ts": at, "version": ["2"], "score": [0.5]})
    store.load([("credit", events, pa.table({"x": [1.0]}))], "test")
    assert gathered(store).read is CallsRead.NONE
