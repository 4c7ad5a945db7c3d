"""Small logs of one walk share commits; each is stored, counted and refused as if it were alone."""

import base64
import json
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import DiskFullError, InputError
from ingest.sources import SourceFile
from monitors import shared_commit
from monitors.halves import give_up
from monitors.ingest_logs import IngestCounts, Options, ingest_events, ingest_labels
from store.append import Bodies
from store.counted import Came, LoadCounts
from store.store import Store
from store.taking import Taking
from tests.monitors.followed import SETTLE, Followed

T = datetime(2026, 6, 1, 8, tzinfo=UTC)
OPTIONS = Options(None, None, None, "auto", T + timedelta(days=1))


def event(number: int, **more: object) -> dict[str, object]:
    at = (T + timedelta(minutes=number)).isoformat()
    return {"model": "m", "ts": at, "score": 0.5, "features": {"x": number}} | more


def half(call: int, side: str) -> dict[str, object]:
    body = {"instances": [[call]]} if side == "request" else {"predictions": [call]}
    return {
        "specversion": "1.0", "type": f"org.kubeflow.serving.inference.{side}", "data": body,
        "source": "http://localhost:9081/", "id": f"call-{call}", "namespace": "risk",
        "time": (T + timedelta(minutes=call)).isoformat(), "inferenceservicename": "credit",
        "component": "predictor", "endpoint": "default", "datacontenttype": "application/json",
    }  # fmt: skip


def sample(number: int) -> dict[str, object]:
    at = (T + timedelta(minutes=number)).isoformat()
    return {"ts": at, "model": "m", "metric": "cpu", "value": number, "unit": "cores"}


few = st.integers(0, 4)
native = st.one_of(
    few.map(event),
    few.map(lambda n: event(n, prediction_id=f"p-{n}", label="yes")),
    few.map(lambda n: event(n, model="other", request_id=f"r-{n}", status=500)),
    few.map(lambda n: event(n, features={"x": "a text"})),
    few.map(lambda n: event(n, ts=f"day {n}")),
    st.just({"model": "m"}),
)
halves = st.builds(half, few, st.sampled_from(["request", "response"]))
logs = st.one_of(*(st.lists(kind, max_size=4) for kind in (native, halves, few.map(sample))))


def written(records: list[dict[str, object]]) -> bytes:
    return "".join(json.dumps(one) + "\n" for one in records).encode()


def sources(contents: list[bytes]) -> list[SourceFile]:
    return [SourceFile(f"{number}.jsonl", data=content) for number, content in enumerate(contents)]


def told(store: Store, counts: IngestCounts, paired: set[str]) -> dict[str, object]:
    """All that is kept of a walk, and what was said of it; a pair may count for either log."""
    facts = store.source_facts()
    # a side that comes again after its call was whole waits, and is forgotten in the end
    said = {name: one for name, one in counts.shape().items() if name != "waiting"}
    give_up(store, OPTIONS.now + timedelta(days=30))
    tables = ("predictions", "calls", "labels") if store.models() else ()
    return {
        "counts": said,
        "sources": {name: one for name, one in facts.items() if name not in paired},
        "all": sum((one.counts for one in facts.values()), LoadCounts()),
        "rejected": sorted(
            (one.source, one.rejection.position, one.rejection.reason, one.times, str(one.read_as))
            for one in store.rejected()
        ),
        "halves": store.halves_waiting().responses,
        "samples": store.sql("select ts, value from resource_samples order by all").to_pylist(),
        "rows": [store.sql(f"select * from {one} order by all").to_pylist() for one in tables],
    }


def walked(contents: list[bytes], *, most: int, small: int) -> dict[str, object]:
    paired = {one.name for one in sources(contents) if b"inference" in (one.data or b"")}
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setattr(shared_commit, "MOST_LOGS", most)
        patch.setattr(shared_commit, "SMALL_BYTES", small)
        with Store.open(Path(folder)) as store:
            return told(store, ingest_events(store, sources(contents), OPTIONS), paired)


@settings(max_examples=8, deadline=None)
@given(walk=st.lists(logs.map(written), min_size=2, max_size=7))
def test_a_walk_is_stored_alike_however_many_logs_share_a_commit(walk: list[bytes]):
    alone = walked(walk, most=1, small=-1)
    assert walked(walk, most=3, small=1 << 20) == alone
    assert walked(walk, most=99, small=2_000) == alone


@pytest.fixture
def store(tmp_path: Path):
    with Store.open(tmp_path) as opened:
        yield opened


