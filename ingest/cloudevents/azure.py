"""
The events of Azure ML's data collector: in its JSON lines, and as its library sends them.

Inputs and outputs are separate records under one correlation id. Calls that come close to each
other share a record: then its rows are rows of one call here too, for nothing tells them apart.
Times are whole seconds.
"""

from __future__ import annotations

import re
from typing import Any, Final

from ingest.cloudevents.event import CloudEvent, json_bytes
from ingest.exchange import ROW_IDS, Half, Payload, Side
from ingest.json_exact import UnfitError
from ingest.payload.json_text import parse_json

Json = Any

PREFIX: Final = "azureml.inference."
_SIDES: Final[dict[str, tuple[str, Side]]] = {
    "inputs": ("rows", "request"),
    "outputs": ("rows", "response"),
    "model_inputs": ("rows", "request"),
    "model_outputs": ("rows", "response"),
    "request": ("payload", "request"),
    "response": ("payload", "response"),
}
_DEPLOYMENT: Final = re.compile(r"/onlineEndpoints/([^/]+)(?:/deployments/([^/]+))?", re.IGNORECASE)
_RANGE: Final = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
_NO_VERSION: Final = frozenset({"default", "none", "not available"})
# the caller's, or the collector's own, beside the features
_ID_COLUMN: Final = "correlationid"


def half_of(event: CloudEvent) -> Half:
    """
    Return the side of a call that an event tells.

    Raises
    ------
    UnfitError
        If it has no id, or its rows are not in it.
    """
    collection, side = _side(event)
    name = event.text("correlationid", "x-request-id", "xrequestid", "id")
    if name is None:
        raise UnfitError("missing_event_id", field="correlationid")
    endpoint, deployment = _source(event)
    key = ("azureml", endpoint or "", deployment or "", collection, name)
    facts: dict[str, object] = {"request_id": name}
    if endpoint is not None:
        facts["model"] = endpoint
    version = event.text("modelversion", "model-version")
    if version is not None and version.lower() not in _NO_VERSION:
        facts["version"] = version
    if deployment is not None:
        facts["tags"] = {"deployment": deployment}
    payload, ids = _payload(event, side)
    if len(set(ids)) == len(ids) and ids not in ([], [name]):
        facts[ROW_IDS] = ids
    return Half(event.position, event.raw, key, side, event.at(), facts, payload)


def _side(event: CloudEvent) -> tuple[str, Side]:
    found = _SIDES.get(event.type.removeprefix(PREFIX))
    if found is None:
        raise UnfitError("unknown_event", value=event.type)
    return found


def _source(event: CloudEvent) -> tuple[str | None, str | None]:
    found = _DEPLOYMENT.search(event.text("source") or "")
    return (None, None) if found is None else (found[1], found[2])


def _payload(event: CloudEvent, side: Side) -> tuple[Payload | None, list[str]]:
    """Return the rows, and the ids that all of them have themselves."""
    told = event.text("contentrange") or ""
    part = _RANGE.fullmatch(told)
    if part is not None and (int(part[1]) > 0 or int(part[2]) + 1 < int(part[3])):
        raise UnfitError("part_of_data", value=told)
    if str(event.attributes.get("datainblob", "")).lower() == "true":
        raise UnfitError("data_elsewhere")
    if event.payload is None:
        return None, []
    body = parse_json(event.payload.content)
    if not isinstance(body, list):
        return event.payload, []
    told = [row.get(_ID_COLUMN) if isinstance(row, dict) else None for row in body]
    ids = [one for one in told if isinstance(one, str) and one]
    rows = [_without_id(row) for row in body]
    named = {"dataframe_records" if side == "request" else "predictions": rows}
    return Payload(json_bytes(named), "application/json"), ids if len(ids) == len(rows) else []


def _without_id(row: Json) -> Json:
    if not isinstance(row, dict):
        return row
    return {name: cell for name, cell in row.items() if name != _ID_COLUMN}
