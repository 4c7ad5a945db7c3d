"""How sides of calls that wait are to be read: each mapping once, however many came with it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import duckdb

_FIND: Final = """
    select mapping, id
    from half_mappings
    where mapping in (select unnest($mappings::varchar[]))
"""
_ADD: Final = """
    insert into half_mappings
    select nextval('half_mapping_ids'), unnest($mappings::varchar[])
"""
_READ: Final = """
    select id, mapping
    from half_mappings
    where id in (select unnest($ids::bigint[]))
"""
_FORGET: Final = """
    delete from half_mappings
    where id not in (select mapping_id from halves where mapping_id is not null)
"""


def mapping_ids(connection: duckdb.DuckDBPyConnection, mappings: Collection[str]) -> dict[str, int]:
    """Return the numbers of mappings; in a write transaction, in which new ones get theirs."""
    if not mappings:  # as of all that is posted
        return {}
    known = dict(connection.execute(_FIND, {"mappings": list(mappings)}).fetchall())
    new = sorted(set(mappings) - known.keys())
    if not new:
        return known
    connection.execute(_ADD, {"mappings": new})
    return known | dict(connection.execute(_FIND, {"mappings": new}).fetchall())


def mappings_of(connection: duckdb.DuckDBPyConnection, ids: Collection[int]) -> dict[int, str]:
    """Return mappings by their numbers."""
    if not ids:
        return {}
    return dict(connection.execute(_READ, {"ids": list(ids)}).fetchall())


def forget_mappings(connection: duckdb.DuckDBPyConnection) -> None:
    """Let go of mappings that no half has any more, in a write transaction."""
    connection.execute(_FORGET)
