"""
Triton's trace files: an array of fragments that are put together by the id of the trace.

Their clock starts anywhere: durations are told, times of day are not. A mapping gives one for a
file, ``ts: {value: 2026-11-22T08:00:00Z}``; without it the calls are refused. The steps inside an
ensemble are no calls of anybody.

Triton (src/tracer.cc) writes texts as they are and numbers of 8 bits as characters, so a fragment
may be no JSON: it is refused alone, and the next one is found by how it begins.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import orjson

from domain.rejection import Rejection
from ingest.exchange import Exchange, Payload
from ingest.exchange_rows import exchange_block
from ingest.readers.block import Block, Layout, Reader, reject, rejection_block
from ingest.readers.json_document import Rest, objects_in
from ingest.unpack import LogStream

_CALLS: Final = 1_000
_NS_PER_MS: Final = 1e6
# the first that there is counts: with an ensemble the backend sees only its parts
_ASKED: Final = ("TENSOR_QUEUE_INPUT", "TENSOR_BACKEND_INPUT")
_ANSWERED: Final = ("TENSOR_BACKEND_OUTPUT",)
_INNER_STEP: Final = "inner_step"

_FRAGMENT: Final = re.compile(r'(?<=,)\{"id":[0-9]')
# types whose elements are not written, or as characters that stand for no number surely
_UNTOLD: Final = frozenset({"FP16", "BF16", "INT8", "UINT8"})
_QUOTED: Final = re.compile(r'"(.*?)"(?:,(?=")|\Z)', re.DOTALL)

Tensor = Mapping[str, object]


@dataclass(slots=True)
class _Trace:
    """What the fragments of one trace tell."""

    position: int
    head: dict[str, Any] = field(default_factory=dict[str, Any])
    moments: dict[str, int] = field(default_factory=dict[str, int])
    tensors: dict[str, list[Tensor]] = field(default_factory=dict[str, list[Tensor]])
    raw: list[bytes] = field(default_factory=list[bytes])

    def add(self, fragment: dict[str, Any], raw: bytes) -> None:
        """Take a fragment."""
        self.raw.append(raw)
        if "model_name" in fragment:
            self.head = fragment
        for moment in fragment.get("timestamps") or ():
            if isinstance(moment, dict) and isinstance(moment.get("ns"), int):
                self.moments[str(moment.get("name"))] = moment["ns"]
        tensor = fragment.get("tensor")
        if isinstance(tensor, dict):
            self.tensors.setdefault(str(fragment.get("activity")), []).append(tensor)


def read(stream: LogStream, layout: Layout) -> Iterator[Block]:
    """
    Read the calls of a trace file; the position of one is that of its first fragment.

    Parameters
    ----------
    stream : LogStream
    layout : Layout

    Raises
    ------
    InputError
        If it is too large for memory, as a trace can be complete only at the end of its file, or
        no UTF-8.
    """
    traces, rejections = _traces(objects_in(stream, _FRAGMENT))
    calls = [trace for trace in traces if "parent_id" not in trace.head]
    for rejection in rejections:
        yield rejection_block(rejection)
    passed_over = {_INNER_STEP: len(traces) - len(calls)} if len(calls) < len(traces) else {}
    for begin in range(0, max(len(calls), 1), _CALLS):
        block = _block(calls[begin : begin + _CALLS], layout)
        yield replace(block, passed_over=passed_over) if not begin else block


def _traces(items: Iterable[bytes]) -> tuple[list[_Trace], list[Rejection]]:
    found: dict[str, _Trace] = {}
    rejections: list[Rejection] = []
    for position, item in enumerate(items, 1):
        if isinstance(item, Rest):
            if item.strip(b", \r\n\t"):  # a server that still runs has not closed its array
                rejections.append(reject(position, "truncated", item, value="a part of a trace"))
            continue
        fragment = _fragment(item)
        if fragment is None:
            rejections.append(reject(position, "bad_json", item, value="no part of a trace"))
        else:
            found.setdefault(str(fragment["id"]), _Trace(position)).add(fragment, item)
    return list(found.values()), rejections


def _fragment(item: bytes) -> dict[str, Any] | None:
    try:
        fragment = orjson.loads(item)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(fragment, dict) or not isinstance(fragment.get("id"), int | str):
        return None
    return fragment if isinstance(fragment.get("timestamps"), list | None) else None


def _block(traces: Sequence[_Trace], layout: Layout) -> Block:
    if "ts" in layout.elsewhere:
        return exchange_block([_call(trace) for trace in traces], layout)
    refused = [reject(one.position, "no_time_of_day", _raw(one)) for one in traces]
    return exchange_block([], layout, refused)


def _raw(trace: _Trace) -> bytes:
    return b"[" + b",".join(trace.raw) + b"]"


def _call(trace: _Trace) -> Exchange:
    facts: dict[str, object] = {}
    name, version = trace.head.get("model_name"), trace.head.get("model_version")
    if name:
        facts["model"] = name
    if isinstance(version, int | str) and version not in (-1, ""):
        facts["version"] = str(version)
    if trace.head.get("request_id"):
        facts["request_id"] = trace.head["request_id"]
    began, ended = (trace.moments.get(f"REQUEST_{moment}") for moment in ("START", "END"))
    if began is not None and ended is not None:
        facts["latency_ms"] = (ended - began) / _NS_PER_MS
    asked = _payload("inputs", trace, _ASKED)
    return Exchange(
        trace.position, _raw(trace), facts, asked, _payload("outputs", trace, _ANSWERED)
    )


def _payload(member: str, trace: _Trace, activities: Sequence[str]) -> Payload | None:
    """Return tensors as a body of the protocol that they came with."""
    tensors = next((trace.tensors[one] for one in activities if one in trace.tensors), None)
    if tensors is None:
        return None
    told: dict[str, object] = {member: [_tensor(one) for one in tensors]}
    if member == "outputs":
        told["model_name"] = trace.head.get("model_name")
    return Payload(json.dumps(told).encode(), "application/json")


def _tensor(told: Tensor) -> dict[str, object]:
    kind = str(told.get("dtype", ""))
    sizes = str(told.get("shape", "")).split(",")
    shape = [int(size) for size in sizes if size.strip().isdecimal()]
    tensor = {"name": told.get("name"), "shape": shape, "datatype": kind}
    return tensor if kind in _UNTOLD else tensor | {"data": _cells(str(told.get("data", "")), kind)}


def _cells(data: str, kind: str) -> list[object]:
    if kind == "BYTES":
        return list(_QUOTED.findall(data) if data.startswith('"') else data.split(","))
    return [_cell(text.strip(), kind) for text in data.split(",")] if data else []


def _cell(text: str, kind: str) -> object:
    if kind == "BOOL":
        return text.lower() in ("1", "true")
    try:
        return float(text) if kind.startswith(("FP", "BF")) else int(text)
    except ValueError:
        return text


def _recognises(head: bytes) -> bool:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start.startswith(b"[") or b'"id"' not in start[:2000]:
        return False
    head_of_trace = b'"model_name"' in start and b'"model_version"' in start
    return b'"timestamps"' in start and (head_of_trace or b'"ns"' in start)


READER: Final = Reader(
    "triton", (), _recognises, read, patterns=("trace.json.*",), behind_record=None
)
