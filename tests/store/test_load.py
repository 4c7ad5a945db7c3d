from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.column import Column
from domain.errors import InputError, StoreError
from domain.profile import ColumnKind, ColumnRole
from store.append import LoadCounts
from store.store import Store
from tests.store.made import START, Batch, Event, at, batch, event, sorted_columns


def rows(store: Store, table: str = "predictions") -> list[dict[str, object]]:
    return store.sql(f"select * from {table} order by all").to_pylist()


def test_a_first_load_says_what_it_stored_and_the_same_again_stores_nothing(store: Store):
    first = batch(
        [
            event(0, prediction="late", features={"distance": 1400, "carrier": "UA"}),
            event(1, prediction="early", features={"distance": 200, "carrier": "AA"}, label="late"),
        ]
    )

    assert store.load([first], "a.ndjson") == LoadCounts(2, 2, 1, 0)
    assert store.load([first], "copy-of-a.ndjson") == LoadCounts(0, 0, 0, 2)
    assert len(rows(store)) == 2
    assert store.sources() == {
        "a.ndjson": LoadCounts(2, 2, 1, 0),
        "copy-of-a.ndjson": LoadCounts(0, 0, 0, 2),
    }


def test_identical_records_of_one_load_are_all_kept_and_known_again(store: Store):
    twins = [event(5, score=0.5, features={"a": 1})] * 3

    assert store.load([batch(twins)], "f").predictions == 3
    assert store.load([batch(twins)], "f") == LoadCounts(duplicates=3)
    # a longer copy of the file brings only what is new
    assert store.load([batch([*twins, *twins[:1]])], "f") == LoadCounts(1, 1, 0, 3)


def test_ordinals_of_identical_records_run_through_all_batches_of_a_load(store: Store):
    one = batch([event(5, score=0.5)])

    assert store.load([one, one, one], "f").predictions == 3
    assert store.load([batch([event(5, score=0.5)] * 3)], "f").duplicates == 3


def test_a_given_id_is_one_event_per_version(store: Store):
    events = [
        event(0, prediction_id="p", version="1", score=0.1),
        event(0, prediction_id="p", version="2", score=0.2),
        event(0, prediction_id="p", version="1", score=0.3),
    ]

    assert store.load([batch(events)], "f") == LoadCounts(2, 2, 0, 1)
    assert {row["score"] for row in rows(store)} == {0.1, 0.2}


def test_versions_and_requests_are_names_and_no_numbers(store: Store):
    events = [
        event(0, version=version, request_id=request, score=0.5)
        for version, request in (("1", "7"), ("1.0", "7"), ("1", "07"))
    ]

    assert [store.load([batch([e])], "f").predictions for e in events] == [1, 1, 1]


def test_a_given_id_that_is_sent_again_minutes_later_is_the_same_event(store: Store):
    store.load([batch([event(0, prediction_id="p", score=0.1)])], "f")

    assert store.load([batch([event(10, prediction_id="p", score=0.1)])], "f").duplicates == 1


def test_what_was_stored_is_known_after_a_restart(tmp_path: Path):
    events = batch([event(0, score=0.5, features={"a": 1.5, "b": "x"})])
    with Store.open(tmp_path) as store:
        store.load([events], "f")
    with Store.open(tmp_path) as store:
        assert store.load([events], "f") == LoadCounts(duplicates=1)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"a": 3.0}, {"a": "3"}),
        ({"a": "3"}, {"a": 3.0}),
        ({"a": "3.0"}, {"a": "3"}),
        ({"a": -0.0}, {"a": 0.0}),
        ({"a": 0.1}, {"a": "0.1"}),
        ({"a": True}, {"a": "true"}),
        ({"a": 1, "b": None}, {"a": 1}),
    ],
)
def test_an_event_stays_itself_however_its_values_were_typed(
    store: Store, first: dict[str, object], second: dict[str, object]
):
    store.load([batch([event(0, score=0.5, features=first)])], "f")

    assert store.load([batch([event(0, score=0.5, features=second)])], "g").duplicates == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"a": "x", "b": "y"}, {"a": "y", "b": "x"}),
        ({"a": "x"}, {"b": "x"}),
        ({"a": 'x\x1ff:"b"=y'}, {"a": "x", "b": "y"}),
        ({"a": "x\x1f"}, {"a": "x"}),
        ({"a=": "x"}, {"a": "=x"}),
        ({"a": ""}, {"a": None}),
        ({"id": "12345678901234567890"}, {"id": "12345678901234567891"}),
    ],
)
def test_events_that_differ_are_two(
    store: Store, first: dict[str, object], second: dict[str, object]
):
    store.load([batch([event(0, score=0.5, features=first)])], "f")

    assert store.load([batch([event(0, score=0.5, features=second)])], "g").predictions == 1


