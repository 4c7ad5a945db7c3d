"""Reading some columns of a Parquet file as events: as much of it as the question needs."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Collection, Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from domain.errors import InputError
from domain.event import FIELDS, SUBSTANCE
from store.arrow_columns import EVENT_COLUMNS, holds_dictionaries
from store.in_place.facts import FileFacts
from store.in_place.form import Column, Fields, Mask, RowForm
from store.in_place.lake import Lake, ParquetFile
from store.registry import FeatureType
from store.staging import LABEL_ONLY, PREDICTION, UNANSWERED

Feature = tuple[str, FeatureType]
Int = NDArray[np.int64]

# rows are read so many at once: larger batches cost memory, smaller ones calls
_BATCH_ROWS: Final = 1 << 17
_KEPT_FOOTERS: Final = 256
# what tells whether an event is a prediction
_DECIDING: Final = frozenset(SUBSTANCE)


@dataclass(frozen=True, slots=True)
class Chosen:
    """
    The part of a file that a question is about.

    Parameters
    ----------
    number : int
        Of the file.
    file : ParquetFile
    facts : FileFacts
    groups : sequence of int
    """

    number: int
    file: ParquetFile
    facts: FileFacts
    groups: Sequence[int]


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """
    A file whose footer was read.

    Parameters
    ----------
    file : ParquetFile
    types : dict of str to DataType
        Its columns and those that its folders tell, by path.
    features : dict of str to str
        Column by feature.
    folders : dict of str to str
        What its folders tell and no column of its own does.
    apart : bool
        Whether row groups are read one by one.
    """

    file: pq.ParquetFile
    types: dict[str, pa.DataType]
    features: dict[str, str]
    folders: dict[str, str]
    apart: bool

    def start(self, group: int) -> int:
        """Return the number of the first row of a row group."""
        return sum(self.file.metadata.row_group(i).num_rows for i in range(group))


@dataclass(frozen=True, slots=True, eq=False)
class _Footer:
    """What stays of a file when it is closed."""

    metadata: pq.FileMetaData
    types: dict[str, pa.DataType]
    features: dict[str, str]
    own: frozenset[str]
    apart: bool


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """
    Some rows of a file.

    Parameters
    ----------
    rows : ndarray of int64
        Numbers of the rows in the file that are events of the model.
    columns : dict of str to Array
        Fields and, by name and type, features of these rows.
    kinds : ndarray of int8
        `PREDICTION`, `UNANSWERED` or `LABEL_ONLY`.
    any_feature : ndarray of bool
        Whether they have one of those that were read.
    others : int
        Rows of other models.
    refused : Counter of str
        Rows that are no events, by reason.
    """

    rows: Int
    columns: dict[str | Feature, pa.Array]
    kinds: NDArray[np.int8]
    any_feature: Mask
    others: int
    refused: Counter[str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """
    What is to be read.

    Parameters
    ----------
    fields : frozenset of str
    features : tuple of str
    judged : bool
        Whether each row is asked whether it is an event, and which; otherwise that is known.
    sure_feature : bool
        Whether the others need no look at a row's features: it has one, or is told without.
    """

    fields: frozenset[str]
    features: tuple[str, ...]
    judged: bool
    sure_feature: bool


class FileRows:
    """
    Reads the files of a lake as one model's events.

    Parameters
    ----------
    lake : Lake
    form : RowForm
    """

    def __init__(self, lake: Lake, form: RowForm) -> None:
        self._lake = lake
        self._form = form
        self._footer = lru_cache(_KEPT_FOOTERS)(self._read_footer)

    def open(self, file: ParquetFile) -> Opened:
        """
        Open a file.

        Raises
        ------
        InputError
            If it is damaged, or lacks a column that every event needs.
        """
        footer = self._footer(file)
        with _named(file.path):
            handle = self._lake.filesystem.open_input_file(file.path)
            if handle.size() != file.size:  # its footer and its pages would not fit together
                raise InputError(f"{file.path} was written anew meanwhile; run again")
            opened = pq.ParquetFile(handle, metadata=footer.metadata, pre_buffer=False)
        folders = {key: told for key, told in file.partitions.items() if key not in footer.own}
        return Opened(opened, footer.types, footer.features, folders, footer.apart)

    def _read_footer(self, file: ParquetFile) -> _Footer:
        with _named(file.path):
            metadata = pq.read_metadata(file.path, filesystem=self._lake.filesystem)
            schema = metadata.schema.to_arrow_schema()
            types: dict[str, pa.DataType] = self._form.types(schema)
        apart = any(holds_dictionaries(kind) for kind in schema.types)
        partitions = {key for key in file.partitions if key not in types}
        types |= {key: pa.string() for key in partitions}
        try:
            features = self._form.features(types, partitions)
        except InputError as error:
            raise InputError(f"{file.path}: {error}") from error
        return _Footer(metadata, types, features, frozenset(schema.names), apart)

    def wanted(
        self, opened: Opened, facts: FileFacts, fields: Collection[str], features: Sequence[Feature]
    ) -> Wanted:
        """Return what has to be read for an answer, from what is known of the file."""
        judged = not facts.every_row or ("kind" in fields and not facts.all_predictions)
        read = {name for name in fields if name in FIELDS} | {"ts"}
        if judged:
            read |= _DECIDING if facts.every_row else FIELDS.keys()
        names = [name for name, _ in features]
        if judged and facts.features_decide:
            names = list(opened.features)
        there = tuple(name for name in dict.fromkeys(names) if name in opened.features)
        return Wanted(frozenset(read), there, judged, not facts.features_decide)

    def batches(
        self, file: ParquetFile, opened: Opened, groups: Sequence[int], wanted: Wanted
    ) -> Iterator[Batch]:
        """
        Yield the events of some row groups, in order.

        Raises
        ------
        InputError
            If the file is damaged or was written anew meanwhile.
        """
        fields = self._form.paths(wanted.fields, opened.types)
        paths = {*fields, *(opened.features[name] for name in wanted.features)}
        columns = [path for path in paths if path not in opened.folders]
        for run in ([group] for group in groups) if opened.apart else _runs(groups):
            start = opened.start(run[0])
            for part in _read(file, opened.file, run, columns):
                yield self._batch(opened, part, start, fields, wanted)
                start += part.num_rows

    def _batch(
        self,
        opened: Opened,
        part: pa.RecordBatch,
        start: int,
        fields: list[str],
        wanted: Wanted,
    ) -> Batch:
        n = part.num_rows
        columns: dict[str, Column] = {
            path: pa.repeat(pa.scalar(value, pa.string()), n)
            for path, value in opened.folders.items()
        }
        columns |= self._form.opened(part)
        held = {path: columns[path] for path in fields}
        read = self._form.fields(held, n, wanted.fields)
        features = {
            (name, kind): values
            for name in wanted.features
            for kind, values in self._form.feature(
                opened.features[name], columns[opened.features[name]]
            ).items()
        }
        return _judged(read, features, np.arange(start, start + n, dtype=np.int64), wanted)


def _judged(read: Fields, features: dict[Feature, pa.Array], rows: Int, wanted: Wanted) -> Batch:
    any_feature = np.full(len(rows), wanted.sure_feature)
    if not wanted.sure_feature:
        for values in features.values():
            any_feature |= _holds(values)
    refused = dict(read.refused)
    kinds = np.full(len(rows), PREDICTION, np.int8)
    if wanted.judged:
        held = {name: _holds(read.columns[name]) for name in SUBSTANCE}
        substance = np.logical_or.reduce([*held.values(), any_feature])
        for row in np.flatnonzero(~substance & ~read.others).tolist():
            refused.setdefault(row, "no_substance")
        kinds = _kinds(held, any_feature, read.columns["status"])
    kept = ~read.others
    kept[list(refused)] = False
    columns: dict[str | Feature, pa.Array] = {**read.columns, **features}
    if not kept.all():
        chosen = pa.array(kept)
        columns = {name: values.filter(chosen) for name, values in columns.items()}
        rows, kinds, any_feature = rows[kept], kinds[kept], any_feature[kept]
    typed = {n: _typed(n, v) if isinstance(n, str) else v for n, v in columns.items()}
    return Batch(rows, typed, kinds, any_feature, int(read.others.sum()), Counter(refused.values()))


def _kinds(held: dict[str, Mask], any_feature: Mask, status: pa.Array) -> NDArray[np.int8]:
    """Tell predictions from calls without an answer and from labels, as a load does."""
    codes = np.asarray(status.fill_null(200))
    failed = (codes < 100) | (codes >= 500)
    answered = held["prediction"] | held["score"] | (any_feature & ~failed)
    called = any_feature | ~held["label"] | held["latency_ms"] | held["status"]
    kinds = np.where(answered, PREDICTION, np.where(called, UNANSWERED, LABEL_ONLY))
    return kinds.astype(np.int8)


def _typed(name: str, values: pa.Array) -> pa.Array:
    kind = EVENT_COLUMNS[name]
    if name == "ts":  # the second cast drops the zone and keeps the UTC time
        return values.cast(kind)
    values = values.cast(kind)
    return values.fill_null("") if name == "version" else values


def _holds(values: pa.Array) -> Mask:
    return np.asarray(pc.is_valid(values))


def _read(
    file: ParquetFile, opened: pq.ParquetFile, groups: list[int], columns: list[str]
) -> Iterator[pa.RecordBatch]:
    with _named(file.path):
        yield from opened.iter_batches(
            _BATCH_ROWS, row_groups=groups, columns=columns, use_threads=False
        )


def _runs(groups: Sequence[int]) -> Iterator[list[int]]:
    """Part ascending numbers where one is left out."""
    cuts = np.flatnonzero(np.diff(groups) > 1) + 1
    return (part.tolist() for part in np.split(np.array(groups, np.int64), cuts) if len(part))


@contextlib.contextmanager
def _named(path: str) -> Generator[None]:
    """Say what pyarrow says inside as an error that names the file."""
    try:
        yield
    except FileNotFoundError as error:
        raise InputError(f"{path} was removed while it was read; run again") from error
    except (pa.ArrowException, OSError) as error:
        said = " ".join(str(error).split())[:120]
        raise InputError(
            f"{path} is not a whole Parquet file ({said}); write it again, or move it out of the "
            "source"
        ) from error
