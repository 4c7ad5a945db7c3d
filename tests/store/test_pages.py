"""Pages together are everything that was asked for, in order, once, also while new results come."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.finding import Finding, Severity, Verdict
from domain.incident import Alert, AlertState, Cause, Incident
from domain.page import Mark, Wanted
from domain.profile import ColumnRole
from domain.run import Deployment, Run, RunStatus
from domain.slo import SLO, SLOResult, SLOState
from domain.window import Window
from store.store import Store

START = datetime(2024, 5, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
MODELS, VERSIONS = ("a", "b"), ("", "1", "2")
STATUSES, VERDICTS = list(RunStatus), list(Verdict)
STATES, SEVERITIES = list(SLOState), [None, *Severity]


def window(number: int) -> Window:
    """Windows of two lengths, some with a common start."""
    start = START + (number // 2) * HOUR
    return Window(start, start + (1 + number % 2) * HOUR)


def run(model: str, version: str, number: int) -> Run:
    """A run with up to three findings and objectives, each of another kind than its neighbours."""
    seed = number + 7 * len(version) + (3 if model == "b" else 0)
    return Run(
        deployment=Deployment(model, version),
        window=window(number),
        status=STATUSES[seed % 4],
        coverage=1.0,
        config_hash="c",
        code_version="1",
        started_at=START,
        duration_s=1.0,
        n_predictions=1,
        n_calls=1,
        baseline="b",
        baseline_windows=1,
        findings=tuple(
            Finding(
                column=f"x{i}",
                kind=ColumnRole.FEATURE,
                detector="psi",
                verdict=VERDICTS[(seed + i) % 4],
                reason="finding.psi.ok",
                severity=SEVERITIES[(seed + 2 * i) % 4],
            )
            for i in range(seed % 4)
        ),
        slos=tuple(
            SLOResult(
                slo=SLO(f"s{i}", 0.99, 28.0),
                replica=None,
                good=1,
                total=1,
                window_good=1,
                window_total=1,
                state=STATES[(seed + i) % 6],
                burn_rates=(),
            )
            for i in range(seed % 3)
        ),
    )


def incident(model: str, number: int, identity: str) -> Incident:
    started = window(number).start
    made = Incident(
        incident_id=identity,
        model=model,
        cause=Cause.DRIFT,
        severity=list(Severity)[number % 3],
        state=list(AlertState)[number % 3],
        started_at=started,
        last_seen_at=started + (1 + number % 4) * HOUR,
        resolved_at=None,
        subjects=("x0",),
        versions=VERSIONS[: 1 + number % 3],
    )
    alert = Alert(
        fingerprint=f"f-{identity}",
        incident_id=identity,
        model=model,
        versions=made.versions,
        cause=made.cause,
        subject="x0",
        severity=made.severity,
        state=made.state,
        started_at=made.started_at,
        last_seen_at=made.last_seen_at,
        resolved_at=None,
        windows=1,
        reason="alert.drift",
    )
    return replace(made, alerts=(alert,))


RUNS = [run(model, version, n) for model in MODELS for version in VERSIONS for n in range(9)]
INCIDENTS = [incident(model, n, f"{(n * 5) % 9}{model}") for model in MODELS for n in range(9)]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory):
    with Store.open(tmp_path_factory.mktemp("pages")) as store:
        fill(store, RUNS, INCIDENTS)
        yield store


def fill(store: Store, runs: Sequence[Run], incidents: Sequence[Incident]) -> None:
    store.save_runs(runs)
    for model in MODELS:
        store.save_incidents(model, [one for one in incidents if one.model == model])


# what a page holds, as rows of (mark, model, versions, span, state, severity)
Row = tuple[Mark, str, tuple[str, ...], datetime, datetime, str, str | None]


def run_row(one: Run) -> Row:
    of, span = one.deployment, one.window
    mark = Mark(span.start, span.end, of.model, of.version)
    return mark, of.model, (of.version,), span.start, span.end, one.status.value, None


def finding_rows(one: Run) -> list[Row]:
    mark, *rest = run_row(one)
    return [
        (replace(mark, position=i), *rest[:4], found.verdict.value, found.severity)
        for i, found in enumerate(one.findings)
    ]


def slo_rows(one: Run) -> list[Row]:
    mark, *rest = run_row(one)
    return [
        (replace(mark, position=i), *rest[:4], result.state.value, None)
        for i, result in enumerate(one.slos)
    ]


def incident_row(one: Incident) -> Row:
    mark = Mark(one.started_at, one.started_at, one.incident_id)
    span = one.started_at, one.last_seen_at
    return mark, one.model, one.versions, *span, one.state.value, one.severity.value


def ask(store: Store, kind: str, wanted: Wanted) -> list[Mark]:
    if kind == "runs":
        found = store.runs_page(wanted)
        assert found == [one for one in found if one in RUNS], "whole, as they were saved"
        return [run_row(one)[0] for one in found]
    if kind == "incidents":
        told = store.incidents_page(wanted)
        assert told == [one for one in told if one in INCIDENTS]
        return [incident_row(one)[0] for one in told]
    page = store.findings_page(wanted) if kind == "findings" else store.slos_page(wanted)
    return [
        Mark(p.window.start, p.window.end, p.deployment.model, p.deployment.version, p.position)
        for p in page
    ]


ROWS: dict[str, list[Row]] = {
    "runs": [run_row(one) for one in RUNS],
    "findings": [row for one in RUNS for row in finding_rows(one)],
    "slos": [row for one in RUNS for row in slo_rows(one)],
    "incidents": [incident_row(one) for one in INCIDENTS],
}


def in_order(marks: list[Mark]) -> list[Mark]:
    by_name = sorted(marks, key=lambda m: (m.first, m.second, m.position))
    return sorted(by_name, key=lambda m: (m.start, m.end), reverse=True)


def expected(kind: str, wanted: Wanted) -> list[Mark]:
    """The same by walking over everything."""
    return in_order(
        [
            mark
            for mark, model, versions, start, end, state, severity in ROWS[kind]
            if (wanted.models is None or model in wanted.models)
            and (wanted.version is None or wanted.version in versions)
            and (wanted.start is None or end > wanted.start)
            and (wanted.end is None or start < wanted.end)
            and (wanted.states is None or state in wanted.states)
            and (wanted.severities is None or severity in wanted.severities)
        ]
    )


def paged(store: Store, kind: str, wanted: Wanted) -> list[Mark]:
    found: list[Mark] = []
    while page := ask(store, kind, wanted):
        assert len(page) <= wanted.limit
        assert wanted.after not in page, "or this never ends"
        found += page
        wanted = replace(wanted, after=page[-1])
    return found


KINDS = st.sampled_from(["runs", "findings", "slos", "incidents"])
MOMENTS = st.none() | st.integers(-1, 7).map(lambda n: START + n * HOUR)
WANTED: Callable[[str], st.SearchStrategy[Wanted]] = lambda kind: st.builds(  # noqa: E731
    Wanted,
    models=st.none() | st.lists(st.sampled_from([*MODELS, "c"]), max_size=2).map(tuple),
    version=st.none() | st.sampled_from([*VERSIONS, "3"]),
    start=MOMENTS,
    end=MOMENTS,
    states=st.none()
    | st.lists(st.sampled_from(sorted({row[5] for row in ROWS[kind]})), max_size=3).map(tuple),
    severities=(
        st.none() | st.lists(st.sampled_from(list(Severity)), max_size=2).map(tuple)
        if kind in {"findings", "incidents"}
        else st.none()
    ),
    limit=st.integers(4, 60),
)


@settings(max_examples=60)
@given(KINDS.flatmap(lambda kind: st.tuples(st.just(kind), WANTED(kind))))
def test_all_pages_together_are_what_was_asked_for_newest_first(store, asked: tuple[str, Wanted]):
    kind, wanted = asked
    assert paged(store, kind, wanted) == expected(kind, wanted)


@pytest.mark.parametrize("kind", ["runs", "findings", "slos"])
def test_what_comes_while_somebody_pages_moves_nothing_behind_the_mark(tmp_path: Path, kind: str):
    newer = [replace(one, window=Window(START + 9 * HOUR, START + 10 * HOUR)) for one in RUNS]
    with Store.open(tmp_path) as store:
        fill(store, RUNS, [])
        first = ask(store, kind, Wanted(limit=7))
        store.save_runs(newer)
        store.save_runs(RUNS[:10])  # judged again
        rest = paged_marks(store, kind, first[-1])
    assert first + rest == in_order([row[0] for row in ROWS[kind]])


def paged_marks(store: Store, kind: str, after: Mark) -> list[Mark]:
    return paged(store, kind, Wanted(limit=11, after=after))
