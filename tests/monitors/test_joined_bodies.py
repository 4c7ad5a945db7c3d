"""Tables of several senders are read as one, and each is told what it would be told alone."""

import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from monitors.collect_logs import Collecting
from monitors.collected import Body, Kind
from monitors.joined_bodies import alike, groups
from store.store import Store

NOW = datetime(2026, 11, 22, tzinfo=UTC)
STORED = "select ts, prediction_id, score, version from predictions order by all"


def arrow(rows: list[dict[str, object]], **columns: pa.DataType) -> bytes:
    kinds = {"model": pa.string(), "ts": pa.timestamp("us", "UTC"), "prediction_id": pa.string()}
    schema = pa.schema({**kinds, "score": pa.float64(), "a": pa.float64(), **columns})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as stream:
        for row in range(0, len(rows), 3):  # in several batches
            stream.write_table(pa.Table.from_pylist(rows[row : row + 3], schema))
    return sink.getvalue().to_pybytes()


def row(number: int, *, model: str | None = "m", late: bool = False) -> dict[str, object]:
    ts = NOW + timedelta(days=9) if late else NOW - timedelta(minutes=number)
    return {"model": model, "ts": ts, "prediction_id": f"p-{number}", "score": 0.5, "a": 1.0}


def body(rows: list[dict[str, object]], **more: object) -> Body:
    return Body(Kind.PREDICTIONS, arrow(rows), "arrow", **more)


rows = st.builds(
    row, st.integers(0, 30), model=st.sampled_from(["m", "n", None]), late=st.booleans()
)
bodies = st.builds(
    body,
    st.lists(rows, max_size=8),
    version=st.sampled_from([None, "2"]),
    models=st.sampled_from([None, frozenset({"m"})]),
)


def answers(sent: list[list[Body]]) -> tuple[list[object], list[object]]:
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder)) as store:
        collecting = Collecting(store)
        told = [one for some in sent for one in collecting.collect(some, NOW, "http")]
        said = [
            (
                replace(one.stored, known=()),
                one.accepted,
                [(r.position, r.reason) for r in one.rejections],
                one.error,
            )
            for one in told
        ]
        return said, store.sql(STORED).to_pylist() if store.models() else []


@settings(max_examples=6, deadline=None)
@given(st.lists(bodies, min_size=1, max_size=5))
def test_tables_of_one_commit_are_answered_and_stored_as_they_would_be_alone(sent: list[Body]):
    assert answers([sent]) == answers([[one] for one in sent])


def test_tables_of_the_same_columns_are_read_as_one_and_others_are_not():
    plain, other = body([row(1)]), body([row(2)])
    wide = Body(Kind.PREDICTIONS, arrow([row(3)], b=pa.float64()), "arrow")
    coded = pa.dictionary(pa.int8(), pa.string())
    spelled = Body(Kind.PREDICTIONS, arrow([row(4)], c=coded), "arrow")
    again = Body(Kind.PREDICTIONS, arrow([row(5)], c=coded), "arrow")
    assert groups([plain, wide, other, spelled, again]) == [[0, 2], [1], [3], [4]]
    assert alike(spelled) is None, "dictionaries of two tables are not the same"


def test_a_damaged_table_spoils_nobody_elses(tmp_path: Path):
    good = [body([row(1)]), body([row(2), row(3)])]
    cut = Body(Kind.PREDICTIONS, arrow([row(4), row(5)])[:-40], "arrow")
    with Store.open(tmp_path) as store:
        told = Collecting(store).collect([good[0], cut, good[1]], NOW, "http")
    assert [one.accepted for one in told] == [1, 0, 2]
    assert told[1].error is not None
