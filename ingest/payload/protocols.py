"""Which protocol a JSON body speaks, told by its members."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from ingest.exchange import Decoded
from ingest.payload.chat import (
    decode_chat_answer,
    decode_chat_request,
    is_chat_answer,
    is_chat_request,
)
from ingest.payload.dataframe import decode_records, decode_split
from ingest.payload.embedded import text_of_base64
from ingest.payload.errors import error_in
from ingest.payload.json_rows import spread
from ingest.payload.json_text import Json, opened
from ingest.payload.plain import decode_plain_answer, decode_plain_request
from ingest.payload.seldon import decode_seldon, facts_of_meta, is_seldon
from ingest.payload.tensors_v2 import decode_v2, is_v2
from ingest.payload.tf_serving import (
    decode_examples,
    decode_instances,
    decode_predictions,
    decode_result,
    decode_tensors,
)

Body = Mapping[str, Json]
Buffers = Iterator[list[Json]]
Protocol = tuple[Callable[[Body], bool], Callable[[Body, Buffers], Decoded]]


def request_of(body: Json, buffers: Buffers) -> Decoded:
    """
    Decode a request.

    Parameters
    ----------
    body : object
        As parsed.
    buffers : iterator of list
        Elements of tensors that stand behind the JSON.

    Raises
    ------
    UnfitError
    """
    if isinstance(body, dict):
        for speaks, decode in _REQUESTS:
            if speaks(body):
                return decode(body, buffers)
    return decode_plain_request(body)


def response_of(body: Json, buffers: Buffers, n_rows: int | None) -> Decoded:
    """
    Decode an answer.

    Parameters
    ----------
    body : object
    buffers : iterator of list
    n_rows : int or None
        Of the request.

    Raises
    ------
    UnfitError
    """
    if isinstance(body, dict):
        error = error_in(body)
        if error is not None:
            return error
        for speaks, decode in _RESPONSES:
            if speaks(body):
                return decode(body, buffers)
    return decode_plain_answer(body, n_rows)


def _lists(key: str) -> Callable[[Body], bool]:
    return lambda body: isinstance(body.get(key), list)


def _tensors(key: str) -> Callable[[Body], bool]:
    return lambda body: is_v2(body.get(key))


def _has(key: str) -> Callable[[Body], bool]:
    return lambda body: body.get(key) is not None


def _v2_request(body: Body, buffers: Buffers) -> Decoded:
    decoded = decode_v2(body, "inputs", buffers)
    return Decoded(decoded.n_rows, spread(dict(decoded.columns)), decoded.facts)


def _seldon_text(body: Body) -> bool:
    return any(body.get(key) is not None for key in _TEXTS)


_TEXTS: Final = ("jsonData", "strData", "binData")


def _text_request(body: Body, buffers: Buffers) -> Decoded:
    inner = request_of(_inside(body), buffers)
    return Decoded(inner.n_rows, inner.columns, {**inner.facts, **facts_of_meta(body)})


def _text_response(body: Body, buffers: Buffers) -> Decoded:
    inner = response_of(_inside(body), buffers, None)
    facts = {**inner.facts, **facts_of_meta(body)}
    return Decoded(inner.n_rows, inner.columns, facts, inner.error)


def _inside(body: Body) -> Json:
    key = next(key for key in _TEXTS if body.get(key) is not None)
    value = body[key]
    if key == "binData":
        value = text_of_base64(value)
    return opened([value])[0] if isinstance(value, str) else value


_REQUESTS: Final[tuple[Protocol, ...]] = (
    (_has("dataframe_split"), lambda body, _: decode_split(body)),
    (_has("dataframe_records"), lambda body, _: decode_records(body)),
    (_has("instances"), lambda body, _: decode_instances(body)),
    (_tensors("inputs"), _v2_request),
    (is_chat_request, lambda body, _: decode_chat_request(body)),
    (_has("inputs"), lambda body, _: decode_tensors(body, "inputs")),
    (_lists("examples"), lambda body, _: decode_examples(body)),
    (is_seldon, lambda body, _: decode_seldon(body, request=True)),
    (_seldon_text, _text_request),
)
_RESPONSES: Final[tuple[Protocol, ...]] = (
    (_has("predictions"), lambda body, _: decode_predictions(body)),
    (_tensors("outputs"), lambda body, buffers: decode_v2(body, "outputs", buffers)),
    (is_chat_answer, lambda body, _: decode_chat_answer(body)),
    (_has("outputs"), lambda body, _: decode_tensors(body, "outputs")),
    (_lists("result"), lambda body, _: decode_result(body)),
    (is_seldon, lambda body, _: decode_seldon(body, request=False)),
    (_seldon_text, _text_response),
)
