"""Calls into rows of a block: a call of N instances becomes N rows that share it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final, TypeVar

from domain.calls import UNTOLD_ERROR
from domain.rejection import Rejection
from ingest.exchange import ROW_IDS, Decoded, Exchange, Payload
from ingest.json_exact import UnfitError
from ingest.payload import decode_request, decode_response
from ingest.payload.json_rows import Columns, without_units
from ingest.payload.outcomes import outcomes_of, output_columns
from ingest.readers.block import Block, Layout, reject
from ingest.row_sheet import RowSheet

Facts = dict[str, Any]
_Told = TypeVar("_Told")

_OUTPUTS: Final = "outputs"
_NOTHING: Final = Decoded(0)

# What makes a call worth keeping of which no instance is known.
_TOLD: Final = ("status", "latency_ms")
_ANSWERED: Final = range(200, 400)
_TAGS: Final = "tags"


def exchange_block(
    exchanges: Iterable[Exchange], layout: Layout, rejections: Sequence[Rejection] = ()
) -> Block:
    """
    Decode calls and lay them out as columns.

    Parameters
    ----------
    exchanges : iterable of Exchange
        A bounded number: about 5,000, or 8 MB.
    layout : Layout
        Names the objects whose members are columns of their own. Where the mapping names an
        output, all outputs are there under ``outputs.<name>``, also the one that is taken for the
        prediction. Fields that it finds elsewhere are left out: they would be features.
    rejections : sequence of Rejection
        What the reader could not take apart.

    Returns
    -------
    Block
        A row each prediction: the facts of its call, ``features.<name>``, ``prediction``,
        ``score`` and ``outputs.<name>``. A failed call, one whose sides differ in rows, and one
        that has an id but bodies that cannot be decoded, is one row without these.
    """
    calls = _Calls(layout)
    refused = list(rejections)
    for exchange in exchanges:
        try:
            calls.add(exchange)
        except UnfitError as unfit:
            refused.append(reject(exchange.position, unfit.reason, exchange.raw, **unfit.values))
            calls.keep(exchange, unfit.reason)
    return calls.sheet.block(refused)


class _Calls:
    """Puts calls on a sheet."""

    def __init__(self, layout: Layout) -> None:
        self.sheet = RowSheet()
        self._opens = sorted(layout.objects)
        self._all_outputs = _OUTPUTS in layout.objects
        self._left_out = layout.elsewhere - layout.named
        self._alike: dict[bytes, int] = {}

    def add(self, exchange: Exchange) -> None:
        """Decode one call and take its rows."""
        if _failed(exchange.facts):
            self._put_call(exchange, _merged(_hints(exchange.request), exchange.facts))
            return
        request = _decoded(exchange.request, decode_request)
        hint = request.n_rows or None
        response = _decoded(exchange.response, lambda body: decode_response(body, hint))
        facts = _merged(request.facts, response.facts, exchange.facts)
        implied = exchange.implied_status if response.error is None else UNTOLD_ERROR
        if implied is not None:
            facts.setdefault("status", implied)
        asked, answered = _n_rows(request), _n_rows(response)
        if response.error is not None:
            self._put_call(exchange, facts)
        elif asked is not None and answered is not None and asked != answered:
            differing = f"{asked}/{answered}"
            if not any(key in facts for key in _TOLD):
                raise UnfitError("rows_differ", value=differing)
            self._put_call(exchange, facts | {"tags.rows_differ": differing})
        else:
            self._put_rows(exchange, facts, self._columns(request, response), asked or answered)

    def keep(self, exchange: Exchange, reason: str) -> None:
        """
        Take a call whose bodies were refused: it was made all the same, and objectives count calls.

        Only where it has an id, so that the same call read again with its rows is no second one.
        """
        facts = exchange.facts
        identified = "request_id" in facts or "prediction_id" in facts
        if identified and any(key in facts for key in _TOLD):
            self._put_call(exchange, {**facts, "tags.undecoded": reason})

    def _put_rows(
        self, exchange: Exchange, facts: Facts, columns: Columns, n_rows: int | None
    ) -> None:
        """Take the rows of a call; where they hold nothing, the call as a whole."""
        if not n_rows or not columns:
            self._put_call(exchange, facts)
            return
        columns |= self._ids(facts, exchange, n_rows)
        self.sheet.add(exchange, self._opened(facts), self._wanted(columns), n_rows)

    def _put_call(self, exchange: Exchange, facts: Facts) -> None:
        """Take a call without its instances, known by its request: a second try may succeed."""
        facts = dict(facts)
        facts.pop(ROW_IDS, None)
        given = facts.pop("prediction_id", None)
        if given is not None:
            facts.setdefault("request_id", given)
        self.sheet.add(exchange, self._opened(facts), {}, 1)

    def _columns(self, request: Decoded, response: Decoded) -> Columns:
        columns = {f"features.{name}": cells for name, cells in request.columns.items() if cells}
        columns |= outcomes_of(response.columns)
        if self._all_outputs:
            for name, cells in response.columns.items():
                columns |= output_columns(name, without_units(cells))
        return {path: cells for path, cells in columns.items() if cells}

    def _ids(self, facts: Facts, exchange: Exchange, n_rows: int) -> Columns:
        """Return the ids of a call's rows: all say whose they are."""
        call = facts.get("prediction_id", facts.get("request_id"))
        if call is None:
            return {} if n_rows == 1 else {"request_id": [self._made_id(exchange.raw)] * n_rows}
        ids = [call] if n_rows == 1 else [f"{call}-item-{i}" for i in range(n_rows)]
        own = facts.pop(ROW_IDS, None)
        ids = own if own is not None and len(own) == n_rows else ids
        return {"prediction_id": ids, "request_id": [facts.get("request_id", call)] * n_rows}

    def _made_id(self, raw: bytes) -> str:
        """Return an id for a call without one: rows of one call, and of two equal ones, differ."""
        digest = sha256(raw, usedforsecurity=False)
        number = self._alike[digest.digest()] = self._alike.get(digest.digest(), 0) + 1
        return f"{digest.hexdigest()[:32]}-{number}"

    def _wanted(self, told: dict[str, _Told]) -> dict[str, _Told]:
        if self._left_out.isdisjoint(told):
            return told
        return {path: value for path, value in told.items() if path not in self._left_out}

    def _opened(self, facts: Facts) -> Facts:
        facts = self._wanted(facts)
        for path in self._opens:
            members = facts.get(path)
            if isinstance(members, dict):
                facts = {name: value for name, value in facts.items() if name != path}
                facts |= {f"{path}.{name}": value for name, value in members.items()}
        return facts


def _merged(*told: Mapping[str, object]) -> Facts:
    """Return what is told of a call: the last that tells a field counts, and the tags of all."""
    facts = {field: value for one in told for field, value in one.items()}
    tags: list[Facts] = [some for one in told if isinstance(some := one.get(_TAGS), dict)]
    if len(tags) > 1:
        facts[_TAGS] = {name: value for some in tags for name, value in some.items()}
    return facts


def _failed(facts: Mapping[str, object]) -> bool:
    status = facts.get("status")
    try:
        return status is not None and int(str(status)) not in _ANSWERED
    except ValueError:  # told as a text: the rules of the field say so
        return False


def _hints(side: Payload | Decoded | None) -> Mapping[str, object]:
    """Return what the request of a failed call tells of it, if it can be read at all."""
    try:
        return _decoded(side, decode_request).facts
    except UnfitError:
        return {}


def _n_rows(side: Decoded) -> int | None:
    """Return how many rows a side has; None where it says nothing of any."""
    return side.n_rows if side.n_rows or side.columns else None


def _decoded(side: Payload | Decoded | None, decode: Callable[[Payload], Decoded]) -> Decoded:
    if side is None:
        return _NOTHING
    return decode(side) if isinstance(side, Payload) else side
