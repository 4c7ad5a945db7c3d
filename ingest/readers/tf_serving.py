"""TensorFlow Serving's request log: TFRecord files of `PredictionLog`."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from google.protobuf.message import DecodeError

from domain.rejection import Rejection
from ingest.exchange import Decoded, Exchange
from ingest.exchange_rows import exchange_block
from ingest.json_exact import UnfitError
from ingest.payload.json_rows import Columns, check_size
from ingest.readers.block import Block, Layout, Reader, reject, rejection_block
from ingest.tf_serving.prediction_log import prediction_log
from ingest.tf_serving.tensors import Tensors, sides_of, tensor_of, text_of
from ingest.tf_serving.tfrecord import Fault, Inflated, Record, inflated_head, is_framed, records
from ingest.unpack import LogStream

# Equal calls of one second are told apart by counting them; in so many, older ones are forgotten.
_REMEMBERED: Final = 100_000

_TAGS: Final = {
    "dc": "dc",
    "request_origin": "origin",
    "request_criticality": "criticality",
}
_LISTS: Final = ("float_list", "int64_list", "bytes_list")


def read(stream: LogStream, layout: Layout) -> Iterator[Block]:
    """
    Read a TFRecord file; a damaged record is rejected alone, a damaged length ends the file.

    Parameters
    ----------
    stream : LogStream
        Plain, gzip or zlib.
    layout : Layout
    """
    source = stream if not _is_zlib(stream.peek(4096)) else Inflated(stream)
    calls = _Calls()
    for found in records(source):
        if isinstance(found, Fault):
            yield rejection_block(
                reject(found.number, found.reason, found.raw, field="record", value=found.why)
            )
        else:
            yield calls.block(found, layout)


class _Calls:
    """Makes calls of the records of one file."""

    def __init__(self) -> None:
        self._message = prediction_log()
        self._seen: Counter[bytes] = Counter()

    def block(self, found: Sequence[Record], layout: Layout) -> Block:
        """Return the rows of some records."""
        exchanges: list[Exchange] = []
        rejections: list[Rejection] = []
        for record in found:
            try:
                exchanges.append(self._exchange(record))
            except UnfitError as unfit:
                rejections.append(reject(record.number, unfit.reason, record.raw, **unfit.values))
        return exchange_block(exchanges, layout, rejections)

    def _exchange(self, record: Record) -> Exchange:
        if not record.intact:
            raise UnfitError("bad_checksum")
        content = record.content
        try:
            log = self._message.FromString(content)
        except DecodeError as error:
            raise UnfitError("bad_message", value="PredictionLog") from error
        request, response, specs = _sides(log)
        facts = _facts(log.log_metadata, specs)
        if request.n_rows > 1:
            facts["request_id"] = self._name(content)
        return Exchange(record.number, record.raw, facts, request, response)

    def _name(self, content: bytes) -> str:
        """Name a call of several rows, which the log does not, so that they stay together."""
        digest = hashlib.sha256(content).digest()
        if len(self._seen) > _REMEMBERED:
            self._seen.clear()
        self._seen[digest] += 1
        return f"{digest.hex()[:32]}-{self._seen[digest]}"


def _sides(log: Any) -> tuple[Decoded, Decoded, Sequence[Any]]:  # noqa: ANN401 - protobuf
    """Return what was asked and answered, and where both may name the model."""
    if log.HasField(_SEVERAL):
        return _inferred(getattr(log, _SEVERAL))
    for field, decode in _KINDS.items():
        if log.HasField(field):
            part = getattr(log, field)
            request, response = decode(part)
            return request, response, (part.response.model_spec, part.request.model_spec)
    unread = next((field for field in _UNREAD if log.HasField(field)), "no call")
    raise UnfitError("unread_call", value=unread)


def _facts(metadata: Any, specs: Sequence[Any]) -> dict[str, object]:  # noqa: ANN401 - protobuf
    """Return what is told of a call; what the log leaves out, is left out."""
    told = (metadata.model_spec, *specs)
    versions = [spec.version.value for spec in told if spec.HasField("version")]
    labels = [spec.version_label for spec in told if spec.version_label]
    tags = {tag: getattr(metadata, field) for field, tag in _TAGS.items()}
    facts: dict[str, object] = {
        "model": next((spec.name for spec in told if spec.name), None),
        "version": str(versions[0]) if versions else next(iter(labels), None),
        "ts": metadata.timestamp_secs or None,
        "sampling_rate": metadata.sampling_config.sampling_rate or None,
        "tags": {tag: text for tag, text in tags.items() if text},
    }
    return {field: value for field, value in facts.items() if value}


def _predicted(part: Any) -> tuple[Decoded, Decoded]:  # noqa: ANN401 - protobuf
    return sides_of(_tensors(part.request.inputs), _tensors(part.response.outputs))


def _tensors(named: Any) -> Tensors:  # noqa: ANN401 - protobuf
    entries = {entry.key: entry.value for entry in named}  # of a key that is there twice the last
    return {name: tensor_of(name, entries[name]) for name in sorted(entries)}


def _classified(part: Any) -> tuple[Decoded, Decoded]:  # noqa: ANN401 - protobuf
    return _examples(part.request.input), _classes(part.response.result)


def _regressed(part: Any) -> tuple[Decoded, Decoded]:  # noqa: ANN401 - protobuf
    return _examples(part.request.input), _regressions(part.response.result)


def _classes(result: Any) -> Decoded:  # noqa: ANN401 - protobuf
    found = [one.classes for one in result.classifications]
    columns: Columns = {  # as the same answer is spelled in JSON
        "classes": [[one.label or str(at) for at, one in enumerate(row)] or None for row in found],
        "scores": [[one.score for one in row] or None for row in found],
    }
    return Decoded(len(found), columns)


def _regressions(result: Any) -> Decoded:  # noqa: ANN401 - protobuf
    values: list[object] = [one.value for one in result.regressions]
    return Decoded(len(values), {"prediction": values})


def _inferred(part: Any) -> tuple[Decoded, Decoded, Sequence[Any]]:  # noqa: ANN401 - protobuf
    """Return the sides of a call with several tasks: the answer of each has its own outputs."""
    specs = [one.model_spec for one in (*part.response.results, *part.request.tasks)]
    answers = [
        _classes(one.classification) if one.HasField("classification")
        else _regressions(one.regression)
        for one in part.response.results
    ]  # fmt: skip
    asked = _examples(part.request.input)
    if len(answers) == 1:
        return asked, answers[0], specs
    rows = {one.n_rows for one in answers}
    if len(rows) > 1:
        raise UnfitError("uneven_rows", value=min(rows), expected=max(rows))
    columns: Columns = {}
    tasks = part.request.tasks
    for place, answer in enumerate(answers):
        named = (specs[place], *(one.model_spec for one in tasks[place : place + 1]))
        task = next((one.signature_name for one in named if one.signature_name), str(place))
        columns |= {f"{task}.{name}": list(cells) for name, cells in answer.columns.items()}
    return asked, Decoded(max(rows, default=0), columns), specs


def _examples(asked: Any) -> Decoded:  # noqa: ANN401 - protobuf
    listed = asked.with_context if asked.HasField("with_context") else asked.example_list
    shared = _values(listed.context) if asked.HasField("with_context") else {}
    rows = [shared | _values(example) for example in listed.examples]
    names = sorted({name for row in rows for name in row})
    check_size(len(rows), max(len(names), 1))
    return Decoded(len(rows), {name: [row.get(name) for row in rows] for name in names})


def _values(example: Any) -> dict[str, object]:  # noqa: ANN401 - protobuf
    values: dict[str, object] = {}
    for entry in example.features.feature:
        kind = next((kind for kind in _LISTS if entry.value.HasField(kind)), None)
        held = list(getattr(entry.value, kind).value) if kind else []
        cells = [text_of(value) if isinstance(value, bytes) else value for value in held]
        if cells:
            values[entry.key] = cells[0] if len(cells) == 1 else cells
    return values


_KINDS: Final = {
    "predict_log": _predicted,
    "classify_log": _classified,
    "regress_log": _regressed,
    "session_run_log": _predicted,
}
_SEVERAL: Final = "multi_inference_log"
_UNREAD: Final = ("predict_streamed_log",)


def _is_zlib(head: bytes) -> bool:
    return not is_framed(head) and is_framed(inflated_head(head))


def _recognises(head: bytes) -> bool:
    return is_framed(head) or _is_zlib(head)


READER: Final = Reader(
    "tfrecord",
    (".tfrecord", ".tfrecords"),
    _recognises,
    read,
    patterns=("*.tfrecord*", "tf_serving_warmup_requests"),
    behind_record=b"",
)
