"""What CloudEvents tell: sides of calls, native events, labels; or that they tell nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

from domain.rejection import Rejection
from ingest.cloudevents import azure, serving
from ingest.cloudevents.event import CloudEvent, event_of, time_of
from ingest.exchange import Half
from ingest.json_exact import UnfitError
from ingest.payload.json_text import parse_json, parse_record
from ingest.readers.block import Layout, reject

Json = Any

_STEP: Final = 2_000
_STEP_BYTES: Final = 8 * 1024 * 1024


@dataclass(slots=True)
class Told:
    """
    What some events told.

    Parameters
    ----------
    layout : Layout
    halves : list of Half
    events : list of (CloudEvent, dict)
        Native events, and the event that each was told in.
    rejections : list of Rejection
    passed_over : Counter of str
        Events that tell of no call, by type.
    """

    layout: Layout
    halves: list[Half] = field(default_factory=list[Half])
    events: list[tuple[CloudEvent, dict[str, object]]] = field(
        default_factory=list[tuple[CloudEvent, dict[str, object]]]
    )
    rejections: list[Rejection] = field(default_factory=list[Rejection])
    passed_over: Counter[str] = field(default_factory=Counter[str])
    _n_bytes: int = 0

    @property
    def is_full(self) -> bool:
        """Whether it is time to hand on what was told."""
        n = len(self.halves) + len(self.events) + len(self.rejections)
        return n >= _STEP or self._n_bytes >= _STEP_BYTES

    def take(self, position: int, raw: bytes) -> None:
        """
        Take one record.

        Parameters
        ----------
        position : int
        raw : bytes
            JSON.
        """
        self._n_bytes += len(raw)
        try:
            self.add(event_of(parse_record(raw), position, raw, self.layout.times))
        except UnfitError as unfit:
            self.rejections.append(reject(position, unfit.reason, raw, **unfit.values))

    def add(self, event: CloudEvent) -> None:
        """
        Take one event.

        Raises
        ------
        UnfitError
            If nothing can be made of it.
        """
        if event.type.startswith(azure.PREFIX):
            self.add_half(azure.half_of(event))
            return
        kind = serving.kind_of(event)
        if kind is None:
            self.events += [(event, row) for row in _native(event)]
        elif kind == serving.FEEDBACK:
            self.events += [(event, row) for row in serving.labels_of(event)]
        else:
            half = serving.half_of(event)
            if half is None:
                self.passed_over[event.type] += 1
            else:
                self.add_half(half)

    def add_half(self, half: Half) -> None:
        """
        Take a side of a call; where it tells no time, with the one that the mapping gives to all.

        Raises
        ------
        UnfitError
            If that is no time.
        """
        if half.at is None:
            at = time_of(self.layout.ts, "ts", self.layout.times)
            if at is not None:
                half = replace(half, facts={**half.facts, "ts": at.isoformat()})
        self.halves.append(half)


def _native(event: CloudEvent) -> Iterator[dict[str, object]]:
    """Yield the native events that are the data of an event."""
    try:
        body = parse_json(event.payload.content) if event.payload else None
    except UnfitError:
        raise UnfitError("unknown_event", value=event.type) from None
    rows: list[Json] = body if isinstance(body, list) else [body]
    objects = [row for row in rows if isinstance(row, dict)]
    if not objects or len(objects) < len(rows):
        raise UnfitError("unknown_event", value=event.type)
    at, name = event.at(), event.text("id")
    facts: dict[str, object] = {} if at is None else {"ts": at.isoformat()}
    if name is not None and len(rows) == 1:
        # source and id name an event once and for all, so that what is sent again is known
        facts["prediction_id"] = name
    for row in objects:
        yield facts | row
