"""Logs, spans and points of OpenTelemetry, the same whether JSON or protobuf brought them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

# a sum whose points are changes since the last one: no level of anything
DELTA: Final = 1
# a flag of points: there is a gap here
NO_VALUE: Final = 1

Attributes = Mapping[str, object]
# what of a request an item was, as a request of its own
Raw = Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Origin:
    """
    What sent an item.

    Parameters
    ----------
    resource : mapping of str to object
        Attributes of the process: ``service.name``, ``k8s.pod.name``.
    scope : str
        Name of the library that wrote it.
    """

    resource: Attributes
    scope: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRecord:
    """
    One line of a log.

    Parameters
    ----------
    origin : Origin
    raw : callable
    attributes : mapping of str to object
    body : object
        A text, a number, a list or a mapping.
    time_ns : int
        Epoch; when it happened, else when it was seen; 0: neither is known.
    event_name : str
    trace_id, span_id : str
        As they were spelled.
    """

    origin: Origin
    raw: Raw
    attributes: Attributes
    body: object
    time_ns: int
    event_name: str
    trace_id: str
    span_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """
    One piece of work.

    Parameters
    ----------
    origin : Origin
    raw : callable
    attributes : mapping of str to object
    kind : int
        2: it answered a request.
    start_ns, end_ns : int
        Epoch; 0: not known.
    status : int
        1: it went well; 2: it failed; else nobody said.
    trace_id, span_id, parent_id : str
        As they were spelled.
    """

    origin: Origin
    raw: Raw
    attributes: Attributes
    kind: int
    start_ns: int
    end_ns: int
    status: int
    trace_id: str
    span_id: str
    parent_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """
    One value of a gauge or a sum.

    Parameters
    ----------
    origin : Origin
    raw : callable
    attributes : mapping of str to object
    metric, unit : str
    time_ns : int
        Epoch.
    value : float
        NaN: it has none, or one that is no level.
    """

    origin: Origin
    raw: Raw
    attributes: Attributes
    metric: str
    unit: str
    time_ns: int
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """
    What could not be taken apart.

    Parameters
    ----------
    raw : callable
    reason : str
        Of the rejection.
    values : mapping of str to object
        What its sentence needs.
    """

    raw: Raw
    reason: str
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """
    What is read and of no use here: a histogram, an exemplar.

    Parameters
    ----------
    what : str
        What it is counted as.
    """

    what: str


Item = LogRecord | Span | Point | Unreadable | Other