@pytest.fixture
def commits(store: Store, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many logs each commit held; the second one fails."""
    made: list[int] = []
    collect = store.collect

    def counted(bodies: Bodies, source: str) -> list[LoadCounts]:
        made.append(bodies.n)
        if len(made) == 2:
            raise DiskFullError("the disk is full")
        return collect(bodies, source)

    monkeypatch.setattr(store, "collect", counted)
    return made


def test_thousands_of_logs_take_few_commits_and_one_that_fails_takes_no_other_with_it(
    store: Store, commits: list[int]
):
    walk = sources([written([event(n)]) for n in range(600)])
    with pytest.raises(DiskFullError):
        ingest_events(store, walk, OPTIONS)
    assert store.sql("select count(*) as n from predictions").to_pylist() == [{"n": 256}]
    again = ingest_events(store, walk, OPTIONS)
    assert (again.stored.predictions, again.stored.duplicates) == (344, 256)
    assert commits == [256, 256, 256, 256, 88]


DAMAGED = SourceFile("table.parquet", data=b"PAR1 and no more")


def test_a_log_that_cannot_be_read_is_told_and_the_others_are_stored(store: Store):
    good = [written([event(n)]) for n in range(3)]
    sides = [written([half(n, side)]) for side in ("request", "response") for n in (7, 8)]
    some, others = sources([*good[:2], *sides[:2]]), sources([*sides[2:], good[2]])
    counts = ingest_events(store, [*some, DAMAGED, *others], OPTIONS)
    assert (counts.stored.predictions, counts.waiting) == (5, 0)
    assert list(counts.unread) == ["table.parquet"]
    assert "table.parquet" in counts.unread["table.parquet"]
    assert counts.shape()["unread"] == counts.unread


def test_a_log_that_cannot_be_read_is_an_error_where_it_is_the_only_one(store: Store):
    with pytest.raises(InputError, match="parquet"):
        ingest_events(store, [DAMAGED], OPTIONS)
    with pytest.raises(InputError, match="parquet"):
        ingest_labels(store, [DAMAGED], OPTIONS)


def test_of_many_logs_of_labels_those_that_can_be_read_are_stored(store: Store):
    told = written([{"model": "m", "prediction_id": "p", "label": 1, "ts": T.isoformat()}])
    counts = ingest_labels(store, [DAMAGED, *sources([told])], OPTIONS)
    assert counts.stored.labels == 1
    assert list(counts.unread) == ["table.parquet"]


def test_labels_in_many_logs_share_a_commit_and_each_counts_under_its_own_name(
    store: Store, commits: list[int]
):
    told = [
        [{"model": "m", "prediction_id": f"p-{n}", "label": n, "ts": T.isoformat()}] * (1 + n % 2)
        for n in range(5)
    ]
    walk = sources([written(records) for records in told])
    counts = ingest_labels(store, [*walk, SourceFile("odd.jsonl", data=b'{"label": 1}\n')], OPTIONS)
    assert (counts.stored.labels, counts.stored.duplicates, counts.rejected) == (5, 2, 1)
    assert store.sources()["1.jsonl"] == LoadCounts(labels=1, duplicates=1)
    assert [one.source for one in store.rejected()] == ["odd.jsonl"]
    assert commits == [6]


def capture(number: int) -> bytes:
    """A side of a call as KServe's blob logger writes it: a document, read only whole."""
    call, side = number // 2, ("request", "response")[number % 2]
    body = {"instances": [[call]]} if side == "request" else {"predictions": [call]}
    record = {
        "bytes": base64.b64encode(json.dumps(body).encode()).decode(), "id": f"call-{call}",
        "contentType": "application/json", "reqType": f"org.kubeflow.serving.inference.{side}",
        "inferenceService": "credit", "namespace": "risk", "component": "predictor",
        "occurrenceTime": (T + timedelta(minutes=number)).isoformat(),
    }  # fmt: skip
    return json.dumps([record], indent=1).encode()


@pytest.fixture
def followed(tmp_path: Path) -> Followed:
    return Followed(tmp_path)


@pytest.fixture
def taken(followed: Followed, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many files each commit of a follower held."""
    made: list[int] = []
    take, take_whole = followed.service.store.take, followed.service.store.take_whole

    def counted(bodies: Bodies, taking: Taking, source: str) -> list[LoadCounts]:
        made.append(len(taking.pieces))
        return take(bodies, taking, source)

    def counted_alone(batches, taking: Taking, source: str, came: Came) -> LoadCounts:
        made.append(-1)
        return take_whole(batches, taking, source, came)

    monkeypatch.setattr(followed.service.store, "take", counted)
    monkeypatch.setattr(followed.service.store, "take_whole", counted_alone)
    return made


def test_small_files_that_are_read_only_whole_share_a_commit_of_their_follower(
    followed: Followed, taken: list[int]
):
    for number in range(8):
        (followed.logs / f"{number}.json").write_bytes(capture(number))
    (followed.logs / "7b.json").write_bytes(capture(7)[:-9])
    (followed.logs / "8.parquet").write_bytes(b"PAR1 and nothing else")
    counts = followed.look(2 * SETTLE)
    assert (counts.stored.calls, counts.rejected) == (4, 1)
    assert taken == [9]
    assert list(followed.follower.problems) == [str(followed.logs / "8.parquet")]
    (refused,) = followed.service.store.rejected()
    assert (refused.source, refused.rejection.position) == (str(followed.logs / "7b.json"), 1)

    followed.restart()
    assert followed.look(SETTLE).stored == LoadCounts()
    assert followed.ingest_everything().stored.calls == 0


def test_a_small_file_that_holds_much_is_stored_by_itself(
    followed: Followed, taken: list[int], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(shared_commit, "SMALL_BYTES", 50_000)
    for name, rows in (("a", 2), ("b", 3_000), ("c", 3)):
        table = pa.table({
            "model": ["m"] * rows, "ts": [T] * rows, "score": [0.5] * rows, "x": [1.0] * rows,
        })  # fmt: skip
        pq.write_table(table, followed.logs / f"{name}.parquet")
    assert followed.look(2 * SETTLE).stored.predictions == 3_000
    assert taken == [2, -1]
    assert followed.follower.problems == {}
    followed.restart()
    assert followed.look(SETTLE).stored.duplicates == 0, "all of them are known"


def test_samples_of_a_followed_file_are_kept_once(followed: Followed):
    (followed.logs / "use.jsonl").write_bytes(written([sample(1), sample(2)]))
    assert followed.look().samples == 2
    rows = followed.service.store.sql("select count(*) as n from resource_samples").to_pylist()
    assert rows == [{"n": 2}]
