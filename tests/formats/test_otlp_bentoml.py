"""What BentoML 1.4 sends over OTLP: recorded on the wire by `bentoml_otlp/make.py`."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.formats.listening import listening
from tests.formats.test_otlp_exporters import replay
from tests.ingest.otlp_made import NS, log, protobuf_logs, read_all, rows

RECORDED = sorted((Path(__file__).parent / "bentoml_otlp").glob("*.http"))
SCHEMA = {
    "age": {"name": "age", "role": "feature", "type": "numerical"},
    "risk": {"name": "risk", "role": "prediction", "type": "categorical"},
    "truth": {"name": "truth", "role": "target", "type": "categorical"},
}
META = {"monitor_name": "credit", "bento_name": "B", "bento_version": "v7", "schema": SCHEMA}
RESOURCE = {"service.name": "B:credit", "service.instance.id": "v7"}
SPAN = 0x050C3854AD2428BC
TRACE = 0x6AE8A44272860AACD728FAA1755D597D


def body(age, **more):
    ids = {"timestamp": NS / 1e9, "request_id": str(SPAN), "trace_id": str(TRACE)}
    return {"age": age, "risk": "low", "truth": "low", **ids, **more}


def bento(*bodies):
    records = [log({}, one, event="", trace="", span="") for one in bodies]
    return protobuf_logs(*records, resource=RESOURCE)


def test_what_was_recorded_is_stored_with_its_roles(tmp_path):
    now = datetime(2026, 11, 23, 6, tzinfo=UTC)
    with listening(tmp_path / "store", lambda: now) as collector:
        for file in RECORDED:
            head, _ = replay(collector.port, file.read_bytes())
            assert head.startswith(b"HTTP/1.1 200 ")
        told = collector.rows(
            "select model, f_age, f_region, prediction, score from predictions order by f_age"
        )
        assert told == [
            ("credit_default", 30.0, "north", "good", 0.3),
            ("credit_default", 42.0, "north", "good", 0.42),
            ("credit_default", 57.0, "süd", "bad", 0.57),
            ("credit_default", 61.0, "west", "bad", 0.61),
        ]
        # a call of three rows and one of one; nobody says which version answered
        assert collector.rows("select rows from calls order by rows") == [(1,), (3,)]
        assert collector.rows("select distinct version from calls") in ([("",)], [(None,)])


def test_roles_and_decimal_ids_are_understood():
    (event,) = rows(bento(body(42, bento_meta=META)))
    assert event["features"] == {"age": 42.0}
    assert (event["model"], event["version"]) == ("credit", "v7")
    assert (event["prediction"], event["label"]) == ("low", "low")
    assert event["trace_id"] == f"{TRACE:032x}"
    assert event["request_id"] == f"{TRACE:032x}-{SPAN:016x}"
    assert event["ts"] == datetime(2026, 11, 22, 8, tzinfo=UTC)
    assert "replica" not in event, "service.instance.id is the version of the bento"


def test_roles_that_one_record_told_hold_for_those_behind_it():
    told = rows(bento(body(1, bento_meta=META), body(2), body(3)))
    assert [event["features"]["age"] for event in told] == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("meta", [{}, {"bento_meta": None}, {"bento_meta": "{broken"}])
def test_columns_without_roles_are_refused_and_can_be_read_again(meta):
    (rejection,) = read_all(bento(body(1, **meta))).rejections
    assert rejection.reason == "untold_roles"
    assert "B:credit" in rejection.message
    assert read_all(rejection.raw).rejections[0].reason == "untold_roles"
