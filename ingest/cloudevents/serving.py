"""
The events of KServe's inference logger and of Seldon Core's request logger.

Both tell a request and its answer apart, under one id. A transformer and a predictor of one
service log the same call with the same id: each is a model of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson

from domain.role import TAG, Role
from ingest.cloudevents.event import CloudEvent, json_bytes
from ingest.exchange import Half, Payload, Side
from ingest.json_exact import UnfitError
from ingest.payload import decode_response
from ingest.payload.json_text import parse_json
from ingest.payload.outcomes import outcomes_of

Json = Any

_PLATFORMS: Final = ("org.kubeflow.serving.", "io.seldon.serving.")
_SIDES: Final[Mapping[str, Side]] = {
    "inference.request": "request",
    "inference.response": "response",
}
FEEDBACK: Final = "feedback"
_PREDICTOR: Final = "predictor"
_ROLES: Final = {role.value for role in (Role.CANARY, Role.SHADOW)}
# request headers that KServe passes on where it is told to, in lower case and without dashes
_VERSION: Final = ("xmodelversion", "modelversion")
_TRACE: Final = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


def kind_of(event: CloudEvent) -> str | None:
    """Return ``inference.request``, ``feedback``, …; None: it is no event of these platforms."""
    for platform in _PLATFORMS:
        if event.type.startswith(platform):
            return event.type.removeprefix(platform)
    return None


def half_of(event: CloudEvent) -> Half | None:
    """
    Return the side of a call that an event tells; None: it tells none.

    Raises
    ------
    UnfitError
        If it has no id.
    """
    side = _SIDES.get(kind_of(event) or "")
    if side is None:
        return None
    name = event.text("requestid", "id")
    if name is None:
        raise UnfitError("missing_event_id", field="id")
    service, component = _service(event), event.text("component") or _PREDICTOR
    key = (
        "cloudevents",
        event.text("namespace") or "",
        service or "",
        component,
        event.text("modelid") or "",
        event.text("endpoint") or "",
        name,
    )
    facts = {"request_id": name, **facts_of(event)}
    return Half(event.position, event.raw, key, side, event.at(), facts, event.payload)


def facts_of(event: CloudEvent) -> dict[str, object]:
    """Return what the envelope tells of a call."""
    facts: dict[str, object] = {}
    service, component = _service(event), event.text("component") or _PREDICTOR
    if service is not None:
        facts["model"] = service if component == _PREDICTOR else f"{service}-{component}"
    told = _metadata(event)
    version = next((told[name] for name in _VERSION if told.get(name)), None)
    if version is not None:
        facts["version"] = version
    trace = _TRACE.fullmatch(told.get("traceparent", ""))
    if trace is not None:
        facts["trace_id"] = trace[1]
    tags = {
        name: event.text(attribute)
        for name, attribute in (
            ("namespace", "namespace"),
            ("component", "component"),
            ("endpoint", "endpoint"),
            ("node", "modelid"),
        )
        if event.text(attribute) is not None
    }
    if tags.get("endpoint") in _ROLES:
        tags[TAG] = tags["endpoint"]
    return facts | ({"tags": tags} if tags else {})


def labels_of(event: CloudEvent) -> Iterator[dict[str, object]]:
    """
    Yield a native event of a label alone for each row of a feedback that tells the truth.

    Raises
    ------
    UnfitError
        If it tells no truth, or not of which call.
    """
    body = parse_json(event.payload.content) if event.payload else None
    if not isinstance(body, dict) or body.get("truth") is None:
        raise UnfitError("missing_label", field="truth")
    name = _of_call(body) or event.text("requestid", "id")
    if name is None:
        raise UnfitError("missing_event_id", field="requestid")
    columns = outcomes_of(decode_response(Payload(json_bytes(body["truth"]))).columns)
    outcomes = columns.get("prediction") or []
    if not outcomes:
        raise UnfitError("missing_label", field="truth")
    at = event.at()
    facts: dict[str, object] = {} if at is None else {"ts": at.isoformat()}
    if (model := facts_of(event).get("model")) is not None:
        facts["model"] = model
    for place, outcome in enumerate(outcomes):
        row = name if len(outcomes) == 1 else f"{name}-item-{place}"
        yield facts | {"prediction_id": row, "label": outcome}


def _of_call(feedback: Mapping[str, Json]) -> str | None:
    """Return the id of the call that a feedback is about: that of the answer it repeats."""
    response = feedback.get("response")
    meta = response.get("meta") if isinstance(response, dict) else None
    name = meta.get("puid") if isinstance(meta, dict) else None
    return name if isinstance(name, str) and name else None


def _service(event: CloudEvent) -> str | None:
    return event.text("inferenceservicename")


def _metadata(event: CloudEvent) -> dict[str, str]:
    """Return the request headers that were passed on, by name without dashes."""
    told = event.attributes.get("metadata")
    if isinstance(told, str):
        try:
            told = orjson.loads(told)
        except orjson.JSONDecodeError:
            return {}
    if not isinstance(told, dict):
        return {}
    first = {
        str(name).lower().replace("-", ""): value[0] if isinstance(value, list) and value else value
        for name, value in told.items()
    }
    return {name: value for name, value in first.items() if isinstance(value, str)}
