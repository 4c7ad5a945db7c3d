"""The committed files: Parquet a month, and two short excerpts in other forms."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from sample_data.flights import CATEGORICAL, FEATURES, NUMERIC

TIME: Final = pa.timestamp("ms", tz="UTC")
EVENT_SCHEMA: Final = pa.schema(
    [
        ("model", pa.string()),
        ("version", pa.string()),
        ("ts", TIME),
        ("prediction_id", pa.string()),
        ("request_id", pa.string()),
        ("prediction", pa.string()),
        ("score", pa.float64()),
        ("latency_ms", pa.float64()),
        ("status", pa.int16()),
        ("replica", pa.string()),
        ("tags", pa.string()),
        *((name, pa.string()) for name in CATEGORICAL),
        *((name, pa.float64()) for name in NUMERIC),
    ]
)
LABEL_SCHEMA: Final = pa.schema(
    [("model", pa.string()), ("prediction_id", pa.string()), ("label", pa.string()), ("ts", TIME)]
)
# ids count upwards, so neighbours share their beginning; times rise by whole minutes
_EVENT_ENCODING: Final = {
    "ts": "DELTA_BINARY_PACKED",
    "prediction_id": "DELTA_BYTE_ARRAY",
    "request_id": "DELTA_BYTE_ARRAY",
}
_LABEL_ENCODING: Final = {"ts": "DELTA_BINARY_PACKED", "prediction_id": "DELTA_BYTE_ARRAY"}


def months(times: "pd.Series[pd.Timestamp]") -> Iterator[tuple[str, "pd.Series[bool]"]]:
    """Yield each month, such as "2013-07", with the mask of its rows."""
    names = times.dt.strftime("%Y-%m")
    for name in sorted(names.unique()):
        yield name, names == name


def write_events(events: pd.DataFrame, path: Path) -> None:
    """Write events as one Parquet file in the column form of the native event."""
    _write(events, EVENT_SCHEMA, _EVENT_ENCODING, path)


def write_labels(labels: pd.DataFrame, path: Path) -> None:
    """Write labels as one Parquet file."""
    _write(labels, LABEL_SCHEMA, _LABEL_ENCODING, path)


def _write(frame: pd.DataFrame, schema: pa.Schema, encoding: dict[str, str], path: Path) -> None:
    table = pa.Table.from_pandas(frame, schema=schema, preserve_index=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(
        table.replace_schema_metadata(None),
        path,
        row_group_size=len(table),
        compression="zstd",
        compression_level=22,
        use_dictionary=[name for name in schema.names if name not in encoding],
        column_encoding=encoding,
        dictionary_pagesize_limit=1 << 20,
        data_page_size=1 << 22,
        write_page_index=False,
        store_schema=False,
    )


def to_native(event: dict[str, Any]) -> dict[str, Any]:
    """
    Turn one row of the column form into the JSON form of the native event.

    Parameters
    ----------
    event : dict
        A row; ``ts`` a Timestamp, ``tags`` JSON text.

    Returns
    -------
    dict
        Features under ``features``, ``tags`` as an object; fields that a failed call lacks are
        left out, a missing feature is null.
    """
    plain = {name: None if pd.isna(value) else value for name, value in event.items()}
    native: dict[str, Any] = {
        name: plain[name]
        for name in EVENT_SCHEMA.names
        if name not in FEATURES and plain[name] is not None
    }
    native["ts"] = event["ts"].strftime("%Y-%m-%dT%H:%M:%SZ")
    native["tags"] = json.loads(event["tags"])
    native["features"] = {name: plain[name] for name in FEATURES}
    return native


def write_ndjson(events: pd.DataFrame, path: Path) -> None:
    """Write events as gzipped NDJSON, without a time stamp in the gzip header."""
    rows = events[EVENT_SCHEMA.names].to_dict("records")
    lines = [json.dumps(to_native(row), separators=(",", ":")) for row in rows]
    path.parent.mkdir(parents=True, exist_ok=True)
    data = "\n".join(lines) + "\n"
    path.write_bytes(gzip.compress(data.encode(), compresslevel=9, mtime=0))


def write_csv(events: pd.DataFrame, path: Path) -> None:
    """Write events as CSV with the same column names as in Parquet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    events[EVENT_SCHEMA.names].to_csv(
        path, index=False, date_format="%Y-%m-%dT%H:%M:%SZ", lineterminator="\n"
    )
