"""Removing a person's rows: predictions, their calls and labels, lines that were not readable."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

import duckdb
import orjson

from domain.erasure import FIELDS, Condition, Erased, Erasing
from domain.errors import UnknownNameError, UsageError
from domain.event import RAW_LIMIT_BYTES
from store.archive.catalog import Kind
from store.archive.moving import sweep
from store.archive.spanning import spanning
from store.archive.thawing import thaw_where
from store.database import Database
from store.halves import remove_halves
from store.hours.stale import mark_touched
from store.identity import scoped
from store.moments import to_stored, to_stored_or_none
from store.names import quote_identifier
from store.registry import FeatureType, ModelTables, features_of, find_model
from store.space import ERASED

Row = tuple[int, ...]
# SQL of a condition by its number; its values are added
_Tell = Callable[[int, Condition, dict[str, Any]], str]

_GONE = """
    create or replace temp table gone as
    select id, version, prediction_id, request_id
    from {table}
    where {holds}
"""
_MORE_GONE = """
    insert into gone
    select id, version, prediction_id, request_id
    from {table}
    where {holds}
"""
_SINCE = "ts >= $start and ts < $end"
_DELETE = """
    delete from {table}
    where id in (select id from gone)
"""
# what still stands of the requests and predictions that lost rows
_STAYING = """
    create or replace temp table staying as
    select version, prediction_id, request_id
    from (
        select version, prediction_id, request_id from {predictions}
        union all
        select version, prediction_id, request_id from {unanswered}
    )
    where prediction_id in (select prediction_id from gone)
       or request_id in (select request_id from gone)
"""
_CALLS = f"""
    create or replace temp table touched as
    with of_rows as (
        select
            case
                when request_id is not null then {scoped("r", "request_id")}
                when prediction_id is not null then {scoped("p", "prediction_id")}
                else id
            end as id
        from gone
    )
    select id, count(*) as rows
    from of_rows
    group by id
"""
_HOURS = """
    select distinct epoch_us(date_trunc('hour', ts)) // 3600000000
    from {table}
    where id in (select id from {gone})
"""
_DELETE_CALLS = """
    delete from {calls} as c
    using touched as t
    where c.id = t.id
      and c.rows <= t.rows
"""
# of calls that have other rows
_FEWER_ROWS = """
    update {calls} as c
    set rows = c.rows - t.rows
    from touched as t
    where c.id = t.id
"""
_DELETE_LABELS = """
    delete from {labels}
    where event_id in (select id from gone)
       or (
            prediction_id in (select prediction_id from gone)
            and prediction_id not in (
                select prediction_id from staying where prediction_id is not null
            )
       )
       or (
            request_id in (select request_id from gone)
            and request_id not in (
                select request_id from staying where request_id is not null
            )
       )
"""
_REJECTED = """
    select
        count(*) filter ({holds}),
        count(*) filter (not ({holds}) and octet_length(raw) >= $limit)
    from rejected
"""
_DELETE_REJECTED = """
    delete from rejected
    where {holds}
"""
_PRINTED = "select $value::blob::varchar"
# texts that runs and people left, with the column that may name a value
_TEXTS: Final = (
    ("findings", "details"),
    ("alerts", "details"),
    ("alerts", "subject"),
    ("run_references", "labels::varchar"),
    ("baseline_columns", "grid"),
    ("column_grids", "grid"),
    ("models", "prediction_values::varchar"),
)
_AUDIT = """
    insert into erasures
    values (
        $model, $who, $erased_at, $fields, $span_start, $span_end,
        $predictions, $unanswered, $calls, $labels, $rejected
    )
"""


_HOLDS_ERASED = f"""
    insert into meta
    select '{ERASED}', 'yes'
    where '{ERASED}' not in (select name from meta)
