"""Spans as calls: what answered a request is one, how it got there is not."""

from __future__ import annotations

import re
from typing import Final

from ingest.json_columns import Cells
from ingest.otlp.naming import (
    deployment_cells,
    outcome_cells,
    status_of,
    tells,
    trace_cells,
    without_nothing,
)
from ingest.otlp.records import mapped_cells
from ingest.otlp.signals import Attributes, Span
from ingest.readers.block import Layout

SERVER: Final = 2
_WENT_WELL: Final = 1
_FAILED: Final = 2
_ROUTES: Final = ("http.route", "url.path", "http.target")
# asked by whoever watches the server, never by whoever wants a prediction
_WATCHED: Final = frozenset(
    {
        "/livez",
        "/readyz",
        "/healthz",
        "/health",
        "/health/live",
        "/health/ready",
        "/healthcheck",
        "/ping",
        "/ready",
        "/live",
        "/metrics",
        "/v2/health/live",
        "/v2/health/ready",
        "/docs",
        "/openapi.json",
        "/favicon.ico",
    }
)
# of the V2 protocol, also as a route: /v2/models/{model_name}/versions/{version}/ready
_OF_A_MODEL: Final = re.compile(r"/v2/models/[^/]+(/versions/[^/]+)?/ready")
_HEALTH_SERVICE: Final = "grpc.health.v1.Health"


def span_cells(span: Span, layout: Layout) -> tuple[Cells | None, str | None]:
    """
    Return a span as a row of an event, and what it is counted as besides.

    Parameters
    ----------
    span : Span
    layout : Layout
        See `ingest.otlp.records.record_cells`.

    Returns
    -------
    cells : dict or None
        None: it is no call and no prediction.
    passed_over : str or None
        What was passed over: the span, or its latency.
    """
    told = outcome_cells(span.attributes)
    if span.kind == SERVER:
        if _is_watching(span.attributes):
            return None, "health_check"
        cells, skewed = _call_cells(span)
    elif tells(told):
        # a step of the call that its parent is; what took how long is the parent's to say
        cells, skewed = trace_cells(span.trace_id, span.parent_id or span.span_id), False
    else:
        return None, "other_span"
    deployed = deployment_cells(span.origin, span.attributes)
    start = {"ts": str(span.start_ns)} if span.start_ns else {}
    whole = {**start, **deployed, **cells, **told}
    if skewed and "status" not in whole and not tells(told):
        return None, "negative_latency"  # nothing else is known of the call
    kept = {path: cell for path, cell in whole.items() if path not in layout.elsewhere}
    wanted = mapped_cells(layout, span.attributes, {}, span.origin.resource)
    return kept | wanted, "negative_latency" if skewed else None


def _call_cells(span: Span) -> tuple[Cells, bool]:
    """Return what a served call was, and whether its clock ran backwards."""
    known = bool(span.start_ns and span.end_ns)
    skewed = known and span.end_ns < span.start_ns
    status = status_of(span.attributes, is_error=span.status == _FAILED)
    if status is None and span.status == _WENT_WELL:
        status = 200
    cells: Cells = {
        **trace_cells(span.trace_id, span.span_id),
        "latency_ms": (span.end_ns - span.start_ns) / 1e6 if known and not skewed else None,
        "status": status,
    }
    return without_nothing(cells), skewed


def _is_watching(attributes: Attributes) -> bool:
    # a method has its service's name before it since the conventions of 2026
    service = attributes.get("rpc.service") or str(attributes.get("rpc.method")).rpartition("/")[0]
    if service == _HEALTH_SERVICE:
        return True
    path = next((str(attributes[name]) for name in _ROUTES if name in attributes), "")
    plain = path.partition("?")[0].rstrip("/")
    return plain in _WATCHED or _OF_A_MODEL.fullmatch(plain) is not None
