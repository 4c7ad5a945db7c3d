"""What charts over many runs are drawn from says what the runs themselves say."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.acceptance import Acceptance
from domain.baseline import FrozenBaseline
from domain.run import Deployment, Performance, Run, RunStatus
from domain.slo import SLO, SLOResult, SLOState
from domain.window import Window
from store.run_keys import RunChoice
from store.store import Store
from tests.store.made import START, at
from tests.store.test_results import finding, incident, run


def day(number: int) -> Window:
    return Window(START + timedelta(days=number), START + timedelta(days=number + 1))


def objective(**fields: object) -> SLOResult:
    plain: dict[str, object] = {
        "slo": SLO("availability", 0.99, 28),
        "replica": None,
        "good": 90,
        "total": 100,
        "window_good": 9,
        "window_total": 10,
        "state": SLOState.OK,
        "burn_rates": (),
        "values": {"p50_ms": 1.0, "p95_ms": 2.0, "p99_ms": 3.0},
    }
    return SLOResult(**{**plain, **fields})


LATENCY = SLO("latency", 0.99, 28, 100.0)
READINGS = st.fixed_dictionaries(
    {f"p{q}_ms": st.none() | st.floats(0, 1e6) for q in (50, 95, 99)}
)  # fmt: skip


@st.composite
def judged_runs(draw: st.DrawFn) -> Run:
    """A run as the judge makes it: its readings stand beside each of its objectives."""
    readings, total = draw(READINGS), draw(st.integers(0, 9))
    good = draw(st.integers(0, total))
    slos = [
        objective(slo=slo, replica=replica, window_good=bad, window_total=total, values=readings)
        for slo, replica, bad in draw(
            st.permutations(
                [
                    (SLO("availability", 0.9, 28), None, good),
                    (LATENCY, None, 0),
                    (SLO("availability", 0.9, 28), "pod-1", 0),
                ]
            )
        )
    ]
    return run(
        model=draw(st.sampled_from("ab")),
        version=draw(st.sampled_from(["", "1"])),
        number=draw(st.integers(0, 3)),
        status=draw(st.sampled_from(RunStatus)),
        n_predictions=draw(st.integers(0, 99)),
        n_shadow=draw(st.none() | st.integers(0, 99)),
        n_calls=draw(st.integers(0, 99)),
        slos=tuple(slos[: draw(st.integers(0, 3))]),
        findings=(finding(),),
        data_to=draw(st.none() | st.just(at(7))),
        performance=draw(
            st.none()
            | st.builds(
                Performance,
                task=st.just("binary"),
                labelled=st.integers(0, 9),
                pending=st.integers(0, 9),
                metrics=st.dictionaries(st.sampled_from(["accuracy"]), st.floats(0, 1)),
                labels_until=st.none() | st.just(at(9)),
            )
        ),
    )


@settings(max_examples=40)
@given(made=st.lists(judged_runs(), max_size=8))
def test_a_point_says_of_its_run_what_the_run_says(
    made: list[Run], tmp_path_factory: pytest.TempPathFactory
) -> None:
    with Store.open(tmp_path_factory.mktemp("points")) as store:
        store.save_runs(made)
        runs, points = store.runs(), store.run_points(RunChoice())
    assert [(p.deployment, p.window) for p in points] == [(r.deployment, r.window) for r in runs]
    for point, kept in zip(points, runs, strict=True):
        of_all = [result for result in kept.slos if result.replica is None]
        calls = [r for r in of_all if r.slo.latency_ms is None and r.window_total]
        readings = of_all[0].values if of_all else {}
        assert point.status == kept.status
        assert (point.n_predictions, point.n_calls) == (kept.n_predictions, kept.n_calls)
        assert point.n_shadow == kept.n_shadow
        assert (point.data_to, point.performance) == (kept.data_to, kept.performance)
        for name in ("p50_ms", "p95_ms", "p99_ms"):
            assert getattr(point, name) == readings.get(name)
        failed = 1 - calls[0].window_good / calls[0].window_total if calls else None
        assert point.failed_share == failed


def test_only_so_many_of_the_newest_windows_of_each_deployment_are_told(store: Store) -> None:
    store.save_runs([run(number=n) for n in range(5)])
    store.save_runs([run(version="2", number=n) for n in range(2)])
    windows = defaultdict(list)
    for point in store.run_points(RunChoice(most=3)):
        windows[point.deployment].append(point.window)
    assert windows == {
        Deployment("m", "1"): [day(2), day(3), day(4)],
        Deployment("m", "2"): [day(0), day(1)],
    }
    before = RunChoice("m", "1", Window(START, day(3).start), most=1)
    assert [point.window for point in store.run_points(before)] == [day(2)]


def test_windows_of_all_models_bear_the_worst_status_of_their_versions(store: Store) -> None:
    order = [RunStatus.INSUFFICIENT, RunStatus.OK, RunStatus.VIOLATIONS, RunStatus.FAILED]
    for n, worst in enumerate(order):
        store.save_runs([run(number=n, version=s, status=s) for s in order[: n + 1]])
        assert store.judged_windows()["m"][day(n)] is worst
    store.save_runs([run("other", number=9)])
    found = store.judged_windows()
    assert list(found["m"]) == [day(n) for n in range(4)]
    assert list(found["other"]) == [day(9)]


def test_the_version_with_the_newest_event_leads_then_the_busiest(store: Store) -> None:
    store.save_runs(
        [
            run(version="quiet", data_to=at(5), n_predictions=1),
            run(version="busy", data_to=at(5), n_predictions=9),
            run(version="newest", data_to=at(6), n_predictions=0),
            run(version="silent", data_to=None, n_predictions=99),
        ]
    )
    assert store.judged_versions() == {"m": ("newest", "busy", "quiet", "silent")}


def test_the_failed_tries_of_a_whole_model_are_no_version(store: Store) -> None:
    nothing = {"status": RunStatus.FAILED, "n_calls": 0}
    store.save_runs([run(version="", **nothing), run(version="1"), run("x", "", **nothing)])
    assert store.judged_versions() == {"m": ("1",)}
    # logs without a version have one that bears no name
    store.save_runs([run(version="", number=1)])
    assert set(store.judged_versions()["m"]) == {"", "1"}


def test_one_detectors_findings_come_with_their_run(store: Store) -> None:
    early, late = finding(detector="performance"), finding(detector="performance", p_value=0.5)
    store.save_runs([run(number=1, findings=(finding(), late)), run(findings=(early, finding()))])
    store.save_runs([run("other", findings=(early,))])
    deployment = Deployment("m", "1")
    assert store.findings_by("m", "performance") == [
        (deployment, day(0), early),
        (deployment, day(1), late),
    ]


def test_every_acknowledgement_of_an_incident_is_told_oldest_first(store: Store) -> None:
    store.save_incidents("m", [incident(1), incident(2)])
    store.acknowledge("i1", "ada", "looking", at(20))
    store.acknowledge("i2", "eve", None, at(5))
    store.acknowledge("i1", "bob", None, at(10))
    told = store.acknowledgements("i1")
    assert [(a.who, a.note, a.at) for a in told] == [
        ("bob", None, at(10)),
        ("ada", "looking", at(20)),
    ]
    assert store.acknowledgements("nobody") == ()


WRITES = {
    "a run": lambda store: store.save_runs([run()]),
    "a try": lambda store: store.replace_runs("m", [day(0)], []),
    "incidents": lambda store: store.save_incidents("m", [incident()]),
    "an acknowledgement": lambda store: store.acknowledge("i7", "ada", None, at(1)),
    "an acceptance": lambda store: store.save_acceptance(
        Acceptance("m", (), START, "moved", "ada", START)
    ),
    "a baseline": lambda store: store.save_baseline(
        FrozenBaseline("m", "b", (day(0),), {}, {}, START)
    ),
    "a baseline less": lambda store: store.drop_baseline("m", "b"),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_the_revision_changes_with_what_was_found_or_decided(store: Store, write) -> None:
    store.save_incidents("m", [incident(7)])
    before = store.revision()
    assert store.revision() == before
    write(store)
    assert store.revision() != before


def test_a_write_that_failed_changes_no_revision(store: Store) -> None:
    before = store.revision()
    with pytest.raises(Exception, match="incident"):
        store.acknowledge("none", "ada", None, at(1))
    assert store.revision() == before


def test_no_two_openings_of_a_store_share_a_revision(tmp_path: Path) -> None:
    seen = set()
    for _ in range(3):
        with Store.open(tmp_path) as store:
            seen.add(store.revision())
    assert len(seen) == 3


def test_no_change_is_lost_among_threads(store: Store) -> None:
    start, first = store.revision().split("-")

    def accept() -> None:
        for _ in range(10):
            store.save_acceptance(Acceptance("m", (), START, "moved", "ada", START))

    threads = [Thread(target=accept) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.revision() == f"{start}-{int(first) + 40}"
