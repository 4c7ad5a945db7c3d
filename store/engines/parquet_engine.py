"""DuckDB answers from Parquet that nobody loads: read through pyarrow, where it lies."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
from collections.abc import Generator, Sequence
from datetime import datetime, timedelta
from typing import Final

import duckdb

from domain.column import Column
from domain.errors import InputError
from domain.profile import ColumnRole
from domain.window import Window, parse_time
from store import catalog
from store.buffer import LARGE_ROWS, release
from store.catalog import DeploymentInfo
from store.database import Database
from store.engines.counted_engine import CountedEngine
from store.in_place.catalog import keep_facts, known_facts
from store.in_place.facts import FileFacts, Served
from store.in_place.form import RowForm
from store.in_place.lake import Lake, ParquetFile
from store.in_place.rows import Chosen, FileRows
from store.in_place.survey import survey
from store.moments import from_microseconds, to_microseconds
from store.names import quote_identifier
from store.registry import Features, find_model
from store.relations import Relations, stored

_ROWS: Final = "rows_in_place"
_LABELLED: Final = "labels_in_place"
# rows of one request may be so far apart
_SLACK: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)

_PREDICTIONS: Final = """(
    select
        id, ts, version, prediction_id, request_id, prediction, score, replica, tags{features}
    from {rows}
    {only}
)"""
_CALLS: Final = """(
    select
        id, ts, version, request_id, latency_ms, status, replica, trace_id, sampling_rate,
        1::bigint as rows
    from {rows}
    {only}
)"""
# as loads merge the rows of one request (`store.call_rows`); groups come in no order, and every
# column of a question has to come in the same
_REQUESTS: Final = """(
    select
        min(id) as id,
        min(ts) as ts,
        version,
        any_value(request_id) as request_id,
        max(latency_ms) as latency_ms,
        arg_max(
            status,
            case when status < 100 or status >= 500 then 1000000 + status else status end
        ) as status,
        min(replica) as replica,
        min(trace_id) as trace_id,
        min(sampling_rate) as sampling_rate,
        count(*) as rows
    from {rows}
    {only}
    group by version, coalesce(request_id, id::varchar), request_id is null
    order by id
)"""
_WITHIN: Final = """(
    select *
    from {rows}
    where ts >= make_timestamp({start})
      and ts < make_timestamp({end})
)"""
_LABELS: Final = """(
    select
        id as rowid,
        case
            when prediction_id is null and (kind > 0 or request_id is null) then id
        end as event_id,
        prediction_id,
        case when prediction_id is null and kind = 0 then request_id end as request_id,
        label,
        ts
    from {rows}
    where label is not null
    union all by name
    select rowid + 4611686018427387904 as rowid, prediction_id, request_id, label, ts
    from {stored}
)"""


@dataclasses.dataclass(frozen=True, slots=True)
class SourceState:
    """
    What is known of the files of a source.

    Parameters
    ----------
    place : str
        As it was configured.
    zone : str
        Of times that are written without one.
    files : tuple of (ParquetFile, FileFacts)
        By path.
    fault : InputError or None
        Why they could not be looked at the last time.
    """

    place: str
    zone: str
    files: tuple[tuple[ParquetFile, FileFacts], ...] = ()
    fault: InputError | None = None


class ParquetEngine(CountedEngine):
    """
    Asks DuckDB of files; see `store.engines.engine.Engine` for the questions.

    What is in a file is looked over once, kept in the store, and looked over again when the file
    has changed. Questions about a span then read the row groups that have events there, and of
    these the columns that are asked about.

    Parameters
    ----------
    database : Database
        Keeps what was found.
    model : str
    lake : Lake
    form : RowForm
    """

    def __init__(self, database: Database, model: str, lake: Lake, form: RowForm) -> None:
        super().__init__(database, model)
        self.lake = lake
        self._form = form
        self._rows = FileRows(lake, form)
        self._state: SourceState | None = None
        self._looking = threading.Lock()

    def look(self) -> SourceState:
        """
        Look which files there are, and look over those that are new or changed.

        Raises
        ------
        InputError
            If there are none, or they cannot be reached. What was known stays known, and questions
            about spans of time fail until it can be looked at again.
        """
        with self._looking:
            identity = f"{self._form.identity} {self.lake.name}"
            with self._database.reading() as connection:
                kept = known_facts(connection, self.model, identity)
            try:
                files = self.lake.files()
            except InputError as error:
                before = self._state or SourceState(self.lake.name, self._form.zone)
                self._state = dataclasses.replace(before, fault=error)
                raise
            facts = {f: kept.get((f.path, f.stamp)) or self._survey(f) for f in files}
            release()
            there = {(f.path, f.stamp) for f in files}
            gone = {path for path, stamp in kept if (path, stamp) not in there}
            new = {
                f: found
                for f, found in facts.items()
                if (f.path, f.stamp) not in kept and found.error is None
            }
            with self._database.writing() as connection:
                marks = self._database.marks
                keep_facts(connection, self.model, identity, gone, new, marks)
            self._state = SourceState(self.lake.name, self._form.zone, tuple(facts.items()))
            return self._state

    def _survey(self, file: ParquetFile) -> FileFacts:
        try:
            return survey(self._rows, self._form, file)
        except InputError as error:
            return FileFacts(error=str(error))

    @property
    def state(self) -> SourceState:
        """What is known now; the first time it is looked at."""
        if self._state is None:
            with contextlib.suppress(InputError):  # it is kept as the fault
                return self.look()
        return self._state or SourceState(self.lake.name, self._form.zone)

    @property
    def _facts(self) -> list[FileFacts]:
        return [facts for _, facts in self.state.files]

    @contextlib.contextmanager
    def asking(
        self, windows: Sequence[Window], columns: Sequence[Column] = ()
    ) -> Generator[tuple[duckdb.DuckDBPyConnection, Relations]]:
        """Yield a connection that reads, and the rows that may lie in some windows."""
        from store.in_place.virtual_rows import VirtualRows

        state = self.state
        if state.fault is not None:
            raise state.fault
        chosen, labelled = self._choose(state, windows)
        with self._database.reading() as connection:
            tables, logs = find_model(connection, self.model), stored(connection, self.model)
            rows = VirtualRows(self._rows, chosen, logs.features, _stored_as(columns, logs))
            labels = rows
            connection.register(_ROWS, rows)
            if labelled != chosen:
                labels = VirtualRows(self._rows, labelled, logs.features)
                connection.register(_LABELLED, labels)
            name = _ROWS if labels is rows else _LABELLED
            try:
                yield connection, self._relations(logs, chosen, name, tables.table("labels"))
            except duckdb.Error as error:
                failure = rows.failure or labels.failure
                raise failure or error from error
            finally:
                if rows.n_rows >= LARGE_ROWS:
                    release()

    def _choose(
        self, state: SourceState, windows: Sequence[Window]
    ) -> tuple[list[Chosen], list[Chosen]]:
        slack = _SLACK if any(facts.requests for _, facts in state.files) else timedelta()
        wide = [Window(w.start - slack, w.end + slack) for w in windows]
        chosen: list[Chosen] = []
        labelled: list[Chosen] = []
        for number, (file, facts) in enumerate(state.files):
            if facts.error is not None and _may_lie_in(file, windows):
                raise InputError(facts.error)
            groups = sorted({group for window in wide for group in facts.chosen(window)})
            every = facts.chosen(None) if facts.only_labels else groups
            if groups:
                chosen.append(Chosen(number, file, facts, groups))
            if every and facts.labels:
                labelled.append(Chosen(number, file, facts, every))
        return chosen, labelled

    @staticmethod
    def _relations(
        logs: Relations, chosen: Sequence[Chosen], labelled: str, stored_labels: str
    ) -> Relations:
        features = "".join(f", {quote_identifier(c)}" for c in logs.features.columns.values())
        plain = all(one.facts.all_predictions for one in chosen)
        served = all(not one.facts.only_labels for one in chosen)
        calls = _REQUESTS if any(one.facts.requests for one in chosen) else _CALLS
        return dataclasses.replace(
            logs,
            predictions=_PREDICTIONS.format(
                rows=_ROWS, features=features, only="" if plain else "where kind = 2"
            ),
            calls=calls.format(rows=_ROWS, only="" if served else "where kind > 0"),
            labels=_LABELS.format(rows=labelled, stored=stored_labels),
        )

    def deployments(self) -> tuple[DeploymentInfo, ...]:
        found: dict[str, Served] = {}
        for facts in self._facts:
            for version, served in facts.versions.items():
                found[version] = served.merged(found[version]) if version in found else served
        return tuple(
            DeploymentInfo(
                version,
                from_microseconds(one.first),
                from_microseconds(one.last),
                one.predictions,
                one.calls,
            )
            for version, one in sorted(found.items())
        )

    def columns(self) -> tuple[Column, ...]:
        held = dict.fromkeys(pair for facts in self._facts for pair in facts.features)
        if not self._facts:
            return ()
        with self._database.reading() as connection:
            logs = stored(connection, self.model)
        there = {p: c for p, c in logs.features.columns.items() if p in held}
        return catalog.columns(dataclasses.replace(logs, features=Features(there)))

    def first_values(self, columns: Sequence[Column]) -> dict[Column, datetime | None]:
        found: dict[Column, datetime | None] = dict.fromkeys(columns)
        begins = {column: self._begin(column) for column in columns}
        for begin in sorted({begin for begin in begins.values() if begin is not None}):
            wanted = [column for column in columns if begins[column] == begin]
            found |= self._first_values(wanted, from_microseconds(begin))
        return found

    def _begin(self, column: Column) -> int | None:
        """Return when the first row group begins of a file in which a column holds anything."""
        firsts = [
            group.first
            for facts in self._facts
            if facts.has(column)
            for group in facts.groups
            if group.first is not None
        ]
        return min(firsts, default=None)

    def _first_values(
        self, columns: Sequence[Column], begin: datetime
    ) -> dict[Column, datetime | None]:
        """Look at spans one after the other, each twice as long as the one before."""
        found: dict[Column, datetime | None] = {}
        span = self.data_span()
        length = _DAY
        while span is not None and len(found) < len(columns) and begin < span.end:
            window = Window(begin, begin + length)
            open_ = [column for column in columns if column not in found]
            with self.asking([window], open_) as (connection, logs):
                limits = {"start": to_microseconds(begin), "end": to_microseconds(window.end)}
                within = _WITHIN.format(rows=logs.predictions, **limits)
                only = dataclasses.replace(logs, predictions=within)
                told = catalog.first_values(connection, only, open_)
            found |= {column: moment for column, moment in told.items() if moment is not None}
            begin, length = window.end, 2 * length
        return found

    def data_span(self) -> Window | None:
        served = [s for facts in self._facts for s in facts.versions.values()]
        if not served:
            return None
        first, last = min(s.first for s in served), max(s.last for s in served)
        return Window(from_microseconds(first), from_microseconds(last + 1))


def _stored_as(columns: Sequence[Column], logs: Relations) -> list[str]:
    """Return the columns of the table in which some columns are kept, of every type of theirs."""
    kept = logs.features.columns
    return [
        name
        for column in columns
        for name in (
            [column.role.value]
            if column.role is not ColumnRole.FEATURE
            else [kept[column.name, kind] for kind in logs.features.types_of(column.name)]
        )
    ]


def _may_lie_in(file: ParquetFile, windows: Sequence[Window]) -> bool:
    """Return whether a file of which only the name is known may have rows in some windows."""
    if file.date is None:
        return True
    day = parse_time(file.date, "UTC")
    return any(w.start < day + 2 * _DAY and w.end > day - _DAY for w in windows)
