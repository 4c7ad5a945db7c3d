"""Removing a person's rows, everywhere they are, and their bytes from the file."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from domain.erasure import Condition, Erased, Erasing
from domain.errors import UnknownNameError, UsageError
from domain.rejection import Rejection
from domain.window import Window
from store.store import Store
from tests.store.made import at, batch, event

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
PERSON, OTHER = "person-Zoë-7319", "person-other"


def where(*conditions: str, span: Window | None = None, model: str = "m") -> Erasing:
    return Erasing(model, tuple(Condition.parse(text) for text in conditions), span)


def erase(store: Store, *conditions: str, **more) -> Erased:
    return store.erase(where(*conditions, **more), "me", NOW)


def n(store: Store, table: str, holds: str = "true") -> int:
    return store.sql(f"select count(*) as n from {table} where {holds}")["n"].to_pylist()[0]


def tagged(number: int, user: str, **fields: object) -> dict[str, object]:
    told = f'{{"user":"{user}"}}'
    return event(
        60 * number, **{"prediction_id": f"p{number}", "score": 0.5, "tags": told, **fields}
    )


def fill(store: Store, people: int = 40) -> None:
    """Each has a row an hour: every fourth is the person's; one was never answered."""
    rows = [
        tagged(i, PERSON if i % 4 == 0 else OTHER, features={"age": float(i % 8), "who": "x"})
        for i in range(people)
    ]
    asked = {"user": PERSON}
    rows.append(
        event(5, request_id="r-failed", status=500, tags=f'{{"user":"{PERSON}"}}', features=asked)
    )
    store.load([batch(rows)], "made")


def test_every_row_of_a_person_goes_and_nobody_elses(store: Store):
    fill(store)
    found = erase(store, f"tags.user={PERSON}")
    assert (found.predictions, found.unanswered, found.calls) == (10, 1, 11)
    assert n(store, "predictions") == 30
    assert n(store, "predictions", f"tags like '%{PERSON}%'") == 0
    assert n(store, "calls") == 30


def test_a_dry_run_counts_the_same_and_removes_nothing(store: Store):
    fill(store)
    wanted = where(f"tags.user={PERSON}")
    counted = store.erase(wanted, "me", NOW, dry_run=True)
    assert (n(store, "predictions"), n(store, "calls"), n(store, "erasures")) == (40, 41, 0)
    assert store.erase(wanted, "me", NOW) == counted


@pytest.mark.parametrize(
    ("conditions", "gone"),
    [
        (["prediction_id=p4"], {"p4"}),
        (["feature.age=4.0", f"tags.user={PERSON}"], {"p4", "p12", "p20", "p28", "p36"}),
        (["feature.age=3"], {"p3", "p11", "p19", "p27", "p35"}),
        (["prediction_id=p4", "feature.age=5"], set()),
        (["prediction_id=' or true --"], set()),
    ],
)
def test_a_row_goes_where_all_conditions_hold(store: Store, conditions, gone):
    fill(store)
    before = set(store.sql("select prediction_id as p from predictions")["p"].to_pylist())
    erase(store, *conditions)
    after = set(store.sql("select prediction_id as p from predictions")["p"].to_pylist())
    assert before - after == gone


def test_only_rows_of_the_span_go(store: Store):
    fill(store)
    erase(store, f"tags.user={PERSON}", span=Window(at(60 * 4), at(60 * 12)))
    left = store.sql(f"select prediction_id as p from predictions where tags like '%{PERSON}%'")
    assert {"p4", "p8"} & set(left["p"].to_pylist()) == set()
    assert len(left) == 8


def test_a_call_stays_with_its_hours_as_long_as_a_row_of_it_does(store: Store):
    rows = [
        event(0, prediction_id=f"p{i}", request_id="r", score=0.5, latency_ms=3.0) for i in range(3)
    ]
    store.load([batch(rows)], "made")
    erase(store, "prediction_id=p0")
    assert store.sql("select rows as n from calls")["n"].to_pylist() == [2]
    assert erase(store, "request_id=r").calls == 1
    assert n(store, "calls") == 0


