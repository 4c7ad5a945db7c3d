"""The names of a native event's fields, and what each may hold."""

from __future__ import annotations

from typing import Final

# field -> type of its values in bulk; every other name in CSV and Parquet is a feature
FIELDS: Final[dict[str, str]] = {
    "model": "text",
    "version": "text",
    "ts": "time",
    "prediction_id": "text",
    "request_id": "text",
    "prediction": "text",
    "score": "number",
    "latency_ms": "number",
    "status": "integer",
    "replica": "text",
    "trace_id": "text",
    "tags": "json",
    "label": "text",
    "sampling_rate": "number",
}

REQUIRED: Final = ("model", "ts")
# one of these, or a feature, makes a line an event worth keeping
SUBSTANCE: Final = ("prediction", "score", "label", "latency_ms", "status")

RAW_LIMIT_BYTES: Final = 64 * 1024
