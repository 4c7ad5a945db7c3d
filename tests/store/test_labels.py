from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import StoreError
from domain.label import LabelStanding
from domain.window import Window
from store.append import LoadCounts
from store.store import Store
from tests.store.made import DAY, START, at, batch, event


def told(*labels: dict[str, object], model: str = "m") -> tuple[str, pa.Table]:
    names = {name for line in labels for name in line}
    kinds = {"ts": pa.timestamp("us", tz="UTC")}
    columns = {
        n: pa.array([line.get(n) for line in labels], kinds.get(n, pa.string()))
        for n in sorted(names)
    }
    return model, pa.table(columns)


def labels_of(
    store: Store, version: str = "", windows: Sequence[Window] = (DAY,), by: datetime | None = None
) -> list[list[str]]:
    return [o.labels.tolist() for o in store.logs("m").outcomes(version, windows, by)]


@pytest.fixture
def served(store: Store) -> Store:
    events = [
        event(i, prediction_id=f"p{i}", request_id="r", prediction="late", score=i / 10)
        for i in range(3)
    ]
    store.load([batch(events)], "f")
    return store


def test_the_newest_label_by_its_own_time_wins(served: Store):
    lines = [
        {"prediction_id": "p0", "label": "late", "ts": at(60)},
        {"prediction_id": "p0", "label": "early", "ts": at(30)},
    ]

    assert served.load_labels([told(*lines)], "l") == LoadCounts(labels=2)
    assert labels_of(served) == [["late"]]


def test_history_is_replayed_with_the_labels_of_its_time(served: Store):
    lines = [
        {"prediction_id": "p0", "label": "early", "ts": at(30)},
        {"prediction_id": "p0", "label": "late", "ts": at(60)},
        {"prediction_id": "p1", "label": "late", "ts": at(90)},
    ]
    served.load_labels([told(*lines)], "l")

    assert labels_of(served, by=at(29)) == [[]]
    assert labels_of(served, by=at(30)) == [["early"]]
    assert labels_of(served, by=at(90)) == [["late", "late"]]
    assert [o.pending for o in served.logs("m").outcomes("", [DAY], at(60))] == [2]


def test_the_same_label_twice_is_a_duplicate(served: Store):
    line = {"prediction_id": "p0", "label": "late", "ts": at(60)}

    assert served.load_labels([told(line, line)], "l") == LoadCounts(labels=1, duplicates=1)
    assert served.load_labels([told(line)], "again") == LoadCounts(duplicates=1)


def test_a_label_may_be_earlier_than_its_prediction_and_its_model(store: Store):
    store.load_labels([told({"prediction_id": "p9", "label": "late"})], "l")
    assert store.models() == ("m",)
    assert store.logs("m").data_span() is None

    store.load([batch([event(0, prediction_id="p9", prediction="late")])], "f")

    assert labels_of(store) == [["late"]]


def test_a_label_of_a_request_is_told_of_every_versions_predictions_of_it(store: Store):
    events = [
        event(0, version=v, request_id="r", prediction_id=f"{v}{i}", score=0.5)
        for v in ("1", "2")
        for i in range(2)
    ]
    store.load([batch(events)], "f")
    store.load_labels([told({"request_id": "r", "label": "late", "ts": at(5)})], "l")

    assert labels_of(store, "1") == labels_of(store, "2") == [["late", "late"]]


def test_a_label_without_a_time_is_older_than_any_with_one(served: Store):
    served.load_labels([told({"prediction_id": "p0", "label": "early", "ts": at(30)})], "l")
    served.load_labels([told({"prediction_id": "p0", "label": "late"})], "l")
    served.load_labels([told({"prediction_id": "p1", "label": "early"})], "l")
    served.load_labels([told({"prediction_id": "p1", "label": "late"})], "l")

    assert labels_of(served) == [["early", "late"]]
    assert labels_of(served, by=at(0)) == [["late", "late"]]


def test_a_label_in_the_event_itself_is_a_label_of_its_time(store: Store):
    events = [
        event(0, score=0.5, label="yes"),
        event(1, score=0.5, label="no", prediction_id="p"),
        event(2, score=0.5, label="no", request_id="r"),
        event(2, score=0.5, label="yes", request_id="r"),
        event(3, score=0.5),
    ]

    assert store.load([batch(events)], "f") == LoadCounts(5, 4, 4, 0)
    outcome = store.logs("m").outcomes("", [DAY])[0]
    assert sorted(outcome.labels.tolist()) == ["no", "no", "yes", "yes"]
    assert outcome.pending == 1
    assert outcome.newest_label_at == at(2)


def test_an_event_that_only_labels_is_neither_prediction_nor_call(store: Store):
    store.load([batch([event(0, prediction_id="p", score=0.5)])], "f")

    late = event(600, prediction_id="p", label="yes")
    assert store.load([batch([late])], "f") == LoadCounts(labels=1)
    assert store.load([batch([late])], "f") == LoadCounts(duplicates=1)
    assert labels_of(store) == [["yes"]]


def test_a_known_event_that_brings_a_label_stores_the_label_alone(store: Store):
    store.load([batch([event(0, prediction_id="p", score=0.5)])], "f")

    again = event(0, prediction_id="p", score=0.5, label="yes")
    assert store.load([batch([again])], "f") == LoadCounts(labels=1)


