"""What came from where, what is behind, and what could not be read: the Data page, for programs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypedDict

import orjson
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from api.endpoint import Answer, Endpoint
from domain.key import Scope
from domain.shapes import SCHEMA_VERSION
from domain.window import iso
from monitors.service import Service
from monitors.views.data import DataView, FollowedData, RejectedData, SourceData


class SourceShape(TypedDict):
    """What a source newly brought."""

    source: str
    predictions: int
    calls: int
    labels: int
    duplicates: int
    passed_over: int
    last_at: str | None
    newest: str | None


class FollowedShape(TypedDict):
    """A source that is followed, and how far."""

    source: str
    state: str
    files: int
    bytes_taken: int
    bytes_behind: int
    newest: str | None
    looked_at: str
    failing: int
    error: str | None


class WaitingShape(TypedDict):
    """Sides of calls whose other side has not come."""

    requests: int
    responses: int
    since: str | None


class RejectedShape(TypedDict):
    """Lines of a source that could not be read for one reason."""

    source: str
    reason: str
    lines: int


class RejectedTotalsShape(TypedDict):
    """All lines that could not be read."""

    by_reason: dict[str, int]
    read_again: int
    dropped: int


class IntakeShape(TypedDict):
    """What came in, and what did not."""

    schema_version: int
    sources: list[SourceShape]
    n_sources: int
    followed: list[FollowedShape]
    waiting: WaitingShape
    rejected: list[RejectedShape]
    rejected_totals: RejectedTotalsShape


class Intake:
    """
    The endpoint that tells of sources.

    Parameters
    ----------
    service : Service
    clock : callable
        Returns the time, aware: whether a follower has stopped follows from it.
    """

    def __init__(self, service: Service, clock: Callable[[], datetime]) -> None:
        self._service = service
        self._clock = clock

    def endpoints(self) -> list[Endpoint]:
        """Return the endpoint."""
        return [
            Endpoint(
                method="GET",
                path="/v1/sources",
                scope=Scope.READ,
                handler=self._answer,
                about="api.sources",
                answers={
                    200: Answer(about="api.sources.ok", media={"application/json": IntakeShape})
                },
            )
        ]

    async def _answer(self, request: Request) -> Response:
        del request
        view = await to_thread.run_sync(self._service.data, self._clock())
        headers = {"Cache-Control": "no-store"}
        content = orjson.dumps(intake_shape(view))
        return Response(content, headers=headers, media_type="application/json")


def intake_shape(view: DataView) -> IntakeShape:
    """Return what a view says of sources; the first 50 of them, and of reasons."""
    totals, halves = view.rejected_totals, view.halves
    return {
        "schema_version": SCHEMA_VERSION,
        "sources": [_source(one) for one in view.sources],
        "n_sources": view.n_sources,
        "followed": [_followed(one) for one in view.followed],
        "waiting": {
            "requests": halves.requests,
            "responses": halves.responses,
            "since": _time(halves.since),
        },
        "rejected": [_rejected(one) for one in view.rejected],
        "rejected_totals": {
            "by_reason": totals.by_reason,
            "read_again": totals.read_again,
            "dropped": totals.dropped,
        },
    }


def _source(one: SourceData) -> SourceShape:
    return {
        "source": one.source,
        "predictions": one.predictions,
        "calls": one.calls,
        "labels": one.labels,
        "duplicates": one.duplicates,
        "passed_over": one.passed_over,
        "last_at": _time(one.last_at),
        "newest": _time(one.newest),
    }


def _followed(one: FollowedData) -> FollowedShape:
    return {
        "source": one.source,
        "state": one.following.value,
        "files": one.files,
        "bytes_taken": one.bytes_taken,
        "bytes_behind": one.bytes_behind,
        "newest": _time(one.newest),
        "looked_at": iso(one.looked_at),
        "failing": one.failing,
        "error": one.error,
    }


def _rejected(one: RejectedData) -> RejectedShape:
    return {"source": one.source, "reason": one.reason, "lines": one.lines}


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)
