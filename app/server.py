"""The dashboard as an ASGI application, with whatever else is to answer on the same port."""

from __future__ import annotations

import importlib
import logging
import tomllib
import traceback
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Final

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import BaseRoute
from streamlit import config

from app.same_site import SameSite

log = logging.getLogger(__name__)

Lifespan = Callable[[Any], AbstractAsyncContextManager[None]]

_LOOKS: Final = Path(__file__).with_name("streamlit.toml")
# what a page needs when it is first opened, beyond Streamlit itself
_HEAVY: Final = ("pandas", "plotly.graph_objects", "plotly.io", "streamlit.elements.plotly_chart")


def build(
    script: Path,
    *,
    address: str,
    port: int,
    routes: Sequence[BaseRoute],
    lifespan: Lifespan,
    hosts: Collection[str] | None,
) -> st.App:
    """
    Build the application.

    Parameters
    ----------
    script : Path
        ``streamlit_app.py``.
    address : str
    port : int
        Where it will listen.
    routes : sequence of BaseRoute
        Answered before the dashboard's own.
    lifespan : callable
        Entered when the server starts, left when it stops.
    hosts : collection of str or None
        Names beside loopback ones under which it may be asked for; None: every name.
    """
    _configure(address, port)
    own = {str(getattr(route, "path", "")).lstrip("/").partition("/")[0] for route in routes}
    return st.App(
        script,
        routes=routes,
        middleware=[Middleware(SameSite, hosts=hosts, exempt=own)],
        lifespan=lifespan,
        on_script_error=_log_fault,
    )


def warm() -> None:
    """Import what the first page would otherwise wait for."""
    for name in (*_HEAVY, "app.main", "app.frame"):
        importlib.import_module(name)


def options() -> dict[str, object]:
    """Return Streamlit's settings: the looks, and what does not depend on where it listens."""
    flat: dict[str, object] = {}
    _flatten(tomllib.loads(_LOOKS.read_text(encoding="utf-8")), "", flat)
    return flat


def _flatten(table: dict[str, Any], prefix: str, flat: dict[str, object]) -> None:
    for name, value in table.items():
        if isinstance(value, dict):
            _flatten(value, f"{prefix}{name}.", flat)
        else:
            flat[f"{prefix}{name}"] = value


def _configure(address: str, port: int) -> None:
    """Set Streamlit up; what a user's own file says of other dashboards does not count here."""
    here: dict[str, object] = {
        "server.address": address,
        "server.port": port,
        "browser.serverAddress": address,
        "browser.serverPort": port,
        "server.enableCORS": True,
        "server.enableXsrfProtection": True,
    }
    config.get_config_options(force_reparse=True, options_from_flags={**options(), **here})


def _log_fault(error: Exception) -> bool:
    """Log where a page failed outside its frame; never what with: it may be a feature's value."""
    frames = traceback.extract_tb(error.__traceback__)
    where = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-8:]]
    log.error("page.failed", extra={"error": type(error).__name__, "where": where})
    return False
