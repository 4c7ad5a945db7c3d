"""
Keeps pages of other sites out of the dashboard.

A browser at this machine runs other sites' pages too, and such a page can open a connection to
127.0.0.1, or to a name of its own that it lets point there (DNS rebinding). Streamlit compares the
origin with the host, which a rebound name passes, and asks a foreign service for this machine's
address before it refuses others. The API has a guard of its own.

Nor may such a page show the dashboard in a frame of its own: it could lead a click onto
"Acknowledge", and Streamlit tells whoever frames it what is looked at.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.catalogue import say

_FORBIDDEN: Final = 403
# what closes a connection that was not opened yet is answered with 403, too
_POLICY: Final = 1008
_HEADERS: Final = {
    "Content-Security-Policy": "frame-ancestors 'self'",
    "X-Frame-Options": "SAMEORIGIN",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


class SameSite:
    """
    Answers the dashboard's own pages only.

    Parameters
    ----------
    app : ASGIApp
    hosts : collection of str or None
        Names beside loopback ones under which the dashboard is asked for; None: every name.
    exempt : collection of str
        First parts of paths that have a guard of their own.
    """

    def __init__(
        self, app: ASGIApp, *, hosts: Collection[str] | None, exempt: Collection[str]
    ) -> None:
        self._app = app
        self._hosts = None if hosts is None else frozenset(host.lower() for host in hosts)
        self._exempt = frozenset(exempt)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on what is admitted, and refuse the rest."""
        if scope["type"] not in {"http", "websocket"} or self._guards_itself(scope):
            await self._app(scope, receive, send)
        elif self._admits(scope):
            await self._app(scope, receive, _closed_to_frames(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": _POLICY})
        else:
            answer = PlainTextResponse(say("api.guard.foreign-page", "en"), _FORBIDDEN)
            await answer(scope, receive, send)

    def _guards_itself(self, scope: Scope) -> bool:
        return scope["path"].lstrip("/").partition("/")[0] in self._exempt

    def _admits(self, scope: Scope) -> bool:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if self._hosts is not None and not self._knows(host):
            return False
        return all(
            urlsplit(origin).netloc.lower() == host.lower() for origin in headers.getlist("origin")
        )

    def _knows(self, host: str) -> bool:
        name = (urlsplit(f"//{host}").hostname or "").lower()
        if name == "localhost" or name in (self._hosts or ()):
            return True
        try:
            return ipaddress.ip_address(name).is_loopback
        except ValueError:
            return False


def _closed_to_frames(send: Send) -> Send:
    """Send with headers that keep a page out of other sites' frames, and its address to itself."""

    async def closed(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(_HEADERS)
        await send(message)

    return closed
