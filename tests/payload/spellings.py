"""The same rows in every layout that a server takes: encoders that know nothing of the decoder."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Callable

import numpy as np

from ingest.exchange import Payload

Rows = list[list[float]]


def spelled(value: object) -> Payload:
    return Payload(json.dumps(value).encode(), "application/json")


def columns(rows: Rows) -> list[list[float]]:
    return [list(column) for column in zip(*rows, strict=True)]


def records(rows: Rows) -> list[dict[str, float]]:
    return [{f"f{i}": cell for i, cell in enumerate(row)} for row in rows]


def instances(rows: Rows) -> Payload:
    return spelled({"signature_name": "serving_default", "instances": rows})


def instance_objects(rows: Rows) -> Payload:
    return spelled({"instances": records(rows)})


def inputs_matrix(rows: Rows) -> Payload:
    return spelled({"inputs": rows})


def inputs_columns(rows: Rows) -> Payload:
    return spelled({"inputs": {f"f{i}": column for i, column in enumerate(columns(rows))}})


def inputs_unit_columns(rows: Rows) -> Payload:
    units = {f"f{i}": [[cell] for cell in column] for i, column in enumerate(columns(rows))}
    return spelled({"inputs": units})


def examples(rows: Rows) -> Payload:
    shared = [{name: [cell] for name, cell in record.items()} for record in records(rows)]
    return spelled({"signature_name": "classify", "examples": shared})


def dataframe_split(rows: Rows) -> Payload:
    names = [f"f{i}" for i in range(len(rows[0]))]
    return spelled({"dataframe_split": {"columns": names, "data": rows}})


def dataframe_records(rows: Rows) -> Payload:
    return spelled({"dataframe_records": records(rows)})


def _tensor(name: str, shape: list[int], data: object) -> dict[str, object]:
    return {"name": name, "shape": shape, "datatype": "FP64", "data": data}


def v2_flat(rows: Rows) -> Payload:
    data = [cell for row in rows for cell in row]
    return spelled({"inputs": [_tensor("x", [len(rows), len(rows[0])], data)]})


def v2_nested(rows: Rows) -> Payload:
    return spelled({"inputs": [_tensor("x", [len(rows), len(rows[0])], rows)]})


def v2_columns(rows: Rows) -> Payload:
    tensors = [_tensor(f"f{i}", [len(rows)], column) for i, column in enumerate(columns(rows))]
    return spelled({"inputs": tensors})


def v2_unit_columns(rows: Rows) -> Payload:
    tensors = [_tensor(f"f{i}", [len(rows), 1], column) for i, column in enumerate(columns(rows))]
    return spelled({"inputs": tensors})


def v2_texts(rows: Rows) -> Payload:
    texts = [json.dumps(record) for record in records(rows)]
    tensor = {"name": "x", "shape": [len(rows)], "datatype": "BYTES", "data": texts}
    return spelled({"inputs": [tensor]})


def _binary(rows: Rows) -> tuple[bytes, bytes]:
    raw = np.array(rows, dtype="<f8").tobytes()
    tensor = {"name": "x", "shape": [len(rows), len(rows[0])], "datatype": "FP64"}
    tensor["parameters"] = {"binary_data_size": len(raw)}
    return json.dumps({"inputs": [tensor]}).encode(), raw


def v2_binary(rows: Rows) -> Payload:
    head, raw = _binary(rows)
    return Payload(head + raw, "application/octet-stream", len(head))


def v2_binary_without_length(rows: Rows) -> Payload:
    return Payload(b"".join(_binary(rows)), "application/octet-stream")


def v2_binary_columns(rows: Rows) -> Payload:
    raws = [struct.pack(f"<{len(column)}d", *column) for column in columns(rows)]
    tensors = [
        {"name": f"f{i}", "shape": [len(rows)], "datatype": "FP64"}
        | {"parameters": {"binary_data_size": len(raw)}}
        for i, raw in enumerate(raws)
    ]
    head = json.dumps({"inputs": tensors}).encode()
    return Payload(head + b"".join(raws), "", len(head))


def seldon_ndarray(rows: Rows) -> Payload:
    return spelled({"data": {"ndarray": rows}})


def seldon_names(rows: Rows) -> Payload:
    names = [f"f{i}" for i in range(len(rows[0]))]
    return spelled({"data": {"names": names, "ndarray": rows}, "meta": {}})


def seldon_tensor(rows: Rows) -> Payload:
    values = [cell for row in rows for cell in row]
    return spelled({"data": {"tensor": {"shape": [len(rows), len(rows[0])], "values": values}}})


def seldon_tftensor(rows: Rows) -> Payload:
    dims = [{"size": str(len(rows))}, {"size": str(len(rows[0]))}]
    values = [cell for row in rows for cell in row]
    message = {"dtype": "DT_DOUBLE", "tensorShape": {"dim": dims}, "doubleVal": values}
    return spelled({"data": {"tftensor": message}})


def seldon_tensor_content(rows: Rows) -> Payload:
    dims = [{"size": str(len(rows))}, {"size": str(len(rows[0]))}]
    content = base64.b64encode(np.array(rows, dtype="<f8").tobytes()).decode()
    message = {"dtype": "DT_DOUBLE", "tensorShape": {"dim": dims}, "tensorContent": content}
    return spelled({"data": {"tftensor": message}})


def seldon_json(rows: Rows) -> Payload:
    return spelled({"jsonData": {"instances": rows}})


def seldon_text(rows: Rows) -> Payload:
    return spelled({"strData": json.dumps({"instances": rows})})


def text_csv(rows: Rows) -> Payload:
    lines = [",".join(map(repr, row)) for row in rows]
    return Payload("\n".join(lines).encode(), "text/csv; charset=utf-8")


def text_csv_with_header(rows: Rows) -> Payload:
    names = ",".join(f"f{i}" for i in range(len(rows[0])))
    lines = [names, *(",".join(map(repr, row)) for row in rows)]
    return Payload("\r\n".join(lines).encode() + b"\r\n", "text/csv")


def json_lines(rows: Rows) -> Payload:
    lines = [json.dumps({"features": row}) for row in rows]
    return Payload("\n".join(lines).encode(), "application/jsonlines")


def bare_rows(rows: Rows) -> Payload:
    return spelled(rows)


def bare_records(rows: Rows) -> Payload:
    return spelled(records(rows))


def base64_text(rows: Rows) -> Payload:
    return Payload(base64.b64encode(instances(rows).content))


def json_in_json(rows: Rows) -> Payload:
    return spelled(instances(rows).content.decode())


LAYOUTS: dict[str, Callable[[Rows], Payload]] = {
    layout.__name__: layout
    for layout in (
        instances,
        instance_objects,
        inputs_matrix,
        inputs_columns,
        inputs_unit_columns,
        examples,
        dataframe_split,
        dataframe_records,
        v2_flat,
        v2_nested,
        v2_columns,
        v2_unit_columns,
        v2_texts,
        v2_binary,
        v2_binary_without_length,
        v2_binary_columns,
        seldon_ndarray,
        seldon_names,
        seldon_tensor,
        seldon_tftensor,
        seldon_tensor_content,
        seldon_json,
        seldon_text,
        text_csv,
        text_csv_with_header,
        json_lines,
        bare_rows,
        bare_records,
        base64_text,
        json_in_json,
    )
}
