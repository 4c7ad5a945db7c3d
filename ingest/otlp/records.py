"""Log records as rows of events: predictions, and those that only look like one are passed over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from domain.event import FIELDS
from ingest.json_columns import Cells
from ingest.json_exact import UnfitError, parse_object
from ingest.otlp.naming import (
    deployment_cells,
    outcome_cells,
    status_of,
    tells,
    trace_cells,
    without_nothing,
)
from ingest.otlp.signals import LogRecord
from ingest.readers.block import Layout

EVENT_NAME: Final = "ml.prediction"
_OPENED: Final = ("features", "tags")


def record_cells(record: LogRecord, layout: Layout) -> Cells | None:
    """
    Return a record as a row of an event; None: it tells of no prediction.

    Parameters
    ----------
    record : LogRecord
    layout : Layout
        Names what the mapping wants besides: ``attributes.*``, ``body.*``, ``resource.*``.

    Raises
    ------
    UnfitError
        If its features are a text that is no JSON object.
    """
    body = _body(record.body)
    told = {**_body_cells(body), **_opened(record.attributes), **outcome_cells(record.attributes)}
    wanted = mapped_cells(layout, record.attributes, body, record.origin.resource)
    named = record.event_name or record.attributes.get("event.name")
    if not (named == EVENT_NAME or tells(told) or _any_own(wanted)):
        return None
    failed = "error.type" in record.attributes and "prediction" not in told
    status = status_of(record.attributes, is_error=failed and "status" not in told)
    cells: Cells = {
        **trace_cells(record.trace_id, record.span_id),
        **deployment_cells(record.origin, record.attributes),
        "ts": str(record.time_ns) if record.time_ns else None,
        **({} if status is None else {"status": status}),
        **told,
    }
    kept = {path: cell for path, cell in cells.items() if path not in layout.elsewhere}
    return without_nothing(kept) | wanted


def mapped_cells(
    layout: Layout,
    attributes: Mapping[str, object],
    body: Mapping[str, object],
    resource: Mapping[str, object],
) -> Cells:
    """Return what of an item a mapping names by its place."""
    if not layout.named:
        return {}
    places = (("attributes", attributes), ("body", body), ("resource", resource))
    cells = {
        f"{place}.{name}": value for place, members in places for name, value in members.items()
    }
    return {path: cell for path, cell in cells.items() if layout.names(path) and cell is not None}


def _any_own(wanted: Cells) -> bool:
    return any(not path.startswith("resource.") for path in wanted)


def _body(body: object) -> Mapping[str, object]:
    """Return a body as a mapping: what agents took from a file is often a text of JSON."""
    if isinstance(body, dict):
        return body
    if isinstance(body, str) and body.lstrip()[:1] == "{":
        try:
            return parse_object(body.encode())
        except (UnfitError, UnicodeEncodeError):
            return {}
    return {}


def _body_cells(body: Mapping[str, object]) -> Cells:
    """Return what a body tells under the names of the native event."""
    fields = {name: body[name] for name in FIELDS if name in body and name != "tags"}
    return without_nothing(fields) | _opened(body)


def _opened(members: Mapping[str, object]) -> Cells:
    """Return the members of the objects ``features`` and ``tags``."""
    cells: Cells = {}
    for name in _OPENED:
        whole = members.get(name)
        if isinstance(whole, str) and whole.lstrip()[:1] == "{":
            whole = parse_object(whole.encode())
        if isinstance(whole, dict):
            cells |= {f"{name}.{key}": value for key, value in whole.items()}
        else:
            cells[name] = whole
    return without_nothing(cells)
