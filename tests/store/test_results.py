from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.acceptance import Acceptance
from domain.baseline import FrozenBaseline
from domain.column import Column
from domain.errors import UnknownNameError
from domain.finding import Calibration, Finding, Severity, Verdict
from domain.incident import Alert, AlertState, Cause, Incident
from domain.profile import ColumnKind, ColumnRole, Grid, GridKind
from domain.rejection import Rejection
from domain.run import Deployment, Performance, Run, RunStatus
from domain.slo import SLO, BurnRate, SLOResult, SLOState
from domain.window import Window
from store.store import Store
from tests.store.made import START, at


def day(number: int) -> Window:
    return Window(START + timedelta(days=number), START + timedelta(days=number + 1))


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
NUMBER = st.floats(allow_nan=False, allow_infinity=False)
COUNT = st.integers(0, 2**60)
MOMENT = st.integers(0, 10**9).map(lambda us: START + timedelta(microseconds=us))
VALUES = st.dictionaries(TEXT, st.one_of(st.none(), st.booleans(), st.integers(), NUMBER, TEXT))
FINDINGS = st.builds(
    Finding,
    column=TEXT,
    kind=st.sampled_from(ColumnRole),
    detector=TEXT,
    verdict=st.sampled_from(Verdict),
    reason=TEXT,
    statistic=st.none() | NUMBER,
    p_value=st.none() | NUMBER,
    threshold=st.none() | NUMBER,
    severity=st.none() | st.sampled_from(Severity),
    exact=st.booleans(),
    calibrated=st.sampled_from(Calibration),
    decides=st.booleans(),
    n_reference=COUNT,
    n_current=COUNT,
    values=VALUES,
)
SLOS = st.builds(
    SLOResult,
    slo=st.builds(SLO, TEXT, NUMBER, NUMBER, st.none() | NUMBER),
    replica=st.none() | TEXT,
    good=COUNT,
    total=COUNT,
    window_good=COUNT,
    window_total=COUNT,
    state=st.sampled_from(SLOState),
    burn_rates=st.lists(
        st.builds(
            BurnRate, COUNT, COUNT, NUMBER, st.none() | NUMBER, st.none() | NUMBER, st.booleans(),
            st.booleans(),
        ),
        max_size=2,
    ).map(tuple),
    fired_at=st.none() | MOMENT,
    cleared_at=st.none() | MOMENT,
    coverage=NUMBER,
    values=VALUES,
)  # fmt: skip
RUNS = st.builds(
    Run,
    deployment=st.builds(Deployment, st.sampled_from(["a", "b"]), st.sampled_from(["", "1"])),
    window=st.integers(0, 2).map(day),
    status=st.sampled_from(RunStatus),
    coverage=NUMBER,
    config_hash=TEXT,
    code_version=TEXT,
    started_at=MOMENT,
    duration_s=NUMBER,
    n_predictions=COUNT,
    n_shadow=st.none() | COUNT,
    n_calls=COUNT,
    baseline=TEXT,
    baseline_windows=st.integers(0, 1000),
    data_from=st.none() | MOMENT,
    data_to=st.none() | MOMENT,
    findings=st.lists(FINDINGS, max_size=3).map(tuple),
    slos=st.lists(SLOS, max_size=2).map(tuple),
    performance=st.none()
    | st.builds(
        Performance,
        task=TEXT,
        labelled=COUNT,
        pending=COUNT,
        metrics=st.dictionaries(TEXT, NUMBER),
        labels_until=st.none() | MOMENT,
    ),
    error=st.none() | TEXT,
)


def run(model: str = "m", version: str = "1", number: int = 0, **fields: object) -> Run:
    plain = Run(
        deployment=Deployment(model, version),
        window=day(number),
        status=RunStatus.OK,
        coverage=1.0,
        config_hash="c",
        code_version="0.1.0",
        started_at=START,
        duration_s=0.5,
        n_predictions=1,
        n_calls=1,
        baseline="fixed",
        baseline_windows=90,
    )
    return dataclasses.replace(plain, **fields)


def finding(**fields: object) -> Finding:
    plain = Finding(
        column="distance",
        kind=ColumnRole.FEATURE,
        detector="psi",
        verdict=Verdict.OK,
        reason="psi.ok",
    )
    return dataclasses.replace(plain, **fields)