"""


class _UndoneError(Exception):
    """Ends a transaction that only counted."""

    def __init__(self, counts: Erased) -> None:
        super().__init__()
        self.counts = counts


def erase(
    database: Database, wanted: Erasing, who: str, now: datetime, *, dry_run: bool = False
) -> Erased:
    """
    Remove rows in one transaction, and keep that somebody did.

    The bytes stay in the file until it is compacted.

    Parameters
    ----------
    database : Database
    wanted : Erasing
    who : str
    now : datetime
    dry_run : bool, default=False
        Count what would be removed; remove nothing.

    Raises
    ------
    UnknownNameError
        If there is no such model or feature.
    UsageError
        If there is no condition: that would be everything.
    """
    if not wanted.conditions:
        raise UsageError("nothing says whose rows to erase; give --where FIELD=VALUE")
    with database.tiers.moving, database.cursor() as cursor:
        try:
            with database.writing(cursor) as connection:
                tables = find_model(connection, wanted.model)
                counts = _Removal(connection, tables, wanted).remove(database)
                # what it remembers of ids would call them known
                database.memory.forget(wanted.model)
                _require_wanted(counts, dry_run=dry_run)
                _note(connection, wanted, counts, who, now)
        except _UndoneError as counted:
            return counted.counts
        # files that held such rows, also those of an archiving that was killed
        sweep(database)
    return counts


def _require_wanted(counts: Erased, *, dry_run: bool) -> None:
    if dry_run:
        raise _UndoneError(counts)


class _Removal:
    """One removal, in its write transaction."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, tables: ModelTables, wanted: Erasing
    ) -> None:
        self._connection = connection
        self._tables = tables
        self._wanted = wanted
        self._names = {
            name: tables.table(name) for name in ("predictions", "unanswered", "calls", "labels")
        }

    def remove(self, database: Database) -> Erased:
        self._find()
        hours = _HOURS.format(table=self._names["predictions"], gone="gone")
        mark_touched(self._connection, self._wanted.model, hours, database.marks.predictions)
        predictions = self._change(_DELETE.format(table=self._names["predictions"]))
        unanswered = self._change(_DELETE.format(table=self._names["unanswered"]))
        self._connection.execute(_STAYING.format(**self._everywhere()))
        calls = self._remove_calls(database)
        labels = self._change(_DELETE_LABELS.format(**self._names)) + self._early_labels()
        rejected, undecided = self._remove_rejected()
        return Erased(
            predictions=predictions,
            unanswered=unanswered,
            calls=calls,
            labels=labels,
            rejected=rejected,
            undecided=undecided,
            named=self._named(),
        )

    def _change(self, sql: str, values: dict[str, Any] | None = None) -> int:
        return int(self._connection.execute(sql, values or {}).fetchall()[0][0])

    def _find(self) -> None:
        found: tuple[tuple[str, Kind, _Tell], ...] = (
            (_GONE, "predictions", self._of_predictions),
            (_MORE_GONE, "unanswered", self._of_unanswered),
        )
        for sql, table, tell in found:
            values: dict[str, Any] = {}
            parts = [tell(i, one, values) for i, one in enumerate(self._wanted.conditions)]
            if self._wanted.span is not None:
                parts.append(_SINCE)
                values["start"] = to_stored(self._wanted.span.start)
                values["end"] = to_stored(self._wanted.span.end)
            holds = "\n      and ".join(parts)
            thaw_where(self._connection, self._tables, table, holds, values)
            self._connection.execute(sql.format(table=self._names[table], holds=holds), values)

    def _everywhere(self) -> dict[str, str]:
        """Return SQL of the rows that are left, archived ones too."""
        kinds: tuple[Kind, ...] = ("predictions", "unanswered")
        return {kind: spanning(self._connection, self._tables, kind, None) for kind in kinds}

    def _of_predictions(self, number: int, one: Condition, values: dict[str, Any]) -> str:
        if one.field in FIELDS or one.field.startswith("tags."):
            return _of_event(number, one, values)
        features = features_of(self._connection, self._wanted.model)
        types = features.types_of(one.name)
        if not types:
            raise UnknownNameError.nearest("feature", one.name, features.names())
        values[f"v{number}"] = one.value
        told = {
            FeatureType.NUMBER: f"try_cast($v{number} as double)",
            FeatureType.TEXT: f"$v{number}",
            FeatureType.FLAG: f"try_cast($v{number} as boolean)",
        }
        columns = [(quote_identifier(features.columns[one.name, kind]), kind) for kind in types]
        return "(" + " or ".join(f"{column} = {told[kind]}" for column, kind in columns) + ")"

    def _of_unanswered(self, number: int, one: Condition, values: dict[str, Any]) -> str:
        if not one.field.startswith("feature."):
            return _of_event(number, one, values)
        values |= {f"v{number}": one.value, f"p{number}": _pointer(one.name)}
        found = f"json_extract_string(features, $p{number})"
        return (
            f"({found} = $v{number} "
            f"or try_cast({found} as double) = try_cast($v{number} as double))"
        )

    def _remove_calls(self, database: Database) -> int:
        self._connection.execute(_CALLS)
        of_touched = "id in (select id from touched)"
        thaw_where(self._connection, self._tables, "calls", of_touched, {})
        hours = _HOURS.format(table=self._names["calls"], gone="touched")
        mark_touched(self._connection, self._wanted.model, hours, database.marks.calls)
        removed = self._change(_DELETE_CALLS.format(**self._names))
        self._connection.execute(_FEWER_ROWS.format(**self._names))
        return removed

    def _early_labels(self) -> int:
        """Remove labels of an id of which no row has come yet."""
        conditions = self._wanted.conditions
        if any(one.field not in FIELDS for one in conditions):
            return 0
        values: dict[str, Any] = {}
        parts = [_of_event(i, one, values) for i, one in enumerate(conditions)]
        if self._wanted.span is not None:
            return 0  # told by its own time, which is not that of the row
        sql = f"delete from {self._names['labels']} where {' and '.join(parts)}"
        return self._change(sql, values)

    def _remove_rejected(self) -> tuple[int, int]:
        values = {
            f"r{i}": self._pattern(one.value) for i, one in enumerate(self._wanted.conditions)
        }
        holds = " and ".join(
            f"(regexp_matches(raw::varchar, ${name}) or regexp_matches(message, ${name}))"
            for name in values
        )
        limit = {"limit": RAW_LIMIT_BYTES}
        found = self._connection.execute(_REJECTED.format(holds=holds), values | limit).fetchall()
        self._connection.execute(_DELETE_REJECTED.format(holds=holds), values)
        remove_halves(self._connection, values)
        return found[0]

    def _pattern(self, value: str) -> str:
        """Return what a line matches that has the value, in plain or as JSON writes it."""
        spellings = {value, orjson.dumps(value).decode()[1:-1], _escaped(value)}
        printed = [
            self._connection.execute(_PRINTED, {"value": one.encode()}).fetchall()[0][0]
            for one in sorted(spellings)
        ]
        # 17 is not in 1175, but u-17 may stand in any word
        before, after = (r"(?:^|[^0-9]|\\x[0-9A-F]{2})", r"(?:$|[^0-9])")
        pattern = "|".join(re.escape(one) for one in printed)
        return f"{before}(?:{pattern}){after}" if value.isdigit() else f"(?:{pattern})"

    def _named(self) -> int:
        parts = [
            f"select count(*) as n from {table} where {' or '.join(self._in_text(column))}"
            for table, column in _TEXTS
        ]
        values = {f"r{i}": one.value for i, one in enumerate(self._texts())}
        if not values:
            return 0
        return self._change(f"select sum(n) from ({' union all '.join(parts)})", values)

    def _texts(self) -> Sequence[Condition]:
        """Return the conditions whose values are no numbers, which stand in every text."""
        return [one for one in self._wanted.conditions if not _is_number(one.value)]

    def _in_text(self, column: str) -> list[str]:
        return [f"contains({column}, $r{i})" for i in range(len(self._texts()))]


