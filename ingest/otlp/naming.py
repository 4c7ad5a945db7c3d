"""
Which attribute is which field of an event: there is no OpenTelemetry convention for predictions.

Names of the conventions come first where there are any; the rest is what `docs/formats/
opentelemetry.md` asks senders to write. The reasons are in ADR 0029.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Final

from domain.role import TAG, Role
from domain.trace import span_id_of, trace_id_of
from ingest.json_columns import Cells
from ingest.otlp.signals import Attributes, Origin

_MODEL: Final = ("model.name", "ml.model.name", "gen_ai.request.model")
_VERSION: Final = ("model.version", "ml.model.version")
_REPLICA: Final = ("service.instance.id", "k8s.pod.name", "host.name")
_ENVIRONMENT: Final = ("deployment.environment.name", "deployment.environment")
_ARM: Final = ("feature_flag.result.variant", "feature_flag.variant")
_STATUS: Final = ("http.response.status_code", "http.status_code")
# a name since the conventions of 2026, a number before
_GRPC_STATUS: Final = ("rpc.response.status_code", "rpc.grpc.status_code")
_FEATURE: Final = ("feature.", "features.")
_TAG: Final = ("tag.", "tags.")
_TELLING: Final = frozenset({"prediction", "features"})
# what an SDK calls a service that nobody named
_NAMELESS: Final = "unknown_service"

# fields of the native event, and attributes that hold them
_FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "prediction_id": ("prediction_id", "prediction.id"),
    "request_id": ("request_id", "request.id"),
    "prediction": ("prediction", "prediction.value"),
    "score": ("score", "prediction.score"),
    "latency_ms": ("latency_ms", "duration_ms"),
    "label": ("label",),
    "sampling_rate": ("sampling_rate",),
}
# https://grpc.io/docs/guides/status-codes/ from 0 on, as HTTP gateways translate them
_GRPC: Final[dict[str, int]] = {
    "OK": 200,
    "CANCELLED": 499,
    "UNKNOWN": 500,
    "INVALID_ARGUMENT": 400,
    "DEADLINE_EXCEEDED": 504,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "PERMISSION_DENIED": 403,
    "RESOURCE_EXHAUSTED": 429,
    "FAILED_PRECONDITION": 400,
    "ABORTED": 409,
    "OUT_OF_RANGE": 400,
    "UNIMPLEMENTED": 501,
    "INTERNAL": 500,
    "UNAVAILABLE": 503,
    "DATA_LOSS": 500,
    "UNAUTHENTICATED": 401,
}
_GRPC_NUMBERS: Final = dict(enumerate(_GRPC.values()))


def deployment_cells(origin: Origin, attributes: Attributes) -> Cells:
    """
    Return model, version, replica and tags of an item.

    Parameters
    ----------
    origin : Origin
    attributes : mapping of str to object
        Of the item itself; they come before those of its resource.
    """
    both = {**origin.resource, **attributes}
    service = _first(origin.resource, ("service.name",))
    if isinstance(service, str) and service.split(":")[0] == _NAMELESS:
        service = None
    named = _first(both, _MODEL)
    cells: Cells = {
        "model": service if named is None else named,
        "version": _first(both, (*_VERSION, "service.version")),
        "replica": _first(both, _REPLICA),
        "tags.environment": _first(both, _ENVIRONMENT),
        "tags.error_type": _first(attributes, ("error.type",)),
    }
    if named is not None and named != service:
        cells["tags.service"] = service
    arm = _first(both, _ARM)
    cells["tags." + (TAG if arm in set(Role) else "arm")] = arm
    cells |= {f"tags.{name}": value for name, value in _below(attributes, _TAG)}
    return without_nothing(cells)


def outcome_cells(attributes: Attributes) -> Cells:
    """Return what an item's attributes tell of a prediction: its fields and ``features.*``."""
    cells = {field: _first(attributes, names) for field, names in _FIELDS.items()}
    cells |= {f"features.{name}": value for name, value in _below(attributes, _FEATURE)}
    return without_nothing(cells)


def status_of(attributes: Attributes, *, is_error: bool) -> int | None:
    """
    Return the status of a call.

    Parameters
    ----------
    attributes : mapping of str to object
    is_error : bool
        Whether it is known to have failed; 500 where no code says how.

    Examples
    --------
    >>> status_of({"http.response.status_code": 404}, is_error=False)
    404
    >>> status_of({"rpc.grpc.status_code": 14}, is_error=True)
    503
    >>> status_of({"rpc.response.status_code": "NOT_FOUND"}, is_error=True)
    404
    """
    status = _code(_first(attributes, _STATUS))
    if status is None:
        status = _grpc_status(_first(attributes, _GRPC_STATUS))
    return 500 if status is None and is_error else status


def trace_cells(trace: str, span: str) -> Cells:
    """
    Return the trace id, and the request id that all items of one span share.

    Parameters
    ----------
    trace, span : str
        As they were spelled.
    """
    trace_id, span_id = trace_id_of(trace), span_id_of(span)
    if trace_id is None:
        return {}
    if span_id is None:
        return {"trace_id": trace_id}
    return {"trace_id": trace_id, "request_id": f"{trace_id}-{span_id}"}


def tells(cells: Cells) -> bool:
    """Return whether cells hold a feature or a prediction."""
    return any(path in _TELLING or path.startswith("features.") for path in cells)


def without_nothing(cells: Cells) -> Cells:
    """Return the cells that hold something: no null, no empty text, no number that is none."""
    return {path: cell for path, cell in cells.items() if _holds(cell)}


def _holds(cell: object) -> bool:
    return math.isfinite(cell) if isinstance(cell, float) else cell is not None and cell != ""


def _first(attributes: Attributes, names: Iterable[str]) -> object:
    for name in names:
        value = attributes.get(name)
        if value is not None and value != "":
            return value
    return None


def _below(attributes: Mapping[str, object], prefixes: tuple[str, ...]) -> list[tuple[str, object]]:
    return [
        (name.split(".", 1)[1], value)
        for name, value in attributes.items()
        if name.startswith(prefixes) and name not in prefixes
    ]


def _grpc_status(value: object) -> int | None:
    code = _code(value)
    return _GRPC.get(str(value).upper()) if code is None else _GRPC_NUMBERS.get(code)


def _code(value: object) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 3:
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return int(value) if value == int(value) else None
