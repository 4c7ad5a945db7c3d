"""More than the writer can store: senders are told to wait, and memory stays where it is."""

import gzip
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import anyio
import pytest

from api.backpressure import BusyError
from api.bodies import Heading
from api.collector import Collector, Outcome, Sent
from domain.errors import DiskFullError
from monitors.collect_logs import Collected, Kind
from store.counted import LoadCounts
from store.store import Store
from tests.api.sending import TS, event, lines, serving

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def all_wait(collector):
    while collector.facts().queue_requests < 6:
        time.sleep(0.001)


class Slow:
    """Stores nothing, and only when it is let."""

    def __init__(self) -> None:
        self.may_go_on = threading.Event()
        self.at_work = threading.Event()
        self.commits: list[int] = []
        self.bytes: list[int] = []

    def warm_up(self, _):
        pass

    def collect(self, bodies, *_):
        self.at_work.set()
        assert self.may_go_on.wait(30)
        self.commits.append(len(bodies))
        self.bytes.append(sum(len(body.content) for body in bodies))
        return [Collected(LoadCounts(predictions=1), 1) for _ in bodies]


def sent(content: bytes = b"{}") -> Sent:
    return Sent(Kind.PREDICTIONS, content, Heading("ndjson"), None, None, None)


@pytest.fixture
def slow():
    return Slow()


@pytest.fixture
def collector(slow):
    collector = Collector(slow, lambda: NOW, queue_bytes=1_000)
    collector.start()
    yield collector
    slow.may_go_on.set()
    collector.stop()


def status(collector, n_bytes):
    with pytest.raises(BusyError) as busy, collector.room() as room:
        room.grow_to(n_bytes)
    assert busy.value.retry_after_s >= 1
    return busy.value.status


def test_at_four_fifths_of_the_queue_senders_wait_and_when_it_is_full_they_are_turned_away(
    collector,
):
    with collector.room() as held:
        held.grow_to(799)
        with collector.room() as another:
            another.grow_to(1)
            assert status(collector, 1) == 429
            assert status(collector, 201) == 503
            held.grow_to(799)  # what is there already takes nothing more
        assert collector.facts().queue_bytes == 799
    assert collector.facts().queue_bytes == 0
    assert (collector.facts().slowed_down, collector.facts().turned_away) == (1, 1)


def test_what_waits_while_one_commit_is_written_is_stored_in_the_next_one(collector, slow):
    async def send(results):
        async with anyio.create_task_group() as group:
            for _ in range(6):
                group.start_soon(keep, results)
                if not results and not slow.at_work.is_set():
                    await anyio.to_thread.run_sync(slow.at_work.wait)
            await anyio.to_thread.run_sync(all_wait, collector)
            slow.may_go_on.set()

    async def keep(results):
        results.append(await collector.collect(sent()))

    results: list[Outcome] = []
    anyio.run(send, results)

    assert len(results) == 6
    assert slow.commits == [1, 5]
    facts = collector.facts()
    assert (facts.accepted, facts.requests, facts.commits, facts.queue_requests) == (6, 6, 2, 0)


def test_bodies_that_are_large_when_unpacked_are_stored_in_several_commits(collector, slow):
    large = gzip.compress(b"{}\n" + b" " * (30 * 2**20))  # 30 MiB each, of 64 MiB that one may have

    async def send():
        async with anyio.create_task_group() as group:
            for content in (b"{}", *[large] * 5):
                group.start_soon(collector.collect, sent(content))
            await anyio.to_thread.run_sync(all_wait, collector)
            slow.may_go_on.set()

    anyio.run(send)

    assert sum(slow.commits) == 6
    assert max(slow.bytes) <= 64 * 2**20 + 2