def test_a_call_known_by_its_predictions_id_stays_as_long_as_a_row_of_it_does(store: Store):
    # the first try failed, with the person's tag; the second was answered, with another's
    store.load([batch([tagged(1, PERSON, score=None, status=500, features={"a": 1})])], "made")
    store.load([batch([tagged(1, OTHER, status=200)])], "made")
    found = erase(store, f"tags.user={PERSON}")
    assert (found.unanswered, found.calls) == (1, 0)
    assert store.sql("select rows as n from calls")["n"].to_pylist() == [1]
    assert erase(store, "prediction_id=p1").calls == 1


def test_hours_are_counted_anew_without_the_person(store: Store):
    fill(store)
    store.refresh_call_hours()
    erase(store, f"tags.user={PERSON}")
    store.refresh_call_hours()
    assert store.sql("select sum(calls) as n from call_hours")["n"].to_pylist() == [30.0]


def test_labels_go_with_the_row_they_are_told_of_also_those_that_came_early(store: Store):
    fill(store, 8)
    told = ["p0", "p1", "p4", "early"]
    store.load_labels([("m", pa.table({"prediction_id": told, "label": ["y"] * 4}))], "made")
    assert erase(store, f"tags.user={PERSON}").labels == 2
    assert erase(store, "prediction_id=early").labels == 1
    assert store.sql("select prediction_id as p from labels")["p"].to_pylist() == ["p1"]


def test_unreadable_lines_that_hold_the_value_go_however_json_writes_it(store: Store):
    lines = [
        f'{{"user":"{PERSON}"'.encode(),
        json.dumps({"user": PERSON})[:-1].encode(),
        f'{{"user":"{OTHER}"'.encode(),
        b"x" * 64 * 1024,
    ]
    store.reject("made", [Rejection(i, "json", "no JSON", raw) for i, raw in enumerate(lines)])
    fill(store)
    found = erase(store, f"tags.user={PERSON}")
    assert (found.rejected, found.undecided) == (2, 1)
    assert n(store, "rejected") == 2


def test_a_number_is_not_found_inside_another(store: Store):
    lines = [b'{"user":731', b'{"user":7310', b'{"user":1731', b"\xc3\xa9731"]
    store.reject("made", [Rejection(i, "json", "no JSON", raw) for i, raw in enumerate(lines)])
    fill(store)
    assert erase(store, "tags.user=731").rejected == 2


def test_an_erased_id_is_not_known_any_more(store: Store):
    fill(store)
    erase(store, "prediction_id=p4")
    counts = store.load([batch([tagged(4, PERSON)])], "again")
    assert (counts.predictions, counts.duplicates) == (1, 0)


def test_the_audit_says_who_and_by_which_fields_and_no_value(store: Store):
    fill(store)
    erase(store, f"tags.user={PERSON}")
    row = store.sql("select * from erasures").to_pylist()[0]
    assert (row["who"], row["fields"], row["predictions"]) == ("me", ["tags.user"], 10)
    assert PERSON not in str(row)


@pytest.mark.parametrize(
    ("model", "condition", "error"),
    [
        ("n", "prediction_id=p", UnknownNameError),
        ("m", "feature.agee=1", UnknownNameError),
    ],
)
def test_what_is_not_there_is_named(store: Store, model, condition, error):
    fill(store)
    with pytest.raises(error):
        erase(store, condition, model=model)
    with pytest.raises(UsageError, match="nothing says"):
        store.erase(Erasing("m", (), None), "me", NOW)


@pytest.mark.parametrize("text", ["user=x", "tags.=x", "feature.a", "prediction_id=", "1=1 or x=y"])
def test_a_condition_is_no_sql(text):
    with pytest.raises(UsageError, match="no condition"):
        Condition.parse(text)


def bytes_of(value: str, path: Path) -> int:
    """Search with another program: reading it here would drop DuckDB's lock."""
    done = subprocess.run(
        ["grep", "-c", "-a", "-F", value, str(path)], capture_output=True, text=True, check=False
    )
    return int(done.stdout or 0)


def test_after_compaction_no_byte_of_the_person_is_left_in_the_file(store: Store):
    fill(store, 4000)
    store.checkpoint()
    assert bytes_of(PERSON, store.path)
    erase(store, f"tags.user={PERSON}")
    store.checkpoint()
    assert bytes_of(PERSON, store.path), "DuckDB drops them by itself: erase need not compact"
    before, after = store.compact()
    assert after <= before
    assert not bytes_of(PERSON, store.path)
    assert sorted(path.name for path in store.path.parent.iterdir()) == ["driftline.duckdb"]
    assert n(store, "predictions") == 3000
