"""
Count the days on which a service with little traffic pages, and how soon an outage does.

Services that are exactly as good as their target (99.9 % of calls), at 10 to 10,000 calls an hour,
judged day by day by three rules: the plain burn-rate table, the proof that was asked for before
ADR 0040, and the one that is asked for now. Each failure comes alone, or is one request that is
tried three times. Then the minutes until an outage pages. Run it from the checkout:

    .venv/bin/python benchmarks/low_traffic.py
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors.bad_calls import Proof
from detectors.slo import BUCKET_S, PAGE, BucketCounts, judge
from domain.slo import SLO, SLOResult, SLOState
from domain.window import Window

Float = NDArray[np.float64]

START: Final = datetime(2025, 1, 1, tzinfo=UTC)
PERIOD: Final = 28
BUCKETS: Final = 86_400 // BUCKET_S
OBJECTIVE: Final = SLO("availability", 0.999, PERIOD)
RULES: Final = {"plain": Proof(1.0), "before": Proof(1e-4), "now": PAGE}
RATES: Final = (10, 30, 60, 100, 300, 1000, 10_000)
YEARS: Final = 5
OUTAGES: Final = 50


def calls(per_hour: float, bad_share: float, n_days: int, seed: int, attempts: int = 1) -> _Calls:
    """Draw all and bad calls of every bucket; a bad one fails `attempts` times at once."""
    random = np.random.default_rng(seed)
    total = random.poisson(per_hour * BUCKET_S / 3600, n_days * BUCKETS)
    bad = random.binomial(total, bad_share / attempts)
    return (total + bad * (attempts - 1)).astype(float), (bad * attempts).astype(float)


_Calls = tuple[Float, Float]


def judged(total: Float, bad: Float, day: int, rule: Proof) -> SLOResult:
    """Judge one day by the period that ends with it."""
    first = day + 1 - PERIOD
    seen = slice(first * BUCKETS, (day + 1) * BUCKETS)
    counts = BucketCounts(START + timedelta(days=first), (total - bad)[seen], total[seen])
    opening = START + timedelta(days=day)
    return judge(OBJECTIVE, counts, Window(opening, opening + timedelta(days=1)), page=rule)


def paged_days(per_hour: float, rule: Proof, attempts: int = 1) -> float:
    """Return the days a year with a page, of a service exactly at its target."""
    days = PERIOD + 365 * YEARS
    total, bad = calls(per_hour, 1 - OBJECTIVE.target, days, seed=1, attempts=attempts)
    states = [judged(total, bad, day, rule).state for day in range(PERIOD, days)]
    return sum(state is SLOState.BURNING_PAGE for state in states) / YEARS


def delays_min(per_hour: float, bad_share: float, rule: Proof) -> list[float]:
    """Return the minutes from the beginning of each outage to its page, in order."""
    found: list[float] = []
    for seed in range(OUTAGES):
        total, bad = calls(per_hour, (1 - OBJECTIVE.target) / 10, PERIOD + 3, seed)
        random = np.random.default_rng(seed)
        began = PERIOD * BUCKETS + int(random.integers(BUCKETS))
        bad[began:] = random.binomial(total[began:].astype(int), bad_share)
        paged = next(
            (
                result.fired_at
                for day in range(PERIOD, PERIOD + 3)
                if (result := judged(total, bad, day, rule)).state is SLOState.BURNING_PAGE
            ),
            None,
        )
        minutes = began * BUCKET_S / 60
        found.append(
            float("inf") if paged is None else (paged - START) / timedelta(minutes=1) - minutes
        )
    return sorted(found)


def main() -> None:
    """Print the tables."""
    for attempts in (1, 3):
        print(f"days a year with a page, {attempts} attempt(s) | " + " | ".join(RULES))
        for rate in RATES:
            days = [f"{paged_days(rate, rule, attempts):.1f}" for rule in RULES.values()]
            print(f"{rate:>7} calls/h | " + " | ".join(days))
    for share in (1.0, 0.5, 0.05):
        print(f"minutes to the page with {share:.0%} bad, median (9 of 10) | " + " | ".join(RULES))
        for rate in RATES:
            every = [delays_min(rate, share, rule) for rule in RULES.values()]
            told = [f"{d[OUTAGES // 2]:.0f} ({d[OUTAGES * 9 // 10]:.0f})" for d in every]
            print(f"{rate:>7} calls/h | " + " | ".join(told))


if __name__ == "__main__":
    main()