class Faulty:
    """Fails whenever one of the bodies is the bad one."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def warm_up(self, _):
        pass

    def collect(self, bodies, *_):
        if any(body.content == b"bad" for body in bodies):
            raise self._error
        return [Collected(LoadCounts(predictions=1), 1) for _ in bodies]


@pytest.mark.parametrize("error", [DiskFullError("full"), ZeroDivisionError()])
def test_a_body_that_makes_a_commit_fail_fails_alone(error):
    collector = Collector(Faulty(error), lambda: NOW)
    collector.start()

    async def send():
        found = []
        async with anyio.create_task_group() as group:
            for content in (b"a", b"bad", b"c"):
                group.start_soon(keep, content, found)
        return dict(found)

    async def keep(content, found):
        try:
            found.append((content, await collector.collect(sent(content))))
        except Exception as failed:  # noqa: BLE001 (which one is what the test asks)
            found.append((content, failed))

    answers = anyio.run(send)
    collector.stop()
    assert isinstance(answers[b"a"], Outcome)
    assert isinstance(answers[b"c"], Outcome)
    assert answers[b"bad"] is error
    assert collector.facts().failed == 1


def test_a_collector_that_stopped_turns_away(slow):
    collector = Collector(slow, lambda: NOW)
    slow.may_go_on.set()
    collector.start()
    collector.stop()

    assert status(collector, 1) == 503
    with pytest.raises(BusyError):
        anyio.run(collector.collect, sent())


# ------------------------------------------------------------------ a server and all its senders

PER_BODY = 300
TEXT = "x" * 900


def native(ids):
    return lines([event(0, prediction_id=i, features={"t": TEXT}) for i in ids])


def bulk(ids):
    documents = (event(0, prediction_id=i, features={"t": TEXT}) for i in ids)
    return "".join(f'{{"index":{{}}}}\n{json.dumps(one)}\n' for one in documents).encode()


def otlp(ids):
    def record(name):
        told = {"prediction_id": name, "model.name": "m", "feature.t": TEXT, "score": "0.5"}
        attributes = [{"key": k, "value": {"stringValue": v}} for k, v in told.items()]
        return {"timeUnixNano": "1795341600000000000", "attributes": attributes}

    records = [record(i) | {"eventName": "ml.prediction"} for i in ids]
    return json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]}).encode()


def pairs(ids):
    kserve, told = "org.kubeflow.serving.inference", {"specversion": "1.0", "source": "s"}
    told |= {"inferenceservicename": "m", "time": TS}
    sides = (
        {"type": f"{kserve}.request", "data": {"instances": [{"t": TEXT}]}},
        {"type": f"{kserve}.response", "data": {"predictions": [0.5]}},
    )
    return json.dumps([told | side | {"id": i} for i in ids for side in sides]).encode()


# the path, how its bodies are told, and what is answered where there is no room
SENDERS = (
    ("/v1/predictions", "application/x-ndjson", native, {429, 503}),
    ("/es/_bulk", "application/x-ndjson", bulk, {429}),
    ("/v1/logs", "application/json", otlp, {429, 503}),
    ("/v1/cloudevents", "application/cloudevents-batch+json", pairs, {429, 503}),
)


def stored_of(folder):
    with Store.open(folder, create=False) as store:
        counts = store.sql(COUNTED).to_pydict()
    return dict(zip(counts["body"], counts["n"], strict=True))


def test_under_overload_all_senders_are_told_to_wait_memory_stays_flat_and_nothing_is_lost(
    tmp_path,
):
    bomb = gzip.compress(b'{"a":"' + b"0" * (60 * 2**20) + b'"}')
    acknowledged: list[int] = []
    told: dict[str, set[int]] = {path: set() for path, *_ in SENDERS}

    def send(number: int) -> None:
        path, media, body, _ = SENDERS[number % len(SENDERS)]
        is_bomb = number % 15 == 14
        content = bomb if is_bomb else body([f"{number}-{i}" for i in range(PER_BODY)])
        with server.client() as own:
            answer = own.post(path, content=content, headers={"content-type": media})
        waits = "retry-after" in answer.headers
        assert waits == (answer.status_code in {429, 503}), answer.text
        told[path].add(answer.status_code)
        if answer.status_code == 200 and not is_bomb:
            acknowledged.append(number)

    with serving(tmp_path, str(2**20)) as server:
        for number in range(len(SENDERS)):
            send(number)
        assert sorted(acknowledged) == [0, 1, 2, 3]
        before = server.memory_bytes()
        with ThreadPoolExecutor(24) as senders:
            list(senders.map(send, range(len(SENDERS), 90)))
        grown = server.memory_bytes() - before
        send(1_000)
        assert 1_000 in acknowledged  # it recovers
        server.kill()

    for path, _, _, full in SENDERS:
        assert told[path] & full, path
        assert told[path] <= {200, 400, 413, 422} | full, path
    # 90 bodies of 300 kB and 6 of 60 MB when unpacked: far more than that came in
    assert grown < 450 * 2**20, grown
    stored = stored_of(tmp_path)
    assert {n: stored.get(str(n)) for n in acknowledged} == dict.fromkeys(acknowledged, PER_BODY)


COUNTED = """
    select split_part(prediction_id, '-', 1) as body, count(*) as n
    from predictions
    group by all
"""