def incident(number: int = 1, model: str = "m", **fields: object) -> Incident:
    alert = Alert(
        fingerprint=f"f{number}",
        incident_id=f"i{number}",
        model=model,
        versions=("1", "2"),
        cause=Cause.LATENCY,
        subject="latency@pod-3",
        severity=Severity.CRITICAL,
        state=AlertState.FIRING,
        started_at=at(60 * number),
        last_seen_at=at(60 * number + 30),
        resolved_at=None,
        windows=2,
        reason="alert.latency",
        values={"burn": 14.4, "错误": None},
    )
    plain = Incident(
        incident_id=f"i{number}",
        model=model,
        cause=Cause.LATENCY,
        severity=Severity.CRITICAL,
        state=AlertState.FIRING,
        started_at=at(60 * number),
        last_seen_at=at(60 * number + 30),
        resolved_at=None,
        subjects=("latency@pod-3", "latency"),
        versions=("1", "2"),
        alerts=(alert, dataclasses.replace(alert, fingerprint="g", resolved_at=at(500))),
    )
    return dataclasses.replace(plain, **fields)


@settings(max_examples=25, deadline=None)
@given(st.lists(RUNS, max_size=4))
def test_runs_come_back_as_they_were_saved_the_last_of_each_window(
    tmp_path_factory: pytest.TempPathFactory, runs: list[Run]
):
    with Store.open(tmp_path_factory.mktemp("s")) as store:
        store.save_runs(runs)
        found = store.runs()
        store.save_runs(runs)
        again = store.runs()

    last = {(r.window, r.deployment.model, r.deployment.version): r for r in runs}
    assert found == again == [last[key] for key in sorted(last)]


def test_a_repeated_run_replaces_its_own_result_and_no_other(store: Store):
    store.save_runs([run(findings=(finding(), finding(column="b"))), run(version="2")])
    store.save_runs([run(number=1)])
    store.save_runs([run(findings=(finding(verdict=Verdict.DRIFTED),), error="e")])

    first, second, third = store.runs()
    assert first == run(findings=(finding(verdict=Verdict.DRIFTED),), error="e")
    assert (second, third) == (run(version="2"), run(number=1))
    assert store.sql("select count(*) as n from findings").to_pylist() == [{"n": 1}]


def test_runs_are_found_by_model_version_and_span(store: Store):
    every = [run(m, v, n) for m in "ab" for v in "12" for n in range(3)]
    store.save_runs(every)
    span = Window(day(1).start + timedelta(hours=1), day(2).start)

    assert len(store.runs()) == 12
    assert {r.deployment.model for r in store.runs("a")} == {"a"}
    assert {r.deployment.version for r in store.runs(version="2")} == {"2"}
    assert {r.window for r in store.runs(span=span)} == {day(1)}
    newest = store.runs(newest_only=True)
    assert len(newest) == 4
    assert {r.window for r in newest} == {day(2)}


def test_only_notable_findings_are_read_where_that_is_enough(store: Store):
    drifted = finding(verdict=Verdict.DRIFTED)
    blind = finding(verdict=Verdict.BLIND)
    severe = finding(verdict=Verdict.INCONCLUSIVE, severity=Severity.INFO)
    store.save_runs([run(findings=(finding(), drifted, finding(), blind, severe))])

    assert store.runs(findings="notable")[0].findings == (drifted, blind, severe)
    assert store.runs(findings="none")[0].findings == ()


def test_incidents_come_back_with_their_alerts(tmp_path: Path):
    saved = [incident(2), incident(1, state=AlertState.RESOLVED, resolved_at=at(90))]
    with Store.open(tmp_path) as store:
        store.save_incidents("m", saved)
        store.save_incidents("other", [incident(3, "other")])
    with Store.open(tmp_path) as store:
        assert store.incidents("m") == [saved[1], saved[0]]
        assert store.incidents(states={AlertState.RESOLVED}) == [saved[1]]
        assert len(store.incidents()) == 3
        assert store.incidents(states=[]) == []


def test_what_people_said_stays_when_incidents_are_made_anew(store: Store):
    store.save_incidents("m", [incident(1), incident(2)])
    store.acknowledge("i1", "ann", "known", at(100))
    store.acknowledge("i1", "bob", None, at(200))
    store.save_incidents("m", [incident(1, severity=Severity.WARNING)])

    [found] = store.incidents("m")
    assert (found.acknowledged_by, found.note, found.acknowledged_at) == ("bob", None, at(200))
    assert found.severity is Severity.WARNING
    store.save_incidents("m", [])
    store.save_incidents("m", [found])
    assert store.incidents("m") == [found]


def test_an_incident_that_comes_acknowledged_stays_so(store: Store):
    said = incident(1, acknowledged_by="ann", acknowledged_at=at(1), note="n")

    store.save_incidents("m", [said])

    assert store.incidents("m") == [said]


