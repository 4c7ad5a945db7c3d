"""What holds between a store and its plain model, whatever was done to both."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence

from domain.outcome import Outcomes
from domain.window import Window
from store.store import Store
from tests.store.made import at
from tests.store.plain_store import KEPT, Event, Key, Plain

WHOLE = Window(at(-60), at(60 * 40))


def counted(rows: Sequence[object]) -> Counter[str]:
    """Rows whose order means nothing."""
    return Counter(map(str, rows))


def same_predictions(store: Store, plain: Plain) -> None:
    expected = [
        [key[0], *(_stored(e, name) for name in KEPT), *(e["features"][f] for f in "ab")]
        for key, e in plain.predictions.items()
    ]
    told = [
        [model, *(row[name] for name in KEPT), *(_feature(row, f) for f in "ab")]
        for model, row in _rows(store, "predictions")
    ]
    assert counted(told) == counted(expected)


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
    assert counted([tuple(row.values()) for row in found]) == counted(expected)


def same_labels(store: Store, plain: Plain) -> None:
    expected = [
        (key[0], o.prediction_id, o.request_id, o.label, o.ts and o.ts.replace(tzinfo=None))
        for key, o in plain.labels.items()
    ]
    columns = "model, prediction_id, request_id, label, ts"
    found = store.sql(f"select {columns} from labels").to_pylist()
    assert counted([tuple(row.values()) for row in found]) == counted(expected)


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
        assert kept == again


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
    assert counted(lines) == counted([(s, raw) for (_, raw), s in plain.rejected.items()])
    # what a failed call was asked stands in its row as JSON
    kept = [
        (
            model,
            row["ts"],
            row["prediction_id"],
            sorted(json.loads(row["features"] or "{}").items()),
        )
        for model, row in _rows(store, "unanswered")
    ]
    expected = [
        (
            key[0],
            _stored(e, "ts"),
            e.get("prediction_id"),
            [(name, value) for name, value in sorted(e["features"].items()) if value is not None],
        )
        for key, e in plain.unanswered.items()
    ]
    assert counted(kept) == counted(expected)


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
        deployments = store.deployments(model)
        assert [d.version for d in deployments] == sorted(versions)
        for d in deployments:
            mine = {k: e for k, e in rows.items() if (e.get("version") or "") == d.version}
            assert d.predictions == len(mine)
            for window, told in zip(halves, store.outcomes(model, d.version, halves), strict=True):
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
    assert counted(list(found)) == counted(expected)
    assert told.pending == len(rows) - len(expected)


def _stored(e: Event, name: str) -> object:
    if name == "ts":
        return e["ts"].replace(tzinfo=None)
    return e.get(name) or "" if name == "version" else e.get(name)


def _rows(store: Store, table: str) -> list[tuple[str, dict[str, object]]]:
    """Rows with their model, as each model has them: where models meet, types widen."""
    return [
        (one["model"], row)
        for one in store.sql("select model, schema_name from models").to_pylist()
        for row in store.sql(f'select * from "{one["schema_name"]}".{table}').to_pylist()
    ]


def _feature(row: Event, name: str) -> object:
    kept = [v for column, v in row.items() if column.partition("~")[0] == f"f_{name}"]
    return next((value for value in kept if value is not None), None)


Check = Callable[[Store, Plain], None]
# after every step
QUICK_CHECKS: tuple[Check, ...] = (
    same_predictions,
    same_calls,
    same_labels,
    same_hours_but_those_marked,
)
# at the end
CHECKS: tuple[Check, ...] = (*QUICK_CHECKS, same_rest, same_answers, same_when_counted_anew)
