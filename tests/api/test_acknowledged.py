"""Acknowledged means on disk; and what is sent again is stored once."""

import random
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx

from store.store import Store
from tests.api.sending import LINES, Server, event, lines, many_lives, serving


class Sender(threading.Thread):
    """Sends bodies until the server is gone; what is not acknowledged is sent again by the next."""

    def __init__(self, server: Server, bodies: Sequence[tuple[int, bytes]]) -> None:
        super().__init__()
        self._server = server
        self._bodies = bodies
        self.acknowledged: list[int] = []

    def run(self) -> None:
        with self._server.client() as client:
            for number, content in self._bodies:
                try:
                    answer = client.post("/v1/predictions", content=content, headers=LINES)
                except httpx.TransportError:
                    return
                if answer.status_code == 200:
                    self.acknowledged.append(number)


def body(number: int) -> bytes:
    """Some events with ids, some without, some identical ones."""
    named = [event(number * 100 + i) for i in range(3)]
    nameless = [
        event(number, prediction_id=None, features={"body": number, "i": i}) for i in (1, 2)
    ]
    twins = [event(number, prediction_id=None, features={"body": number})] * 2
    return lines([*named, *nameless, *twins])


EVENTS_OF_A_BODY = 7


def survive(tmp_path, kills: int, seed: int) -> None:
    """Kill the collector again and again in the middle of its work."""
    chance = random.Random(seed)
    acknowledged: set[int] = set()
    sent: set[int] = set()
    with many_lives(tmp_path) as next_life:
        for life in range(kills):
            # what an earlier life may have left unacknowledged is sent again, beside what is new
            again = sorted(sent - acknowledged)[-20:]
            fresh = range(life * 1_000, life * 1_000 + 300)
            bodies = [(n, body(n)) for n in [*again, *fresh]]
            server = next_life()
            senders = [Sender(server, bodies[i::3]) for i in range(3)]
            for sender in senders:
                sender.start()
            enough = chance.randrange(25)
            while sum(len(s.acknowledged) for s in senders) < enough and senders[0].is_alive():
                time.sleep(0.001)
            time.sleep(chance.uniform(0, 0.02))
            server.kill()
            for sender in senders:
                sender.join()
                acknowledged |= set(sender.acknowledged)
            sent |= {n for n, _ in bodies}
    assert acknowledged
    check_that_all_are_stored_once(tmp_path, sorted(acknowledged))


def check_that_all_are_stored_once(tmp_path, acknowledged: list[int]) -> None:
    with serving(tmp_path) as server, server.client() as client, ThreadPoolExecutor(16) as pool:

        def known(number: int) -> int:
            answer = client.post("/v1/predictions", content=body(number), headers=LINES)
            return answer.json()["duplicates"]

        assert list(pool.map(known, acknowledged)) == [EVENTS_OF_A_BODY] * len(acknowledged)
    with Store.open(tmp_path) as store:
        rows = store.sql(
            "select count(*) n, count(distinct id) ids from m_m.predictions"
        ).to_pylist()
        assert rows[0]["n"] == rows[0]["ids"]
        named = "select count(*) n, count(distinct prediction_id) ids from predictions"
        (found,) = store.sql(f"{named} where prediction_id is not null").to_pylist()
        assert found["n"] == found["ids"] >= 3 * len(acknowledged)
        (calls,) = store.sql("select count(*) n, count(distinct id) ids from m_m.calls").to_pylist()
        assert calls["n"] == calls["ids"] == rows[0]["n"]


def test_what_was_acknowledged_survives_kills_at_any_moment(tmp_path):
    """Two hundred of them, over everything an owner does: `make soak`."""
    survive(tmp_path, kills=12, seed=1)


def test_a_collector_that_is_told_to_stop_stores_what_waits(tmp_path):
    with serving(tmp_path) as server:
        senders = [Sender(server, [(n, body(n))]) for n in range(5)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        assert all(sender.acknowledged for sender in senders)
        server.process.stdin.close()
        assert server.process.wait(30) == 0
    with Store.open(tmp_path) as store:
        assert store.sources()["http"].predictions == 5 * EVENTS_OF_A_BODY
