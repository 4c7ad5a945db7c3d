"""Whether the process lives, whether it can do its work, and what it has counted."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import orjson
from anyio import to_thread
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response

from api.endpoint import Answer, Endpoint
from api.meters import Meters
from api.problem import language_of
from domain.catalogue import say
from domain.errors import DriftlineError
from domain.key import Scope
from monitors.service import Service

# less cannot hold a commit and a checkpoint of it
LEAST_FREE_BYTES: Final = 64 * 2**20
# a store that takes longer does not answer
_PATIENCE_S: Final = 5.0
_JSON: Final = "application/json"
_STATUS: Final = {"type": "object", "required": ["status"]}


class Health:
    """
    The endpoints that say how the server is.

    Parameters
    ----------
    service : Service
    meters : Meters
    folder : Path
        Of the store: its disk must have room.
    parts : mapping of str to callable
        What else must work; called in a thread. Each name has the texts ``api.ready.<name>.ok``
        and ``….failed``.
    """

    def __init__(
        self,
        service: Service,
        meters: Meters,
        folder: Path,
        parts: Mapping[str, Callable[[], bool]],
    ) -> None:
        self._service = service
        self._meters = meters
        self._folder = folder
        self._parts = {"store": self._store_answers, "disk": self._has_room, **parts}

    def endpoints(self) -> list[Endpoint]:
        """Return the endpoints."""
        state = {_JSON: _STATUS}
        return [
            Endpoint(
                method="GET",
                path="/livez",
                scope=None,
                handler=self._livez,
                about="api.livez",
                answers={200: Answer(about="api.livez.ok", media=state)},
            ),
            Endpoint(
                method="GET",
                path="/readyz",
                scope=None,
                handler=self._readyz,
                about="api.readyz",
                answers={
                    200: Answer(about="api.readyz.ok", media=state),
                    503: Answer(about="api.readyz.failed", media=state),
                },
            ),
            Endpoint(
                method="GET",
                path="/metrics",
                scope=Scope.READ,
                on_loopback=True,
                handler=self._metrics,
                about="api.metrics",
                answers={200: Answer(about="api.metrics.ok", media={"text/plain": {}})},
            ),
        ]

    async def _livez(self, request: Request) -> Response:
        # the event loop came here, so it lives: nothing else belongs here, for what answers no to
        # this is killed
        del request
        return _told({"status": "ok"})

    async def _readyz(self, request: Request) -> Response:
        language = language_of(request.headers)
        checks = [
            {
                "name": name,
                "ok": (fine := await _works(works)),
                "says": say(f"api.ready.{name}.{'ok' if fine else 'failed'}", language),
            }
            for name, works in self._parts.items()
        ]
        ready = all(check["ok"] for check in checks)
        body = {"status": "ok" if ready else "failed", "checks": checks}
        return _told(body, 200 if ready else 503)

    async def _metrics(self, request: Request) -> Response:
        del request
        content = await to_thread.run_sync(self._meters.text)
        return Response(content, headers={"Content-Type": CONTENT_TYPE_LATEST})

    def _store_answers(self) -> bool:
        self._service.keys()  # models would be an error where there are none yet
        return True

    def _has_room(self) -> bool:
        return shutil.disk_usage(self._folder).free >= LEAST_FREE_BYTES


async def _works(works: Callable[[], bool]) -> bool:
    try:
        waiting = to_thread.run_sync(works, abandon_on_cancel=True)
        return await asyncio.wait_for(waiting, _PATIENCE_S)
    except (DriftlineError, OSError, TimeoutError):
        return False


def _told(body: Mapping[str, object], status: int = 200) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(orjson.dumps(body), status, headers=headers, media_type=_JSON)
