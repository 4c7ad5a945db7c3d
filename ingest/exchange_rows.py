"""Calls into rows of a block: a call of N instances becomes N rows that share it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import numpy as np

from domain.rejection import Rejection
from ingest.exchange import Decoded, Exchange, Payload
from ingest.json_columns import Cells, column_of
from ingest.json_exact import UnfitError
from ingest.payload import decode_request, decode_response
from ingest.payload.outcomes import outcomes_of
from ingest.readers.block import Block, Layout, reject


def exchange_block(
    exchanges: Sequence[Exchange],
    layout: Layout,
    rejections: Sequence[Rejection] = (),
) -> Block:
    """
    Decode calls and lay them out as columns.

    Parameters
    ----------
    exchanges : sequence of Exchange
        A bounded number; what one of them holds is bounded by the decoder.
    layout : Layout
        Names the objects whose members are columns of their own.
    rejections : sequence of Rejection
        What the reader could not take apart.
    """
    rows: list[Cells] = []
    positions: list[int] = []
    raws: list[bytes] = []
    refused = list(rejections)
    for exchange in exchanges:
        try:
            found = _rows(exchange)
        except UnfitError as unfit:
            refused.append(reject(exchange.position, unfit.reason, exchange.raw, **unfit.values))
            continue
        rows += found
        positions += [exchange.position] * len(found)
        raws += [exchange.raw] * len(found)
    for path in sorted(layout.objects):
        rows = [_opened(row, path) for row in rows]
    paths = dict.fromkeys(path for row in rows for path in row)
    columns = {path: column_of([row.get(path) for row in rows]) for path in paths}
    return Block(np.array(positions, dtype=np.int64), columns, raws.__getitem__, tuple(refused))


def _opened(row: Cells, path: str) -> Cells:
    value = row.get(path)
    if not isinstance(value, dict):
        return row
    rest = {name: cell for name, cell in row.items() if name != path}
    return rest | {f"{path}.{name}": member for name, member in value.items()}


def _rows(exchange: Exchange) -> list[Cells]:
    status = exchange.facts.get("status")
    failed = isinstance(status, int) and not 200 <= status < 400
    if failed:
        return [dict(exchange.facts)]
    request = _decoded(exchange.request, decode_request)
    response = _decoded(exchange.response, decode_response)
    facts = {**request.facts, **response.facts, **exchange.facts}
    if response.error is not None:
        return [dict(facts)]
    asked, answered = request.n_rows, response.n_rows
    if asked and answered and asked != answered:
        if "status" not in facts and "latency_ms" not in facts:
            raise UnfitError("rows_differ", value=f"{asked}/{answered}")
        return [facts | {"tags.rows_differ": f"{asked}/{answered}"}]
    n_rows = max(asked, answered)
    columns = {f"features.{name}": column for name, column in request.columns.items()}
    columns |= outcomes_of(response.columns)
    rows = [
        facts | {path: column[i] for path, column in columns.items() if column}
        for i in range(n_rows)
    ]
    return _identified(rows, exchange) if n_rows else [facts]


def _identified(rows: list[Cells], exchange: Exchange) -> list[Cells]:
    call = rows[0].get("prediction_id") or rows[0].get("request_id")
    if call is None:
        if len(rows) > 1:
            digest = hashlib.sha256(exchange.raw).hexdigest()[:32]
            for row in rows:
                row["request_id"] = digest
        return rows
    for i, row in enumerate(rows):
        row["prediction_id"] = f"{call}-item-{i}" if len(rows) > 1 else call
        row.setdefault("request_id", call)
    return rows


def _decoded(side: Payload | Decoded | None, decode: Callable[[Payload], Decoded]) -> Decoded:
    if side is None:
        return Decoded(0)
    return decode(side) if isinstance(side, Payload) else side
