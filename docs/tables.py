"""
Write the tables of docs/configuration.md from the models that read `driftline.yaml`.

    .venv/bin/python docs/tables.py

A test holds that they are up to date.
"""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from monitors import config
from monitors.config_values import write_duration
from monitors.follow_config import FollowConfig
from monitors.pairing_config import PairingConfig
from monitors.privacy_config import PrivacyConfig, RejectedConfig, SecretConfig
from monitors.prometheus_config import LabelsConfig, PrometheusConfig, QueriesConfig
from monitors.source_config import SourceConfig
from monitors.tiers_config import ArchiveConfig, RetentionConfig

DOCUMENT = Path(__file__).with_name("configuration.md")
BETWEEN = re.compile(r"(<!-- keys -->\n).*(<!-- /keys -->)", re.DOTALL)
SECTIONS: tuple[tuple[str, str, type[BaseModel]], ...] = (
    ("The file", "", config.Config),
    ("defaults", "defaults", config.Defaults),
    ("A monitor", "monitors.NAME", config.MonitorConfig),
    ("What windows are compared with", "monitors.NAME.baseline", config.BaselineConfig),
    ("Logs that lie elsewhere", "monitors.NAME.source", SourceConfig),
    ("Where old rows go", "monitors.NAME.archive", ArchiveConfig),
    ("How long rows are kept", "monitors.NAME.retention", RetentionConfig),
    ("Which columns", "monitors.NAME.columns", config.ColumnsConfig),
    ("Two-sample tests", "monitors.NAME.drift", config.DriftConfig),
    ("An objective", "monitors.NAME.slos[]", config.SLOConfig),
    ("What is never stored as it came", "monitors.NAME.privacy", PrivacyConfig),
    ("Logs that the owner follows", "follow[]", FollowConfig),
    ("A route", "routes[]", config.RouteConfig),
    ("Who knows what replicas use", "prometheus", PrometheusConfig),
    ("What is asked there", "prometheus.queries", QueriesConfig),
    ("Whose a series is", "prometheus.labels", LabelsConfig),
    ("Calls that two records tell", "pairing", PairingConfig),
    ("The key of hashes", "privacy", SecretConfig),
    ("Lines that could not be read", "rejected", RejectedConfig),
)
SAID = {
    "baseline": "see below",
    "columns": "see below",
    "drift": "see below",
    "defaults": "see below",
    "pairing": "see below",
    "queries": "see below",
    "labels": "see below",
    "privacy": "see below",
    "rejected": "see below",
    "follow": "none",
    "routes": "none",
    "monitors": "none",
    "false_incidents": "`1 per 90d`",
    "slos": "availability, 99.9% over 28d",
}


def tables() -> str:
    """Return the tables as Markdown."""
    parts = [_table(title, where, model) for title, where, model in SECTIONS]
    return "\n" + "\n".join(parts) + "\n"


def _table(title: str, where: str, model: type[BaseModel]) -> str:
    schema = model.model_json_schema()
    heading = f"### {title}" + (f": `{where}`" if where else "")
    lines = [heading, "", "| key | value | default | meaning |", "|---|---|---|---|"]
    for key, shape in schema["properties"].items():
        field = model.model_fields[key]
        default = (
            "required"
            if field.is_required()
            else _default(key, field.get_default(call_default_factory=True))
        )
        said = (field.description or "").replace("|", "\\|")
        lines.append(f"| `{key}` | {_value(shape, schema)} | {default} | {said} |")
    return "\n".join([*lines, ""])


def _default(key: str, value: object) -> str:
    if value is None:
        return ""
    if key in SAID and not isinstance(value, str):
        return SAID[key]
    if value in ((), {}):
        return ""
    if isinstance(value, timedelta):
        return f"`{write_duration(value) if value else 0}`"
    return f"`[{', '.join(value)}]`" if isinstance(value, tuple) else f"`{value}`"


def _value(shape: dict[str, Any], schema: dict[str, Any]) -> str:
    """Say what may be written, in words of the document."""
    options = [one for one in shape.get("anyOf", [shape]) if one.get("type") != "null"]
    return " or ".join(dict.fromkeys(_one(option, schema) for option in options))


def _one(shape: dict[str, Any], schema: dict[str, Any]) -> str:  # noqa: PLR0911 (one case a line)
    if "enum" in shape:
        return ", ".join(f"`{one}`" for one in shape["enum"])
    kind = shape.get("type")
    if "$ref" in shape or kind == "object":
        return "keys"
    if kind == "array":
        items = shape.get("items") or {}
        return f"list of {_one(items, schema)}" if items else "[start, end)"
    if isinstance(kind, list):
        return "share" if "number" in kind else "text"
    if "const" in shape:
        return f"`{shape['const']}`"
    if kind == "string" and "pattern" in shape and "examples" not in shape:
        return str(shape.get("format", "duration"))
    if kind in {"number", "integer"}:
        return _range(shape)
    return "text"


def _range(shape: dict[str, Any]) -> str:
    word = "whole number" if shape["type"] == "integer" else "number"
    bounds = (
        ("exclusiveMinimum", "above"),
        ("minimum", "from"),
        ("exclusiveMaximum", "below"),
        ("maximum", "to"),
    )
    said = [f"{name} {json.dumps(shape[key])}" for key, name in bounds if key in shape]
    return " ".join([word, *said])


def main() -> None:
    """Rewrite the document."""
    text = DOCUMENT.read_text(encoding="utf-8")
    written = BETWEEN.sub(lambda found: found[1] + tables() + found[2], text)
    DOCUMENT.write_text(written, encoding="utf-8")


if __name__ == "__main__":
    main()
