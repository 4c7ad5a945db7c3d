"""
Writing the file anew without what was removed: DuckDB marks rows as removed and keeps their bytes.

The new file is made beside the old one and takes its name in one step, so that whoever is killed at
any moment leaves one of the two, whole.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final

import duckdb

from domain.errors import DiskFullError, StoreError
from store.backup import part_of, settle
from store.database import MEMORY_LIMIT_GIB, STORAGE_VERSION, Database
from store.faults import translated
from store.names import quote_identifier, quote_text
from store.space import ERASED

log = logging.getLogger(__name__)

_PLACES: Final = f"""
    set memory_limit = '{MEMORY_LIMIT_GIB} GiB';
    set temp_directory = '';
"""
_COPY: Final = """
    attach {old} as old;
    attach {new} as new (storage_version '{version}');
    copy from database old to new;
"""
_CONFIG: Final[dict[str, str | bool | int | float | list[str]]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
_TABLES: Final = """
    select schema_name, table_name
    from duckdb_tables()
    where database_name = 'old'
"""
# in the new file from the start: whoever is killed before it counts compacts once more
_LET_GO: Final = f"""
    delete from new.meta where name = '{ERASED}';
    checkpoint new;
    detach new;
    detach old;
"""


def compact(database: Database, patience_s: float | None = None) -> tuple[int, int]:
    """
    Write the file anew; loads and questions wait meanwhile.

    Parameters
    ----------
    database : Database
    patience_s : float, optional
        How long those at work are waited for, copies of the file too; default: until they are done.

    Returns
    -------
    before, after : int
        Size of the file in bytes.

    Raises
    ------
    DiskFullError
        If there is no room for both; the store is as it was.
    StoreBusyError
        If somebody is at work for longer than that.
    StoreError
        If somebody else took the file in the moment in which nobody had it, or the copy is not as
        large as the original; the store is as it was.
    """
    path = database.path
    part = part_of(path)
    with database.exchanged(patience_s):
        before = path.stat().st_size
        try:
            _remove(part)
            with translated(path):
                _copy(path, part)
            if _log_of(path).exists() or _log_of(part).exists():
                raise StoreError(f"{path} could not be written anew: its log is not empty")
            settle(part, path)
        except OSError as error:
            raise DiskFullError(f"{path} could not be written anew: {error.strerror}") from error
        finally:
            _remove(part)
        after = path.stat().st_size
        log.info("store.compacted", extra={"bytes_before": before, "bytes_after": after})
        return before, after


def _copy(path: Path, part: Path) -> None:
    old, new = quote_text(str(path)), quote_text(str(part))
    with duckdb.connect(":memory:", config=_CONFIG) as connection:
        connection.execute(_PLACES)
        connection.execute(_COPY.format(old=old, new=new, version=STORAGE_VERSION))
        same = _has_all_rows(connection)
        connection.execute(_LET_GO)
    if not same:
        raise StoreError(f"{path} could not be written anew: the copy has other rows")


def _has_all_rows(connection: duckdb.DuckDBPyConnection) -> bool:
    tables = [
        f"{quote_identifier(schema)}.{quote_identifier(table)}"
        for schema, table in connection.execute(_TABLES).fetchall()
    ]
    counts = [
        f"(select count(*) from old.{name}) = (select count(*) from new.{name})" for name in tables
    ]
    return bool(connection.execute(f"select {' and '.join(counts)}").fetchall()[0][0])


def _log_of(path: Path) -> Path:
    return path.with_name(path.name + ".wal")


def _remove(part: Path) -> None:
    for path in (part, _log_of(part)):
        path.unlink(missing_ok=True)
