"""A commented configuration to start from, made from the logs at hand."""

from __future__ import annotations

import json
from datetime import timedelta

import numpy as np

from domain.profile import ColumnRole
from domain.window import Window
from store.store import Store

HEAD = """\
# What Driftline watches. Every key has a default; unknown keys are errors.
store: {store}
timezone: UTC                # of daily windows and of dates without a time
monitors:
  "*":                       # every model the logs bring; a model's own entry wins, key by key
    slos: [{{name: availability, target: 99.9%, period: 28d}}]
"""
MONITOR = """\
  {name}:
    # versions: {versions}; logs: {span}
    window: 1d
    # baseline: {{trailing: 56d, gap: 10d}} # or {{window: [2026-01-01, 2026-04-01]}}
    false_incidents: 1 per 90d             # the alarm line is drawn to keep this
    # columns: {{exclude: []}}               # of: {columns}
    slos:
      - {{name: availability, target: 99.9%, period: 28d}}
"""
LATENCY = """\
      - {{name: latency, latency_ms: {limit:g}, target: 99%, period: 28d}}   # from recent calls
"""
# a limit that the slowest calls of the newest four weeks kept with some room
ROOM = 1.5
ROUND = np.array([1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10])


def starter(store: Store, folder: str) -> str:
    """
    Write a configuration for the models of a store.

    Parameters
    ----------
    store : Store
    folder : str
        Of the store, as the configuration names it.
    """
    parts = [HEAD.format(store=json.dumps(folder, ensure_ascii=False))]
    for model in store.models():
        span = store.logs(model).data_span()
        names = [c.name for c in store.logs(model).columns() if c.role is ColumnRole.FEATURE]
        versions = [d.version or "(none)" for d in store.logs(model).deployments()]
        parts.append(
            MONITOR.format(
                name=json.dumps(model, ensure_ascii=False),
                versions=_comment(", ".join(versions)),
                span=span,
                columns=_comment(", ".join(names)),
            )
        )
        limit = _latency_limit(store, model, span)
        if limit is not None:
            parts.append(LATENCY.format(limit=limit))
    return "".join(parts)


def _comment(text: str) -> str:
    """Keep a text inside its comment: names may hold line breaks."""
    return " ".join(text.split())


def _latency_limit(store: Store, model: str, span: Window | None) -> float | None:
    """Round 1.5 times the 99.5th percentile of the newest four weeks up to a plain number."""
    if span is None:
        return None
    recent = Window(max(span.start, span.end - timedelta(weeks=4)), span.end)
    found = [
        float(store.logs(model).latency_quantiles(d.version, [recent], (0.995,))[0, 0])
        for d in store.logs(model).deployments()
    ]
    known = [value for value in found if np.isfinite(value) and value > 0]
    if not known:
        return None
    wanted = ROOM * max(known)
    scale = 10.0 ** np.floor(np.log10(wanted))
    return float(scale * ROUND[np.searchsorted(ROUND, wanted / scale)])
