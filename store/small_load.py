"""
A load that fits into memory, at a sixth of the cost: decided in numpy, written by few statements.

What it stores, and under which ids, is what `store.staged_load` stores of the same rows. It serves
the bodies that a collector gathers for one commit, and small files.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from domain.window import Window
from store.archive.ids import forget_ids, reach, reached, stored_ids
from store.archive.thawing import thaw_with
from store.arrivals import Arrivals, Mask, Places, arrivals, in_time_order, present, ranks
from store.arrow_columns import label_columns
from store.call_rows import (
    call_statement,
    find_stored,
    group_calls,
    insert_calls,
    merge_calls,
)
from store.counted import LoadCounts
from store.database import Database
from store.event_rows import SLACK, add_unanswered, prediction_statement
from store.hours.stale import mark_calls, mark_hours
from store.identity import Lanes, among, hashed, whole
from store.label_rows import add_told
from store.outputs import note_outputs, outputs_of
from store.recent_ids import HOUR_US
from store.registry import ensure_features, ensure_model, features_of
from store.staging import LABEL_ONLY, PREDICTION, UNANSWERED
from store.taken_records import TakenRecords
from store.traced_calls import any_traced, find_inner, join_inner, still_new
from store.writer_memory import KnownModel

Int = NDArray[np.int64]

_EVENTS: Final = "events_in_flight"
_FRESH: Final = f"""(
    select
        * exclude (high, low, call_high, call_low),
        {whole("high", "low")} as id,
        {whole("call_high", "call_low")} as call
    from {{rows}}
)"""
_PERHAPS: Final = "perhaps_in_flight"
_STORED: Final = """
    with perhaps as (
        select r, {id} as id
        from {perhaps}
    )
    select r
    from perhaps
    where id in (
        select id
        from {predictions}
        where ts between make_timestamp($low) - {slack} and make_timestamp($high) + {slack}
        union all
        select id
        from {unanswered}
        where ts between make_timestamp($low) - {slack} and make_timestamp($high) + {slack}
    )
"""
_STORED_CALLS: Final = """
    select
        (id >> 64)::ubigint as high,
        (id & 18446744073709551615::uhugeint)::ubigint as low
    from stored_calls
