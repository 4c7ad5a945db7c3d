"""Traffic that stops, objectives of calls, and how good predictions were: through stored runs."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from domain.finding import Severity, Verdict
from domain.headlines import headline
from domain.incident import AlertState, Cause
from domain.run import RunStatus
from domain.slo import SLOState
from domain.window import parse_time
from monitors.local_service import LocalService
from tests.golden.logs import DAY, START, Service
from tests.monitors.made import NOW, finding_of, judge_days, load, load_labels, opened, told

# ------------------------------------------------------------------ traffic


def test_a_dead_endpoint_is_judged_in_its_silence_and_is_critical(tmp_path: Path):
    made = Service(days=33, calls_a_day=80, silent_on=(31, 32))
    with opened(tmp_path / "store") as service:
        load(service, made.events())
        alive, dead, still = judge_days(service, made, 30, 33)
        assert alive.status is RunStatus.OK
        assert (dead.deployment.version, dead.n_calls, dead.status) == (
            "1", 0, RunStatus.VIOLATIONS,
        )  # fmt: skip
        lost = finding_of(dead, "calls", "traffic")
        assert (lost.verdict, lost.severity) == (Verdict.DRIFTED, Severity.CRITICAL)
        assert still.status is RunStatus.VIOLATIONS
        (incident,) = service.incidents()
        assert (incident.cause, incident.severity) == (Cause.TRAFFIC, Severity.CRITICAL)
        assert incident.started_at == made.window(31).start
        assert incident.state is AlertState.FIRING


def test_traffic_that_nobody_watched_is_lost_since_its_last_call(tmp_path: Path):
    """A catch-up is bounded: the first window that is judged is not the first silent one."""
    made = Service(days=40, calls_a_day=80, silent_on=tuple(range(31, 40)))
    events = made.events()
    with opened(tmp_path / "store") as service:
        load(service, events)
        judge_days(service, made, 30, 31)
        (late,) = judge_days(service, made, 38, 39)
        (incident,) = service.incidents()
    last_call = pc.max(events["ts"]).as_py()
    assert last_call < made.window(31).start
    assert parse_time(str(finding_of(late, "calls", "traffic").values["silent_since"])) == last_call
    assert incident.started_at == last_call
    assert headline(incident) == f"traffic is lost (since {last_call:%Y-%m-%d})"


def test_a_version_that_another_one_replaces_is_no_lost_traffic(tmp_path: Path):
    made = Service(days=36, calls_a_day=80, versions={"1": (0, 31, 1.0), "2": (31, 99, 1.0)})
    with opened(tmp_path / "store") as service:
        load(service, made.events())
        runs = judge_days(service, made, 29, 36)
        assert [run.deployment.version for run in runs] == ["1"] * 2 + ["2"] * 5
        assert told(service.incidents()) == []


def test_of_several_versions_the_one_seen_last_is_judged_in_a_silence(tmp_path: Path):
    """Also when an older one comes back later: that could not be known then."""
    made = Service(
        days=36,
        calls_a_day=60,
        versions={"1": (0, 20, 1.0), "2": (20, 31, 1.0), "3": (99, 99, 1.0)},
    )
    back = Service(days=36, calls_a_day=60, versions={"1": (34, 36, 1.0)})
    with opened(tmp_path / "store") as service:
        load(service, made.events())
        load(service, back.events(34))
        runs = judge_days(service, made, 31, 34)
        assert [run.deployment.version for run in runs] == ["2"] * 3


def test_half_the_calls_lost_is_seen_a_quiet_weekend_is_not(tmp_path: Path):
    made = Service(days=50, calls_a_day=200)
    events = made.events()
    at = events["ts"].cast(pa.int64()).to_numpy() // 86_400_000_000
    day = at - int(START.timestamp()) // 86_400
    weekend = (day % 7 >= 5) & (np.arange(len(events)) % 5 > 0)
    lost = (day == 46) & (np.arange(len(events)) % 4 > 0)  # a Friday
    with opened(tmp_path / "store", {"baseline": {"trailing": "35d", "gap": "3d"}}) as service:
        load(service, events.filter(pa.array(~weekend & ~lost)))
        runs = judge_days(service, made, 42, 50)
        low = [
            run.window
            for run in runs
            if finding_of(run, "calls", "traffic").verdict is Verdict.DRIFTED
        ]
        assert low == [made.window(46)]


# ------------------------------------------------------------------ a monitor that stands still


def test_a_monitor_that_stands_still_is_told_as_an_incident_until_it_runs(tmp_path: Path):
    made = Service(days=36, calls_a_day=60)
    with opened(tmp_path / "store") as service:
        load(service, made.events())
        judge_days(service, made, 31, 32)
        last = made.window(31).end
        assert service.incidents(now=last + timedelta(days=1, hours=23)) == []
        later = last + 2 * DAY
        (incident,) = service.incidents(now=later)
        assert (incident.cause, incident.started_at) == (Cause.MONITOR, last)
        assert service.incidents() == [], "nothing is stored: it follows from the clock"
        assert service.stale(later) == {"parcel": incident_span(service, later)}
        assert service.incident(incident.incident_id[:6], later) == incident
        service.execute(service.plan_due(later), later, lambda *_: None)
        assert service.incidents(now=later) == []


def incident_span(service: LocalService, later):
    from domain.window import Window

    return Window(service.store.last_run_end("parcel"), later)


def test_nobody_can_acknowledge_that_a_monitor_stands_still(tmp_path: Path):
    from domain.errors import UsageError

    made = Service(days=33, calls_a_day=60)
    with opened(tmp_path / "store") as service:
        load(service, made.events())
        judge_days(service, made, 31, 32)
        (incident,) = service.incidents(now=NOW)
        with pytest.raises(UsageError, match="ends with the next run"):
            service.acknowledge(incident.incident_id, "mia", None, NOW)


# ------------------------------------------------------------------ objectives


def test_a_burst_of_errors_is_one_incident_that_says_when_and_how_many(tmp_path: Path):
    made = Service(days=34, calls_a_day=240, failing=(31, 10, 4))
    with opened(tmp_path / "store", {"slos": [{"name": "up", "target": "99%"}]}) as service:
        load(service, made.events())
        runs = judge_days(service, made, 30, 34)
        events = made.events(31, 32)
        failed = int((np.asarray(events["status"]) == 503).sum())
        (up,) = runs[1].slos
        assert (up.state, up.slo.name) == (SLOState.BURNING_PAGE, "up")
        assert (up.window_total, up.window_total - up.window_good) == (240, failed)
        (incident,) = service.incidents()
        assert (incident.cause, incident.severity) == (Cause.AVAILABILITY, Severity.CRITICAL)
        opened_at = made.window(31).start + timedelta(hours=10)
        assert opened_at < incident.started_at <= opened_at + timedelta(hours=1)
        assert incident.alerts[0].values["status"] == 503


def test_sampled_logs_stand_for_all_calls(tmp_path: Path):
    made = Service(days=34, calls_a_day=60)
    events = made.events().append_column("sampling_rate", pa.array([0.1] * (34 * 60)))
    with opened(tmp_path / "store") as service:
        load(service, events)
        (run,) = judge_days(service, made, 31, 32)
        assert (run.n_calls, run.slos[0].window_total) == (60, 600)


# ------------------------------------------------------------------ performance


def flipped(labels: pa.Table, made: Service, day: int) -> pa.Table:
    """From `day` on labels are the opposite of what they were."""
    since = int(made.window(day + 1).start.timestamp() * 1e6)  # told a day later
    late = labels["ts"].cast(pa.int64()).to_numpy() >= since
    old = np.asarray(labels["label"])
    new = np.where(late, np.where(old == "late", "on-time", "late"), old)
    return labels.set_column(labels.column_names.index("label"), "label", pa.array(new))


def test_a_model_that_gets_worse_is_seen_when_its_labels_arrive(tmp_path: Path):
    made = Service(days=36, calls_a_day=240)
    with opened(
        tmp_path / "store", {"task": "binary", "baseline": {"trailing": "28d", "gap": "3d"}}
    ) as service:
        load(service, made.events())
        judge_days(service, made, 30, 36)
        assert service.incidents() == [], "no label, no verdict"
        load_labels(service, flipped(made.labels(), made, 33))
        judge_days(service, made, 30, 36)
        (incident,) = service.incidents()
        assert incident.cause is Cause.PERFORMANCE
        assert incident.started_at in {made.window(33).start, made.window(34).start}
        assert incident.severity is Severity.CRITICAL


def test_labels_that_came_for_half_a_window_decide_nothing_yet(tmp_path: Path):
    made = Service(days=33, calls_a_day=240)
    with opened(tmp_path / "store") as service:
        load(service, made.events())
        wrong = flipped(made.labels(), made, 32)
        load_labels(service, wrong.slice(0, len(wrong) - 120))
        (run,) = judge_days(service, made, 32, 33)
        found = [f for f in run.findings if f.detector == "performance"]
        assert found
        assert not any(f.decides for f in found)
        assert run.performance is not None
        assert run.performance.pending > 100
        assert service.incidents() == []


def test_accuracy_and_auc_of_a_window_agree_with_a_plain_count(tmp_path: Path):
    made = Service(days=3, calls_a_day=240)
    with opened(tmp_path / "store") as service:
        events, labels = made.events(), made.labels()
        load(service, events)
        load_labels(service, labels)
        (run,) = judge_days(service, made, 1, 2)
        told_of = dict(
            zip(labels["prediction_id"].to_pylist(), labels["label"].to_pylist(), strict=True)
        )
        rows = [r for r in made.events(1, 2).to_pylist() if r["prediction_id"] in told_of]
        right = [r["prediction"] == told_of[r["prediction_id"]] for r in rows]
        late = [r["score"] for r in rows if told_of[r["prediction_id"]] == "late"]
        rest = [r["score"] for r in rows if told_of[r["prediction_id"]] != "late"]
        pairs = [(a > b) + (a == b) / 2 for a in late for b in rest]
        assert run.performance.metrics["accuracy"] == pytest.approx(np.mean(right))
        assert run.performance.metrics["roc_auc"] == pytest.approx(np.mean(pairs))
        assert (run.performance.labelled, run.performance.pending) == (len(rows), 240 - len(rows))
