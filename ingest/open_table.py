"""Files and data frames opened as tables; of Parquet and data frames, column by column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import interchange

from domain.errors import InputError, NothingToJudgeError, UsageError
from domain.rejection import Rejection
from ingest.arrow_values import flatten, from_arrow
from ingest.readers.block import NATIVE_OBJECTS, Layout
from ingest.readers.parquet import DAMAGE, is_row_index, unreadable
from ingest.readers.registry import AUTO, reader_for
from ingest.sources import SourceFile
from ingest.table import HEAD_ROWS, TableSource
from ingest.values import Values
from ingest.wrapped import unwrapped

_NATIVE: Final = "features."


def open_table(path: str | Path, *, format: str = AUTO) -> TableSource:  # noqa: A002
    """
    Open a file for a comparison.

    Parameters
    ----------
    path : str or Path
        CSV, Parquet or JSON lines, packed or not.
    format : str
        Name of a reader, or ``auto``.

    Raises
    ------
    InputError
        If it cannot be read, is empty, is cut off or has one name for two columns.
    NothingToJudgeError
        If it holds a header and no rows.
    """
    source = SourceFile(str(path), Path(path))
    if Path(path).is_dir():
        raise InputError(f"{path} is a folder; give one CSV, Parquet or NDJSON file of it")
    if not Path(path).exists():
        raise InputError(f"{path}: no such file; give a CSV, Parquet or NDJSON file")
    with source.open() as outer:
        stream = unwrapped(outer)
        reader = reader_for(stream, format)
        if reader.name == "parquet":
            return _parquet(str(path), stream.seekable() if stream.packed else str(path))
        blocks = list(reader.read(stream, Layout()))
    lengths = [block.n_rows for block in blocks]
    pieces: dict[str, list[Values]] = {}
    for at, block in enumerate(blocks):
        for column, values in block.columns.items():
            empty = [Values(length) for length in lengths]
            pieces.setdefault(column, empty)[at] = values
    rejections = [rejection for block in blocks for rejection in block.rejections]
    _require_rows(str(path), pieces, sum(lengths), rejections)
    return _in_memory(str(path), pieces, sum(lengths), rejections)


def _require_rows(
    name: str, pieces: Mapping[str, Sequence[Values]], n_rows: int, rejections: Sequence[Rejection]
) -> None:
    """Refuse what would be compared as a file and is none: half of one, or nothing but faults."""
    cut = next((r for r in rejections if r.reason == "truncated"), None)
    if cut is not None:
        raise InputError(f"{name} is cut off at line {cut.position}; fetch it again")
    if not n_rows and rejections:
        first = rejections[0]
        raise InputError(
            f"{name}: none of {len(rejections)} lines could be read; line {first.position}: "
            f"{first.message}"
        )
    if not pieces and not Path(name).stat().st_size:
        raise InputError(f"{name} is empty; give a CSV with a header, a Parquet or an NDJSON file")
    if not pieces:
        raise NothingToJudgeError(f"{name} holds no rows, so there is nothing to compare")


def _in_memory(
    name: str, pieces: Mapping[str, Sequence[Values]], n_rows: int, rejections: Sequence[Rejection]
) -> TableSource:
    held = {
        column: values
        for column, values in pieces.items()
        if column not in NATIVE_OBJECTS or any(piece.parts() for piece in values)
    }
    named = {short: held[path] for path, short in plain_names(list(held)).items()}
    return TableSource(
        name,
        {column: _kinds(values) for column, values in named.items()},
        n_rows,
        named.__getitem__,
        lambda: {column: _first(values) for column, values in named.items()},
        rejections,
    )


def _first(pieces: Sequence[Values]) -> Values:
    """Return the first rows of a column, from the first piece that has any."""
    return next((p.head(HEAD_ROWS) for p in pieces if p.length), Values(0))


def _kinds(pieces: Sequence[Values]) -> str:
    kinds = {kind for values in pieces for kind in values.parts()}
    return " or ".join(sorted(kinds)) or "null"


def plain_names(paths: Sequence[str]) -> dict[str, str]:
    """Return each column's name: ``distance`` for ``features.distance``, unless that is taken."""
    names: dict[str, str] = {}
    for path in paths:
        short = path.removeprefix(_NATIVE)
        names[path] = path if short in paths else short
    return names