"""
_OF_CALLS: Final = [
    *("ts", "version", "request_id", "latency_ms", "status", "replica", "trace_id"),
    *("sampling_rate", "high", "low", "call_high", "call_low"),
]
_COUNTED: Final = ("predictions", "calls", "labels", "duplicates")


class SmallLoad:
    """
    One load in its write transaction.

    Parameters
    ----------
    database : Database
        Whose `memory.prepared.connection` is in the write transaction.
    n_parts : int
        Bodies whose rows come in this load; each is counted for itself.
    taken : TakenRecords or None
        What earlier loads brought of the files whose parts these are; None: every part is whole.
    """

    def __init__(self, database: Database, n_parts: int, taken: TakenRecords | None = None) -> None:
        self._connection = database.memory.prepared.connection
        self._rows, self._viewed = pa.table({}), False
        self._marks = database.marks
        self._memory = database.memory
        self._n = n_parts
        self._taken = taken
        self._counts = {name: np.zeros(n_parts, np.int64) for name in _COUNTED}
        self._stale: dict[int, list[int]] = {}

    def counts(self) -> list[LoadCounts]:
        """Return what each body newly stored."""
        columns = [self._counts[name].tolist() for name in _COUNTED]
        return [
            LoadCounts(*row, known=tuple(sorted(self._stale.get(part, ()))))
            for part, row in enumerate(zip(*columns, strict=True))
        ]

    def add(
        self,
        model: str,
        table: pa.Table,
        features: Places,
        parts: Int,
        positions: Int | None = None,
    ) -> None:
        """
        Store the events of one model.

        Parameters
        ----------
        model : str
        table : Table
            The columns of `store.arrow_columns.EVENT_COLUMNS`, and those of `features`.
        features : dict of (feature, FeatureType) to str
        parts : ndarray of int64, shape (n_rows,)
            Number of each row's body.
        positions : ndarray of int64, shape (n_rows,), or None
            Of each row in its body; 0: it need not be told whether it was known.
        """
        known = self._known(model, features)
        counting = None if self._taken is None else self._taken.counting(model, table, parts)
        rows = arrivals(self._connection, table, features, parts, counting)
        fresh = self._fresh(known, rows)
        self._tally("duplicates", parts)
        if positions is not None:
            stale = np.flatnonzero(~fresh & (rows.kinds != LABEL_ONLY) & (positions > 0))
            for part, position in zip(
                parts[stale].tolist(), positions[stale].tolist(), strict=True
            ):
                self._stale.setdefault(part, []).append(position)
        if fresh.any():
            self._store(known, rows, fresh)
        told = present(table.column("label"))
        if told.any():
            self._tell(known, rows, fresh, told)

    def add_labels(self, model: str, labels: pa.Table, parts: Int) -> None:
        """
        Store labels of one model.

        Parameters
        ----------
        model : str
        labels : Table
            See `store.store.Store.load_labels`.
        parts : ndarray of int64, shape (n_rows,)
            Number of each row's body.
        """
        known = self._known(model, {})
        columns = label_columns(model, labels)
        names = present(columns["prediction_id"]) | present(columns["request_id"])
        rows = np.flatnonzero(present(columns["label"]) & names)
        told = pa.table(columns).take(pa.array(rows))
        nobody = np.zeros(len(rows), np.bool_)
        zeros = np.zeros(len(rows), np.uint64)
        new = add_told(
            self._connection, known.tables, _told(told, rows, ~nobody, nobody, (zeros, zeros))
        )
        self._tally("duplicates", parts)
        self._tally("duplicates", parts[new], -1)
        self._tally("labels", parts[new])

    def _tally(self, name: str, parts: Int, sign: int = 1) -> None:
        self._counts[name] += sign * np.bincount(parts, minlength=self._n)

    def _known(self, model: str, features: Places) -> KnownModel:
        """Return a model with all these features; what is missing is made."""
        known = self._memory.models.get(model)
        if known is None:
            tables = ensure_model(self._connection, model)
            known = KnownModel(
                tables, features_of(self._connection, model), outputs_of(self._connection, model)
            )
        if not features.keys() <= known.features.columns.keys():
            wanted = ensure_features(self._connection, known.tables, list(features))
            known = KnownModel(known.tables, wanted, known.outputs)
        self._memory.models[model] = known
        return known

    def _reached(self, known: KnownModel, times_us: Int) -> Window | None:
        """Return the span around some times where it reaches archived days."""
        model, newest = known.tables.model, self._memory.archived_us
        if model not in newest:
            newest[model] = reach(self._connection, model)
        return reached(newest[model], int(times_us.min()), int(times_us.max()))

    def _perhaps(self, known: KnownModel, times_us: Int, keys: Lanes) -> Mask:
        if self._reached(known, times_us) is not None:
            return np.ones(len(keys[1]), np.bool_)
        span = int(times_us.min()) - HOUR_US, int(times_us.max()) + HOUR_US
        return self._memory.recent.perhaps(self._connection, known.tables, span, keys[1])

    def _fresh(self, known: KnownModel, rows: Arrivals) -> Mask:
        """Return which rows are events that are not stored yet."""
        fresh = rows.first.copy()
        if not fresh.any():
            return fresh
        # the span is that of all events of the load, also of those that come twice in it
        times = rows.times_us[rows.kinds != LABEL_ONLY]
        perhaps = np.flatnonzero(fresh & self._perhaps(known, times, rows.ids))
        if len(perhaps):
            fresh[self._stored(known, times, perhaps, rows.ids)] = False
        return fresh

    def _stored(self, known: KnownModel, times_us: Int, rows: Int, ids: Lanes) -> Int:
        """Return those of some rows whose ids the store holds."""
        asked = pa.table({"r": rows, "high": ids[0][rows], "low": ids[1][rows]})
        self._connection.register(_PERHAPS, asked)
        archive = self._reached(known, times_us)
        statement = _STORED.format(
            id=whole("high", "low"),
            perhaps=_PERHAPS,
            slack=SLACK,
            predictions=stored_ids(self._connection, known.tables, "predictions", archive),
            unanswered=stored_ids(self._connection, known.tables, "unanswered", archive),
        )
        span = {"low": int(times_us.min()), "high": int(times_us.max())}
        found = self._connection.execute(statement, span).fetchnumpy()["r"]
        self._connection.unregister(_PERHAPS)
        if archive is not None:
            forget_ids(self._connection)
        return np.asarray(found, np.int64)

    def _store(self, known: KnownModel, rows: Arrivals, fresh: Mask) -> None:
        kinds, parts = rows.kinds[fresh], rows.parts[fresh]
        ids, calls = _of(rows.ids, fresh), _of(rows.calls, fresh)
        table = rows.table if fresh.all() else rows.table.filter(pa.array(fresh))
        halves = {"high": ids[0], "low": ids[1], "call_high": calls[0], "call_low": calls[1]}
        for name, values in {"kind": kinds, **halves}.items():
            table = table.append_column(name, pa.array(values))
        self._rows, self._viewed = in_time_order(table), False
        if (kinds == PREDICTION).any():
            self._add_predictions(known, rows.features)
            served = _hours(rows.times_us[fresh][kinds == PREDICTION])
            mark_hours(self._connection, known.tables.model, served, self._marks.predictions)
        if (kinds == UNANSWERED).any():
            self._view()
            add_unanswered(self._connection, known.tables, rows.features)
        times = rows.times_us[fresh]
        new = self._store_calls(known, times, calls)
        if any_traced(table):
            new = self._join_inner(known, calls, new)
        self._remember(known, times // HOUR_US, ids, calls)
        self._note(known, table, kinds)
        if self._viewed:
            self._connection.unregister(_EVENTS)
        self._tally("predictions", parts[kinds == PREDICTION])
        self._tally("duplicates", parts, -1)
        self._tally("calls", parts[new])

    def _view(self) -> None:
        """Show the fresh rows as the view ``fresh``, for statements that are seldom needed."""
        if not self._viewed:
            self._connection.register(_EVENTS, self._rows)
            fresh = _FRESH.format(rows=_EVENTS)
            self._connection.execute(f"create or replace temp view fresh as select * from {fresh}")
            self._viewed = True

    def _add_predictions(self, known: KnownModel, places: Places) -> None:
        self._memory.prepared.run(
            ("predictions", known.tables, tuple(places)),
            self._rows,
            lambda rows: prediction_statement(
                known.tables, known.features, places, _FRESH.format(rows=rows)
            ),
        )

    def _store_calls(self, known: KnownModel, times_us: Int, calls: Lanes) -> Int:
        """Store the calls of the fresh rows; return the rows that were the first of new ones."""
        earlier = ranks(calls)
        first = earlier == 0
        perhaps = self._perhaps(known, times_us, calls).any()
        if not perhaps and first.all():
            hours = _hours(times_us)
            mark_hours(self._connection, known.tables.model, hours, self._marks.calls)
            self._memory.prepared.run(
                ("calls", known.tables),
                self._rows.select(_OF_CALLS),
                lambda rows: call_statement(known.tables, _FRESH.format(rows=rows)),
            )
            return np.flatnonzero(first)
        self._view()
        group_calls(self._connection)
        archive = self._reached(known, times_us)
        if archive and thaw_with(self._connection, known.tables, "calls", archive, "new_calls"):
            self._memory.forget(known.tables.model)
        if find_stored(self._connection, known.tables, SLACK):
            merge_calls(self._connection, known.tables)
            first &= ~among(calls, self._connection.execute(_STORED_CALLS).fetchall())
        insert_calls(self._connection, known.tables)
        mark_calls(self._connection, known.tables.model, self._marks.calls)
        return np.flatnonzero(first)

    def _join_inner(self, known: KnownModel, calls: Lanes, new: Int) -> Int:
        """Join calls within calls; return those rows of new ones that are still counted."""
        self._view()
        if not find_inner(self._connection, known.tables):
            return new
        counted = still_new(self._connection, _of(calls, new))
        join_inner(self._connection, known.tables, self._marks)
        return new[counted]

    def _remember(self, known: KnownModel, hours: Int, ids: Lanes, calls: Lanes) -> None:
        recent = self._memory.recent
        recent.add(known.tables.model, hours, ids[1])
        other = calls[1] != ids[1]
        if other.any():
            recent.add(known.tables.model, hours[other], calls[1][other])

    def _note(self, known: KnownModel, table: pa.Table, kinds: NDArray[np.int8]) -> None:
        """Keep what is new about the model's outputs."""
        answers = table.column("prediction").drop_null().unique().to_pylist()
        scores = table.column("score").null_count < table.num_rows
        if not (kinds == PREDICTION).any() or known.outputs.tell_of(answers, scores=scores):
            return
        self._view()
        outputs = note_outputs(self._connection, known.tables.model)
        self._memory.models[known.tables.model] = KnownModel(known.tables, known.features, outputs)

    def _tell(self, known: KnownModel, rows: Arrivals, fresh: Mask, told: Mask) -> None:
        """Store the labels that events carry."""
        chosen = np.flatnonzero(told)
        table = rows.table.take(pa.array(chosen))
        event = rows.kinds[chosen] != LABEL_ONLY
        has_request = present(table.column("request_id"))
        nameless = ~present(table.column("prediction_id")) & (event | ~has_request)
        # only an event that is a mere label tells of a whole request
        request = pa.array(has_request & ~event)
        table = table.set_column(
            table.column_names.index("request_id"),
            "request_id",
            pc.if_else(request, table.column("request_id"), None),
        )
        by_time = hashed(str(us).encode() for us in rows.times_us[chosen].tolist())
        own = _of(rows.ids, chosen)
        lanes = np.where(event, own[0], by_time[0]), np.where(event, own[1], by_time[1])
        new = add_told(
            self._connection, known.tables, _told(table, chosen, ~fresh[chosen], nameless, lanes)
        )
        self._tally("labels", rows.parts[new])
        self._tally("duplicates", rows.parts[new[~fresh[new]]], -1)


def _told(table: pa.Table, rows: Int, known: Mask, has_event: Mask, ids: Lanes) -> pa.Table:
    columns: dict[str, object] = {
        "r": rows,
        "known": known,
        "has_event": has_event,
        "high": ids[0],
        "low": ids[1],
    }
    names = ("prediction_id", "request_id", "label", "ts")
    return pa.table(columns | {name: table.column(name) for name in names})


def _hours(times_us: Int) -> set[int]:
    return {int(hour) for hour in np.unique(times_us // HOUR_US)}


def _of(lanes: Lanes, rows: Mask | Int) -> Lanes:
    return lanes[0][rows], lanes[1][rows]