def test_nan_is_a_missing_number(store: Store):
    features = pa.table({"a": pa.array([float("nan"), 1.0])})
    model, events, _ = batch([event(0, score=0.5), event(1, score=0.5)])
    store.load([(model, events, features)], "f")

    assert [row["f_a"] for row in rows(store)] == [None, 1.0]
    assert store.load([batch([event(0, score=0.5)])], "g").duplicates == 1


def test_a_later_feature_is_a_new_column_and_changes_no_earlier_event(store: Store):
    store.load([batch([event(0, score=0.5, features={"a": 1})])], "f")
    store.load([batch([event(1, score=0.5, features={"a": 1, "b": "x"})])], "f")

    assert [c.name for c in store.logs("m").columns()] == ["a", "b", "score"]
    assert [(row["f_a"], row["f_b"]) for row in rows(store)] == [(1.0, None), (1.0, "x")]
    assert store.load([batch([event(0, score=0.5, features={"a": 1})])], "g").duplicates == 1


def test_a_feature_whose_type_changes_loses_no_row_and_the_conflict_is_told(store: Store):
    store.load([batch([event(0, score=0.5, features={"a": 1})])], "f")
    store.load([batch([event(1, score=0.5, features={"a": "many"})])], "f")

    assert store.conflicts("m") == {"a": ("number", "text")}
    assert [(row["f_a"], row["f_a~text"]) for row in rows(store)] == [(1.0, None), (None, "many")]
    assert store.logs("m").columns()[0] == Column("a", ColumnKind.NUMBER)


def test_types_may_change_between_the_batches_of_one_load(store: Store):
    batches = [
        batch([event(0, score=0.5, features={"a": 1})]),
        batch([event(1, score=0.5, features={"a": "x", "b": True})]),
        batch([event(2, score=0.5, features={"b": 2.5})]),
    ]

    assert store.load(batches, "f").predictions == 3
    assert store.conflicts("m") == {"a": ("number", "text"), "b": ("flag", "number")}


HOSTILE = [
    "ts", "model", "id", "version", "prediction", "", " ", '"', "'; drop table models; --",
    "a.b", "特征", "😀", "naïve", "NAÏVE", "Age", "age", "AGE", "f_age", "age~2", "x" * 300,
    "new\nline", "nul\0byte", "a\tb", "$x", "select", "%s", "{}", "\\",
]  # fmt: skip


def test_features_may_be_called_anything(store: Store):
    values = {name: float(i) for i, name in enumerate(HOSTILE)}
    failed = event(1, status=500, features=values)

    store.load([batch([event(0, score=0.5, features=values), failed])], "f")

    columns = [c for c in store.logs("m").columns() if c.role is ColumnRole.FEATURE]
    assert [c.name for c in columns] == HOSTILE
    day = [store.logs("m").data_span()]
    found = sorted_columns(store, "m", columns, day, [""])
    assert [found[c][0].values.tolist() for c in columns] == [
        [float(i)] for i in range(len(HOSTILE))
    ]


@pytest.mark.parametrize(
    "model", ["main", "temp", "", "a b", 'x"y', "流", "M", "m", "m!", "pg_catalog"]
)
def test_models_may_be_called_anything(store: Store, model: str):
    store.load([batch([event(0, score=0.5)], model="m")], "f")
    store.load([batch([event(0, score=0.25), event(1, score=0.75)], model=model)], "f")

    assert set(store.models()) == {"m", model}
    assert store.sql("select distinct model from predictions").num_rows == len({"m", model})


def test_a_load_that_breaks_off_stores_nothing_of_itself(store: Store):
    store.load([batch([event(0, score=0.5)])], "f")

    def broken() -> Iterator[Batch]:
        yield batch([event(1, score=0.5, features={"new": 1})])
        yield batch([event(2, score=0.5)], model="other")
        raise InputError("f.csv is cut off at line 3")

    with pytest.raises(InputError):
        store.load(broken(), "broken.csv")

    assert store.models() == ("m",)
    assert len(rows(store)) == 1
    assert "broken.csv" not in store.sources()
    assert store.load([batch([event(1, score=0.5, features={"new": 1})])], "f").predictions == 1


def test_events_without_a_time_zone_are_refused(store: Store):
    events = pa.table({"ts": pa.array([START.replace(tzinfo=None)]), "score": pa.array([0.5])})

    with pytest.raises(StoreError, match="zone"):
        store.load([("m", events, events.select([]))], "f")


def test_rows_of_a_load_lie_in_the_order_of_time(store: Store):
    events = [event(m, score=0.5) for m in random.Random(7).sample(range(1000), 200)]
    store.load([batch(events[:100]), batch(events[100:])], "f")

    stored = store.sql("select ts from m_m.predictions").column("ts").to_pylist()
    assert stored == sorted(stored)


