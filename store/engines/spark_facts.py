"""
What is small about logs, asked once and of all versions at a time.

A run asks the same again and again: how many rows a window has, when a version was first seen. The
answers are kept as long as the logs are open, which is until somebody looks anew: until then Spark
reads the files that it listed when it opened them, so that it would answer the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from domain.column import Column
from domain.window import Rows, Window
from store.catalog import DeploymentInfo
from store.engines.spark_logs import FAILED, SparkLogs
from store.engines.spark_windows import hull, place
from store.moments import from_microseconds
from store.roles import PredictionCounts
from store.scan import check_order

Float = NDArray[np.float64]
Int = NDArray[np.int64]

_THERE: Final = """
    select
        version,
        min(us) as begin,
        max(us) as latest,
        min(us) filter (where kind = 2) as first,
        max(us) filter (where kind = 2) as last,
        count_if(kind = 2) as predictions,
        null as calls
    from events
    where kind > 0
    group by version
    union all
    select version, null, null, min(us), max(us), null, count(*)
    from ({calls})
    group by version
"""
_SERVED: Final = """
    select w, version, count(*) as n, count_if(in_shadow) as shadow
    from (
        select {place} as w, version, in_shadow
        from events
        where kind = 2{span}
    )
    where w is not null
    group by w, version
"""
_CALLED: Final = """
    select w, version, count(*) as n, min(us) as first, max(us) as last
    from (
        select {place} as w, version, us
        from ({calls})
    )
    where w is not null
    group by w, version
"""
_FAILED_BY: Final = f"""
    select w, version, status, count(*) as n
    from (
        select {{place}} as w, version, status
        from ({{calls}})
        where {FAILED}
    )
    where w is not null
    group by w, version, status
"""
_LATENCIES: Final = """
    select w, version, percentile(latency_ms, array({qs})) as found
    from (
        select {place} as w, version, latency_ms
        from ({calls})
        where latency_ms is not null
    )
    where w is not null
    group by w, version
"""
# of one window: the rows of an answer, by version
ByVersion = dict[str, list[dict[str, Any]]]


class SparkFacts:
    """
    Knows the small facts of logs.

    Parameters
    ----------
    logs : SparkLogs
    """

    def __init__(self, logs: SparkLogs) -> None:
        self.logs = logs
        self._by_question: dict[str, dict[Window, ByVersion]] = {}
        self._first_values: dict[Column, datetime | None] = {}

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """See `Engine.columns`."""
        return self.logs.columns()

    @cached_property
    def _there(self) -> list[dict[str, Any]]:
        return self.logs.ask(_THERE.format(calls=self.logs.calls())).to_pylist()

    def deployments(self) -> tuple[DeploymentInfo, ...]:
        """See `Engine.deployments`."""
        by_version: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in self._there:
            if row["first"] is not None:
                by_version[row["version"]].append(row)
        return tuple(
            DeploymentInfo(
                version,
                from_microseconds(min(row["first"] for row in rows)),
                from_microseconds(max(row["last"] for row in rows)),
                sum(row["predictions"] or 0 for row in rows),
                sum(row["calls"] or 0 for row in rows),
            )
            for version, rows in sorted(by_version.items())
        )

    def data_span(self) -> Window | None:
        """See `Engine.data_span`."""
        told = [row for row in self._there if row["begin"] is not None]
        if not told:
            return None
        latest = max(row["latest"] for row in told)
        return Window(
            from_microseconds(min(row["begin"] for row in told)), from_microseconds(latest + 1)
        )

    def first_values(self, columns: Sequence[Column]) -> dict[Column, datetime | None]:
        """See `Engine.first_values`."""
        fresh = [column for column in columns if column not in self._first_values]
        if fresh:
            parts = [
                f"min(us) filter (where {self.logs.value(column)} is not null) as c{i}"
                for i, column in enumerate(fresh)
            ]
            sql = f"select {', '.join(parts)} from events where kind = 2"
            found = self.logs.ask(sql).to_pylist()[0].values()
            self._first_values |= {
                column: None if first is None else from_microseconds(first)
                for column, first in zip(fresh, found, strict=True)
            }
        return {column: self._first_values[column] for column in columns}

    def row_counts(self, windows: Sequence[Window]) -> dict[str, Int]:
        """See `Engine.row_counts`."""
        return self._counts(_SERVED, windows)

    def n_rows(self, rows: Rows) -> int:
        """Return how many rows some rows are, of the versions that count in their windows."""
        found = self._by_window(_SERVED, rows.windows)
        return sum(
            one[version][0]["n"]
            for version, one in zip(rows.versions, found, strict=True)
            if version in one
        )

    def prediction_counts(self, version: str, windows: Sequence[Window]) -> PredictionCounts:
        """See `Engine.prediction_counts`."""
        counts = np.zeros((2, len(windows)), np.int64)
        for i, rows in enumerate(self._of_version(_SERVED, version, windows)):
            for row in rows:
                counts[:, i] = row["n"], row["shadow"]
        return PredictionCounts(counts[0], counts[1])

    def call_counts(self, windows: Sequence[Window]) -> dict[str, Int]:
        """See `Engine.call_counts`."""
        return self._counts(_CALLED, windows)

    def event_spans(
        self, version: str, windows: Sequence[Window]
    ) -> list[tuple[datetime, datetime] | None]:
        """See `Engine.event_spans`."""
        found = self._of_version(_CALLED, version, windows)
        return [
            (from_microseconds(rows[0]["first"]), from_microseconds(rows[0]["last"]))
            if rows
            else None
            for rows in found
        ]

    def failed_statuses(self, version: str, windows: Sequence[Window]) -> list[dict[int, int]]:
        """See `Engine.failed_statuses`."""
        found = self._of_version(_FAILED_BY, version, windows)
        return [{row["status"]: row["n"] for row in rows} for rows in found]

    def latency_quantiles(
        self, version: str, windows: Sequence[Window], qs: Sequence[float]
    ) -> Float:
        """See `Engine.latency_quantiles`."""
        found = np.full((len(windows), len(qs)), np.nan)
        if not qs:
            return found
        sql = _LATENCIES.replace("{qs}", ", ".join(f"{float(q)!r}D" for q in qs))
        for i, rows in enumerate(self._of_version(sql, version, windows)):
            for row in rows:
                found[i] = row["found"]
        return found

    def _counts(self, sql: str, windows: Sequence[Window]) -> dict[str, Int]:
        found: dict[str, Int] = {}
        for i, by_version in enumerate(self._by_window(sql, windows)):
            for version, rows in by_version.items():
                counts = found.setdefault(version, np.zeros(len(windows), np.int64))
                counts[i] = rows[0]["n"]
        return found

    def _of_version(
        self, sql: str, version: str, windows: Sequence[Window]
    ) -> list[list[dict[str, Any]]]:
        return [by_version.get(version, []) for by_version in self._by_window(sql, windows)]

    def _by_window(self, sql: str, windows: Sequence[Window]) -> list[ByVersion]:
        """Return an answer by window; only windows that nobody asked about before are counted."""
        check_order(windows)
        kept = self._by_question.setdefault(sql, {})
        fresh = [window for window in windows if window not in kept]
        if fresh:
            asked = sql.format(
                place=place(fresh),
                span=self.logs.span(*hull(fresh)),
                calls=self.logs.calls(Window(fresh[0].start, fresh[-1].end)),
            )
            found: list[ByVersion] = [{} for _ in fresh]
            for row in self.logs.ask(asked).to_pylist():
                found[row["w"]].setdefault(row["version"], []).append(row)
            kept.update(zip(fresh, found, strict=True))
        return [kept[window] for window in windows]
