"""Rejected lines are read again: stored once, whatever came by their file, a kill or a rival."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.rejection import Rejection
from ingest.mapping import Mapping
from ingest.sources import SourceFile
from monitors.collect_logs import Body, Collecting, Kind
from monitors.ingest_logs import Options, ingest_events, ingest_labels
from monitors.retrying import Retrying, retry_rejected
from store.counted import LoadCounts
from store.store import Store

NOW = datetime(2026, 11, 22, tzinfo=UTC)
NAIVE = "2026-11-20T10:00:%02d"
IN_UTC = Mapping(ts_zone="UTC")
EVERYTHING = """
    select * exclude (id) from {table} order by all
"""


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path / "store") as opened:
        yield opened


def options(mapping=None, model="m", version=None, log_format="auto"):
    return Options(mapping, model, version, log_format, NOW)


def line(second, **fields):
    return {"ts": NAIVE % second, "score": 0.5, "features": {"a": second}, **fields}


def lines(*rows):
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def ingest(store, content, mapping=None, name="a.ndjson", **how):
    return ingest_events(store, [SourceFile(name, data=content)], options(mapping, **how))


def retry(store, mapping=None, **how):
    return retry_rejected(store, Retrying(now=NOW, mapping=mapping, **how))


def rows(store, *tables):
    return {
        table: store.sql(f"select * from {table} order by all").to_pylist()
        for table in tables or ("predictions", "calls", "labels")
    }


def twin_of(tmp_path, content, mapping, **how):
    """What a store holds that read the file with the mended mapping from the beginning."""
    with Store.open(tmp_path / "twin") as other:
        ingest(other, content, mapping, **how)
        return rows(other)


def test_lines_are_read_with_the_mended_mapping_as_their_file_would_have_been(store, tmp_path):
    content = lines(line(1), line(2, ts="2026-11-20T10:00:02Z"), line(3, label="yes"))
    assert ingest(store, content).rejected_reasons == {"naive_ts": 2}

    counts = retry(store, IN_UTC)

    assert (counts.read, counts.still, counts.untried) == (2, {}, {})
    assert counts.stored == LoadCounts(2, 2, 1, 0)
    assert store.rejected_counts() == {}
    assert rows(store) == twin_of(tmp_path, content, IN_UTC)
    assert store.sources()["a.ndjson"] == LoadCounts(3, 3, 1, 0)
    (tally,) = store.rejected_tallies()
    assert (tally.kept, tally.read_again, tally.dropped) == (0, 2, 0)


@pytest.mark.parametrize("first", ["retry", "file"])
def test_a_line_and_its_file_ingested_again_are_one_event(store, first):
    content = lines(line(1), line(1), line(2, prediction_id="p"))
    ingest(store, content)

    if first == "retry":
        assert retry(store, IN_UTC).stored == LoadCounts(3, 3, 0, 0)
        assert ingest(store, content, IN_UTC).stored == LoadCounts(duplicates=3)
    else:
        assert ingest(store, content, IN_UTC).stored == LoadCounts(3, 3, 0, 0)
        assert retry(store, IN_UTC).stored == LoadCounts(duplicates=3)
    assert store.rejected_counts() == {}


def test_retrying_twice_stores_nothing_twice(store):
    ingest(store, lines(line(1), line(2)))

    assert retry(store, IN_UTC).stored.predictions == 2
    again = retry(store, IN_UTC)
    assert (again.lines, again.stored) == (0, LoadCounts())


def test_a_line_that_its_file_held_twice_is_two_events(store):
    content = lines(line(1), line(1), line(1))
    ingest(store, content)
    ingest(store, content)  # the same file again adds nothing

    assert len(store.rejected()) == 1
    counts = retry(store, IN_UTC)
    assert (counts.read, counts.stored.predictions) == (1, 3)


def test_what_is_still_bad_stays_with_its_new_reason(store):
    ingest(store, lines(line(1), line(2, score="high"), line(3, ts="soon")) + b"{oops\n")
    before = {one.rejection.position: one for one in store.rejected()}
    assert {p: one.rejection.reason for p, one in before.items()} == {
        1: "naive_ts", 2: "naive_ts", 3: "bad_ts", 4: "bad_json",
    }  # fmt: skip

    counts = retry(store, IN_UTC)

    assert counts.still == {"wrong_type": 1, "bad_ts": 1, "bad_json": 1}
    after = {one.rejection.position: one for one in store.rejected()}
    assert {p: one.rejection.reason for p, one in after.items()} == {
        2: "wrong_type", 3: "bad_ts", 4: "bad_json",
    }  # fmt: skip
    for position, one in after.items():
        assert one.rejection.raw == before[position].rejection.raw
        assert (one.source, one.rejected_at) == ("a.ndjson", NOW)


def test_a_retry_without_a_mapping_reads_each_line_as_it_was_read_then(store):
    now = NOW - timedelta(days=3)
    early = Options(IN_UTC, "m", "7", "auto", now)
    ingest_events(store, [SourceFile("a", data=lines(line(1)))], early)
    assert store.rejected_counts() == {"future_ts": 1}

    assert retry(store).stored.predictions == 1
    assert rows(store, "predictions")["predictions"][0]["version"] == "7"


def test_only_the_lines_that_are_meant_are_read(store):
    ingest(store, lines(line(1)), name="a")
    ingest(store, lines(line(2)), name="b")
    ingest(store, lines(line(3, ts="soon")), name="b")

    counts = retry(store, IN_UTC, source="b", reason="naive_ts")

    assert (counts.lines, counts.read) == (1, 1)
    assert {(t.source, t.reason): t.kept for t in store.rejected_tallies() if t.kept} == {
        ("a", "naive_ts"): 1, ("b", "bad_ts"): 1,
    }  # fmt: skip


def test_rows_of_tables_come_back_as_their_table_would_have_brought_them(store, tmp_path):
    table = {
        "ts": [NAIVE % 1, NAIVE % 2],
        "version": ["2.0", "2.0"],
        "prediction_id": ["007", "008"],
        "score": [0.25, None],
        "zip": ["01234", "99999"],
        "flag": [True, False],
        "n": [1, 2],
    }
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(table), sink)
    parquet = sink.getvalue().to_pybytes()
    cells = zip(*table.values(), strict=True)
    csv = ",".join(table) + "\n" + "".join(
        ",".join("" if cell is None else str(cell) for cell in row) + "\n" for row in cells
    )  # fmt: skip
    for name, content in (("t.parquet", parquet), ("t.csv", csv.encode())):
        with Store.open(tmp_path / name) as own, Store.open(tmp_path / f"{name}.twin") as twin:
            assert ingest(own, content, name=name).rejected_reasons == {"naive_ts": 2}
            assert retry(own, IN_UTC).stored.predictions == 2
            ingest(twin, content, IN_UTC, name=name)
            assert rows(own) == rows(twin)
            # ids too: nothing is new
            assert ingest(own, content, IN_UTC, name=name).stored == LoadCounts(duplicates=2)


def test_a_ragged_row_has_lost_its_header_and_stays_as_it_is(store):
    ingest(store, b"ts,score\n2026-11-20T10:00:00Z,0.5,7\n", name="t.csv")
    (before,) = store.rejected()

    counts = retry(store, IN_UTC)

    assert counts.still == {"ragged_row": 1}
    (after,) = store.rejected()
    assert after.rejection == before.rejection


def test_labels_are_read_again_as_labels(store):
    told = lines({"prediction_id": "p", "label": "yes", "ts": NAIVE % 1}, {"label": "no"})
    ingest_labels(store, [SourceFile("l", data=told)], options())
    assert store.rejected_counts() == {"missing_id": 1, "naive_ts": 1}

    counts = retry(store, IN_UTC)

    assert counts.stored == LoadCounts(labels=1)
    assert counts.still == {"missing_id": 1}


def test_lines_of_senders_are_read_again_too(store):
    collecting = Collecting(store)
    body = Body(Kind.PREDICTIONS, lines(line(1), line(1)), "ndjson", "m", "3")
    collecting.collect([body, body], NOW, "http")
    assert [(one.times, one.read_as.version) for one in store.rejected()] == [(2, "3")]

    assert retry(store, IN_UTC).stored.predictions == 2


def test_a_line_that_was_cut_is_not_read_and_it_is_said(store):
    ingest(store, lines(line(1, replica="x" * 70_000), line(2)))

    counts = retry(store, IN_UTC)

    assert (counts.read, counts.untried) == (1, {"cut": 1})
    (kept,) = store.rejected()
    assert (kept.rejection.cut, len(kept.rejection.raw)) == (True, 64 * 1024)


def test_a_line_of_exactly_the_limit_is_whole(store):
    bare = lines(line(1, replica=""))
    ingest(store, lines(line(1, replica="x" * (64 * 1024 + 1 - len(bare)))))
    (kept,) = store.rejected()
    assert (len(kept.rejection.raw), kept.rejection.cut) == (64 * 1024, False)

    assert retry(store, IN_UTC).read == 1


def test_of_a_line_of_before_it_is_not_guessed_how_it_was_read(store):
    raw = json.dumps(line(1, model="m")).encode()
    store.reject("old", [Rejection(1, "naive_ts", "no zone", raw)])

    assert retry(store).untried == {"unknown": 1}
    assert retry(store, IN_UTC).stored.predictions == 1


def test_a_call_of_many_rows_is_read_as_one(store):
    # as a reader of calls hands it on: several rows of one record, refused one by one
    raw = json.dumps(line(1, model="m", request_id="r")).encode()
    refused = [
        Rejection(1, "wrong_type", "score is text", raw),
        Rejection(1, "wrong_type", "score is text", raw),
        Rejection(1, "naive_ts", "no zone", raw),
    ]
    store.reject("calls", refused, options().read_as("events", "ndjson"), NOW)
    assert sorted(one.times for one in store.rejected()) == [1, 1]

    counts = retry(store, IN_UTC)

    assert (counts.read, counts.stored) == (2, LoadCounts(1, 1, 0, 0))
    assert store.rejected() == []


def test_one_new_reason_for_a_line_that_had_two_is_kept_once(store):
    raw = json.dumps(line(1, ts="soon", model="m")).encode()
    refused = [Rejection(1, "wrong_type", "x", raw), Rejection(1, "naive_ts", "y", raw)]
    store.reject("calls", refused, options().read_as("events", "ndjson"), NOW)

    retry(store, IN_UTC)

    assert [one.rejection.reason for one in store.rejected()] == ["bad_ts"]
    retry(store, IN_UTC)
    assert [one.rejection.reason for one in store.rejected()] == ["bad_ts"]


def test_lines_that_somebody_erases_meanwhile_are_not_stored(store, monkeypatch):
    ingest(store, lines(line(1, tags={"user": "ann"}), line(2)))
    found = store.rejected_lines

    def then_erased(ids):
        monkeypatch.undo()
        read = found(ids)
        store.drop_rejected(NOW + timedelta(days=1))
        ingest(store, lines(line(2)))
        return read

    monkeypatch.setattr(store, "rejected_lines", then_erased)
    counts = retry(store, IN_UTC)

    assert counts.read == 1
    (row,) = rows(store, "predictions")["predictions"]
    assert row["tags"] is None


def test_retries_beside_each_other_and_a_collector_store_everything_once(store):
    n = 400
    ingest(store, lines(*(line(i % 60, prediction_id=f"p{i}") for i in range(n))))
    collecting, failed = Collecting(store), []

    def collect():
        for i in range(20):
            good = line(i, ts="2026-11-20T11:00:00Z", prediction_id=f"q{i}")
            body = Body(Kind.PREDICTIONS, lines(good, line(i)), "ndjson", "m")
            collecting.collect([body], NOW, "http")

    def again():
        try:
            retry(store, IN_UTC)
        except Exception as error:  # noqa: BLE001 (told by the main thread)
            failed.append(error)

    threads = [threading.Thread(target=work) for work in (again, collect, again)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    retry(store, IN_UTC)

    assert failed == []
    ids = [row["prediction_id"] for row in rows(store, "predictions")["predictions"]]
    named = [one for one in ids if one is not None]
    assert sorted(named) == sorted([f"p{i}" for i in range(n)] + [f"q{i}" for i in range(20)])
    assert (len(ids) - len(named), store.rejected_counts()) == (20, {})


KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from ingest.mapping import Mapping
from monitors import retrying
from store.store import Store
store = Store.open(Path(sys.argv[1]))
retrying._MOST_LINES = 25
left, commit = [int(sys.argv[2])], Store.collect_again
def dying(self, bodies, again, source):
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
    left[0] -= 1
    return commit(self, bodies, again, source)
Store.collect_again = dying
now = datetime(2026, 11, 22, tzinfo=UTC)
retrying.retry_rejected(store, retrying.Retrying(now=now, mapping=Mapping(ts_zone="UTC")))
"""


