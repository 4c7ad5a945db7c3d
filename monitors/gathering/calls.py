"""Gathering the single calls that are worth a look, with links to their traces."""

from __future__ import annotations

from typing import Final

from domain.calls import LoggedCall, is_failed
from domain.errors import InputError, StoreError
from domain.run import Deployment
from domain.window import Window
from monitors.config import Config
from monitors.trace_links import trace_link
from monitors.views.calls import CallShown, CallsRead, NotableCalls
from store.store import Store

MOST: Final = 20
# so many failed ones at most where others are slow
_FAILED: Final = 10


def notable_calls(store: Store, config: Config, of: Deployment, span: Window) -> NotableCalls:
    """
    Gather the slowest and the failed calls of a deployment.

    Parameters
    ----------
    store : Store
    config : Config
    of : Deployment
    span : Window
        An hour that it cuts is taken whole.
    """
    store.refresh_call_hours(of.model, span)
    template = _template(config, of.model)
    linked = template is not None
    try:
        found = store.notable_calls(of, span, MOST)
    except (InputError, StoreError) as error:
        return NotableCalls(read=CallsRead.FAILED, calls=(), linked=linked, error=str(error))
    if found is None:
        return NotableCalls(read=CallsRead.ELSEWHERE, calls=(), linked=linked)
    failed, slowest = found
    n_others = sum(not is_failed(call.status) for call in slowest)
    chosen = failed[: max(_FAILED, MOST - n_others)]
    shown = set(chosen)
    chosen += [call for call in slowest if call not in shown][: MOST - len(chosen)]
    calls = tuple(CallShown(call, is_failed(call.status), _link(template, call)) for call in chosen)
    read = CallsRead.READ if calls else _why_none(store, of, span)
    return NotableCalls(read=read, calls=calls, linked=linked)


def _template(config: Config, model: str) -> str | None:
    monitor = config.monitor(model)
    # what a hash looks like is an id, too
    hidden = monitor.privacy is not None and "trace_id" in monitor.privacy.hash
    return None if hidden else monitor.trace_url


def _link(template: str | None, call: LoggedCall) -> str | None:
    return None if template is None else trace_link(template, call)


def _why_none(store: Store, of: Deployment, span: Window) -> CallsRead:
    hours = store.call_hours(of.model, of.version, span, 3600)
    return CallsRead.GONE if len(hours.cell) or hours.failed.any() else CallsRead.NONE
