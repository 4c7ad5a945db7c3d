"""Raw tensors behind the JSON of a V2 body, and the numbers that their bytes are."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from math import prod
from typing import Final

import numpy as np

from ingest.json_exact import UnfitError
from ingest.payload.embedded import base64_of
from ingest.payload.json_rows import CELL_LIMIT
from ingest.payload.json_text import Json, parse_json
from ingest.payload.tensors_v2 import is_v2, misfit, shape_of

TYPES: Final = {
    "BOOL": "?",
    "UINT8": "u1",
    "UINT16": "<u2",
    "UINT32": "<u4",
    "UINT64": "<u8",
    "INT8": "i1",
    "INT16": "<i2",
    "INT32": "<i4",
    "INT64": "<i8",
    "FP16": "<f2",
    "FP32": "<f4",
    "FP64": "<f8",
}

_SIZE_NAMED: Final = b"binary_data_size"


def split(content: bytes, header_length: int | None) -> tuple[Json, bytes] | None:
    """
    Part a body into its JSON and the raw tensors behind it; None where there are none.

    Parameters
    ----------
    content : bytes
    header_length : int or None
        Of the JSON; found out where no header tells it.

    Raises
    ------
    UnfitError
        If the header's length is no JSON's.
    """
    if header_length is not None and content.startswith(b"{"):
        if not 0 < header_length <= len(content):
            raise UnfitError("bad_body", value=f"a JSON of {header_length} bytes")
        return parse_json(content[:header_length]), content[header_length:]
    if _SIZE_NAMED not in content or not content.startswith(b"{"):
        return None
    text = content.decode(errors="surrogateescape")
    try:
        _, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return None
    length = len(text[:end].encode(errors="surrogateescape"))
    return parse_json(content[:length]), content[length:]


def buffers_of(items: Json, raw: bytes) -> Iterator[list[Json]]:
    """
    Yield the elements of the tensors that lie behind the JSON, in their order.

    Parameters
    ----------
    items : list of dict
        Tensors of the JSON.
    raw : bytes

    Raises
    ------
    UnfitError
        If a tensor's bytes are not there, or not as many as its shape and type need.
    """
    at = 0
    for item in items if is_v2(items) else ():
        parameters = item.get("parameters")
        size = parameters.get("binary_data_size") if isinstance(parameters, dict) else None
        if size is None:
            continue
        if type(size) is not int or not 0 <= size <= len(raw) - at:
            raise misfit(item["name"], f"{size} of {len(raw) - at} bytes")
        yield elements_of(raw[at : at + size], str(item["datatype"]), shape_of(item), item["name"])
        at += size


def elements_of(content: bytes, datatype: str, shape: list[int], name: object) -> list[Json]:
    """
    Return the elements that the bytes of a tensor are.

    Parameters
    ----------
    content : bytes
        Little-endian, row by row.
    datatype : str
        As V2 calls it.
    shape : list of int
    name : object
        Of the tensor, for messages.

    Raises
    ------
    UnfitError
        If bytes and shape do not agree, or the type is unknown.
    """
    n_elements = prod(shape)
    if n_elements > CELL_LIMIT:
        raise misfit(name, f"shape {shape}")
    if datatype == "BYTES":
        return _texts(content, n_elements, name)
    bfloat = datatype == "BF16"
    dtype = np.dtype("<u2" if bfloat else TYPES.get(datatype, "V0"))
    if dtype.itemsize * n_elements != len(content) or not dtype.itemsize:
        raise misfit(name, f"{len(content)} bytes of {datatype}, shape {shape}")
    array = np.frombuffer(content, dtype)
    if bfloat:  # the upper half of a float
        array = (array.astype("<u4") << 16).view("<f4")
    return array.tolist()


def _texts(content: bytes, n_elements: int, name: object) -> list[Json]:
    """Return texts that stand behind their lengths; what is no UTF-8, a picture, as base64."""
    texts: list[Json] = []
    at = 0
    while at + 4 <= len(content):
        (length,) = struct.unpack_from("<I", content, at)
        at += 4 + length
        texts.append(base64_of(content[at - length : at]))
    if at != len(content) or len(texts) != n_elements:
        raise misfit(name, f"{len(texts)} texts in {len(content)} bytes")
    return texts
