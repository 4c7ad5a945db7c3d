"""Incidents told run by run are those that a replay of all runs tells."""

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.forecast import NAME as FORECAST
from domain.acceptance import Acceptance
from domain.finding import Calibration, Finding, Verdict
from domain.profile import ColumnRole
from domain.run import Deployment, Run, RunStatus
from domain.slo import SLO, SLOResult, SLOState
from domain.window import Window
from monitors.alert_desk import refresh
from monitors.config import Config
from store.store import Store

START = datetime(2024, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
N_DAYS = 14
MODEL = "m"
COLUMNS = ("a", "b")
NEVER = Config()
CALM, DRIFTED, UNJUDGED = range(3)

days = st.integers(0, N_DAYS - 1)
# what a day's run finds: of each column, then of the calls
findings = st.tuples(*[st.sampled_from([CALM, CALM, DRIFTED, UNJUDGED])] * len(COLUMNS))
found = st.tuples(findings, st.booleans())
steps = st.lists(
    st.one_of(
        st.tuples(st.just("judge"), days, st.lists(found, min_size=1, max_size=6)),
        st.tuples(st.just("accept"), days, st.sampled_from([(), ("a",)])),
    ),
    min_size=1,
    max_size=6,
)


def day(i: int) -> Window:
    return Window(START + i * DAY, START + (i + 1) * DAY)


def finding(column: str, state: int) -> Finding:
    verdict = (Verdict.OK, Verdict.DRIFTED, Verdict.INCONCLUSIVE)[state]
    return Finding(
        column=column,
        kind=ColumnRole.FEATURE,
        detector=FORECAST,
        verdict=verdict,
        reason="finding.forecast.drifted.shape",
        statistic=4.0,
        threshold=3.0,
        calibrated=Calibration.FULL,
    )


def availability(window: Window) -> SLOResult:
    return SLOResult(
        slo=SLO("availability", 0.999, 28),
        replica=None,
        good=9,
        total=10,
        window_good=9,
        window_total=10,
        state=SLOState.BURNING_PAGE,
        burn_rates=(),
        fired_at=window.start + timedelta(hours=5),
        cleared_at=window.start + timedelta(hours=6),
    )


def run(i: int, seen, judged_at: datetime, config_hash: str = "c") -> Run:
    states, burning = seen
    window = day(i)
    return Run(
        deployment=Deployment(MODEL, "1"),
        window=window,
        status=RunStatus.INSUFFICIENT if set(states) == {UNJUDGED} else RunStatus.OK,
        coverage=1.0,
        config_hash=config_hash,
        code_version="1",
        started_at=judged_at,
        duration_s=0.0,
        n_predictions=1,
        n_calls=1,
        baseline="before",
        baseline_windows=20,
        findings=tuple(finding(c, state) for c, state in zip(COLUMNS, states, strict=True)),
        slos=(availability(window),) if burning else (),
    )


def judge(store: Store, first: int, seen, judged_at: datetime, config_hash: str = "c") -> None:
    runs = [run(first + n, one, judged_at, config_hash) for n, one in enumerate(seen)]
    store.replace_runs(MODEL, [one.window for one in runs], runs)


@settings(max_examples=30, deadline=None)
@given(steps)
def test_telling_incidents_run_by_run_equals_telling_them_all_at_once(taken):
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder)) as store:
        for n, (kind, at, what) in enumerate(taken):
            now = START + (N_DAYS + n) * DAY
            if kind == "accept":
                store.save_acceptance(
                    Acceptance(MODEL, what, day(at).start, "new normal", "ann", now)
                )
                refresh(store, NEVER, MODEL, whole=True)
                continue
            judge(store, at, what, now)
            told = refresh(store, NEVER, MODEL)
            assert told == refresh(store, NEVER, MODEL, whole=True)
            assert sorted(store.incidents(MODEL), key=str) == sorted(told, key=str)


CALM_DAY = ((CALM, CALM), False)
BAD_DAY = ((DRIFTED, CALM), False)


def test_a_run_that_was_stored_before_a_crash_is_told_with_the_next_one(tmp_path):
    with Store.open(tmp_path) as store:
        judge(store, 0, [CALM_DAY] * 8, START)
        refresh(store, NEVER, MODEL)
        judge(store, 8, [BAD_DAY], START)
    # here the process ends, before the incidents were told
    with Store.open(tmp_path) as store:
        judge(store, 9, [CALM_DAY] * 4, START)
        [incident] = refresh(store, NEVER, MODEL)
        assert (incident.started_at, incident.resolved_at) == (day(8).start, day(11).end)


def test_what_was_over_is_not_read_again(tmp_path, monkeypatch):
    with Store.open(tmp_path) as store:
        judge(store, 0, [CALM_DAY, BAD_DAY, *[CALM_DAY] * 8], START)
        refresh(store, NEVER, MODEL)
        judge(store, 10, [CALM_DAY], START)
        read = []
        runs = Store.runs

        def noted(self, *args, **kwargs):
            found = runs(self, *args, **kwargs)
            if kwargs["findings"] == "deciding":
                read.extend(one.window for one in found)
            return found

        monkeypatch.setattr(Store, "runs", noted)
        [incident] = refresh(store, NEVER, MODEL)
        assert incident.started_at == day(1).start
        assert read == [day(10)]


def test_rules_that_changed_tell_everything_anew(tmp_path):
    """Incidents of the first days must follow from the rules of the last run, too."""
    deaf = Config.model_validate({"monitors": {MODEL: {"for_windows": 3}}})
    with Store.open(tmp_path) as store:
        judge(store, 0, [BAD_DAY, *[CALM_DAY] * 4], START, "deaf")
        assert refresh(store, deaf, MODEL) == []
        judge(store, 5, [CALM_DAY], START, "eager")
        assert len(refresh(store, NEVER, MODEL)) == 1
