"""Logs on their way to an owner: small ones travel together, each with what stands beside it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, Final

from domain.errors import InputError
from ingest.sources import Beside, SourceFile

# a log that holds more travels alone; so much, of so many, in one request
_SMALL_BYTES: Final = 256 * 1024
_MOST_BYTES: Final = 8 * 1024 * 1024
_MOST_LOGS: Final = 256


def parcels(sources: Sequence[SourceFile]) -> Iterator[list[SourceFile]]:
    """
    Put small logs together; in the order of the logs.

    Parameters
    ----------
    sources : sequence of SourceFile
    """
    parcel: list[SourceFile] = []
    n_bytes = 0
    for source in sources:
        content = _content_of_small(source)
        if content is None or len(parcel) == _MOST_LOGS or n_bytes + len(content) > _MOST_BYTES:
            if parcel:
                yield parcel
            parcel, n_bytes = [], 0
        if content is None:
            yield [source]
        else:
            parcel.append(replace(source, data=content))
            n_bytes += len(content)
    if parcel:
        yield parcel


def _content_of_small(source: SourceFile) -> bytes | None:
    if source.path is None and source.opened is None and source.data is None:
        return None  # standard input can be read once
    # why a log cannot be read is said where it is sent
    with suppress(InputError), source.raw() as file:
        content = file.read(_SMALL_BYTES + 1)
        return content if len(content) <= _SMALL_BYTES else None
    return None


def label_of(parcel: Sequence[SourceFile]) -> dict[str, object]:
    """Return what says which logs come, and what stands beside them."""
    beside: dict[str, dict[str, list[list[str]]]] = {}
    for source in parcel:
        folder = _folder(source.name)
        if folder not in beside:
            beside[folder] = _written(source.found_beside())
    label: dict[str, object] = {"source": parcel[0].name}
    if len(parcel) > 1:
        label["logs"] = [[one.name, len(one.data or b"")] for one in parcel]
    found = {folder: files for folder, files in beside.items() if files}
    return label | ({"beside": found} if found else {})


def unpacked(label: Mapping[str, Any], path: Path) -> list[SourceFile]:
    """
    Return the logs that came.

    Parameters
    ----------
    label : mapping
        As of `label_of`.
    path : Path
        Holds them, one behind the other.

    Raises
    ------
    InputError
        If the label does not fit what came.
    """
    beside = label.get("beside", {})
    if "logs" not in label:
        name = str(label.get("source", "a request"))
        return [SourceFile(name, path, beside=_beside(beside, name))]
    with path.open("rb") as file:
        try:
            parts = [(str(name), _part(file, size)) for name, size in _few(label["logs"])]
        except (TypeError, ValueError) as error:
            raise InputError("the body does not hold the logs that its first line names") from error
    return [SourceFile(name, data=part, beside=_beside(beside, name)) for name, part in parts]


def _few(logs: Any) -> Any:  # noqa: ANN401 (a JSON value)
    if len(logs) > _MOST_LOGS:
        raise ValueError(len(logs))
    return logs


def _part(file: BinaryIO, size: object) -> bytes:
    if not isinstance(size, int) or not 0 <= size <= _SMALL_BYTES:
        raise ValueError(size)
    part = file.read(size)
    if len(part) < size:
        raise ValueError(size)
    return part


def _folder(name: str) -> str:
    return name.rpartition("/")[0]


def _written(found: Beside) -> dict[str, list[list[str]]]:
    return {
        pattern: [[name, base64.b64encode(content).decode()] for name, content in files]
        for pattern, files in found.items()
    }


def _beside(told: Any, name: str) -> Beside:  # noqa: ANN401 (a JSON value)
    try:
        return {
            str(pattern): [
                (str(file), base64.b64decode(content, validate=True)) for file, content in files
            ]
            for pattern, files in told.get(_folder(name), {}).items()
        }
    except (AttributeError, TypeError, ValueError, binascii.Error) as error:
        raise InputError("what stands beside the logs cannot be read") from error
