"""Service level objectives: the share of good calls, and how fast their budget burns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class SLOState(StrEnum):
    """Where an objective stands at the end of a window."""

    OK = "ok"
    BURNING_PAGE = "burning-page"
    BURNING_TICKET = "burning-ticket"
    EXHAUSTED = "exhausted"
    INSUFFICIENT = "insufficient"
    NO_DATA = "no-data"


class BurnState(StrEnum):
    """What is said of one row of the alert table."""

    FIRING = "firing"
    QUIET = "quiet"
    UNTOLD = "untold"
    UNKNOWN = "unknown"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class SLO:
    """
    An objective on the share of good calls.

    Parameters
    ----------
    name : str
    target : float
        Share of calls that must be good, in (0, 1).
    period_days : float
        Length of the rolling period, in days.
    latency_ms : float or None
        A call is good when it succeeded within this; None: when it succeeded.
    """

    name: str
    target: float
    period_days: float
    latency_ms: float | None = None


@dataclass(frozen=True, slots=True)
class BurnRate:
    """
    One row of the alert table: both windows above the factor means it fires.

    Parameters
    ----------
    long_s, short_s : int
        Lengths of the windows, in seconds.
    factor : float
        Multiple of the even-spend rate.
    long, short : float or None
        Measured burn rates; None without calls.
    firing : bool
        At the end of the judged window.
    reachable : bool
        False where ``factor * (1 - target) >= 1``: it could never fire.
    """

    long_s: int
    short_s: int
    factor: float
    long: float | None
    short: float | None
    firing: bool
    reachable: bool = True

    @property
    def above(self) -> bool:
        """Whether the long window burns faster than the factor, whatever the short one does."""
        return self.long is not None and self.long > self.factor

    @property
    def state(self) -> BurnState:
        """What is said of it: a burn that chance explains is untold, never quiet."""
        if not self.reachable:
            return BurnState.UNREACHABLE
        if self.firing:
            return BurnState.FIRING
        if self.long is None or self.short is None:
            return BurnState.UNKNOWN
        burns = self.above and self.short > self.factor
        return BurnState.UNTOLD if burns else BurnState.QUIET


@dataclass(frozen=True, slots=True, kw_only=True)
class SLOResult:
    """
    One objective of one deployment, judged over one window.

    Parameters
    ----------
    slo : SLO
    replica : str or None
        None: all replicas together.
    good, total : int
        Calls in the period that ends with the window.
    window_good, window_total : int
        Calls in the window itself.
    state : SLOState
        The worst state reached inside the window.
    burn_rates : tuple of BurnRate
        At the end of the window.
    fired_at, cleared_at : datetime or None
        First and last moment inside the window at which a page or ticket condition held.
    coverage : float
        Share of the period for which there are logs, in [0, 1].
    values : mapping
        Shown, never alerted on: p50_ms, p95_ms, p99_ms, the main status of failed calls, …
    """

    slo: SLO
    replica: str | None
    good: int
    total: int
    window_good: int
    window_total: int
    state: SLOState
    burn_rates: tuple[BurnRate, ...]
    fired_at: datetime | None = None
    cleared_at: datetime | None = None
    coverage: float = 1.0
    values: Mapping[str, float | int | str | None] = field(
        default_factory=dict[str, float | int | str | None]
    )

    @property
    def sli(self) -> float | None:
        """Share of good calls in the period; None without calls."""
        return self.good / self.total if self.total else None

    @property
    def budget_remaining(self) -> float | None:
        """Share of the error budget left, 1 to minus infinity; None without calls."""
        if not self.total:
            return None
        return 1 - (self.total - self.good) / (self.total * (1 - self.slo.target))
