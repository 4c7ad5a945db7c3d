"""Versions beside each other, how good they were, and since when a column drifts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow.compute as pc
import pytest

from domain.errors import NothingToJudgeError, UnknownNameError
from domain.finding import Verdict
from domain.incident import Cause
from domain.window import Window
from monitors.column_names import name_of
from monitors.gathering import drift as gathering
from monitors.local_service import LocalService
from tests.golden.logs import DAY, START, Service
from tests.monitors.made import NOW, judge, judge_days, load, load_labels, opened
from tests.store.test_results import incident

MADE = Service(
    days=48,
    calls_a_day=400,
    versions={"1": (0, 48, 0.6), "2": (38, 45, 0.4)},
    drifts_from=43,
    shift=1.0,
    silent_on=(45,),
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory):
    with opened(tmp_path_factory.mktemp("versions") / "store") as service:
        load(service, MADE.events())
        load_labels(service, MADE.labels())
        judge_days(service, MADE, 36, 48)
        yield service


def of(version: str, day: int):
    events = MADE.events(day, day + 1)
    return events.filter(pc.equal(events["version"], version))


def test_every_version_has_a_point_for_each_of_its_windows(service) -> None:
    view = service.versions("parcel")
    assert [v.version for v in view.versions] == ["1", "2"]
    for one in view.versions:
        runs = service.store.runs("parcel", one.version)
        assert [p.window for p in one.points] == [r.window for r in runs]
        assert one.newest == runs[-1]
    assert [name_of(c) for c in view.columns] == [
        *("weight_kg", "distance_km", "carrier", "age_days", "prediction", "score")
    ]


@pytest.mark.parametrize(("version", "day"), [("1", 40), ("2", 44)])
def test_a_point_counts_what_the_logs_hold(service, version, day) -> None:
    (one,) = [v for v in service.versions("parcel").versions if v.version == version]
    (point,) = [p for p in one.points if p.window == MADE.window(day)]
    rows = of(version, day)
    assert point.n_predictions == point.n_calls == rows.num_rows
    assert point.failed_share == 0
    found = pc.quantile(rows["latency_ms"], [0.5, 0.95, 0.99]).to_pylist()
    assert [point.p50_ms, point.p95_ms, point.p99_ms] == pytest.approx(found)
    assert point.performance.labelled + point.performance.pending == rows.num_rows


def test_a_silent_window_has_no_share_and_no_latency(service) -> None:
    silent = [
        p
        for one in service.versions("parcel").versions
        for p in one.points
        if p.window == MADE.window(45)
    ]
    assert silent
    assert all((p.n_calls, p.failed_share, p.p99_ms) == (0, None, None) for p in silent)


def test_performance_is_what_the_last_run_of_each_window_counted(service) -> None:
    view = service.performance("parcel")
    runs = [run for run in service.store.runs("parcel") if run.performance is not None]
    assert [(p.deployment, p.window, p.performance) for p in view.points] == [
        (r.deployment, r.window, r.performance) for r in runs
    ]
    judged = [
        (run.deployment, run.window, finding)
        for run in service.store.runs("parcel")
        for finding in run.findings
        if finding.detector == "performance"
    ]
    assert list(view.findings) == judged
    assert len(judged) > len(runs)
    assert {i.cause for i in view.incidents} <= {Cause.PERFORMANCE}


def test_labels_that_have_not_come_leave_an_empty_view(tmp_path: Path) -> None:
    with opened(tmp_path) as service:
        load(service, MADE.events(0, 3))
        judge_days(service, MADE, 1, 3)
        view = service.performance("parcel")
    assert (view.points, view.findings, view.incidents) == ((), (), ())


@pytest.mark.parametrize("ask", ["versions", "performance"])
def test_what_was_never_judged_says_what_to_do(tmp_path: Path, ask: str) -> None:
    with opened(tmp_path) as service:
        load(service, MADE.events(0, 2))
        with pytest.raises(NothingToJudgeError, match="driftline backfill"):
            getattr(service, ask)("parcel")
        with pytest.raises(NothingToJudgeError, match="driftline backfill"):
            service.drift("parcel", "1", None)
        with pytest.raises(UnknownNameError, match="did you mean 'parcel'"):
            getattr(service, ask)("parcels")


def drifts_since(service: LocalService, days: Sequence[int], column: str) -> datetime | None:
    """Walk back over the findings themselves: unjudged windows are stepped over."""
    since = None
    for day in reversed(days):
        runs = service.store.runs("parcel", "1", MADE.window(day))
        own = [f for r in runs for f in r.findings if f.column == column and f.decides]
        verdicts = {f.verdict for f in own if f.detector != "completeness"} or {None}
        if Verdict.DRIFTED in verdicts:
            since = MADE.window(day).start
        elif verdicts & {Verdict.OK, Verdict.BLIND}:
            break
    return since


def test_a_column_drifts_since_the_first_window_of_its_row(service) -> None:
    view = service.drift("parcel", "1", MADE.window(44))
    drifting = [c for c in view.columns if c.since is not None]
    assert "weight_kg" in {c.column.name for c in drifting}
    for one in view.columns:
        name = name_of(one.column)
        drifted = one.findings[0].verdict is Verdict.DRIFTED
        assert one.since == (drifts_since(service, range(36, 45), name) if drifted else None)
    (weight,) = [c for c in view.columns if c.column.name == "weight_kg"]
    assert weight.since == START + 43 * DAY


def test_a_window_that_nobody_could_judge_does_not_break_the_row(service) -> None:
    # it drifts on days 43, 44, 46 and 47; on day 45 there were no calls
    view = service.drift("parcel", "1", MADE.window(47))
    (weight,) = [c for c in view.columns if c.column.name == "weight_kg"]
    at = view.windows.index(MADE.window(45))
    assert weight.history[at] is None
    assert [reading.drifted for reading in weight.history[at - 2 :] if reading] == [True] * 4
    assert weight.findings[0].verdict is Verdict.DRIFTED
    assert weight.since == START + 43 * DAY


def test_the_worst_column_stands_first_with_what_decided_about_it(service) -> None:
    view = service.drift("parcel", "1", MADE.window(44))
    order = [Verdict.DRIFTED, Verdict.BLIND, Verdict.INCONCLUSIVE, Verdict.OK]
    ranks = [order.index(c.findings[0].verdict) for c in view.columns]
    assert ranks == sorted(ranks)
    assert all(c.findings[0].decides for c in view.columns)
    every = [f for f in view.run.findings if f.kind not in ("calls", "label")]
    assert sorted(map(id, (f for c in view.columns for f in c.findings))) == sorted(map(id, every))


def test_a_view_ends_with_the_window_that_was_asked_for(service) -> None:
    view = service.drift("parcel", "1", MADE.window(40))
    assert view.windows == tuple(MADE.window(day) for day in range(36, 41))
    assert view.run.window == MADE.window(40)
    assert all(len(c.history) == 5 for c in view.columns)
    newest = service.drift("parcel", "1", None)
    assert newest.windows[-1] == newest.run.window == service.store.runs("parcel", "1")[-1].window


def test_a_view_shows_no_more_windows_than_a_screen_holds(service, monkeypatch) -> None:
    monkeypatch.setattr(gathering, "SHOWN_WINDOWS", 3)
    view = service.drift("parcel", "1", MADE.window(42))
    assert view.windows == tuple(MADE.window(day) for day in (40, 41, 42))


def test_incidents_are_those_of_the_version_in_the_shown_time(service) -> None:
    every = service.incidents("parcel")
    assert any(i.cause is Cause.DRIFT for i in every)
    before = service.drift("parcel", "1", MADE.window(40)).incidents
    assert all(i.started_at < START + 41 * DAY for i in before)
    shown = service.drift("parcel", "2", None).incidents
    assert {i.incident_id for i in shown} == {
        i.incident_id for i in every if "2" in i.versions and i.last_seen_at > START + 36 * DAY
    }


def test_an_incident_of_another_version_or_time_is_not_shown(tmp_path: Path) -> None:
    with opened(tmp_path) as service:
        load(service, MADE.events(36, 41))
        judge_days(service, MADE, 39, 41)
        day = {"last_seen_at": MADE.window(40).end, "started_at": MADE.window(40).start}
        told = [
            incident(1, "parcel", versions=("1",), **day),
            incident(2, "parcel", versions=("1", "2"), **day),
            incident(3, "parcel", versions=("1",), started_at=START, last_seen_at=START + DAY),
        ]
        service.store.save_incidents("parcel", told)
        shown = {v: service.drift("parcel", v, None).incidents for v in "12"}
    ids = {version: {i.incident_id for i in found} for version, found in shown.items()}
    assert ids == {"1": {"i1", "i2"}, "2": {"i2"}}


def test_windows_shorter_than_a_day_are_shown_one_by_one(tmp_path: Path) -> None:
    with opened(tmp_path, {"window": "6h", "baseline": {"trailing": "14d"}}) as service:
        load(service, MADE.events(0, 20))
        opening = START + 18 * DAY
        quarter = timedelta(hours=6)
        hours = [Window(opening + i * quarter, opening + (i + 1) * quarter) for i in range(8)]
        judge(service, hours, now=NOW)
        assert service.drift("parcel", "1", None).windows == tuple(hours)
