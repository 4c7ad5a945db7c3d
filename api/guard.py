"""
Who may ask: keys, and on loopback without any key whoever sits at this machine.

A browser at this machine also runs pages of other sites. Such a page can send requests to
127.0.0.1, by forms, by fetch without CORS, or under its own name that it lets point here (DNS
rebinding). So a request without a key has to name a loopback host, and must not come from a page
of another origin.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import logging
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from anyio import to_thread
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from api.endpoint import Endpoint
from api.problem import language_of, problem
from domain.key import Grant, Scope
from monitors.service import Service

# the key that a path brought; taken out of the path before anything is logged
PATH_KEY: Final = "driftline.key"

# a revoked key may open something for so long: asking the ring takes a thread, at every request
_REMEMBERED: Final = timedelta(seconds=1)
_MOST_REMEMBERED: Final = 1_000
_INGEST_ONLY: Final = frozenset({Scope.INGEST})
_NOBODY: Final = Grant("", frozenset())
_LOCAL: Final = Grant("this machine", frozenset({Scope.INGEST, Scope.READ}))
_OWNER: Final = Grant("the owner of the store", frozenset({Scope.ADMIN}))
_HOST: Final = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^\[\]:@/\\?#\s,]+)(:[0-9]{1,5})?")
# a proxy in front asks from this machine for somebody else
_FORWARDED: Final = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
_KEY_IN_PATH: Final = re.compile(r"(/k/)[^/?\s]+")
_KEY: Final = re.compile(r"dlk_[0-9a-f]{12}_[\w-]+")


class RefusedError(Exception):
    """
    A request that may not be answered.

    Parameters
    ----------
    answer : Response
        What it gets instead.
    """

    def __init__(self, answer: Response) -> None:
        super().__init__()
        self.answer = answer


class Guard:
    """
    Lets requests in to what they may ask.

    Parameters
    ----------
    service : Service
        Of the process that owns the store.
    clock : callable
        Returns the time, aware.
    loopback : bool
        The server listens on a loopback address only.
    owner_secret : str or None
        The local key of `owner.json`; opens everything.
    """

    def __init__(
        self,
        service: Service,
        clock: Callable[[], datetime],
        *,
        loopback: bool,
        owner_secret: str | None = None,
    ) -> None:
        self._service = service
        self._clock = clock
        self._loopback = loopback
        self._owner = None if owner_secret is None else owner_secret.encode()
        self._remembered: dict[bytes, tuple[Grant, datetime]] = {}
        self._keyless_until: datetime | None = None

    async def admit(self, request: Request, endpoint: Endpoint) -> Grant:
        """
        Return what a request may do.

        Parameters
        ----------
        request : Request
        endpoint : Endpoint
            What it asks for.

        Raises
        ------
        RefusedError
            With 401 where a key is missing or opens nothing, 403 where it is for something else.
        """
        if endpoint.scope is None:
            return _NOBODY
        in_path: str | None = request.scope.get(PATH_KEY)
        secret = in_path if in_path is not None else _secret(request.headers)
        if secret is None:
            grant = await self._without_key(request, endpoint)
        else:
            grant = await self._of_key(secret, request)
        if in_path is not None and grant.scopes != _INGEST_ONLY:
            raise _refused(403, "api.guard.path-key", request)
        if endpoint.also is None or not grant.allows(endpoint.also):
            _check_scope(grant, endpoint.scope, request)
        _check_model(grant, endpoint, request)
        return grant

    async def _of_key(self, secret: str, request: Request) -> Grant:
        if self._owner is not None and hmac.compare_digest(secret.encode(), self._owner):
            return _OWNER
        now = self._clock()
        # no secret stays in memory
        digest = hashlib.sha256(secret.encode()).digest()
        grant, until = self._remembered.get(digest, (None, now))
        if grant is not None and now < until:
            return grant
        grant = await to_thread.run_sync(self._service.authorize, secret, now)
        if grant is None:
            self._remembered.pop(digest, None)
            raise _refused(401, "api.guard.dead-key", request, 'error="invalid_token"')
        if len(self._remembered) >= _MOST_REMEMBERED:
            self._remembered.clear()
        self._remembered[digest] = (grant, now + _REMEMBERED)
        return grant

    async def _without_key(self, request: Request, endpoint: Endpoint) -> Grant:
        headers = request.headers
        if not self._loopback or any(name in headers for name in _FORWARDED):
            raise _refused(401, "api.guard.no-key", request, "")
        if not endpoint.on_loopback and not await self._keyless():
            raise _refused(401, "api.guard.no-key", request, "")
        if not _names_loopback(headers):
            raise _refused(403, "api.guard.foreign-host", request)
        if not _own_page(request):
            raise _refused(403, "api.guard.foreign-page", request)
        if endpoint.scope is Scope.ADMIN:
            raise _refused(401, "api.guard.no-admin-key", request, "")
        return _LOCAL

    async def _keyless(self) -> bool:
        # also a revoked key counts: revoking one never opens anything
        now = self._clock()
        if self._keyless_until is None or now >= self._keyless_until:
            if await to_thread.run_sync(self._service.keys):
                return False
            self._keyless_until = now + _REMEMBERED
        return True


class HideKeys(logging.Filter):
    """Takes keys out of what a server's access log says of a request."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask what the record is filled with; every record is kept."""
        if isinstance(record.args, tuple):
            record.args = tuple(
                without_keys(value) if isinstance(value, str) else value for value in record.args
            )
        return True