def test_a_failed_call_is_no_prediction_but_what_it_was_asked_is_kept(store: Store):
    failed = event(0, status=503, latency_ms=1.0, features={"a": 1, "b": "x"})

    assert store.load([batch([failed])], "f") == LoadCounts(calls=1)
    assert store.load([batch([failed])], "g") == LoadCounts(duplicates=1)
    assert rows(store) == []
    kept = store.sql("select features from m_m.unanswered").to_pylist()
    assert kept == [{"features": '{"a":1.0,"b":"x"}'}]


def test_features_without_an_answer_are_predictions_unless_the_call_failed(store: Store):
    events = [
        event(0, features={"a": 1}),
        event(1, features={"a": 1}, status=200),
        event(2, features={"a": 1}, status=500, prediction="fallback"),
        event(3, features={"a": 1}, status=0),
        event(4, latency_ms=3.0),
    ]

    assert store.load([batch(events)], "f") == LoadCounts(3, 5, 0, 0)


def test_whole_numbers_are_classes_until_there_are_many(store: Store):
    def kind() -> ColumnKind:
        return next(c.kind for c in store.logs("m").columns() if c.role is ColumnRole.PREDICTION)

    store.load([batch([event(i, prediction=str(i % 3)) for i in range(9)])], "f")
    assert kind() is ColumnKind.CATEGORY
    store.load([batch([event(50 + i, prediction=str(i)) for i in range(21)])], "f")
    assert kind() is ColumnKind.NUMBER
    store.load([batch([event(100, prediction="unknown")])], "f")
    assert kind() is ColumnKind.CATEGORY


def test_fractional_predictions_are_numbers_at_once(store: Store):
    store.load([batch([event(0, prediction="2.5"), event(1, prediction="3")])], "f")

    assert store.logs("m").columns() == (
        Column("prediction", ColumnKind.NUMBER, ColumnRole.PREDICTION),
    )


values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.floats(-2, 2, width=16),
    st.text(st.sampled_from("ab\x1f='\"é1."), max_size=3),
)
logs = st.lists(
    st.fixed_dictionaries(
        {
            "minute": st.integers(0, 3),
            "version": st.sampled_from([None, "1", "2"]),
            "prediction_id": st.sampled_from([None, None, "p", "q"]),
            "request_id": st.sampled_from([None, "r", "s"]),
            "status": st.sampled_from([None, 200, 500, 0]),
            "score": st.sampled_from([None, 0.5, 1.0]),
            "label": st.sampled_from([None, None, "yes"]),
            "a": values,
            "b": values,
        }
    ),
    min_size=1,
    max_size=8,
)


def as_events(log: list[dict[str, object]]) -> list[Event]:
    """Give one prediction one time, as senders do; the rest is as it was drawn."""
    made = []
    for line in log:
        fields = {k: v for k, v in line.items() if k not in {"minute", "a", "b"} and v is not None}
        minute = 7 if line["prediction_id"] else line["minute"]
        features = {k: line[k] for k in "ab" if line[k] is not None}
        made.append({"ts": at(float(minute)), **fields, "features": features})  # type: ignore[arg-type]
    return made


def one_by_one(events: list[Event]) -> list[Batch]:
    return [batch([e]) for e in events]


def contents(store: Store) -> dict[str, list[dict[str, object]]]:
    found = {
        name: store.sql(f"select * from {name}").to_pylist()
        for name in ("m_m.predictions", "m_m.calls", "m_m.labels", "m_m.unanswered")
    }
    return {name: sorted(table, key=str) for name, table in found.items()}


SETTINGS = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@SETTINGS
@given(logs, st.randoms(use_true_random=False))
def test_loading_twice_in_another_order_split_and_column_order_is_loading_once(
    tmp_path_factory: pytest.TempPathFactory, log: list[dict[str, object]], rnd: random.Random
):
    events = as_events(log)
    ids = [e for e in events if not e.get("prediction_id")]
    # of two rows with one given id the first stays: their order is the sender's to keep
    given_ids = [e for e in events if e.get("prediction_id")]
    shuffled = rnd.sample(ids, len(ids)) + given_ids
    with Store.open(tmp_path_factory.mktemp("s")) as store:
        first = store.load(one_by_one(ids + given_ids), "f")
        before = contents(store)
        again = store.load(one_by_one(shuffled), "g")

        assert again == LoadCounts(duplicates=len(events))
        assert contents(store) == before
        assert first.predictions == len(before["m_m.predictions"])
        assert first.calls == len(before["m_m.calls"])
        assert first.labels == len(before["m_m.labels"])
