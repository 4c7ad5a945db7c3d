"""Files that BentoML 1.4 wrote (tests/formats/bentoml/make.py), and what their lines mean."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.mapping import parse_mapping
from ingest.read import read_events
from ingest.sources import find
from tests.formats.outcome import read as read_bytes

HERE = Path(__file__).parent / "bentoml"
LOGS = HERE / "monitoring"
ANSWERS = json.loads((HERE / "answers.json").read_text())
# in the order of make.py; the third failed and left no line
CALLS = [name for status, name in ANSWERS if status == 200]
BERLIN = {"ts_zone": "Europe/Berlin"}


def read(*paths, mapping=BERLIN, **options):
    plan = None if mapping is None else parse_mapping(mapping)
    rows, rejections = [], []
    for source in find([str(path) for path in paths]):
        for step in read_events(source, plan, **options):
            rejections += step.rejections
            for batch in step.batches:
                features = batch.features.to_pylist() or [{}] * batch.n_rows
                for event, held in zip(batch.events.to_pylist(), features, strict=True):
                    told = {k: v for k, v in event.items() if v is not None}
                    kept = {k: v for k, v in held.items() if v is not None}
                    rows.append(told | {"model": batch.model, "features": kept})
    return rows, rejections


def by_id(rows):
    return {row["prediction_id"]: row for row in rows}


def test_a_folder_of_monitors_gives_every_row_to_the_monitor_that_logged_it():
    rows, rejections = read(LOGS)
    assert not rejections
    # 3 + 1 + 1 rows, one after the rotation and two of the wide service; one of the other monitor
    assert sorted(row["model"] for row in rows) == ["credit_default"] * 8 + ["fraud"]
    assert all("version" not in row for row in rows)
    assert all("latency_ms" not in row and "status" not in row for row in rows)


def test_ids_are_those_that_the_server_told_its_clients():
    found = by_id(read(LOGS)[0])
    batch, single, judged, strayed, rotated, wide = CALLS
    assert set(found) == {
        *(f"{batch}-item-{n}" for n in range(3)), single, judged, strayed, rotated,
        *(f"{wide}-item-{n}" for n in range(2)),
    }  # fmt: skip
    assert found[f"{batch}-item-2"]["request_id"] == batch
    assert found[judged]["model"] == "fraud"
    assert all(len(row["trace_id"]) == 32 for row in found.values())
    text = (LOGS / "credit_default" / "data" / "data.1.log").read_text().splitlines()[0]
    assert int(found[rotated]["trace_id"], 16) == int(json.loads(text)["trace_id"])


def test_a_row_that_bentoml_wrote_into_the_wrong_file_finds_its_own_schema():
    rows, _ = read(LOGS / "fraud" / "data")
    strayed = by_id(rows)[CALLS[3]]
    assert (strayed["model"], strayed["prediction"], strayed["score"]) == (
        "credit_default", "good", 0.33,
    )  # fmt: skip
    assert strayed["features"] == {"age": 33.0, "income": 7.0, "region": "ost"}
    judged = by_id(rows)[CALLS[2]]
    assert (judged["prediction"], judged["label"]) == ("ok", "fraud")
    assert judged["features"] == {"amount": 3.5}


def test_columns_that_change_at_a_restart_are_read_by_their_own_schema():
    rows, rejections = read(LOGS / "credit_default" / "data" / "data.1.log")
    assert not rejections
    wide = {row["prediction_id"]: row["features"].get("batch") for row in rows}
    assert list(wide.values()) == [None, 2.0, 2.0]


def test_times_are_local_and_refused_until_their_zone_is_told():
    _, rejections = read(LOGS, mapping=None)
    assert {one.reason for one in rejections} == {"naive_ts"}
    assert len(rejections) == 9
    row = by_id(read(LOGS)[0])[CALLS[4]]
    line = (LOGS / "credit_default" / "data" / "data.1.log").read_text().splitlines()[0]
    local = datetime.fromisoformat(json.loads(line)["timestamp"])
    assert (local - row["ts"].replace(tzinfo=None)).total_seconds() == 3600
    assert row["ts"].tzinfo is not None


def test_a_schema_file_alone_brings_nothing_and_nothing_is_wrong():
    assert read(LOGS / "fraud" / "schema") == ([], [])


# ------------------------------------------------------------------ lines as BentoML writes them


def schema(columns: dict[str, str], version: str = "not available") -> bytes:
    told = [{"name": name, "role": role, "type": "numerical"} for name, role in columns.items()]
    meta = {"bento_name": "Credit", "bento_version": version}
    return json.dumps({"meta_data": meta, "columns": told}).encode() + b"\n"


def row(request: int | None = 7, trace: int | None = 9, **cells: object) -> bytes:
    own = {"timestamp": "2026-11-22T07:57:31.173733"}
    ids = {"request_id": str(request), "trace_id": str(trace)}
    return json.dumps(cells | own | ids).encode() + b"\n"


ROLES = {"age": "feature", "answer": "prediction"}


def test_schemas_among_the_rows_count_as_those_beside_them():
    log = (
        schema(ROLES, "v3")
        + row(age=1, answer="a")
        + schema(ROLES, "v3")
        + row(8, age=2, answer="b")
    )
    outcome = read_bytes(log, mapping=BERLIN, model="credit")
    assert not outcome.rejections
    assert [(one["version"], one["prediction"]) for (one,) in outcome.rows.values()] == [
        ("v3", "a"), ("v3", "b"),
    ]  # fmt: skip


def test_a_version_that_changed_under_the_same_columns_is_not_guessed():
    log = schema(ROLES, "v3") + schema(ROLES, "v4") + row(age=1, answer="a")
    assert "version" not in read_bytes(log, mapping=BERLIN, model="credit").only


def test_without_a_schema_a_row_waits_for_a_mapping():
    log = row(age=1, answer="a", truth="b")
    outcome = read_bytes(log, mapping=BERLIN, model="credit")
    assert outcome.reasons == [(1, "unknown_roles")]
    mapping = BERLIN | {"features": ["age"], "prediction": "answer", "label": "truth"}
    told = read_bytes(log, mapping=mapping, model="credit").only
    assert (told["features"], told["prediction"], told["label"]) == ({"age": 1.0}, "a", "b")
    assert told["prediction_id"] == format(7, "016x")


def test_a_mapping_outranks_what_the_schema_says():
    log = schema(ROLES) + row(age=1, answer="a")
    told = read_bytes(log, mapping=BERLIN | {"model": {"value": "m"}, "replica": "age"}).only
    assert (told["model"], told["replica"], told["prediction"]) == ("m", "1", "a")


@pytest.mark.parametrize(("request_id", "trace"), [(None, None), (0, 0)])
def test_what_was_logged_outside_of_a_request_has_no_ids(request_id, trace):
    log = schema(ROLES) + row(request_id, trace, age=1, answer="a")
    told = read_bytes(log, mapping=BERLIN, model="m").only
    assert not told.keys() & {"prediction_id", "request_id", "trace_id"}


def test_other_roles_become_tags_and_reserved_names_are_features():
    roles = ROLES | {"customer": "segment", "timestamp_": "feature", "request_id_": "feature"}
    cells = {"age": 1, "answer": "a", "customer": 5, "timestamp_": 3, "request_id_": "x"}
    told = read_bytes(schema(roles) + row(**cells), mapping=BERLIN, model="m").only
    assert told["tags"] == '{"customer":"5"}'
    assert told["features"] == {"age": 1.0, "timestamp_": 3.0, "request_id_": "x"}


def test_the_hour_that_comes_twice_is_refused_until_the_mapping_says_which():
    line = row(age=1, answer="a").replace(b"2026-11-22T07:57", b"2026-10-25T02:30")
    log = schema(ROLES) + line
    assert read_bytes(log, mapping=BERLIN, model="m").reasons == [(2, "ambiguous_ts")]
    later = read_bytes(log, mapping=BERLIN | {"ts_fold": "later"}, model="m").only
    assert later["ts"] == datetime(2026, 10, 25, 1, 30, 31, 173_733, tzinfo=UTC)


def test_rows_of_a_call_that_others_interrupt_keep_ids_of_their_own():
    log = schema(ROLES) + b"".join(row(n % 2 + 1, age=n, answer="a") for n in range(6))
    outcome = read_bytes(log, mapping=BERLIN, model="m")
    told = [one["prediction_id"] for (one,) in outcome.rows.values()]
    assert len(set(told)) == 6
    assert told[:2] == ["0000000000000001-item-0", "0000000000000002-item-0"]


def test_lines_that_are_none_are_refused_at_their_place():
    log = schema(ROLES) + b"Column name age is duplicated\n" + row(age=1, answer="a") + b'{"age": 1'
    outcome = read_bytes(log, mapping=BERLIN, model="m", format="bentoml")
    assert outcome.reasons == [(2, "bad_json"), (4, "bad_json")]
    assert len(outcome.rows) == 1
