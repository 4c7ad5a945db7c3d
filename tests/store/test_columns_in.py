from __future__ import annotations

import random
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import StoreError
from domain.profile import ColumnKind
from store import staging
from store.append import LoadCounts
from store.store import Store
from tests.store.made import batch, event
from tests.store.test_load import as_events, contents, logs, one_by_one


def load_column(store: Store, values: pa.Array | pa.ChunkedArray) -> list[object]:
    model, events, _ = batch([event(i, score=0.5) for i in range(len(values))])
    store.load([(model, events, pa.table({"a": values}))], "f")
    rows = store.sql("select * from predictions order by ts").to_pylist()
    return [row.get("f_a") for row in rows]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (pa.array([1, None], pa.int8()), ColumnKind.NUMBER),
        (pa.array([1, None], pa.uint64()), ColumnKind.NUMBER),
        (pa.array([1.5, None], pa.float32()), ColumnKind.NUMBER),
        (pa.array([Decimal("1.50"), None]), ColumnKind.NUMBER),
        (pa.array([1.0, float("nan")]), ColumnKind.NUMBER),
        (pa.array([2**60 + 1, None], pa.int64()), ColumnKind.NUMBER),
        (pa.array(["x", None], pa.large_string()), ColumnKind.CATEGORY),
        (pa.array(["x", None], pa.string_view()), ColumnKind.CATEGORY),
        (pa.array(["x", None]).dictionary_encode(), ColumnKind.CATEGORY),
        (pa.chunked_array([["x"], [None]]), ColumnKind.CATEGORY),
        (pa.array([True, None]), ColumnKind.CATEGORY),
    ],
    ids=str,
)
def test_every_plain_type_of_column_is_kept(
    store: Store, values: pa.Array | pa.ChunkedArray, kind: ColumnKind
):
    first, second = load_column(store, values)

    wanted = values[0].as_py()
    assert first == (float(wanted) if kind is ColumnKind.NUMBER else wanted)
    assert second is None
    assert store.logs("m").columns()[0].kind is kind


@pytest.mark.parametrize(
    "values", [pa.array([[1], [2]]), pa.array([{"x": 1}, None]), pa.array([b"x", b"y"])], ids=str
)
def test_a_nested_column_is_refused_by_name(store: Store, values: pa.Array):
    with pytest.raises(StoreError, match="feature 'a' has type"):
        load_column(store, values)
    assert store.models() == ()


def test_a_column_that_holds_nothing_is_no_feature_yet(store: Store):
    assert load_column(store, pa.nulls(2)) == [None, None]
    assert [column.name for column in store.logs("m").columns()] == ["score"]


def test_tables_of_different_length_are_refused(store: Store):
    model, events, _ = batch([event(0, score=0.5)])

    with pytest.raises(StoreError, match="1 events and 2 rows"):
        store.load([(model, events, pa.table({"a": [1.0, 2.0]}))], "f")


def test_events_without_a_time_are_refused(store: Store):
    table = pa.table({"score": [0.5]})

    with pytest.raises(StoreError, match="'m' have no time"):
        store.load([("m", table, table.select([]))], "f")


def test_an_empty_load_is_no_load(store: Store):
    model, events, features = batch([event(0, score=0.5, features={"a": 1})])

    assert store.load([], "f") == LoadCounts()
    assert store.load([(model, events.slice(0, 0), features.slice(0, 0))], "g") == LoadCounts()
    assert store.load_labels([], "l") == LoadCounts()
    assert store.sql("select * from predictions").num_rows == 0


def test_empty_ids_are_no_ids(store: Store):
    events = [event(i, prediction_id="", request_id="", score=0.5) for i in range(3)]

    assert store.load([batch(events)], "f") == LoadCounts(3, 3, 0, 0)
    assert store.logs("m").deployments()[0].version == ""


@settings(max_examples=10, deadline=None)
@given(logs, st.randoms(use_true_random=False))
def test_what_moves_to_disk_between_batches_is_the_same_load(
    tmp_path_factory: pytest.TempPathFactory, log: list[dict[str, object]], rnd: random.Random
):
    batches = one_by_one(as_events(log))
    with Store.open(tmp_path_factory.mktemp("whole")) as whole:
        counts, stored = whole.load(batches, "f"), contents(whole)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(staging, "_PIECE_ROWS", rnd.randint(1, 3))
        with Store.open(tmp_path_factory.mktemp("pieces")) as pieces:
            assert pieces.load(batches, "f") == counts
            assert contents(pieces) == stored
