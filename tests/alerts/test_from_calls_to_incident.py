"""From counted calls to what a person is told: judge every day, replay, read the headline."""

import re
from datetime import date, timedelta

import numpy as np
import pytest

from alerts.evidence import evidence_of
from alerts.lifecycle import replay
from alerts.policy import AlertPolicy
from detectors.blame import blame_replica
from detectors.slo import BucketCounts, judge
from domain.finding import Severity
from domain.headlines import headline, sentences
from domain.incident import AlertState, Cause
from domain.run import Deployment, Run, RunStatus
from domain.slo import SLO
from tests.alerts.history import START, day

DAYS = 40
POLICY = AlertPolicy()
AVAILABILITY = SLO("availability", 0.999, 28)
LATENCY = SLO("latency", 0.99, 28, 100.0)
REPLICAS = ("pod-1", "pod-2", "pod-3", "pod-4")
BURST = slice(30 * 288 + 13 * 12, 30 * 288 + 19 * 12)
SLOW = slice(10 * 288, 13 * 288)


@pytest.fixture(scope="module")
def calls():
    """Forty days of four replicas: pod-3 slow on three days, a burst of 503 on one."""
    rng = np.random.default_rng(2013)
    clock = np.arange(288 * DAYS) % 288 / 12
    rate = np.where((clock > 9) & (clock < 23), 1.2, 0.05)
    counted = {}
    for name in REPLICAS:
        total = rng.poisson(rate)
        failed = np.zeros_like(total)
        failed[BURST] = rng.binomial(total[BURST], 0.6)
        late = rng.binomial(total, 0.001)
        if name == "pod-3":
            late[SLOW] = total[SLOW]
        counted[name] = (total, failed, np.maximum(late, failed))
    return counted


def buckets(calls, slo, names):
    bad = 1 if slo is AVAILABILITY else 2
    total = sum(calls[name][0] for name in names).astype(float)
    failed = sum(calls[name][1] for name in names).astype(float) if slo is LATENCY else None
    good = total - sum(calls[name][bad] for name in names)
    return BucketCounts(START, good, total, failed=failed)


def results(calls, window):
    """Judge both objectives, over all replicas and for the one to blame."""
    found = []
    for slo in (AVAILABILITY, LATENCY):
        blamed = None
        overall = judge(slo, buckets(calls, slo, REPLICAS), window)
        if overall.fired_at is not None:
            each = {name: buckets(calls, slo, [name]) for name in REPLICAS}
            blamed = blame_replica(each, window)
        said = {"status": 503, "replica": blamed}
        found.append(judge(slo, buckets(calls, slo, REPLICAS), window, readings=said))
        if blamed is not None:
            own = buckets(calls, slo, [blamed])
            found.append(judge(slo, own, window, replica=blamed, readings=said))
    return tuple(found)


@pytest.fixture(scope="module")
def incidents(calls):
    runs = [
        Run(
            deployment=Deployment("flight-delay", "1"),
            window=day(i),
            status=RunStatus.OK,
            coverage=1.0,
            config_hash="c",
            code_version="0",
            started_at=day(i).end,
            duration_s=0.1,
            n_predictions=100,
            n_calls=100,
            baseline="b",
            baseline_windows=90,
            slos=results(calls, day(i)),
        )
        for i in range(DAYS)
    ]
    return replay("flight-delay", [evidence_of(run, POLICY) for run in runs], POLICY)


def test_two_faults_in_forty_days_are_two_incidents(incidents):
    assert [i.cause for i in incidents] == [Cause.LATENCY, Cause.AVAILABILITY]
    assert {i.severity for i in incidents} == {Severity.CRITICAL}
    assert {i.state for i in incidents} == {AlertState.RESOLVED}


def test_each_is_raised_on_its_first_day_and_ends_with_its_last(incidents):
    slow, burst = incidents
    assert day(10).start < slow.started_at < slow.last_seen_at <= day(12).end
    since = START + timedelta(days=30, hours=13)
    assert since < burst.started_at <= since + timedelta(minutes=30)
    assert [a.windows for a in slow.alerts] == [3, 3]
    assert [(a.subject, a.windows) for a in burst.alerts] == [("availability", 1), ("latency", 1)]


def test_the_headlines_name_replica_status_share_calls_and_time(calls, incidents):
    slow, burst = (headline(i) for i in incidents)
    shown = re.fullmatch(
        r"pod-3 is slow: 100% of its (\d+) calls took longer than 100 ms "
        r"between (\S+) 00:00 and \d\d:\d\d \(2013-04-11 to 2013-04-13\)",
        slow,
    )
    worst = (date.fromisoformat(shown[2]) - START.date()).days
    assert int(shown[1]) == calls["pod-3"][0][worst * 288 : (worst + 1) * 288].sum()
    hit = BURST.start + np.flatnonzero(sum(calls[name][1] for name in REPLICAS)[BURST])
    inside = slice(hit[0], hit[-1] + 1)
    total = sum(calls[name][0][inside].sum() for name in REPLICAS)
    failed = sum(calls[name][1][inside].sum() for name in REPLICAS)
    assert burst == (
        f"503: {failed / total:.0%} of {total} calls failed between 13:00 and 19:00 (2013-05-01)"
    )


def test_every_alert_has_its_sentence_in_both_languages(incidents):
    for incident in incidents:
        for english, chinese in zip(
            sentences(incident, "en"), sentences(incident, "zh"), strict=True
        ):
            assert "failing fast" in english
            assert "正在快速恶化" in chinese
