"""What holds between a store and its plain model, whatever was done to both."""

from __future__ import annotations

import bisect
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from domain.column import Column
from domain.outcome import Outcomes
from domain.profile import ColumnKind, ColumnRole, Grid, GridKind
from domain.window import Window
from store.store import Store
from tests.store.made import at
from tests.store.plain_store import KEPT, Event, Key, Plain

WHOLE = Window(at(-60), at(60 * 40))
# between any two values that are sent
EDGES = (0.3, 1.5)
GRIDS = {
    Column(name, ColumnKind.NUMBER, role): Grid(GridKind.QUANTILES, np.array(EDGES))
    for name, role in (("a", ColumnRole.FEATURE), ("score", ColumnRole.SCORE))
}


def counted(rows: Sequence[object]) -> Counter[str]:
    """Rows whose order means nothing."""
    return Counter(map(str, rows))


def alike(found: Sequence[object], expected: Sequence[object]) -> None:
    """The same rows, in any order."""
    here, there = counted(found), counted(expected)
    assert here == there, f"too much: {here - there}; missing: {there - here}"


def same_predictions(store: Store, plain: Plain) -> None:
    expected = [
        [key[0], *(_stored(e, name) for name in KEPT), *(_text(e["features"][f]) for f in "ab")]
        for key, e in plain.predictions.items()
    ]
    told = [
        [row["model"], *(row[name] for name in KEPT), *(_feature(row, f) for f in "ab")]
        for row in store.sql("select * from predictions").to_pylist()
    ]
    alike(told, expected)


def same_calls(store: Store, plain: Plain) -> None:
    names = ("latency_ms", "status", "replica", "trace_id", "sampling_rate")
    expected = [
        (
            *(key[0], call.ts.replace(tzinfo=None), call.version, call.request_id, call.rows),
            *(call.told[name] for name in names),
        )
        for key, call in plain.calls.items()
    ]
    columns = ("model", "ts", "version", "request_id", "rows", *names)
    found = store.sql(f"select {', '.join(columns)} from calls").to_pylist()
    alike([tuple(row.values()) for row in found], expected)


def same_labels(store: Store, plain: Plain) -> None:
    expected = [
        (key[0], o.prediction_id, o.request_id, o.label, o.ts and o.ts.replace(tzinfo=None))
        for key, o in plain.labels.items()
    ]
    columns = "model, prediction_id, request_id, label, ts"
    found = store.sql(f"select {columns} from labels").to_pylist()
    alike([tuple(row.values()) for row in found], expected)


def same_hours_but_those_marked(store: Store, plain: Plain) -> None:
    """An hour that nobody marked for recount is as its rows are."""
    for model in store.models():
        sql = f"select hour from stale_call_hours where model = '{model}'"
        marked = {row["hour"] for row in store.sql(sql).to_pylist()}
        kept = _of_hours(store, model)
        again = Counter(
            {
                (v, r, hour.replace(tzinfo=None), what): n
                for (v, r, hour, what), n in plain.hours(model).items()
                if n
            }
        )
        for table in (kept, again):
            for place in [place for place in table if place[2] in marked]:
                del table[place]
        assert kept == again, f"{model}: too much: {kept - again}; missing: {again - kept}"


def _of_hours(store: Store, model: str) -> Counter[object]:
    found: Counter[object] = Counter()
    for row in store.sql(f"select * from call_hours where model = '{model}'").to_pylist():
        place = (row["version"], row["replica"], row["hour"])
        for name in ("calls", "with_status", "failed"):
            found[*place, name] += row[name]
        for cell, n in zip(row["cells"], row["counts"], strict=True):
            found[*place, cell] += n
    return Counter({place: n for place, n in found.items() if n})


def same_when_counted_anew(store: Store, plain: Plain) -> None:
    store.refresh_call_hours()
    assert not store.sql("select * from stale_call_hours").num_rows
    same_hours_but_those_marked(store, plain)


def same_rest(store: Store, plain: Plain) -> None:
    assert store.sources() == plain.sources
    lines = [(line.source, line.rejection.raw) for line in store.rejected()]
    alike(lines, [(s, raw) for (_, raw), s in plain.rejected.items()])


