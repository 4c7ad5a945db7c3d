"""Rows per CPU second of the payload decoder: python benchmarks/payload_decoding.py."""

from __future__ import annotations

import json
import random
import time

from ingest.exchange import Exchange, Payload
from ingest.exchange_rows import exchange_block
from ingest.readers.block import Layout

FEATURES = 30
SIZES = ((5_000, 1), (100, 64), (1, 10_000))
FORMS = ("instances", "records", "v2", "csv")
REPEATS = 5


def bodies(form: str, rows: list[list[float]]) -> tuple[bytes, bytes]:
    """Return a request of rows and its answer in one of the spellings."""
    if form == "csv":
        request = "\n".join(",".join(map(repr, row)) for row in rows)
        return request.encode(), "\n".join("0.5" for _ in rows).encode()
    if form == "v2":
        data = [cell for row in rows for cell in row]
        asked = {"name": "x", "shape": [len(rows), FEATURES], "datatype": "FP64", "data": data}
        said = {"name": "y", "shape": [len(rows), 1], "datatype": "FP64", "data": [0.5] * len(rows)}
        return json.dumps({"inputs": [asked]}).encode(), json.dumps({"outputs": [said]}).encode()
    records = [{f"feature_{i}": cell for i, cell in enumerate(row)} for row in rows]
    instances = rows if form == "instances" else records
    answers = [0.5 if form == "instances" else [0.3, 0.7] for _ in rows]
    return json.dumps({"instances": instances}).encode(), json.dumps(
        {"predictions": answers}
    ).encode()


def calls(form: str, n_calls: int, n_rows: int) -> list[Exchange]:
    """Return calls of made-up numbers."""
    chance = random.Random(1)
    made: list[Exchange] = []
    for number in range(n_calls):
        rows = [[chance.gauss(0, 100) for _ in range(FEATURES)] for _ in range(n_rows)]
        request, response = bodies(form, rows)
        facts = {"ts": "2026-11-22T08:00:00Z", "model": "m", "request_id": f"r{number}"}
        told = facts | {"status": 200, "latency_ms": 3.2}
        made.append(Exchange(number + 1, b"", told, Payload(request), Payload(response)))
    return made


def main() -> None:
    """Print a table."""
    print("| spelling | calls | rows each | rows per CPU second | MB of requests per CPU second |")
    print("|---|--:|--:|--:|--:|")
    for form in FORMS:
        for n_calls, n_rows in SIZES:
            made = calls(form, n_calls, n_rows)
            best = float("inf")
            for _ in range(REPEATS):
                began = time.process_time()
                block = exchange_block(made, Layout())
                best = min(best, time.process_time() - began)
            size = sum(
                len(call.request.content) for call in made if isinstance(call.request, Payload)
            )
            cells = [
                form,
                n_calls,
                n_rows,
                f"{block.n_rows / best:,.0f}",
                f"{size / best / 1e6:.0f}",
            ]
            print("| " + " | ".join(map(str, cells)) + " |")


if __name__ == "__main__":
    main()
