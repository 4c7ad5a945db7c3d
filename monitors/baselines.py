"""Fixing and showing what windows are compared with, and accepting a new normal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from detectors.forecast import level_of
from domain.acceptance import Acceptance
from domain.baseline import FrozenBaseline
from domain.errors import NothingToJudgeError, UnknownNameError, UsageError
from domain.finding import Calibration
from domain.profile import ColumnKind
from domain.window import Window, align, iso, windows_between
from monitors.baseline_plan import PINNED
from monitors.column_names import name_of
from monitors.config import Config
from monitors.drift_judge import DriftJudge, described
from store.store import Store


@dataclass(frozen=True, slots=True)
class ColumnBaseline:
    """
    What one column is compared with in one window.

    Parameters
    ----------
    column, role : str
    kind : ColumnKind
    windows : int
        Baseline windows with enough rows.
    calibration : Calibration
    line : float or None
        Alarm line, -log10 of the chance per column and window.
    visible_shift : float or None
        In standard deviations of a number; of a category the share of rows that move.
    """

    column: str
    role: str
    kind: ColumnKind
    windows: int
    calibration: Calibration
    line: float | None
    visible_shift: float | None


@dataclass(frozen=True, slots=True)
class BaselineShown:
    """One deployment's baseline for one window."""

    model: str
    version: str
    window: Window
    description: str
    columns: tuple[ColumnBaseline, ...]
    acceptances: tuple[Acceptance, ...]

    def shape(self) -> dict[str, object]:
        """Return it as ``baseline show --json`` prints it."""
        return {
            "schema_version": 1,
            "model": self.model,
            "version": self.version,
            "window": {"start": iso(self.window.start), "end": iso(self.window.end)},
            "baseline": self.description,
            "columns": [
                {
                    "column": c.column,
                    "role": c.role,
                    "windows": c.windows,
                    "calibration": c.calibration.value,
                    "line": c.line,
                    "visible_shift": c.visible_shift,
                }
                for c in self.columns
            ],
            "acceptances": [
                {"columns": list(a.columns), "since": iso(a.since), "why": a.why, "who": a.who}
                for a in self.acceptances
            ],
        }


def show(
    store: Store, config: Config, model: str, version: str | None, as_of: datetime
) -> BaselineShown:
    """
    Say what a model's newest window is compared with.

    Parameters
    ----------
    store : Store
    config : Config
    model : str
    version : str or None
        None: the one seen last.
    as_of : datetime
        The newest window that is complete by then and holds data is meant, as `run` has it.

    Raises
    ------
    UnknownNameError
        If there is no such version.
    NothingToJudgeError
        If there are no logs before `as_of`.
    """
    deployments = {d.version: d for d in store.logs(model).deployments()}
    if version is not None and version not in deployments:
        raise UnknownNameError.nearest("version", version, deployments)
    seen = [d for d in deployments.values() if d.first < as_of and version in (None, d.version)]
    if not seen:
        raise NothingToJudgeError(f"no logs of {model!r} before {iso(as_of)}")
    chosen = max(seen, key=lambda d: d.last)
    judge = DriftJudge(store, config, model, as_of)
    length, zone = judge.monitor.window, config.timezone
    start = align(min(chosen.last, as_of - length), length, zone)
    window = windows_between(start, start + 2 * length, length, zone)[0]
    columns: list[ColumnBaseline] = []
    description = ""
    for calibrated in judge.calibrations.of(chosen.version, window):
        description = description or calibrated.reference.plan.description
        columns += [
            ColumnBaseline(
                name_of(column),
                column.role.value,
                column.kind,
                len(calibrated.reference.windows),
                level_of(len(calibrated.reference.windows)),
                line,
                shift,
            )
            for column, line, shift in described(calibrated)
        ]
    return BaselineShown(
        model, chosen.version, window, description, tuple(columns), tuple(store.acceptances(model))
    )


def accept(
    store: Store,
    model: str,
    columns: Sequence[str],
    since: datetime,
    why: str,
    who: str,
    now: datetime,
) -> Acceptance:
    """
    Declare that from `since` on some columns have a new normal; audited, never undone silently.

    Parameters
    ----------
    store : Store
    model : str
    columns : sequence of str
        Empty: all.
    since, now : datetime
    why, who : str

    Raises
    ------
    UnknownNameError
        If the model has no such column.
    UsageError
        If no reason is given, or `since` lies ahead.
    """
    known = [name_of(column) for column in store.logs(model).columns()]
    for column in columns:
        if column not in known:
            raise UnknownNameError.nearest("column", column, known)
    if not why.strip():
        raise UsageError("--why is empty; say why the shift is the new normal")
    if since > now:
        raise UsageError(f"--since {iso(since)} lies ahead; give the day the shift began")
    acceptance = Acceptance(model, tuple(columns), since, why, who, now)
    store.save_acceptance(acceptance)
    return acceptance


def fix(
    store: Store, config: Config, model: str, span: Window | None, now: datetime
) -> Window | None:
    """
    Fix the span that a model's windows are compared with, or let it move again.

    Parameters
    ----------
    store : Store
    config : Config
    model : str
    span : Window or None
        None: back to what the configuration says.
    now : datetime

    Raises
    ------
    UsageError
        If the configuration names a baseline of its own: the file wins, so it must be changed.
    NothingToJudgeError
        If the span holds no complete window with logs.
    """
    monitor = config.monitor(model)
    if "baseline" in monitor.model_fields_set:
        raise UsageError(f"driftline.yaml names a baseline for {model!r}: change it there, it wins")
    windows: list[Window] = []
    if span is not None:
        windows = windows_between(span.start, span.end, monitor.window, config.timezone)
        rows = store.logs(model).row_counts(windows) if windows else {}
        if not any(counts.any() for counts in rows.values()):
            raise NothingToJudgeError(f"{span} holds no complete window with logs of {model!r}")
    for earlier in store.baselines(model):
        # the cells that were learned of another span, or of fewer rows of this one
        store.drop_baseline(model, earlier.name)
    if not windows:
        return None
    store.save_baseline(FrozenBaseline(model, PINNED, tuple(windows), {}, {}, now))
    return Window(windows[0].start, windows[-1].end)
