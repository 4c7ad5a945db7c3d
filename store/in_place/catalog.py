"""What the store remembers of files that are read in place, and whose hours they change."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from typing import Final

import duckdb

from store.bulk import insert_rows, texts
from store.hours.stale import Marks, mark_hours
from store.in_place.facts import FileFacts
from store.in_place.lake import ParquetFile
from store.outputs import NO_OUTPUTS, Outputs, keep_outputs
from store.registry import ensure_features, ensure_model

_KNOWN: Final = """
    select path, stamp, facts
    from source_files
    where model = $model
      and form = $form
"""
_HOURS: Final = """
    select facts
    from source_files
    where model = $model
      and (form != $form or path in (select unnest($paths::varchar[])))
"""
_MODELS: Final = "select distinct model from source_files order by model"
_COUNTED: Final = """
    select epoch_us(hour) // 3600000000
    from {table}
    where model = $model
"""
_FORGET: Final = """
    delete from source_files
    where model = $model
      and (form != $form or path in (select unnest($paths::varchar[])))
"""


def known_facts(
    connection: duckdb.DuckDBPyConnection, model: str, form: str
) -> dict[tuple[str, str], FileFacts]:
    """Return what was found in a model's files, by path and stamp, where they were read so."""
    rows = connection.execute(_KNOWN, {"model": model, "form": form}).fetchall()
    return {(path, stamp): FileFacts.from_json(facts) for path, stamp, facts in rows}


def keep_facts(
    connection: duckdb.DuckDBPyConnection,
    model: str,
    form: str,
    gone: set[str],
    new: Mapping[ParquetFile, FileFacts],
    marks: Marks,
) -> None:
    """
    Keep what was found in files, and mark the hours that it changes for recount.

    Parameters
    ----------
    connection : DuckDBPyConnection
        In a write transaction.
    model, form : str
        What was found by reading otherwise is forgotten.
    gone : set of str
        Paths of files that are not there any more, or not as they were.
    new : mapping of ParquetFile to FileFacts
    marks : Marks
        Of the open database.
    """
    tables = ensure_model(connection, model)
    values = {"model": model, "form": form, "paths": sorted(gone)}
    if model not in _read_before(connection):
        mark_counted(connection, model, marks)
    old = [FileFacts.from_json(f) for (f,) in connection.execute(_HOURS, values).fetchall()]
    connection.execute(_FORGET, values)
    if new:
        rows = {
            "model": texts([model] * len(new)),
            "path": texts([file.path for file in new]),
            "stamp": texts([file.stamp for file in new]),
            "form": texts([form] * len(new)),
            "facts": texts([facts.to_json() for facts in new.values()]),
        }
        insert_rows(connection, "source_files", rows)
    features = dict.fromkeys(pair for facts in new.values() for pair in facts.features)
    ensure_features(connection, tables, list(features))
    known = known_facts(connection, model, form).values()
    outputs = functools.reduce(Outputs.merged, (facts.outputs for facts in known), NO_OUTPUTS)
    keep_outputs(connection, model, outputs)
    hours = {hour for facts in (*old, *new.values()) for hour in facts.hours}
    for marked in (marks.calls, marks.predictions):
        mark_hours(connection, model, hours, marked)


def forget_sources(
    connection: duckdb.DuckDBPyConnection, read: Collection[str], marks: Marks
) -> None:
    """
    Forget the files of models that are read in place no more, and what was counted of them.

    Parameters
    ----------
    connection : DuckDBPyConnection
        In a write transaction.
    read : collection of str
        Models that are.
    marks : Marks
        Of the open database.
    """
    for model in _read_before(connection):
        if model not in read:
            mark_counted(connection, model, marks)
            connection.execute(_FORGET, {"model": model, "form": "", "paths": []})


def any_forgotten(connection: duckdb.DuckDBPyConnection, read: Collection[str]) -> bool:
    """Return whether there are files of other models than those that are read in place."""
    return any(model not in read for model in _read_before(connection))


def mark_counted(connection: duckdb.DuckDBPyConnection, model: str, marks: Marks) -> None:
    """Mark every counted hour of a model, whose rows are now others."""
    for table, marked in (("call_hours", marks.calls), ("prediction_hours", marks.predictions)):
        rows = connection.execute(_COUNTED.format(table=table), {"model": model}).fetchall()
        mark_hours(connection, model, {hour for (hour,) in rows}, marked)


def _read_before(connection: duckdb.DuckDBPyConnection) -> list[str]:
    return [model for (model,) in connection.execute(_MODELS).fetchall()]
