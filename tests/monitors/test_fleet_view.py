"""How deployments stand: worst first, and never well where nobody looked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.compute as pc
import pytest

from domain.finding import Severity, Verdict
from domain.incident import AlertState, Cause
from domain.run import Deployment, RunStatus
from domain.window import Window
from monitors.local_service import LocalService
from monitors.views.fleet import DeploymentView, Health
from tests.golden.logs import DAY, START, Service
from tests.monitors.made import SETTINGS, judge_days, load, opened
from tests.store.test_results import incident, run

CALM = Service(days=46, calls_a_day=120)
# version 2 came late; all weighs more from day 44; on the last day calls fail for some hours
FAILING = Service(
    days=46,
    calls_a_day=150,
    versions={"1": (0, 46, 0.8), "2": (41, 46, 0.2)},
    drifts_from=44,
    failing=(45, 6, 4),
)
END = START + 46 * DAY


def lines(service: LocalService, now: datetime) -> dict[str, DeploymentView]:
    return {view.deployment.version: view for view in service.fleet(now).deployments}


def judged(folder: Path, made: Service, first: int = 40, **config: object) -> LocalService:
    service = opened(folder, **config)
    load(service, made.events())
    judge_days(service, made, first, made.days)
    return service


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory):
    with judged(tmp_path_factory.mktemp("calm") / "store", CALM) as service:
        yield service


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory):
    with judged(tmp_path_factory.mktemp("failing") / "store", FAILING) as service:
        yield service


def test_a_calm_deployment_is_well(calm) -> None:
    view = lines(calm, END)["1"]
    assert view.health is Health.OK
    assert (view.judged, view.drifting, view.unjudged) == (6, 0, 0)
    assert (view.failed_share, view.incidents) == (0.0, ())
    assert view.run.window == CALM.window(45)
    assert all(finding.decides for finding in view.run.findings)


def test_nothing_is_well_once_nobody_looked_for_two_windows(calm) -> None:
    assert lines(calm, END + 2 * DAY - timedelta(seconds=1))["1"].health is Health.OK
    view = calm.fleet(END + 2 * DAY)
    assert view.deployments[0].health is Health.STALE
    assert view.stale == {"parcel": Window(END, END + 2 * DAY)}
    assert [incident.cause for incident in view.incidents] == [Cause.MONITOR]


def test_an_open_incident_decides_about_the_versions_that_it_names(failing) -> None:
    view = failing.fleet(END)
    open_ones = [i for i in failing.incidents() if i.state is not AlertState.RESOLVED]
    for line in view.deployments:
        own = [i for i in open_ones if line.deployment.version in i.versions]
        assert line.incidents == tuple(i.incident_id for i in own)
        worst = max(own, key=lambda i: i.severity.rank)
        assert line.health.value == worst.severity.value
    assert view.deployments[0].health is Health.CRITICAL
    assert any(i.severity is Severity.CRITICAL for i in open_ones)


def test_a_line_counts_each_column_once_by_its_worst_verdict(failing) -> None:
    for line in failing.fleet(END).deployments:
        run = failing.drift("parcel", line.deployment.version, None).run
        of_columns = [f for f in run.findings if f.decides and f.kind not in ("calls", "label")]
        drifted = {f.column for f in of_columns if f.verdict is Verdict.DRIFTED}
        blind = {f.column for f in of_columns if f.verdict is Verdict.BLIND} - drifted
        dark = {f.column for f in of_columns if f.verdict is Verdict.INCONCLUSIVE}
        assert line.judged == len({f.column for f in of_columns}) == 6
        assert line.drifting == len(drifted)
        assert line.blind == len(blind)
        assert line.unjudged == len(dark - drifted - blind)
    first = lines(failing, END)["1"]
    assert first.drifting > 0
    readings = failing.drift("parcel", "1", None).run.findings
    furthest = max((f for f in readings if f.detector == "forecast"), key=lambda f: f.statistic)
    assert (first.worst.column, first.worst.verdict) == (furthest.column, Verdict.DRIFTED)


def test_failures_and_latencies_are_those_of_the_logs(failing) -> None:
    events = FAILING.events(45, 46)
    events = events.filter(pc.equal(events["version"], "1"))
    bad = pc.mean(pc.not_equal(events["status"], 200).cast("float64")).as_py()
    assert bad > 0.05
    assert lines(failing, END)["1"].failed_share == pytest.approx(bad)
    p99 = pc.quantile(events["latency_ms"], 0.99).to_pylist()[0]
    assert lines(failing, END)["1"].p99_ms == pytest.approx(p99)


def test_a_trend_is_the_furthest_column_of_each_window(failing) -> None:
    trend = {point.window: point for point in lines(failing, END)["1"].trend}
    assert list(trend) == [CALM.window(day) for day in range(40, 46)]
    for kept in failing.store.runs("parcel", "1"):
        ratios = [
            f.statistic / f.threshold
            for f in kept.findings
            if f.detector == "forecast" and f.statistic is not None and f.threshold
        ]
        point = trend[kept.window]
        assert point.multiple == pytest.approx(max(0.0, *ratios))
        assert point.drifted is (point.multiple >= 1)
        assert point.n_calls == kept.n_calls
    assert [point.drifted for point in trend.values()] == [False] * 4 + [True] * 2


def test_a_version_that_serves_no_more_while_another_does_is_retired(tmp_path: Path) -> None:
    made = Service(days=46, calls_a_day=120, versions={"1": (0, 44, 1.0), "2": (40, 46, 1.0)})
    with judged(tmp_path, made, 38) as service:
        views = service.fleet(END).deployments
        assert [view.deployment.version for view in views] == ["2", "1"]
        retired = views[-1]
        assert retired.health is Health.RETIRED
        events = made.events()
        last = pc.max(events.filter(pc.equal(events["version"], "1"))["ts"]).as_py()
        assert retired.last_call == last
        # nobody looked for a while: that is said of what serves
        late = lines(service, END + 5 * DAY)
        assert (late["1"].health, late["2"].health) == (Health.RETIRED, Health.STALE)
        # an incident that is still open is louder
        fires = incident(1, "parcel", severity=Severity.WARNING, versions=("1",))
        service.store.save_incidents("parcel", [replace(fires, state=AlertState.FIRING)])
        assert lines(service, END)["1"].health is Health.WARNING
        service.store.save_incidents("parcel", [])
        # one window without it may be chance
        service.store.replace_runs("parcel", [made.window(45)], [])
        assert lines(service, START + 45 * DAY)["1"].health is not Health.RETIRED


@pytest.mark.parametrize("versions", [{"1": (0, 43, 1.0)}, {"1": (0, 30, 1.0), "2": (20, 43, 1.0)}])
def test_a_model_that_fell_silent_has_lost_its_traffic_and_is_not_retired(
    tmp_path: Path, versions
) -> None:
    made = Service(days=46, calls_a_day=120, versions=versions)
    with judged(tmp_path, made, 38) as service:
        silent = [r for r in service.store.runs("parcel") if r.window >= made.window(43)]
        assert {r.n_calls for r in silent} == {0}
        assert all(view.health is not Health.RETIRED for view in service.fleet(END).deployments)


@pytest.mark.parametrize(
    ("windows", "n_shadow", "retired"),
    [((1, 2), 0, True), ((1, 2), 8, True), ((1, 2), None, True), ((1,), 0, False),
     ((1, 2), 9, False)],
)  # fmt: skip
def test_only_versions_that_answer_in_its_place_retire_a_version(
    tmp_path: Path, windows, n_shadow, retired
) -> None:
    first = run("parcel", "1", data_to=START + DAY, n_predictions=9)
    others = [
        run("parcel", "2", i, data_to=first.window.end + DAY, n_predictions=9, n_shadow=n_shadow)
        for i in windows
    ]
    with opened(tmp_path) as service:
        load(service, CALM.events(0, 2))
        service.store.save_runs([first, *others])
        health = lines(service, others[-1].window.end)["1"].health
    assert (health is Health.RETIRED) is retired


def test_a_window_with_too_little_is_unjudged(tmp_path: Path) -> None:
    made = Service(days=4, calls_a_day=20)
    with judged(tmp_path, made, 3) as service:
        view = lines(service, START + 4 * DAY)["1"]
    # its few calls were good, but nobody can say how its columns do
    assert view.run.status is RunStatus.OK
    assert view.unjudged == view.judged == 6
    assert view.health is Health.UNJUDGED


def test_a_try_that_failed_is_told_of_every_version(calm, tmp_path: Path) -> None:
    with judged(tmp_path, Service(days=46, calls_a_day=120), 45) as service:
        failed = replace(
            run("parcel", "", status=RunStatus.FAILED, n_calls=0, n_predictions=0, error="why"),
            window=Window(END, END + DAY),
            started_at=END + DAY,
        )
        service.store.replace_runs("parcel", [failed.window], [failed])
        view = service.fleet(END + DAY)
        assert [(d.deployment.version, d.health) for d in view.deployments] == [
            ("1", Health.FAILED)
        ]
        assert service.targets()[0].versions == ("1",)
        assert service.targets()[0].windows[-1].status is RunStatus.FAILED


def test_the_worst_deployment_stands_first(tmp_path: Path) -> None:
    made = Service(days=46, calls_a_day=120, versions=dict.fromkeys("123", (0, 46, 1.0)))
    with judged(tmp_path, made, 45) as service:
        told = [
            incident(1, "parcel", severity=Severity.WARNING, versions=("2",)),
            incident(2, "parcel", severity=Severity.CRITICAL, versions=("3",)),
        ]
        firing = [replace(one, state=AlertState.FIRING) for one in told]
        service.store.save_incidents("parcel", firing)
        views = service.fleet(END).deployments
    assert [(view.deployment.version, view.health) for view in views] == [
        ("3", Health.CRITICAL),
        ("2", Health.WARNING),
        ("1", Health.OK),
    ]


def test_open_incidents_come_first_each_group_worst_first_and_fifty_at_most(
    tmp_path: Path,
) -> None:
    over, fires = AlertState.RESOLVED, AlertState.FIRING
    told = [
        incident(1, "parcel", severity=Severity.WARNING, state=fires),
        incident(2, "parcel", severity=Severity.CRITICAL, state=over),
        incident(3, "parcel", severity=Severity.CRITICAL, state=fires),
        *(
            incident(n, "parcel", severity=Severity.WARNING, state=over, started_at=START - n * DAY)
            for n in range(4, 60)
        ),
    ]
    with opened(tmp_path) as service:
        load(service, CALM.events(0, 2))
        service.store.save_incidents("parcel", told)
        shown = [i.incident_id for i in service.fleet(START).incidents]
    assert shown == ["i3", "i1", "i2", *(f"i{n}" for n in range(4, 51))]


def test_predictions_are_counted_over_versions_in_the_newest_window_and_before(failing) -> None:
    view = failing.fleet(END)
    answered = pc.count(FAILING.events(45, 46)["prediction"], mode="only_valid").as_py()
    assert view.predictions == answered < 150
    assert view.predictions_before == FAILING.events(44, 45).num_rows == 150
    last = FAILING.events(45, 46)["ts"][-1].as_py()
    assert last < view.data_until <= last + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("settings", "timezone", "now", "due"),
    [
        ({}, "UTC", END, END + DAY),
        ({}, "UTC", END - timedelta(seconds=1), END),
        ({"grace": "2h"}, "UTC", END, END + timedelta(hours=2)),
        ({"grace": "2h"}, "UTC", END + timedelta(hours=2), END + DAY + timedelta(hours=2)),
        ({"window": "1h"}, "UTC", END + timedelta(minutes=10), END + timedelta(hours=1)),
        # the day on which Berlin sets its clocks forward has 23 hours
        (
            {},
            "Europe/Berlin",
            datetime(2024, 3, 31, 3, tzinfo=UTC),
            datetime(2024, 3, 31, 22, tzinfo=UTC),
        ),
    ],
)
def test_the_next_check_is_when_the_next_window_is_complete(
    tmp_path: Path, settings, timezone, now, due
) -> None:
    with opened(tmp_path, {**SETTINGS, **settings}, timezone=timezone) as service:
        load(service, CALM.events(0, 2))
        assert service.fleet(now).next_check == due


def test_of_an_empty_store_nothing_is_told(tmp_path: Path) -> None:
    with opened(tmp_path) as service:
        view = service.fleet(END)
        assert (view.deployments, view.incidents, view.stale) == ((), (), {})
        assert (view.data_until, view.next_check, view.predictions) == (None, None, 0)
        assert service.targets() == ()


def test_logs_that_nobody_judged_can_be_looked_at_all_the_same(tmp_path: Path) -> None:
    made = Service(days=3, versions={"1": (0, 2, 1.0), "2": (0, 3, 0.1), "3": (0, 3, 0.3)})
    with opened(tmp_path) as service:
        load(service, made.events())
        (target,) = service.targets()
        assert (target.model, target.windows) == ("parcel", ())
        assert target.versions[-1] == "1"
        assert set(target.versions) == {"1", "2", "3"}
        assert target.data_span == service.store.logs("parcel").data_span()
        assert service.fleet(END).deployments == ()


def test_targets_name_every_judged_window_and_its_worst_status(failing) -> None:
    (target,) = failing.targets()
    worst = [RunStatus.FAILED, RunStatus.VIOLATIONS, RunStatus.OK, RunStatus.INSUFFICIENT]
    statuses: dict[Window, list[RunStatus]] = {}
    for kept in failing.store.runs("parcel"):
        statuses.setdefault(kept.window, []).append(kept.status)
    assert [(w.window, w.status) for w in target.windows] == [
        (window, min(found, key=worst.index)) for window, found in sorted(statuses.items())
    ]
    assert target.versions == ("1", "2")


def test_facts_are_those_of_the_store(calm) -> None:
    facts = calm.facts()
    assert facts.version == calm.store.version()
    assert facts.size_bytes >= calm.store.path.stat().st_size > 0
    assert facts.data_spans == {"parcel": calm.store.logs("parcel").data_span()}
    assert facts.last_run_ends == {"parcel": END}


def test_loads_alone_change_no_revision_but_runs_and_decisions_do(tmp_path: Path) -> None:
    with opened(tmp_path) as service:
        seen = [service.revision()]
        load(service, CALM.events(0, 35))
        assert service.revision() == seen[0]
        judge_days(service, CALM, 33, 35)
        seen.append(service.revision())
        service.accept("parcel", ["weight_kg"], START + 34 * DAY, "heavier", "ada", END)
        seen.append(service.revision())
        assert len(set(seen)) == 3
        assert [a.who for a in service.acceptances("parcel")] == ["ada"]


def test_a_deployment_of_the_fleet_is_a_deployment_of_the_model(failing) -> None:
    found = {view.deployment for view in failing.fleet(END).deployments}
    assert found == {Deployment("parcel", "1"), Deployment("parcel", "2")}
