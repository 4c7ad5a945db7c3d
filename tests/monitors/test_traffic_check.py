"""Throughput of a model in its windows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from domain.finding import Verdict
from domain.window import Window
from monitors.traffic_check import Requests, judge_traffic, usual_windows

START = datetime(2026, 1, 5, tzinfo=UTC)
DAYS = [Window(START + timedelta(days=i), START + timedelta(days=i + 1)) for i in range(31)]


def requests(per_bucket: float, last_day: float) -> Requests:
    counts = np.full(31 * 288, per_bucket, np.int64)
    counts[30 * 288 :] = last_day
    return Requests(int(START.timestamp()), counts)


def test_traffic_that_stops_is_lost_and_silent() -> None:
    volume, silence = judge_traffic(requests(10, 0), DAYS[30], DAYS[:30])
    assert (volume.verdict, volume.reason) == (Verdict.DRIFTED, "finding.traffic.lost")
    assert (silence.verdict, silence.decides) == (Verdict.DRIFTED, False)


def test_traffic_that_stops_at_noon_is_silent() -> None:
    noon = requests(10, 10)
    noon.counts[30 * 288 + 144 :] = 0
    _, silence = judge_traffic(noon, DAYS[30], DAYS[:30])
    assert (silence.verdict, silence.decides) == (Verdict.DRIFTED, True)


def test_a_model_that_was_silent_throughout_is_not_called_healthy() -> None:
    found = judge_traffic(requests(0, 0), DAYS[30], DAYS[:30])
    assert [f.verdict for f in found] == [Verdict.INCONCLUSIVE] * 2


@pytest.mark.parametrize("hours", [23, 25])
def test_a_day_on_which_clocks_change_is_not_compared_bucket_by_bucket(hours: int) -> None:
    odd = Window(DAYS[30].start, DAYS[30].start + timedelta(hours=hours))
    found = judge_traffic(requests(10, 10), odd, DAYS[:30])
    assert all(f.verdict is not Verdict.DRIFTED for f in found)


def test_the_silence_of_a_dead_endpoint_never_becomes_the_norm() -> None:
    planned = DAYS[10:20]
    died = DAYS[4].start + timedelta(hours=13)
    usual = usual_windows(planned, (START - timedelta(90), died), timedelta(days=1), "UTC")
    assert usual[-1] == DAYS[4]
    assert len(usual) == len(planned)
    alive = (START, DAYS[19].start + timedelta(hours=1))
    assert usual_windows(planned, alive, timedelta(days=1), "UTC") == tuple(planned)


def test_what_lies_before_the_first_call_is_not_silence() -> None:
    died = DAYS[4].start + timedelta(hours=13)
    usual = usual_windows(DAYS[10:20], (DAYS[2].start, died), timedelta(days=1), "UTC")
    assert usual == tuple(DAYS[2:5])
