"""
One call as the log of a server tells it: what was asked, what was answered, and what is said of it.

A reader of such a log takes the envelope apart and makes an `Exchange` of it, or a `Half` where the
answer comes in a record of its own. What is inside the envelopes, instances and tensors of a dozen
protocols, is the business of `ingest.payload` alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

# Before the names of outputs that are neither the prediction nor the score: no features.
OUTPUTS: Final = "outputs."

# A fact that no field is: the ids that the rows of a call have themselves, in their order.
ROW_IDS: Final = "prediction_ids"

Side = Literal["request", "response"]


@dataclass(frozen=True, slots=True)
class Payload:
    """
    The body of a request or of an answer, not yet taken apart.

    Parameters
    ----------
    content : bytes
        As it was on the wire; what a log wrapped around it (base64, a JSON text) is gone.
    media_type : str
        With or without parameters; empty where the log does not say.
    header_length : int or None
        Bytes of JSON before raw tensors, where the log kept ``Inference-Header-Content-Length``.
    """

    content: bytes
    media_type: str = ""
    header_length: int | None = None


@dataclass(frozen=True, slots=True)
class Decoded:
    """
    What a payload holds.

    Parameters
    ----------
    n_rows : int
        Instances of the request, or answers of the response; 0: it says nothing of any.
    columns : mapping of str to sequence, each of length `n_rows`
        JSON values by the name of the input or the output.
    facts : mapping of str to object
        Fields of an event that the payload itself tells of the call: ``version``, ``request_id``.
    error : str or None
        What the server answered instead of predictions.
    """

    n_rows: int
    columns: Mapping[str, list[object]] = field(default_factory=dict[str, list[object]])
    facts: Mapping[str, object] = field(default_factory=dict[str, object])
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """
    One call.

    Parameters
    ----------
    position : int
        1-based line, record or item of the log.
    raw : bytes
        What was read; kept where it cannot become an event.
    facts : mapping of str to object
        Fields of the native event that the envelope tells of the call, under their names in
        `domain.event.FIELDS` and as JSON holds them, and `ROW_IDS`. What it does not tell is not
        there.
    request, response : Payload, Decoded or None
        None: the log does not hold it.
    implied_status : int or None
        What an answer that is no error has, where neither the envelope nor the payload says it. One
        that is an error has `domain.calls.UNTOLD_ERROR` there.
    """

    position: int
    raw: bytes
    facts: Mapping[str, object]
    request: Payload | Decoded | None = None
    response: Payload | Decoded | None = None
    implied_status: int | None = None


@dataclass(frozen=True, slots=True)
class Half:
    """
    One side of a call whose other side comes in another record, before, after, or never.

    Parameters
    ----------
    position : int
        1-based line, record or item of the log.
    raw : bytes
        What was read; kept where it cannot become an event.
    key : tuple of str
        What both sides share, the format's name first; never a position.
    side : {"request", "response"}
    at : datetime or None
        Aware; when it was asked or answered, where the log says so. The difference of both sides is
        the latency.
    facts : mapping of str to object
        As in `Exchange`; those of the response count where both tell.
    payload : Payload or None
    """

    position: int
    raw: bytes
    key: tuple[str, ...]
    side: Side
    at: datetime | None
    facts: Mapping[str, object]
    payload: Payload | None