def test_a_kill_in_the_middle_loses_nothing_and_doubles_nothing(tmp_path):
    folder, n = tmp_path / "store", 100
    with Store.open(folder) as store:
        ingest(store, lines(*(line(i % 60, replica=str(i)) for i in range(n))))

    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(folder), "2"], check=False, capture_output=True
    )

    assert killed.returncode == -signal.SIGKILL, killed.stderr
    with Store.open(folder) as store:
        (kept,) = store.rejected_counts().values()
        assert (len(rows(store, "predictions")["predictions"]), kept) == (50, 50)
        assert retry(store, IN_UTC).stored.predictions == 50
        assert len(rows(store, "predictions")["predictions"]) == n
        assert store.rejected_counts() == {}


BAD = st.sampled_from(
    [line(1), line(2), line(1, score="x"), line(3, ts="soon"), line(4, ts="2026-11-20T10:00:04Z"),
     {"ts": NAIVE % 5}, line(6, prediction_id="p"), line(6, prediction_id="p", label="no")]
)  # fmt: skip


@settings(max_examples=12)
@given(files=st.lists(st.lists(BAD, max_size=6), max_size=3), repeats=st.integers(1, 2))
def test_a_store_that_retries_holds_what_one_holds_that_was_mended_first(files, repeats):
    import tempfile

    with (
        tempfile.TemporaryDirectory() as folder,
        Store.open(Path(folder) / "a") as store,
        Store.open(Path(folder) / "b") as mended,
    ):
        for number, some in enumerate(files):
            for _ in range(repeats):
                ingest(store, lines(*some), name=f"f{number}")
        retry(store, IN_UTC)
        for number, some in enumerate(files):
            ingest(mended, lines(*some), IN_UTC, name=f"f{number}")
        if not mended.models():
            return
        # of records without an id, that two files hold, one is a repetition of the other
        assert rows(store) == rows(mended)
        assert store.rejected_counts() == mended.rejected_counts()