def _of_event(number: int, one: Condition, values: dict[str, Any]) -> str:
    values[f"v{number}"] = one.value
    if one.field in FIELDS:
        return f"{one.field} = $v{number}"
    values[f"p{number}"] = _pointer(one.name)
    return f"json_extract_string(tags, $p{number}) = $v{number}"


def _pointer(name: str) -> str:
    """Return the JSON pointer (RFC 6901) to a member."""
    return "/" + name.replace("~", "~0").replace("/", "~1")


def _escaped(value: str) -> str:
    """Return a text as JSON writers do that keep to ASCII."""
    plain = orjson.dumps(value).decode()[1:-1]
    units = plain.encode("utf-16-be")
    codes = [int.from_bytes(units[i : i + 2], "big") for i in range(0, len(units), 2)]
    return "".join(chr(code) if code < 128 else f"\\u{code:04x}" for code in codes)


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return value.lower() in {"true", "false"}
    return True


def _note(
    connection: duckdb.DuckDBPyConnection, wanted: Erasing, counts: Erased, who: str, now: datetime
) -> None:
    span = wanted.span
    told = {name: n for name, n in asdict(counts).items() if name not in {"undecided", "named"}}
    connection.execute(
        _AUDIT,
        {
            "model": wanted.model,
            "who": who,
            "erased_at": to_stored(now),
            "fields": [one.field for one in wanted.conditions],
            "span_start": to_stored_or_none(span.start if span else None),
            "span_end": to_stored_or_none(span.end if span else None),
            **told,
        },
    )
    if counts.anything:
        connection.execute(_HOLDS_ERASED)