def hide_keys() -> None:
    """Take keys out of the access log of this process's server, however it was started."""
    access = logging.getLogger("uvicorn.access")
    if not any(isinstance(one, HideKeys) for one in access.filters):
        access.addFilter(HideKeys())


def without_keys(text: str) -> str:
    """Return a path or line without the keys in it."""
    return _KEY.sub("dlk_…", _KEY_IN_PATH.sub(r"\1…", text))


def _secret(headers: Headers) -> str | None:
    """
    Return the key that a request brings.

    Elasticsearch's clients send ``ApiKey base64(id:key)`` or ``Basic base64(user:password)``: the
    key is behind the colon, and what stands before it counts for nothing.
    """
    scheme, _, told = headers.get("authorization", "").partition(" ")
    scheme, told = scheme.lower(), told.strip()
    if scheme == "bearer" or (scheme == "apikey" and _KEY.fullmatch(told)):
        return told
    if scheme not in {"apikey", "basic"}:
        return None
    try:
        pair = base64.b64decode(told, validate=True).decode()
    except ValueError:
        return ""  # a key that opens nothing: what was meant for one is never taken for none
    return pair.partition(":")[2]


def _names_loopback(headers: Headers) -> bool:
    hosts = headers.getlist("host")
    match = _HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
    if match is None:
        return False
    name = match[1].lower()
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def _own_page(request: Request) -> bool:
    headers = request.headers
    own = f"{request.scope['scheme']}://{headers['host']}".lower()
    if any(origin.lower() != own for origin in headers.getlist("origin")):
        return False
    # "none": a person typed the address or chose a bookmark
    return all(site in {"same-origin", "none"} for site in headers.getlist("sec-fetch-site"))


def _check_scope(grant: Grant, scope: Scope, request: Request) -> None:
    if not grant.allows(scope):
        has = ", ".join(sorted(grant.scopes))
        challenge = f'error="insufficient_scope", scope="{scope}"'
        raise _refused(403, "api.guard.wrong-scope", request, challenge, scope=scope.value, has=has)


def _check_model(grant: Grant, endpoint: Endpoint, request: Request) -> None:
    if grant.models is None or endpoint.keeps_to_models:
        return
    model = request.path_params.get("model")
    if model is None:
        raise _refused(403, "api.guard.all-models", request)
    if not grant.allows_model(model):
        raise _refused(403, "api.guard.wrong-model", request, model=model)


def _refused(
    status: int, key: str, request: Request, challenge: str | None = None, **values: str
) -> RefusedError:
    headers: dict[str, str] = {}
    if challenge is not None:
        parts = ['Bearer realm="driftline"', *([challenge] if challenge else [])]
        headers["WWW-Authenticate"] = ", ".join(parts)
    return RefusedError(
        problem(status, key, language_of(request.headers), headers=headers, more=None, **values)
    )
