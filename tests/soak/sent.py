"""What is sent while the owner is killed, and whether the store holds each of it whole and once."""

from __future__ import annotations

import json
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from store.store import Store

FIRST = datetime(2026, 11, 20, 8, tzinfo=UTC)
MODEL = "soak"
# rows of one body
PREDICTIONS, CALLS = 7, 6
ROWS_OF_CALLS = 8

_BODIES = """
    select
        f_body::integer as body,
        count(*) as n,
        count(distinct coalesce(prediction_id, f_i::varchar)) as distinct_n
    from predictions
    group by body
"""
_BODIES_OF = """
    select {body}::integer as body, count(*) as n
    from {table}
    where {holds}
    group by body
"""
_TOTALS = """
    select
        (select count(*) from calls) as calls,
        (select sum(rows) from calls) as rows,
        (select sum(predictions) from sources) as told_predictions,
        (select sum(calls) from sources) as told_calls,
        (select sum(labels) from sources) as told_labels
"""
_UNEQUAL_HOURS = """
    select *
    from (
        select date_trunc('hour', ts) as hour, count(*) as calls
        from calls
        group by hour
    )
    full join (
        select hour, sum(calls) as counted
        from call_hours
        group by hour
    ) using (hour)
    where calls is distinct from counted
"""
# what else each body leaves once: where, and how it is known from there
_ONCE = (
    ("calls", "split_part(request_id, '-', 2)", "request_id like 'r-%'"),
    ("calls", "split_part(request_id, '-', 2)", "request_id like 'f-%'"),
    ("labels", "split_part(prediction_id, '-', 2)", "true"),
    ("rejected", "regexp_extract(raw::varchar, 'broken-([0-9]+)', 1)", "true"),
)


def body(number: int) -> bytes:
    """A call of three rows, rows without ids, two of them alike, a failed call, a broken line."""
    at = FIRST + timedelta(hours=number % 5, seconds=number // 5 % 3600)

    def event(i: int, **fields: object) -> dict[str, object]:
        shown = {"body": number, "i": i}
        return {"model": MODEL, "ts": at.isoformat(), "features": shown, **fields}

    served = {"request_id": f"r-{number}", "status": 200, "latency_ms": 3.5}
    events = [
        *(event(i, prediction_id=f"p-{number}-{i}", score=i / 3, **served) for i in range(3)),
        *(event(i, score=0.5) for i in (3, 4, 5, 5)),
        event(6, request_id=f"f-{number}", status=503),
    ]
    events[0]["label"] = "yes"
    return b"\n".join([json.dumps(e).encode() for e in events] + [b'{"broken-%d' % number])


class Sender(threading.Thread):
    """
    Sends bodies until the owner is gone or takes nothing more.

    Attributes
    ----------
    acknowledged : list of int
    refused : bool
        The last one was turned away.
    """

    def __init__(self, url: str, numbers: Sequence[int]) -> None:
        super().__init__(daemon=True)
        self._url = url
        self._numbers = numbers
        self.acknowledged: list[int] = []
        self.refused = False

    def run(self) -> None:
        headers = {"content-type": "application/x-ndjson"}
        with httpx.Client(base_url=self._url, timeout=60) as client:
            for number in self._numbers:
                try:
                    answer = client.post("/v1/predictions", content=body(number), headers=headers)
                except httpx.TransportError:
                    return
                if answer.status_code not in {200, 201, 207}:
                    self.refused = True
                    return
                self.acknowledged.append(number)


@dataclass(frozen=True, slots=True)
class Found:
    """
    What the store holds.

    Parameters
    ----------
    bodies : frozenset of int
        Of which it holds anything.
    lost, twice, torn : int
        Bodies: acknowledged and not there, there more than once, there in part.
    """

    bodies: frozenset[int]
    lost: int
    twice: int
    torn: int


def look(folder: Path, acknowledged: Collection[int]) -> Found:
    """Open a store that nobody owns and look at everything in it."""
    with Store.open(folder, create=False) as store:
        if MODEL not in store.models():
            return Found(frozenset(), len(acknowledged), 0, 0)
        rows = store.sql(_BODIES).to_pylist()
        bodies = {row["body"] for row in rows}
        twice = {row["body"] for row in rows if row["n"] > PREDICTIONS}
        torn = {r["body"] for r in rows if r["n"] < PREDICTIONS or r["distinct_n"] < 6} - twice
        for table, name, holds in _ONCE:
            sql = _BODIES_OF.format(body=name, table=table, holds=holds)
            kept = {row["body"]: row["n"] for row in store.sql(sql).to_pylist()}
            twice |= {number for number, n in kept.items() if n > 1}
            torn |= bodies ^ kept.keys()
        check_totals(store, len(bodies))
        torn |= _unanswered(store, bodies)
    return Found(frozenset(bodies), len(set(acknowledged) - bodies), len(twice), len(torn))


def _unanswered(store: Store, bodies: set[int]) -> set[int]:
    """Return the bodies whose failed call is not there; of archived ones, how many there are."""
    sql = "select split_part(request_id, '-', 2)::integer as body from m_soak.unanswered"
    kept = store.sql(sql)["body"].to_pylist()
    files = [file for file in store.archived_files(MODEL) if file.kind == "unanswered"]
    assert len(kept) == len(set(kept)), "a failed call is there twice"
    assert len(kept) + sum(file.rows for file in files) == len(bodies)
    return set(kept) - bodies


def check_totals(store: Store, n: int) -> None:
    """What is counted beside the rows agrees with them."""
    expected = {
        "calls": CALLS * n,
        "rows": ROWS_OF_CALLS * n,
        "told_predictions": PREDICTIONS * n,
        "told_calls": CALLS * n,
        "told_labels": n,
    }
    (totals,) = store.sql(_TOTALS).to_pylist()
    assert {name: int(value or 0) for name, value in totals.items()} == expected
    store.refresh_call_hours()
    assert not store.sql(_UNEQUAL_HOURS).num_rows, "hours are not what their rows are"