def same_unanswered(store: Store, plain: Plain) -> None:
    """What failed calls were asked; of archived ones, how many there are."""
    for schema in store.sql("select model, schema_name from models").to_pylist():
        model, name = schema.values()
        mine = [e for key, e in plain.unanswered.items() if key[0] == model]
        rows = store.sql(f'select * from "{name}".unanswered').to_pylist()
        files = [file for file in store.archived_files(model) if file.kind == "unanswered"]
        assert len(rows) + sum(file.rows for file in files) == len(mine)
        asked = [(row["ts"], _known(json.loads(row["features"] or "{}"))) for row in rows]
        expected = [(_stored(e, "ts"), _known(e["features"])) for e in mine]
        assert not counted(asked) - counted(expected)


def same_counts(store: Store, plain: Plain) -> None:
    """Columns over the cells that are kept of them: whole hours and one that is cut."""
    windows = [Window(at(90 * i - 30), at(90 * i + 60)) for i in (0, 1, 2, 3, 20, 21)]
    for model in store.models():
        known = [column for column in GRIDS if column in store.logs(model).columns()]
        for version in {d.version for d in store.logs(model).deployments()}:
            mine = [
                e
                for key, e in plain.predictions.items()
                if key[0] == model and (e.get("version") or "") == version
            ]
            asked = {column: GRIDS[column] for column in known}
            told = store.logs(model).counts(asked, windows, (version,) * len(windows))
            for column in known:
                values = [_values_in(window, column, mine) for window in windows]
                assert told[column].counts[:, :-1].tolist() == values
                assert not told[column].counts[:, -1].any(), "a number is never unseen"


def _values_in(window: Window, column: Column, rows: Sequence[Event]) -> list[int]:
    """Count rows of a window in the cells, and those without a value."""
    inside = [e for e in rows if window.start <= e["ts"] < window.end]
    name = column.name
    values = [e["features"][name] if name == "a" else e.get(name) for e in inside]
    places = Counter(bisect.bisect_left(EDGES, v) if v is not None else None for v in values)
    return [*(places[cell] for cell in range(len(EDGES) + 1)), places[None]]


def same_answers(store: Store, plain: Plain) -> None:
    """The questions that runs and pages ask."""
    halves = [Window(WHOLE.start, at(70)), Window(at(70), WHOLE.end)]
    volumes = store.volumes(WHOLE)
    for model in store.models():
        rows = {key: e for key, e in plain.predictions.items() if key[0] == model}
        calls = [call for key, call in plain.calls.items() if key[0] == model]
        assert volumes[model].predictions == len(rows)
        assert volumes[model].calls == len(calls)
        versions = {e.get("version") or "" for e in rows.values()} | {c.version for c in calls}
        deployments = store.logs(model).deployments()
        assert [d.version for d in deployments] == sorted(versions)
        for d in deployments:
            mine = {k: e for k, e in rows.items() if (e.get("version") or "") == d.version}
            assert d.predictions == len(mine)
            for window, told in zip(
                halves, store.logs(model).outcomes(d.version, halves), strict=True
            ):
                inside = {k: e for k, e in mine.items() if window.start <= e["ts"] < window.end}
                _same_outcomes(plain, told, inside)


def _same_outcomes(plain: Plain, told: Outcomes, rows: dict[Key, Event]) -> None:
    newest = {key: plain.newest_label(key, e) for key, e in rows.items()}
    expected = [
        (e.get("prediction") or "", newest[key].label)
        for key, e in rows.items()
        if newest[key] is not None
    ]
    found = zip(told.predictions.tolist(), told.labels.tolist(), strict=True)
    alike(list(found), expected)
    assert told.pending == len(rows) - len(expected)


def _stored(e: Event, name: str) -> object:
    if name == "ts":
        return e["ts"].replace(tzinfo=None)
    return e.get(name) or "" if name == "version" else e.get(name)


def _known(features: Mapping[str, object]) -> list[tuple[str, object]]:
    return sorted((name, value) for name, value in features.items() if value is not None)


def _feature(row: Event, name: str) -> object:
    kept = [v for column, v in row.items() if column.partition("~")[0] == f"f_{name}"]
    return _text(next((value for value in kept if value is not None), None))


def _text(value: object) -> str | None:
    """Write a value as the view does where two models differ in a column's type."""
    return None if value is None else str(value).lower()


Check = Callable[[Store, Plain], None]
# after every step
QUICK_CHECKS: tuple[Check, ...] = (
    same_predictions,
    same_calls,
    same_labels,
    same_hours_but_those_marked,
)
# at the end
CHECKS: tuple[Check, ...] = (
    *QUICK_CHECKS,
    same_rest,
    same_unanswered,
    same_answers,
    same_counts,
    same_when_counted_anew,
)
