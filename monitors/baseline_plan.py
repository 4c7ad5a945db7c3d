"""Which windows a judged window is compared with, and which version's rows count in each."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from domain.acceptance import Acceptance
from domain.baseline import FrozenBaseline
from domain.window import Window, align, windows_between
from monitors.config import Config, MonitorConfig, SpanConfig

# a version with at least this share of the busiest one's rows speaks for the window itself
OWN_SHARE = 0.5
# name under which the store keeps the span of `baseline set`
PINNED = "set"


@dataclass(frozen=True, slots=True)
class BaselinePlan:
    """
    What one group of columns is compared with.

    Parameters
    ----------
    windows : tuple of Window
        Candidates, oldest first; those with too few rows are left out later.
    version : str or None
        Only this version's rows; None: the model's traffic for inputs, the judged version's own
        rows for outputs.
    file : Path or None
        A file instead of windows.
    frozen : bool
        A fixed span: its cells and counts are kept from its first use on.
    accepted : Acceptance or None
        The re-baselining that moved its start.
    lost : int
        How many of the windows lack archived rows; they are left out.
    """

    windows: tuple[Window, ...]
    version: str | None
    file: Path | None = None
    frozen: bool = False
    accepted: Acceptance | None = None
    lost: int = 0

    @property
    def key(self) -> str:
        """Equal for equal plans."""
        span = f"{self.windows[0].start}/{self.windows[-1].end}" if self.windows else "-"
        text = f"{span}|{len(self.windows)}|{self.version}|{self.file}|{self.frozen}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def description(self) -> str:
        """The span in words, for reports and run records."""
        if self.file is not None:
            return f"file {self.file.name}"
        if not self.windows:
            return "none yet"
        kind = "fixed" if self.frozen else "trailing" if self.accepted is None else "accepted"
        version = f", version {self.version}" if self.version is not None else ""
        lost = f", without {self.lost} windows that lack archived rows" if self.lost else ""
        return f"{kind} {Window(self.windows[0].start, self.windows[-1].end)}{version}{lost}"


def epoch_of(window: Window, monitor: MonitorConfig, timezone: str) -> Window:
    """
    Return the span of the windows that share one calibration with `window`.

    A trailing baseline is renewed once a calendar week, once a day for windows shorter than a
    day: judging every window against a baseline of its own would cost seven times as much and
    make two neighbouring windows' numbers incomparable.
    """
    short = monitor.window < timedelta(days=1)
    least = timedelta(days=1 if short else 7)
    length = -(-least // monitor.window) * monitor.window  # whole windows
    # windows shorter than a day count from midnight UTC wherever the clock is
    zone = "UTC" if short else timezone
    start = align(window.start, length, zone)
    # half a day more than its length lies in the next one, also where the clocks change
    return Window(start, align(start + length + timedelta(hours=12), length, zone))


def plan(
    config: Config,
    monitor: MonitorConfig,
    window: Window,
    *,
    spec: SpanConfig,
    first_data: datetime,
    version: str | None,
    accepted: Acceptance | None = None,
    pinned: tuple[datetime, datetime] | None = None,
) -> BaselinePlan:
    """
    Choose the baseline windows for one judged window.

    Parameters
    ----------
    config, monitor : Config, MonitorConfig
    window : Window
    spec : SpanConfig
        Of the monitor, or of a column that has its own.
    first_data : datetime
        First event of the model.
    version : str or None
        The configured baseline version, resolved.
    accepted : Acceptance or None
        The newest acceptance that covers the columns and starts before `window`.
    pinned : tuple of datetime or None
        The span that ``baseline set`` fixed.
    """
    if spec.file is not None and accepted is None:
        return BaselinePlan((), version, file=spec.file)
    fixed = pinned or config.baseline_times(spec)
    if fixed is not None and accepted is None:
        spans = windows_between(*fixed, monitor.window, config.timezone)
        return BaselinePlan(tuple(spans), version, frozen=True)
    length = spec.trailing or (fixed[1] - fixed[0] if fixed else timedelta(days=56))
    earliest = accepted.since if accepted is not None else first_data
    epoch = max(epoch_of(window, monitor, config.timezone).start, earliest)
    # a young history spends at most a quarter of itself on the gap, or it could never calibrate
    end = epoch - min(spec.gap, (epoch - earliest) / 4)
    start = max(end - length, earliest)
    spans = windows_between(start, end, monitor.window, config.timezone) if end > start else []
    return BaselinePlan(tuple(spans), version, accepted=accepted)


def speakers(rows: Mapping[str, NDArray[np.int64]], own: str, n_windows: int) -> tuple[str, ...]:
    """
    Choose for each baseline window the version whose rows stand for the model's traffic.

    A version's own rows where it sees enough of the traffic, else the busiest version's: a
    shadow or canary is compared with what the model saw before it existed, and a request that
    two versions scored is counted once.

    Parameters
    ----------
    rows : mapping of str to ndarray of int64, shape (n_windows,)
    own : str
    n_windows : int
    """
    mine = rows.get(own, np.zeros(n_windows, np.int64))
    others = busiest(rows, n_windows)
    most = np.max(list(rows.values()), axis=0) if rows else mine
    return tuple(
        own if mine[i] and mine[i] >= OWN_SHARE * most[i] else others[i] for i in range(n_windows)
    )


def busiest(rows: Mapping[str, NDArray[np.int64]], n_windows: int) -> tuple[str, ...]:
    """Return the version with the most rows in each window; of equals the first by name."""
    names = sorted(rows)
    if not names:
        return ("",) * n_windows
    table = np.stack([rows[name] for name in names])
    return tuple(names[i] for i in table.argmax(axis=0))


def newest_acceptance(
    acceptances: Sequence[Acceptance], column: str, window: Window
) -> Acceptance | None:
    """Return the newest acceptance that covers `column` and starts before `window` ends."""
    covering = [
        a for a in acceptances if a.since < window.end and (not a.columns or column in a.columns)
    ]
    return max(covering, key=lambda a: a.since, default=None)


def pinned_span(
    baselines: Sequence[FrozenBaseline], monitor: MonitorConfig
) -> tuple[datetime, datetime] | None:
    """Return the span that ``baseline set`` fixed, unless the configuration names a baseline."""
    found = next((b for b in baselines if b.name == PINNED), None)
    if found is None or "baseline" in monitor.model_fields_set:
        return None
    return found.windows[0].start, found.windows[-1].end
