"""What BentoML's monitoring sends over OTLP: columns whose roles only some records tell."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from domain.trace import span_id_of, trace_id_of
from ingest.json_columns import Cells
from ingest.json_exact import UnfitError
from ingest.otlp.naming import deployment_cells, without_nothing
from ingest.otlp.signals import LogRecord, Raw
from ingest.otlp.written import written
from ingest.payload.outcomes import outcomes_of

# the scope is named so, or after the SDK's own logger, as its version will have it
_SCOPE: Final = "bentoml_monitor_data"
_META: Final = "bento_meta"
# columns that BentoML adds to those of the user
_OWN: Final = ("timestamp", "request_id", "trace_id", _META)
_SIGNATURE: Final = frozenset(_OWN[:3])
# what it writes outside a built bento
_NO_VERSION: Final = "not available"

Meta = Mapping[str, object]


def is_bento(record: LogRecord) -> bool:
    """Return whether BentoML's monitoring wrote a record."""
    by_body = isinstance(record.body, dict) and (
        _META in record.body or record.body.keys() >= _SIGNATURE
    )
    return by_body or record.origin.scope == _SCOPE


class BentoMonitors:
    """
    Takes BentoML's records apart; keeps what they told of their monitors.

    A record names the roles of its columns on a sampled share of records, always on the first one
    of a process: what one body or file told is kept to its end, and no longer.
    """

    def __init__(self) -> None:
        self._metas: dict[tuple[str, frozenset[str]], Meta] = {}

    def row(self, record: LogRecord) -> tuple[Cells, Raw]:
        """
        Return a record as a row of an event, and what is kept of it where it cannot be one.

        Raises
        ------
        UnfitError
            If it is no mapping, or no record before it told the roles of its columns.
        """
        body = record.body
        if not isinstance(body, dict):
            raise UnfitError("bad_otlp")
        values = {name: value for name, value in body.items() if name not in _OWN}
        meta = self._meta(record, body.get(_META), frozenset(values))
        service = deployment_cells(record.origin, record.attributes)
        cells: Cells = {
            "model": meta.get("monitor_name"),
            "version": _version(meta),
            "ts": body.get("timestamp") or str(record.time_ns),
            # service.instance.id is the version of the bento here
            "replica": record.origin.resource.get("host.name"),
            "tags.service": service.get("model"),
            **_ids(record, body),
            **_by_role(values, meta),
        }
        if _META in body:
            return without_nothing(cells), record.raw
        # alone it would not tell what its columns are
        return without_nothing(cells), lambda: written(record, {**body, _META: json.dumps(meta)})

    def _meta(self, record: LogRecord, told: object, columns: frozenset[str]) -> Meta:
        """Return what is known of the monitor that has these columns."""
        service = str(record.origin.resource.get("service.name"))
        if isinstance(told, str):
            told = _parsed(told)
        if isinstance(told, dict) and isinstance(told.get("schema"), dict):
            self._metas[service, columns] = told
        found = self._metas.get((service, columns))
        if found is None:
            raise UnfitError("untold_roles", value=service)
        return found


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _version(meta: Meta) -> object:
    version = meta.get("bento_version")
    return None if version == _NO_VERSION else version


def _ids(record: LogRecord, body: Mapping[str, object]) -> Cells:
    """Return the ids of the call; in the body they are decimal, in the record they are not."""
    trace = trace_id_of(record.trace_id) or trace_id_of(str(body.get("trace_id", "")))
    span = span_id_of(record.span_id) or span_id_of(str(body.get("request_id", "")))
    request = f"{trace}-{span}" if trace and span else span
    return {"trace_id": trace, "request_id": request}


def _by_role(values: Mapping[str, object], meta: Meta) -> Cells:
    """Return each column as what its role says."""
    schema = meta["schema"]
    cells: Cells = {}
    outputs: dict[str, list[object]] = {}
    for name, value in values.items():
        told = schema.get(name) if isinstance(schema, dict) else None
        role = told.get("role") if isinstance(told, dict) else None
        if role == "prediction":
            outputs[name] = [value]
        elif role == "target":
            cells["label"] = value
        else:
            cells[f"features.{name}"] = value
    return cells | {path: column[0] for path, column in outcomes_of(outputs).items()}
