"""Latency, failures and objectives of a deployment, from counted hours and stored runs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.errors import UnknownNameError
from domain.incident import Cause
from domain.slo import SLOState
from domain.window import Window
from monitors.config import Config
from monitors.config_file import load_config
from monitors.gathering.levels import MOST_BUCKETS, bucket_length_s
from monitors.local_service import LocalService
from monitors.views.levels import LevelPoint, ServiceLevels
from tests.golden.logs import DAY, START, Service
from tests.monitors.made import judge_days, load, opened

SLOS = [{"name": "up", "target": "99%"}, {"name": "fast", "target": "95%", "latency_ms": 11.9}]
MADE = Service(days=34, calls_a_day=240, failing=(31, 10, 8))


def calls(first: int = 0, end: int | None = None) -> pa.Table:
    """The calls of some days; only one replica fails."""
    events = MADE.events(first, end)
    spared = np.asarray(events["replica"]) != "pod-1"
    status = np.where(spared, 200, np.asarray(events["status"])).astype(np.int32)
    return events.set_column(events.column_names.index("status"), "status", pa.array(status))


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalService]:
    folder = tmp_path_factory.mktemp("levels") / "store"
    with opened(folder, {"slos": SLOS}) as made:
        load(made, calls())
        judge_days(made, MADE, 28, 34)
        yield made


def plain(events: pa.Table, span: Window, replica: str | None = None) -> dict[str, float]:
    """Count calls of a span one by one."""
    rows = [
        row
        for row in events.to_pylist()
        if span.contains(row["ts"]) and replica in (None, row["replica"])
    ]
    latencies = [row["latency_ms"] for row in rows]
    return {
        "calls": len(rows),
        "failed": sum(row["status"] >= 500 for row in rows),
        "with_status": len(rows),
        "p50_ms": float(np.quantile(latencies, 0.5)),
        "p95_ms": float(np.quantile(latencies, 0.95)),
        "p99_ms": float(np.quantile(latencies, 0.99)),
    }


def agrees(point: LevelPoint, counted: dict[str, float]) -> None:
    found = {name: getattr(point, name) for name in counted}
    whole = ("calls", "failed", "with_status")
    assert {name: found[name] for name in whole} == {name: counted[name] for name in whole}
    assert found == pytest.approx(counted, rel=0.02)


# ------------------------------------------------------------------ calls


def test_every_point_is_a_plain_count_of_its_calls(service: LocalService):
    span, events = MADE.window(31), calls(31, 32)
    levels = service.service_levels("parcel", "1", span)

    assert (levels.span, levels.bucket_s, len(levels.points)) == (span, 3600, 24)
    agrees(levels.whole, plain(events, span))
    for point in levels.points:
        agrees(point, plain(events, Window(point.start, point.start + timedelta(hours=1))))


def test_replicas_are_counted_apart_and_add_up(service: LocalService):
    span, events = MADE.window(31), calls(31, 32)
    levels = service.service_levels("parcel", "1", span)

    assert sorted(one.replica for one in levels.replicas) == ["pod-0", "pod-1", "pod-2"]
    assert levels.n_replicas == 3
    for one in levels.replicas:
        agrees(one.whole, plain(events, span, one.replica))
        assert sum(point.failed for point in one.points) == one.whole.failed
    assert sum(one.whole.calls for one in levels.replicas) == levels.whole.calls


def test_the_slow_and_the_failing_replica_come_first(tmp_path: Path):
    made = Service(days=2, calls_a_day=600)
    events = made.events()
    replica = np.asarray(events["replica"])
    nth = np.arange(len(events))
    slow = np.asarray(events["latency_ms"]) * np.where(nth % 9 == 1, 9, 1)
    assert set(replica[nth % 9 == 1]) == {"pod-1"}
    failed = np.where((replica == "pod-2") & (nth % 40 == 0), 503, 200).astype(np.int32)
    # one failure of a few calls proves nothing
    replica = np.where(nth < 3, "new", replica)
    failed[1] = 500
    for name, values in (("latency_ms", slow), ("status", failed), ("replica", replica)):
        events = events.set_column(events.column_names.index(name), name, pa.array(values))
    with opened(tmp_path / "store") as service:
        load(service, events)
        levels = service.service_levels("parcel", "1", made.window(0, 2))

    assert [one.replica for one in levels.replicas] == ["pod-1", "pod-2", "new", "pod-0"]


def test_of_many_replicas_the_worst_are_shown_and_all_are_said(tmp_path: Path):
    made = Service(days=1, calls_a_day=400)
    events = made.events()
    names = np.array([f"pod-{i % 40}" for i in range(len(events))])
    status = np.where(names == "pod-37", 503, 200).astype(np.int32)
    for name, values in (("status", status), ("replica", names)):
        events = events.set_column(events.column_names.index(name), name, pa.array(values))
    with opened(tmp_path / "store") as service:
        load(service, events)
        levels = service.service_levels("parcel", "1", made.window(0))

    assert (levels.n_replicas, len(levels.replicas)) == (40, 12)
    assert levels.replicas[0].replica == "pod-37"


def test_logs_that_name_no_replica_have_none(tmp_path: Path):
    made = Service(days=1, calls_a_day=50)
    with opened(tmp_path / "store") as service:
        load(service, made.events().drop_columns(["replica"]))
        levels = service.service_levels("parcel", "1", made.window(0))

    assert (levels.replicas, levels.n_replicas, levels.whole.calls) == ((), 0, 50.0)


def test_a_sampled_log_stands_for_all_calls_and_a_status_can_be_unknown(tmp_path: Path):
    made = Service(days=1, calls_a_day=100)
    events = made.events().append_column("sampling_rate", pa.array([0.25] * 100))
    status = pa.array([503] * 10 + [None] * 60 + [200] * 30, pa.int32())
    events = events.set_column(events.column_names.index("status"), "status", status)
    with opened(tmp_path / "store") as service:
        load(service, events)
        whole = service.service_levels("parcel", "1", made.window(0)).whole

    assert (whole.calls, whole.failed, whole.with_status) == (400.0, 40.0, 160.0)


def test_calls_that_just_came_are_there(tmp_path: Path):
    made = Service(days=3, calls_a_day=40)
    with opened(tmp_path / "store") as service:
        for day in range(3):
            load(service, made.events(day, day + 1))
            levels = service.service_levels("parcel", "1", made.window(0, 3))
            assert levels.whole.calls == 40.0 * (day + 1)


def test_a_refresh_counts_every_model_so_that_a_page_has_nothing_to_count(tmp_path: Path):
    made = Service(days=2, calls_a_day=40)
    with opened(tmp_path / "store") as service:
        load(service, made.events())
        load(service, made.events(), "letter")
        assert service.refresh() > 0
        assert service.refresh() == 0
        assert service.store.refresh_call_hours("parcel") == 0
        assert service.store.refresh_call_hours("letter") == 0


def test_the_columns_of_every_model_are_counted_so_that_a_run_has_less_to_count(tmp_path: Path):
    made = Service(days=2, calls_a_day=40)
    with opened(tmp_path / "store") as service:
        load(service, made.events())
        load(service, made.events(), "letter")
        assert service.refresh_columns() > 0
        assert service.refresh_columns() == 0
        assert service.store.refresh_column_hours("letter") == 0


def test_hours_that_the_span_cuts_are_shown_whole(service: LocalService):
    start = START + 31 * DAY
    cut = Window(start + timedelta(minutes=30), start + timedelta(hours=4, minutes=1))
    levels = service.service_levels("parcel", "1", cut)

    whole = Window(start, start + timedelta(hours=5))
    assert levels.span == whole
    agrees(levels.whole, plain(calls(31, 32), whole))


SPANS = st.builds(
    lambda minute, length: Window(
        START + timedelta(minutes=minute), START + timedelta(minutes=minute + length)
    ),
    st.integers(0, 100_000),
    st.integers(1, 3_000_000),
)


# 399 hours and two minutes, in 401 hours
@example(Window(START + timedelta(minutes=59), START + timedelta(hours=400, minutes=1)))
@given(SPANS)
def test_a_span_has_at_most_400_buckets_of_whole_hours_that_fit_a_day(span: Window):
    length = bucket_length_s(span)
    first = int(span.start.timestamp()) // 3600
    last = -(-int(span.end.timestamp()) // 3600)

    assert length % 3600 == 0
    assert 86_400 % length == 0 or length % 86_400 == 0
    assert -(-(last - first) * 3600 // length) <= MOST_BUCKETS
    # twice as fine would be too fine: not coarser than it has to be
    assert length == 3600 or span.duration.total_seconds() / length > MOST_BUCKETS / 2 - 2


# ------------------------------------------------------------------ objectives and incidents


def test_the_budget_is_the_one_that_the_runs_judged(service: LocalService):
    levels = service.service_levels("parcel", "1", MADE.window(29, 4))
    judged = service.store.runs("parcel", "1", MADE.window(29, 4))

    assert [one.slo.name for one in levels.objectives] == ["up", "fast"]
    for one in levels.objectives:
        own = [(run.window, r) for run in judged for r in run.slos if r.slo.name == one.slo.name]
        alone = [(window, r) for window, r in own if r.replica is None]
        blamed = {r.replica for _, r in own} - {None}
        assert blamed == ({"pod-1"} if one.slo.name == "up" else set()), "the test needs one"
        assert list(zip(one.windows, one.results, strict=True)) == alone
        assert [window.start for window in one.windows] == [
            MADE.window(day).start for day in range(29, 33)
        ]
    up = levels.objectives[0]
    assert [r.state is SLOState.OK for r in up.results] == [True, True, False, True]


def test_an_objective_that_nothing_was_judged_by_is_there_without_history(service: LocalService):
    levels = service.service_levels("parcel", "1", MADE.window(3))

    assert [(one.slo.name, one.windows) for one in levels.objectives] == [("up", ()), ("fast", ())]
    assert levels.objectives[1].slo.latency_ms == 11.9


def test_an_objective_is_the_one_that_was_judged_until_another_one_is(service: LocalService):
    stricter = {"parcel": {"slos": [{"name": "up", "target": "99.9%"}]}}
    config = Config.model_validate({"store": service.config.store, "monitors": stricter})
    later = LocalService(service.store, config, "test")

    judged = later.service_levels("parcel", "1", MADE.window(31)).objectives
    unjudged = later.service_levels("parcel", "1", MADE.window(3)).objectives

    assert [(one.slo.name, one.slo.target) for one in judged] == [("up", 0.99), ("fast", 0.95)]
    assert [(one.slo.name, one.slo.target) for one in unjudged] == [("up", 0.999)]


def test_incidents_are_those_of_calls_that_touch_the_span(service: LocalService):
    bad = service.service_levels("parcel", "1", MADE.window(31))
    good = service.service_levels("parcel", "1", MADE.window(29))

    assert [i.cause for i in bad.incidents] == [Cause.AVAILABILITY]
    assert good.incidents == ()


def test_incidents_of_other_causes_and_versions_are_left_out(tmp_path: Path):
    made = Service(
        days=36,
        calls_a_day=120,
        versions={"1": (0, 99, 1.0), "2": (0, 99, 0.5)},
        failing=(31, 8, 6),
        missing_on=(31, 32, 33),
    )
    events = made.events()
    fine = np.where(np.asarray(events["version"]) == "2", 200, np.asarray(events["status"]))
    column = events.column_names.index("status")
    events = events.set_column(column, "status", pa.array(fine.astype(np.int32)))
    with opened(tmp_path / "store", {"baseline": {"trailing": "28d", "gap": "3d"}}) as service:
        load(service, events)
        judge_days(service, made, 31, 36)
        causes = {i.cause for i in service.incidents("parcel")}
        assert {Cause.AVAILABILITY, Cause.MISSING} <= causes, f"the test needs both: {causes}"
        failing = service.service_levels("parcel", "1", made.window(31, 5))
        other = service.service_levels("parcel", "2", made.window(31, 5))

    assert {i.cause for i in failing.incidents} == {Cause.AVAILABILITY}
    assert other.incidents == ()


# ------------------------------------------------------------------ what is not there


def test_an_unknown_version_is_named_and_a_silent_one_is_not_unknown(tmp_path: Path):
    made = Service(days=2, calls_a_day=30, versions={"1": (0, 1, 1.0), "2": (1, 2, 1.0)})
    with opened(tmp_path / "store") as service:
        load(service, made.events())
        silent = service.service_levels("parcel", "1", made.window(1))
        assert (silent.whole.calls, silent.whole.p50_ms) == (0.0, None)
        assert [point.calls for point in silent.points] == [0.0] * 24
        with pytest.raises(UnknownNameError, match="no version '3'; known: 1, 2"):
            service.service_levels("parcel", "3", made.window(1))
        with pytest.raises(UnknownNameError, match="no model 'parcels'"):
            service.service_levels("parcels", "1", made.window(1))


# ------------------------------------------------------------------ the sample


@pytest.fixture(scope="module")
def sample(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalService]:
    folder = tmp_path_factory.mktemp("sample") / "demo"
    shutil.copytree(demo, folder)
    with LocalService.open(
        load_config(folder / "driftline.yaml", {}), "test", create=False
    ) as opened:
        yield opened


YEAR = Window(datetime(2013, 1, 1, tzinfo=UTC), datetime(2014, 1, 1, tzinfo=UTC))


def test_a_year_of_the_sample_shows_the_percentiles_of_its_rows(sample: LocalService):
    levels = sample.service_levels("flight-delay", "2", YEAR)
    (exact,) = sample.store.logs("flight-delay").latency_quantiles("2", [YEAR], (0.5, 0.95, 0.99))
    (counted,) = sample.store.logs("flight-delay").call_counts([YEAR])["2"]

    found = (levels.whole.p50_ms, levels.whole.p95_ms, levels.whole.p99_ms)
    assert found == pytest.approx(tuple(exact), rel=0.02)
    assert levels.whole.calls == counted
    assert any(one.results for one in levels.objectives)


def test_levels_of_the_sample_need_no_rows(sample: LocalService):
    """The cost cannot depend on rows that are not there; only what is stored of runs is read."""
    before = answers(sample)
    with sample.store._database.writing() as connection:
        for (schema,) in connection.execute("select schema_name from models").fetchall():
            for table in ("predictions", "unanswered", "calls", "labels"):
                connection.execute(f'delete from "{schema}".{table}')

    assert answers(sample) == before


def answers(service: LocalService) -> list[ServiceLevels]:
    month = Window(YEAR.end - timedelta(days=28), YEAR.end)
    return [service.service_levels("flight-delay", v, s) for v in ("1", "2") for s in (YEAR, month)]