def test_outcomes_fall_into_their_windows_with_all_that_metrics_need(served: Store):
    lines = [{"prediction_id": f"p{i}", "label": str(i), "ts": at(60 + i)} for i in (0, 2)]
    served.load_labels([told(*lines)], "l")
    windows = [Window(at(0), at(1)), Window(at(1), at(3)), Window(at(100), at(101))]

    first, second, empty = served.logs("m").outcomes("", windows)

    assert (first.labels.tolist(), first.pending, first.newest_label_at) == (["0"], 0, at(60))
    assert second.predictions.tolist() == ["late"]
    assert second.labels.astype(float).tolist() == [2.0]
    np.testing.assert_array_equal(second.scores, [0.2])
    assert second.pending == 1
    assert (empty.labelled, empty.pending, empty.newest_label_at) == (0, 0, None)


def test_a_label_of_another_model_is_none_of_ours(served: Store):
    served.load_labels([told({"prediction_id": "p0", "label": "x"}, model="other")], "l")

    assert labels_of(served) == [[]]


def test_labels_with_a_time_without_zone_are_refused(served: Store):
    table = pa.table(
        {"prediction_id": ["p0"], "label": ["x"], "ts": pa.array([at(0).replace(tzinfo=None)])}
    )

    with pytest.raises(StoreError, match="zone"):
        served.load_labels([("m", table)], "l")
    assert served.sources() == {"f": LoadCounts(3, 1, 0, 0)}


def test_pending_predictions_and_labels_of_nobody_are_counted(served: Store):
    assert served.label_standing("m") == LabelStanding(
        model="m", predictions=3, pending=3, unmatched=0
    )
    lines = [
        {"prediction_id": "p0", "label": "late", "ts": at(60)},
        {"prediction_id": "p0", "label": "early", "ts": at(90)},  # corrected: one prediction
        {"prediction_id": "p9", "label": "late"},
        {"request_id": "r9", "label": "late"},
    ]
    served.load_labels([told(*lines)], "l")
    assert served.label_standing("m") == LabelStanding(
        model="m", predictions=3, pending=2, unmatched=2
    )

    served.load([batch([event(5, prediction_id="p9", request_id="r9", score=0.5)])], "f")
    assert served.label_standing("m") == LabelStanding(
        model="m", predictions=4, pending=2, unmatched=0
    )

    served.load_labels([told({"request_id": "r", "label": "late"})], "l")
    assert served.label_standing("m").pending == 0


def test_a_label_in_the_event_itself_leaves_nothing_pending(store: Store):
    events = [
        event(0, score=0.5, label="yes"),
        event(1, score=0.5, label="no", prediction_id="p"),
        event(2, score=0.5),
    ]
    store.load([batch(events)], "f")

    assert store.label_standing("m") == LabelStanding(
        model="m", predictions=3, pending=1, unmatched=0
    )


def test_archived_predictions_are_no_strangers_to_their_labels(served: Store, tmp_path: Path):
    served.load_labels([told({"prediction_id": "p0", "label": "x"})], "l")
    before = served.label_standing("m")
    (rows,) = served.days_before("m", at(3 * 24 * 60))
    served.archive_day(rows, str(tmp_path / "archive"), "me", at(3 * 24 * 60))

    assert served.sql("select count(*) as n from predictions").to_pylist() == [{"n": 3}]
    assert served.label_standing("m") == before
    assert (before.pending, before.unmatched) == (2, 0)


KEYS = st.sampled_from(["a", "b", "c", None])
SERVED = st.lists(st.tuples(KEYS, KEYS), max_size=8)
TOLD = st.lists(
    st.tuples(KEYS, KEYS, st.sampled_from("xyz"), st.sampled_from([None, 10, 20, 30])), max_size=10
)


@settings(max_examples=25)
@given(served=SERVED, labels=TOLD, early=st.booleans())
def test_labels_find_their_predictions_as_a_plain_recount_does(served, labels, early):
    """Early or late, corrected and repeated: the newest by its own time, then the last told."""
    events = [
        event(i, prediction_id=p, request_id=r, replica=str(i), score=0.5)
        for i, (p, r) in enumerate(served)
    ]
    firsts: dict[object, Mapping[str, object]] = {}
    for number, e in enumerate(events):  # the same id again is the same prediction
        firsts.setdefault(e["prediction_id"] or number, e)
    lines = [
        {"prediction_id": p, "request_id": r, "label": text, "ts": t and at(t)}
        for p, r, text, t in labels
        if p or r
    ]
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder)) as store:
        steps = [
            lambda: [store.load_labels([told(line)], "l") for line in lines],
            lambda: events and store.load([batch(events)], "f"),
        ]
        for step in steps if early else reversed(steps):
            step()
        if not events:
            return
        (outcome,) = store.logs("m").outcomes("", [DAY])
        standing = store.label_standing("m")

    def newest(e):
        mine = [
            (line["ts"] is not None, line["ts"] or START, number, line["label"])
            for number, line in _first_told(lines)
            if (line["prediction_id"] is not None and line["prediction_id"] == e["prediction_id"])
            or (line["prediction_id"] is None and line["request_id"] == e["request_id"])
        ]
        return max(mine)[3] if mine else None

    expected = [newest(e) for e in firsts.values()]
    assert sorted(outcome.labels.tolist()) == sorted(one for one in expected if one is not None)
    assert outcome.pending == standing.pending == expected.count(None)
    assert standing.predictions == len(firsts)
    ids = {(e["prediction_id"], None) for e in firsts.values()}
    ids |= {(None, e["request_id"]) for e in firsts.values()}
    named = {(x["prediction_id"], None if x["prediction_id"] else x["request_id"]) for x in lines}
    assert standing.unmatched == len(named - ids)


def _first_told(lines):
    """A label that comes again, of the same prediction and time, is the one that was."""
    seen = {}
    for number, line in enumerate(lines):
        whom = line["prediction_id"] or ("of request", line["request_id"])
        seen.setdefault((whom, line["label"], line["ts"]), (number, line))
    return seen.values()
