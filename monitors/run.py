"""Running monitors: one window, what is due, history; a repeated run replaces its own result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.errors import (
    DriftlineError,
    InputError,
    InvalidWindowError,
    NothingToJudgeError,
    StoreError,
    UnknownNameError,
)
from domain.run import Deployment, Run, RunStatus
from domain.window import Window, align, iso, windows_between
from monitors.alert_desk import refresh
from monitors.config import Config, MonitorConfig
from monitors.config_values import write_duration
from monitors.judge import Judge, Judged
from store.store import Store

# a scheduler that slept catches up at most so many windows of each model at once
MOST_CATCH_UP = 100
# windows judged before their results are stored: bounds memory and what an interruption loses
WINDOWS_A_STEP = 28

Progress = Callable[[str, int, int], None]


class Reprocess(StrEnum):
    """Which windows a backfill judges again."""

    NONE = "none"
    FAILED = "failed"
    COMPLETED = "completed"


@dataclass(frozen=True, slots=True)
class Planned:
    """
    The windows of one model that a command would judge.

    Parameters
    ----------
    model : str
    windows : tuple of Window
        Oldest first.
    left_out : tuple of Window
        That would be due too, but are too many at once.
    unread : str or None
        Why the model's logs could not be looked at where they lie: what is planned fails, and
        windows that nobody knows of are not planned.
    """

    model: str
    windows: tuple[Window, ...]
    left_out: tuple[Window, ...] = ()
    unread: str | None = None


def known_models(store: Store, model: str | None) -> tuple[str, ...]:
    """
    Return one model, or all of them.

    Parameters
    ----------
    store : Store
    model : str or None

    Raises
    ------
    UnknownNameError
        If there is no such model.
    NothingToJudgeError
        If the store holds no logs.
    """
    known = store.models()
    if model is not None and model not in known:
        raise UnknownNameError.nearest("model", model, known)
    if not known:
        raise NothingToJudgeError(
            "the store holds no prediction logs; load some with 'driftline ingest PATH'"
        )
    return known if model is None else (model,)


@dataclass(frozen=True)
class Runner:
    """
    Runs the monitors of a store.

    Parameters
    ----------
    store : Store
    config : Config
    code_version : str
    """

    store: Store
    config: Config
    code_version: str

    def models(self, model: str | None) -> tuple[str, ...]:
        """Return one model, or all of them; see `known_models`."""
        return known_models(self.store, model)

    def newest(self, model: str, as_of: datetime) -> Window:
        """Return the newest window that is complete at `as_of`, its grace included."""
        monitor = self.config.monitor(model)
        end = align(as_of - monitor.grace, monitor.window, self.config.timezone)
        start = align(end - timedelta(microseconds=1), monitor.window, self.config.timezone)
        return Window(start, end)

    def run(
        self, model: str | None, window: Window | None, as_of: datetime, now: datetime
    ) -> list[Run]:
        """
        Judge one window of one or every model.

        Parameters
        ----------
        model : str or None
        window : Window or None
            None: the newest complete one at `as_of`.
        as_of, now : datetime

        Raises
        ------
        InvalidWindowError
            If `window` is none of a model's windows.
        NothingToJudgeError
            If no model has had data by then; says what data there is.
        """
        names = self.models(model)
        if window is not None:
            for name in names:
                self._require_window(name, window)
        runs: list[Run] = []
        for name in names:
            runs += self._judge(Planned(name, (window or self.newest(name, as_of),)), now)
        if not runs:
            raise NothingToJudgeError(self._nothing(model, window, as_of))
        return runs

    def _require_window(self, model: str, window: Window) -> None:
        """Refuse a span that is not one window: its numbers could be compared with nothing."""
        length, zone = self.config.monitor(model).window, self.config.timezone
        if windows_between(window.start, window.end, length, zone) == [window]:
            return
        raise InvalidWindowError(
            f"{window} is not one window of {model!r}, whose windows last "
            f"{write_duration(length)}; check {self._window_at(model, window.start)}, or several "
            f"with 'driftline backfill --from {iso(window.start)} --to {iso(window.end)}'"
        )

    def _nothing(self, model: str | None, window: Window | None, as_of: datetime) -> str:
        spans = {name: self.store.logs(name).data_span() for name in self.models(model)}
        held = {name: span for name, span in spans.items() if span is not None}
        if not held:
            return "the store holds labels, but no predictions; load some with 'driftline ingest'"
        name, newest = max(held.items(), key=lambda item: item[1].end)
        asked = str(window) if window else f"the newest complete window at {iso(as_of)}"
        judged = self._window_at(name, newest.end - timedelta(microseconds=1))
        return f"no logs in or before {asked}; they span {newest}: try --as-of {iso(judged.end)}"

    def _window_at(self, model: str, moment: datetime) -> Window:
        length, zone = self.config.monitor(model).window, self.config.timezone
        start = align(moment, length, zone)
        return windows_between(start, start + 2 * length, length, zone)[0]

    def plan_due(self, now: datetime) -> list[Planned]:
        """Return the complete windows since each model's last run; before it, the newest one."""
        planned: list[Planned] = []
        for name in self.models(None):
            newest = self.newest(name, now)
            last = self.store.last_run_end(name)
            if last is None:
                planned.append(Planned(name, (newest,)))
                continue
            monitor = self.config.monitor(name)
            due = windows_between(last, newest.end, monitor.window, self.config.timezone)
            early, late = due[:-MOST_CATCH_UP], due[-MOST_CATCH_UP:]
            planned.append(Planned(name, tuple(late), tuple(early)))
        return planned

    def plan_backfill(
        self,
        model: str | None,
        start: datetime | None,
        end: datetime | None,
        reprocess: Reprocess,
        now: datetime,
    ) -> list[Planned]:
        """
        Return the windows of a span that were not judged yet, or should be again.

        Parameters
        ----------
        model : str or None
        start, end : datetime or None
            None: where the model's logs start or end.
        reprocess : Reprocess
        now : datetime
            Windows that are not complete by now are left out.
        """
        planned: list[Planned] = []
        for name in self.models(model):
            span, unread = self.store.logs(name).data_span(), self._unread(name)
            if span is None:
                planned += [Planned(name, (), unread=unread)] if unread else []
                continue
            monitor = self.config.monitor(name)
            every = self._windows(name, monitor, start or span.start, end or span.end, now)
            done = self.store.run_statuses(name)
            wanted = [w for w in every if _wanted(done.get(w), reprocess)]
            planned.append(Planned(name, tuple(wanted), unread=unread))
        return planned

    def _unread(self, model: str) -> str | None:
        try:
            self.store.require(model)
        except InputError as error:
            return str(error)
        return None

    def _windows(
        self, model: str, monitor: MonitorConfig, start: datetime, end: datetime, now: datetime
    ) -> list[Window]:
        first = align(start, monitor.window, self.config.timezone)
        last = min(
            align(end, monitor.window, self.config.timezone) + 2 * monitor.window,
            self.newest(model, now).end,
        )
        every = (
            windows_between(first, last, monitor.window, self.config.timezone)
            if last > first
            else []
        )
        return [w for w in every if w.start < end]

    def execute(self, planned: Sequence[Planned], now: datetime, progress: Progress) -> list[Run]:
        """
        Judge planned windows, a month at a time, and bring the incidents up to date.

        Parameters
        ----------
        planned : sequence of Planned
        now : datetime
        progress : callable
            Called with the model, windows done and windows planned.
        """
        runs: list[Run] = []
        for plan in planned:
            runs += self._judge(plan, now, progress)
        return runs

    def _judge(
        self, plan: Planned, now: datetime, progress: Progress = lambda *_: None
    ) -> list[Run]:
        if plan.windows:
            self.store.reopen(plan.model)
        judge = Judge(self.store, self.config, plan.model, now, self.code_version)
        runs: list[Run] = []
        try:
            for first in range(0, len(plan.windows), WINDOWS_A_STEP):
                step = plan.windows[first : first + WINDOWS_A_STEP]
                runs += self._step(judge, step, now)
                progress(plan.model, first + len(step), len(plan.windows))
        except BaseException:
            # what was judged before an interruption is stored, so its incidents are told too
            with suppress(DriftlineError):
                refresh(self.store, self.config, plan.model)
            raise
        if plan.windows:
            refresh(self.store, self.config, plan.model)
        return runs

    def _step(self, judge: Judge, windows: Sequence[Window], now: datetime) -> list[Run]:
        try:
            self.store.require(judge.model)
            judged = judge.judge(windows)
        except StoreError:
            raise
        except DriftlineError as error:
            if len(windows) > 1:
                return [run for window in windows for run in self._step(judge, [window], now)]
            judged = Judged([self._failed(judge, windows[0], now, error)], {})
        else:
            self.store.count_judged_hours(judge.model, windows)
        self.store.replace_runs(judge.model, windows, judged.runs, judged.profiles)
        return judged.runs

    def _failed(self, judge: Judge, window: Window, now: datetime, error: DriftlineError) -> Run:
        """Record what went wrong, so that `backfill --reprocess failed` finds it."""
        return Run(
            deployment=Deployment(judge.model, ""),
            window=window,
            status=RunStatus.FAILED,
            coverage=0.0,
            config_hash=judge.monitor.fingerprint(),
            code_version=self.code_version,
            started_at=now,
            duration_s=0.0,
            n_predictions=0,
            n_calls=0,
            baseline="",
            baseline_windows=0,
            error=str(error),
        )


def _wanted(status: RunStatus | None, reprocess: Reprocess) -> bool:
    if status is None or reprocess is Reprocess.COMPLETED:
        return True
    return reprocess is Reprocess.FAILED and status is RunStatus.FAILED
