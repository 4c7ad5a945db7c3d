"""Find out whether one replica explains a window's bad calls."""

from __future__ import annotations

from collections.abc import Mapping

from scipy.special import betainc

from detectors.slo import BucketCounts
from domain.window import Window

LINE = 1e-6
MOST = 0.5


def blame_replica(
    buckets: Mapping[str, BucketCounts],
    window: Window,
    *,
    p_value: float = LINE,
    share: float = MOST,
) -> str | None:
    """
    Return the replica whose calls are bad far more often than all others', or None.

    Parameters
    ----------
    buckets : mapping of str to BucketCounts
        Each replica's calls; at least two for an answer.
    window : Window
        The span to look at.
    p_value : float, default=1e-6
        Largest probability of its share of the bad calls if all replicas were alike, times the
        number of replicas.
    share : float, default=0.5
        Of all bad calls, what must be beyond the others' rate on this replica alone.

    Returns
    -------
    str or None

    References
    ----------
    Given all bad calls, one replica's are binomial with its share of the traffic when all are
    alike; the exact (hypergeometric) spread is smaller, so this errs on the side of None. The
    binomial tail is the regularised incomplete beta function (Abramowitz and Stegun 26.5.24).
    """
    counted = {name: _bad_and_all(counts, window) for name, counts in buckets.items()}
    bad = sum(b for b, _ in counted.values())
    total = sum(n for _, n in counted.values())
    best: tuple[float, str] | None = None
    for name, (own_bad, own) in sorted(counted.items()):
        if own_bad <= 0 or own >= total:
            continue
        excess = own_bad - own * (bad - own_bad) / (total - own)
        chance = _binomial_tail(own_bad, bad, own / total) * len(counted)
        if chance <= p_value and excess >= share * bad and (best is None or excess > best[0]):
            best = (excess, name)
    return best[1] if best else None


def _bad_and_all(buckets: BucketCounts, window: Window) -> tuple[float, float]:
    first, last = buckets.range_of(window)
    part = slice(first, last)
    total = float(buckets.total[part].sum())
    weight = buckets.mean_weight
    return (total - float(buckets.good[part].sum())) / weight, total / weight


def _binomial_tail(successes: float, trials: float, chance: float) -> float:
    """Return ``P(Binomial(trials, chance) >= successes)``."""
    return float(betainc(successes, trials - successes + 1, chance))
