"""The demo tells the story the sample was made with: three faults, each once, and little else."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from domain.finding import Severity
from domain.incident import AlertState, Cause, Incident
from domain.run import RunStatus
from domain.window import Window, parse_time
from monitors.config_file import load_config
from monitors.local_service import LocalService
from sample_data.faults import (
    FAILED_CALLS,
    FAILED_STATUS,
    FAULTS,
    MISSING,
    MISSING_FEATURE,
    SLOW,
    SLOW_REPLICA,
)
from tests.monitors.made import judge, result

pytestmark = pytest.mark.slow

MOST_OTHERS = 8
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def service(demo: Path, tmp_path_factory: pytest.TempPathFactory):
    store = shutil.copytree(demo / "store", tmp_path_factory.mktemp("sample") / "store")
    config = load_config(ROOT / "sample_data/driftline.yaml", {})
    config = config.model_copy(update={"store": store})
    with LocalService.open(config, "test", create=False) as opened:
        yield opened


def began_on(service: LocalService, fault) -> list[Incident]:
    first_day = f"{fault.start:%Y-%m-%d}"
    return [i for i in service.incidents() if f"{i.started_at:%Y-%m-%d}" == first_day]


def test_the_slow_replica_is_one_critical_incident_on_its_first_day(service: LocalService):
    (incident,) = began_on(service, SLOW)
    assert (incident.cause, incident.severity) == (Cause.LATENCY, Severity.CRITICAL)
    assert incident.versions == (SLOW.version,)
    assert f"latency@{SLOW_REPLICA}" in incident.subjects
    assert {a.values["replica"] for a in incident.alerts if "@" in a.subject} == {SLOW_REPLICA}
    assert incident.last_seen_at <= SLOW.end


def test_the_failed_calls_are_one_critical_incident_within_the_hour(service: LocalService):
    (incident,) = began_on(service, FAILED_CALLS)
    assert (incident.cause, incident.severity) == (Cause.AVAILABILITY, Severity.CRITICAL)
    assert incident.versions == (FAILED_CALLS.version,)
    assert incident.subjects[0] == "availability"
    assert incident.alerts[0].values["status"] == FAILED_STATUS
    assert 0 <= (incident.started_at - FAILED_CALLS.start).total_seconds() <= 3600


def test_the_missing_feature_is_one_critical_incident_on_its_first_day(service: LocalService):
    (incident,) = began_on(service, MISSING)
    assert (incident.cause, incident.severity) == (Cause.MISSING, Severity.CRITICAL)
    assert incident.versions == (MISSING.version,)
    assert incident.subjects[0] == MISSING_FEATURE
    assert [a.subject for a in incident.alerts if a.cause is Cause.MISSING] == [MISSING_FEATURE]


def test_everything_else_is_little(service: LocalService):
    told = {incident.incident_id for fault in FAULTS for incident in began_on(service, fault)}
    others = [i for i in service.incidents() if i.incident_id not in told]
    assert len(told) == 3
    assert len(others) <= MOST_OTHERS
    # the weather record ends a day early: real, and the only thing still open
    assert [
        i.subjects[0] for i in others if i.state is AlertState.FIRING and i.cause is Cause.MISSING
    ]
    critical = [i for i in others if i.severity is Severity.CRITICAL]
    assert {i.cause for i in critical} <= {Cause.MISSING}


def test_every_day_of_both_versions_was_judged_without_a_failure(service: LocalService):
    runs = service.store.runs(findings="none")
    assert {run.status for run in runs} <= {RunStatus.OK, RunStatus.VIOLATIONS}
    days = {run.window for run in runs}
    assert len(days) == 275, "1 April to 31 December"
    both = [w for w in days if parse_time("2013-07-01") <= w.start < parse_time("2013-09-01")]
    assert len(runs) == 275 + len(both)
    assert len(both) == 62


def test_a_day_judged_again_by_itself_is_the_same_to_the_last_digit(service: LocalService):
    """Of the real logs too: a fault's day, a canary's first day, a quiet one."""
    for day in ("2013-05-14", "2013-07-01", "2013-11-13"):
        start = parse_time(day)
        span = Window(start, start.replace(day=start.day + 1))
        before = service.store.runs(span=span)
        again = judge(service, [span], "flight-delay")
        versions = [run.code_version for run in before]
        assert result(again) == [
            text.replace(f"code_version='{version}'", "code_version='test'")
            for text, version in zip(result(before), versions, strict=True)
        ]
