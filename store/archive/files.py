"""Parquet files of the archive: written whole, proved, read back."""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq

from domain.errors import StoreError
from store.archive.catalog import ArchivedFile, Kind
from store.file_places import Place, place_of

if TYPE_CHECKING:
    import pyarrow.dataset as ds

# a file of 31 columns has about 100 MB then; a question holds a few row groups of it
ROWS_PER_FILE: Final = 2_000_000
ROWS_PER_GROUP: Final = 65_536
# of a name that would be longer than what file systems take
_LONGEST: Final = 120
_CHUNK: Final = 1 << 20
# what Hive writes for a value that is empty
_EMPTY: Final = "__HIVE_DEFAULT_PARTITION__"


def name_of(kind: Kind, model: str, version: str, day: date, token: str, number: int) -> str:
    """
    Return the path of a file below its place.

    Examples
    --------
    >>> from datetime import date
    >>> name_of("calls", "a/b", "2", date(2026, 1, 31), "c0ffee", 0)
    'calls/model=a%2Fb/version=2/date=2026-01-31/c0ffee-0000.parquet'
    """
    folder = f"{kind}/model={_escaped(model)}/version={_escaped(version)}/date={day.isoformat()}"
    return f"{folder}/{token}-{number:04d}.parquet"


def _escaped(value: str) -> str:
    if not value:
        return _EMPTY
    plain = quote(value, safe="")
    if len(plain) <= _LONGEST:
        return plain
    return (
        plain[:_LONGEST].rpartition("%")[0] + "~" + hashlib.sha256(plain.encode()).hexdigest()[:16]
    )


def write_files(place: Place, paths: Sequence[str], batches: pa.RecordBatchReader) -> None:
    """
    Write rows to files, so many to each.

    Under its own name a file on this machine is never half: it gets it when it is durable. In S3 no
    file is there before it is whole.

    Raises
    ------
    StoreError
        If the place cannot be written.
    """
    rows = _groups(batches)
    for path in paths:
        with place.reached("written"):
            _write_one(place, path, rows, batches.schema)


def _groups(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Yield whole row groups: few rows in each would take more room and more time."""
    held: list[pa.RecordBatch] = []
    n = 0
    for batch in batches:
        held.append(batch)
        n += batch.num_rows
        while n >= ROWS_PER_GROUP:
            table = pa.Table.from_batches(held)
            yield table.slice(0, ROWS_PER_GROUP)
            held, n = table.slice(ROWS_PER_GROUP).to_batches(), n - ROWS_PER_GROUP
    if n:
        yield pa.Table.from_batches(held)


def _write_one(place: Place, path: str, rows: Iterator[pa.Table], schema: pa.Schema) -> None:
    target = place.path(path)
    part = target + ".part" if place.is_local else target
    if place.is_local:
        place.filesystem.create_dir(target.rpartition("/")[0], recursive=True)
    written = 0
    with (
        place.filesystem.open_output_stream(part) as file,
        pq.ParquetWriter(file, schema, compression="zstd", write_page_checksum=True) as writer,
    ):
        for table in rows:
            writer.write_table(table, row_group_size=ROWS_PER_GROUP)
            written += table.num_rows
            if written >= ROWS_PER_FILE:
                break
    if place.is_local:
        settle(place, Path(part), Path(target))


def settle(place: Place, part: Path, target: Path) -> None:
    """Make a file durable, then its name, then the folders above it up to the archive's."""
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.rename(target)
    for folder in target.parents:
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
        if folder == Path(place.root).parent:
            return


def digest_of(place: Place, path: str) -> tuple[str, int]:
    """Return the SHA-256 of a file and its size in bytes."""
    told, size = hashlib.sha256(), 0
    with place.filesystem.open_input_stream(place.path(path)) as file:
        while chunk := file.read(_CHUNK):
            told.update(chunk)
            size += len(chunk)
    return told.hexdigest(), size


def rows_of(place: Place, path: str) -> int | None:
    """Return how many rows a file holds by its footer; None where that cannot be read."""
    with place.filesystem.open_input_file(place.path(path)) as file:
        try:
            return int(pq.read_metadata(file).num_rows)
        except (OSError, pa.ArrowInvalid):
            return None


def remove(place: Place, path: str) -> None:
    """Remove a file, or what was written of it; one that is not there is no error."""
    for name in (path, f"{path}.part"):
        info = place.filesystem.get_file_info(place.path(name))
        if info.is_file:
            place.filesystem.delete_file(place.path(name))


def move(place: Place, path: str, to: str) -> None:
    """Give a file another name."""
    place.filesystem.move(place.path(path), place.path(to))


@functools.cache
def _format() -> ds.ParquetFileFormat:
    import pyarrow.dataset as ds

    options = ds.ParquetFragmentScanOptions(page_checksum_verification=True)
    return ds.ParquetFileFormat(default_fragment_scan_options=options)


def dataset_of(files: Sequence[ArchivedFile], schema: pa.Schema) -> ds.Dataset:
    """
    Return files as one table; nothing is read yet.

    Parameters
    ----------
    files : sequence of ArchivedFile
    schema : Schema
        Columns that a file lacks are null.
    """
    import pyarrow.dataset as ds

    places = {name: place_of(name) for name in {file.place for file in files}}
    by_filesystem: dict[str, list[ds.Fragment]] = {}
    for file in files:
        place = places[file.place]
        first, last = (pa.scalar(us, pa.timestamp("us")) for us in (file.first_us, file.last_us))
        # so that a file is not opened whose rows all lie outside
        span = (ds.field("ts") >= first) & (ds.field("ts") <= last)
        fragment = _format().make_fragment(place.path(file.path), place.filesystem, span)
        by_filesystem.setdefault(file.place, []).append(fragment)
    parts = [
        ds.FileSystemDataset(fragments, schema, _format(), places[name].filesystem)
        for name, fragments in by_filesystem.items()
    ]
    return parts[0] if len(parts) == 1 else ds.UnionDataset(schema, parts)


def read_columns(file: ArchivedFile, columns: list[str]) -> pa.Table:
    """
    Return some columns of a file.

    Raises
    ------
    StoreError
        If it cannot be read.
    """
    place = place_of(file.place)
    try:
        fragment = _format().make_fragment(place.path(file.path), place.filesystem)
        return fragment.to_table(columns=columns)
    except (OSError, pa.ArrowInvalid) as error:
        said = " ".join(str(error).split())[-160:]
        raise StoreError(
            f"the archived file {file.path} in {file.place} cannot be read ({said}); 'driftline "
            "doctor' says whether it is damaged"
        ) from error