def _parquet(name: str, where: Any) -> TableSource:  # noqa: ANN401 - a path or a stream
    try:
        file = pq.ParquetFile(where, pre_buffer=False)
    except DAMAGE as error:
        raise InputError(unreadable(name, error)) from error
    twice = _twice(file.schema_arrow.names)
    if twice is not None:
        raise InputError(f"{name} holds two columns named {twice!r}; rename one")
    fields = flatten(pa.table(file.schema_arrow.empty_table()), NATIVE_OBJECTS)
    named = [path for path in fields if not is_row_index(path)]
    paths = {short: path for path, short in plain_names(named).items()}
    return TableSource(
        name,
        {short: str(fields[path].type) for short, path in paths.items()},
        file.metadata.num_rows,
        lambda column: _parquet_column(name, file, paths[column]),
        partial(_parquet_head, name, file, paths),
    )


def _twice(names: Sequence[str]) -> str | None:
    """Return the first name that comes again."""
    return next((name for at, name in enumerate(names) if name in names[:at]), None)


def _parquet_column(name: str, file: pq.ParquetFile, path: str) -> list[Values]:
    try:
        table = file.read(columns=[path], use_threads=False)
        return [from_arrow(chunk) for chunk in _chunks(flatten(table, NATIVE_OBJECTS)[path])]
    except DAMAGE as error:
        raise InputError(unreadable(name, error)) from error


def _chunks(column: pa.Array | pa.ChunkedArray) -> list[pa.Array]:
    return column.chunks if isinstance(column, pa.ChunkedArray) else [column]


def _parquet_head(name: str, file: pq.ParquetFile, paths: Mapping[str, str]) -> dict[str, Values]:
    try:
        batch = next(file.iter_batches(batch_size=HEAD_ROWS, use_threads=False), None)
        if batch is None:
            return {column: Values(0) for column in paths}
        columns = flatten(batch, NATIVE_OBJECTS)
        return {short: from_arrow(columns[path]) for short, path in paths.items()}
    except DAMAGE as error:
        raise InputError(unreadable(name, error)) from error


def from_dataframe(frame: Any, name: str = "data frame") -> TableSource:  # noqa: ANN401
    """
    Take a data frame for a comparison.

    Parameters
    ----------
    frame : object
        A pandas or polars data frame, a pyarrow table, or anything else that hands out
        Arrow data (``__arrow_c_stream__``) or the interchange protocol (``__dataframe__``).
    name : str
        As reports show it.

    Raises
    ------
    UsageError
        If it is none of these, or has one name for two columns.
    """
    if hasattr(frame, "iloc") and hasattr(frame, "columns"):
        return _pandas(frame, name)
    if isinstance(frame, pa.Table):
        table = frame
    elif hasattr(frame, "__arrow_c_stream__"):
        table = pa.RecordBatchReader.from_stream(frame).read_all()
    elif hasattr(frame, "__dataframe__"):
        table = interchange.from_dataframe(frame)
    else:
        raise UsageError(
            f"{name} is of type {type(frame).__name__}; "
            "pass a pandas or polars data frame or a pyarrow table"
        )
    twice = _twice(table.column_names)
    if twice is not None:
        raise UsageError(f"{name} holds two columns named {twice!r}; rename one")
    columns = flatten(table, NATIVE_OBJECTS)
    paths = {short: path for path, short in plain_names(list(columns)).items()}
    return TableSource(
        name,
        {short: str(columns[path].type) for short, path in paths.items()},
        table.num_rows,
        lambda column: [from_arrow(chunk) for chunk in _chunks(columns[paths[column]])],
        lambda: {
            short: from_arrow(columns[path].slice(0, HEAD_ROWS)) for short, path in paths.items()
        },
    )


def _pandas(frame: Any, name: str) -> TableSource:  # noqa: ANN401
    """Take a pandas data frame; a column is converted when it is asked for."""
    places: dict[str, int] = {}
    for place, given in enumerate(frame.columns):
        label = str(given)
        places[label if label not in places else f"{label}.{place}"] = place
    return TableSource(
        name,
        {label: str(frame.dtypes.iloc[place]) for label, place in places.items()},
        len(frame),
        lambda column: [_series(frame.iloc[:, places[column]])],
        lambda: {label: _series(frame.iloc[:HEAD_ROWS, place]) for label, place in places.items()},
    )


def _series(series: Any) -> Values:  # noqa: ANN401
    """Convert one pandas column; objects of several types become text."""
    for given in (series, np.asarray(series)):  # a sparse column is one as an array only
        try:
            return from_arrow(pa.array(given, from_pandas=True))
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
            continue
    gone = series.isna().tolist()
    texts = [None if no else str(v) for v, no in zip(series.tolist(), gone, strict=True)]
    return Values(len(texts), text=pa.array(texts, pa.string()))
