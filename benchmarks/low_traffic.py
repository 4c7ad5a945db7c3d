"""
Count the days on which a healthy service with little traffic would be paged.

A service twice as good as its target (99.95 % of calls for 99.9 %), at 0.1, 1 and 10 calls a
minute, judged day by day: by the plain burn-rate table, and with the evidence that Driftline asks
for besides. The first 28 days only fill the windows. Run it from the checkout:

    .venv/bin/python benchmarks/low_traffic.py
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from detectors.slo import BUCKET_S, PAGE_EVIDENCE, BucketCounts, judge
from domain.slo import SLO, SLOState
from domain.window import Window

START = datetime(2025, 1, 1, tzinfo=UTC)
PERIOD, DAYS = 28, 28 + 360
BUCKETS = 86_400 // BUCKET_S
TARGET, GOOD = 0.999, 0.9995


def paged_days(calls_a_minute: float, evidence: float, seed: int = 1) -> int:
    """Return the number of days, of 360, with a page."""
    random = np.random.default_rng(seed)
    total = random.poisson(calls_a_minute * BUCKET_S / 60, size=DAYS * BUCKETS).astype(float)
    good = random.binomial(total.astype(int), GOOD).astype(float)
    slo = SLO("availability", TARGET, PERIOD)
    buckets = BucketCounts(START, good, total)
    days = [START + timedelta(days=day) for day in range(PERIOD, DAYS)]
    states = [
        judge(slo, buckets, Window(day, day + timedelta(days=1)), evidence_page=evidence).state
        for day in days
    ]
    return sum(state is SLOState.BURNING_PAGE for state in states)


def main() -> None:
    """Print the table."""
    print("days with a page, of 360; calls a minute | plain table | with evidence")
    for rate in (0.1, 1.0, 10.0):
        plain, proven = paged_days(rate, 1.0), paged_days(rate, PAGE_EVIDENCE)
        print(f"{rate:>40} | {plain:>11} | {proven:>13}")


if __name__ == "__main__":
    main()
