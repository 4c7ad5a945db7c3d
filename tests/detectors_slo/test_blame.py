"""Whether one replica explains the bad calls."""

from datetime import UTC, datetime, timedelta

import numpy as np

from detectors.blame import blame_replica
from detectors.slo import BucketCounts
from domain.window import Window

START = datetime(2026, 1, 1, tzinfo=UTC)
WINDOW = Window(START, START + timedelta(days=1))


def replicas(shares, calls=100, seed=1):
    """Return a day of calls per replica, with these shares of bad ones."""
    rng = np.random.default_rng(seed)
    found = {}
    for name, share in shares.items():
        total = rng.multinomial(calls, np.full(288, 1 / 288)).astype(float)
        found[name] = BucketCounts(START, total - rng.binomial(total.astype(int), share), total)
    return found


def test_the_slow_replica_is_named():
    for seed in range(20):
        found = replicas({"pod-1": 0.01, "pod-2": 0.01, "pod-3": 1.0, "pod-4": 0.01}, 30, seed)
        assert blame_replica(found, WINDOW) == "pod-3"


def test_replicas_that_fail_alike_are_not_blamed():
    for seed in range(200):
        assert (
            blame_replica(replicas({f"pod-{i}": 0.3 for i in range(4)}, 200, seed), WINDOW) is None
        )


def test_two_bad_replicas_of_four_explain_nothing_alone():
    assert blame_replica(replicas({"a": 0.9, "b": 0.9, "c": 0.01, "d": 0.01}), WINDOW) is None


def test_a_replica_that_is_worse_but_not_the_most_of_it_is_not_blamed():
    found = replicas({"a": 0.5, "b": 0.3, "c": 0.3, "d": 0.3}, calls=5000)
    assert blame_replica(found, WINDOW) is None
    assert blame_replica(found, WINDOW, share=0.05) == "a"


def test_few_bad_calls_are_no_proof():
    found = replicas({"a": 0.0, "b": 0.0, "c": 0.0}, 20)
    found["c"] = BucketCounts(START, found["c"].total * 0.8, found["c"].total)
    assert blame_replica(found, WINDOW) is None
    assert blame_replica(found, WINDOW, p_value=0.1) == "c"


def test_a_single_replica_is_never_blamed():
    assert blame_replica(replicas({"only": 0.9}), WINDOW) is None
    assert blame_replica({}, WINDOW) is None


def test_sampled_calls_prove_less():
    found = {
        n: BucketCounts(START, b.good, b.total, mean_weight=20.0)
        for n, b in replicas({"a": 0.0, "b": 0.0, "c": 0.4}, 60).items()
    }
    assert blame_replica(found, WINDOW) is None