def test_an_unknown_incident_is_not_acknowledged(store: Store):
    store.save_incidents("m", [incident(1)])

    with pytest.raises(UnknownNameError, match="i1"):
        store.acknowledge("i11", "ann", None, at(0))


def frozen(name: str = "fixed", **fields: object) -> FrozenBaseline:
    number = Column("distance", ColumnKind.NUMBER)
    text = Column("航空", ColumnKind.CATEGORY)
    score = Column("score", ColumnKind.NUMBER, ColumnRole.SCORE)
    grids = {
        number: Grid(GridKind.QUANTILES, np.array([0.1, 1 / 3, 1e300])),
        text: Grid(GridKind.CATEGORIES, np.empty(0), ("UA", "联航", "")),
        score: Grid(GridKind.ATOMS, np.array([0.0, 1.0])),
    }
    rng = np.random.default_rng(5)
    plain = FrozenBaseline(
        model="m",
        name=name,
        windows=(day(0), day(1), day(4)),
        grids=grids,
        counts={c: rng.integers(0, 2**50, (3, g.n_cells + 2)) for c, g in grids.items()},
        created_at=at(0.5),
    )
    return dataclasses.replace(plain, **fields)


def assert_same(found: FrozenBaseline | None, wanted: FrozenBaseline) -> None:
    assert found is not None
    assert (found.model, found.name, found.windows, found.created_at) == (
        wanted.model, wanted.name, wanted.windows, wanted.created_at,
    )  # fmt: skip
    assert list(found.grids) == list(found.counts) == list(wanted.grids)
    for column, grid in wanted.grids.items():
        assert found.grids[column].fingerprint == grid.fingerprint
        np.testing.assert_array_equal(found.counts[column], wanted.counts[column])


def test_a_frozen_baseline_comes_back_exactly(tmp_path: Path):
    with Store.open(tmp_path) as store:
        store.save_baseline(frozen())
        store.save_baseline(frozen("empty", grids={}, counts={}, windows=(), created_at=at(1)))
        assert store.baseline("m", "none") is None
        assert store.baseline("other", "fixed") is None
    with Store.open(tmp_path) as store:
        assert_same(store.baseline("m", "fixed"), frozen())
        assert [b.name for b in store.baselines("m")] == ["fixed", "empty"]


def test_a_baseline_of_the_same_name_is_replaced(store: Store):
    store.save_baseline(frozen())
    fewer = frozen(windows=(day(0),), counts={c: k[:1] for c, k in frozen().counts.items()})

    store.save_baseline(fewer)

    assert_same(store.baseline("m", "fixed"), fewer)
    assert len(store.baselines("m")) == 1


def test_acceptances_are_kept_in_order(store: Store):
    first = Acceptance("m", ("distance", "航空"), at(0), "new route", "ann", at(10))
    second = Acceptance("m", (), at(5), "why not", "bob", at(20))

    store.save_acceptance(first)
    store.save_acceptance(second)

    assert store.acceptances("m") == (first, second)
    assert store.acceptances("other") == ()


def test_a_rejected_line_is_kept_once_with_its_reason(tmp_path: Path):
    lines = [
        Rejection(3, "naive_ts", "line 3: no zone", b'{"ts": "2013"'),
        Rejection(9, "naive_ts", "line 9: no zone", b'{"ts": "2013"'),
        Rejection(3, "not_json", "line 3: cut off", b'{"ts": "2013"'),
        Rejection(4, "not_json", "line 4: cut off", b"\xff\x00" + b"x" * 70_000),
    ]
    with Store.open(tmp_path) as store:
        store.reject("a.ndjson", lines)
        store.reject("copy.ndjson", lines)
        store.reject("empty", [])
    with Store.open(tmp_path) as store:
        assert store.rejected_counts() == {"not_json": 2, "naive_ts": 1}
        newest = store.rejected(2)
        assert [(r.source, r.rejection.position) for r in newest] == [
            ("a.ndjson", 4),
            ("a.ndjson", 3),
        ]
        assert newest[0].rejection.raw == lines[3].raw[: 64 * 1024]


def test_thousands_of_findings_are_saved_in_one_transaction(store: Store):
    findings = tuple(finding(column=f"c{i}", values={"i": i}) for i in range(100))
    runs = [run(number=n, findings=findings) for n in range(50)]

    store.save_runs(runs)

    assert store.runs(span=day(49))[0].findings == findings
    assert store.sql("select count(*) as n from findings").to_pylist() == [{"n": 5000}]


def test_times_keep_their_microseconds(store: Store):
    odd = datetime.fromisoformat("2013-07-01T10:00:00.123457+02:00")

    store.save_runs([run(started_at=odd)])

    assert store.runs()[0].started_at == odd
