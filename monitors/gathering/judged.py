"""What was judged of a model, and which of it is asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

from detectors import completeness, psi
from domain.errors import NothingToJudgeError, UnknownNameError
from domain.run import Deployment, Run, RunStatus
from domain.window import Window, iso
from store.column_readings import Deciders
from store.run_keys import RunChoice
from store.run_points import RunPoint
from store.store import Store

DECIDERS = Deciders(rule=completeness.NAME, beside=psi.NAME)


def points_of(
    store: Store, model: str | None = None, most: int | None = None
) -> dict[Deployment, list[RunPoint]]:
    """
    Return what was judged of each deployment, oldest window first.

    A run of the whole model that failed bears no version; where the model has versions, it is
    none of them.

    Parameters
    ----------
    store : Store
    model : str or None
        None: of all models.
    most : int or None
        Only so many of the newest windows of each deployment.
    """
    found: dict[Deployment, list[RunPoint]] = defaultdict(list)
    for point in store.run_points(RunChoice(model, most=most)):
        found[point.deployment].append(point)
    return dict(found)


def versions_of(points: Collection[Deployment]) -> dict[str, list[Deployment]]:
    """Group deployments by their model."""
    found: dict[str, list[Deployment]] = defaultdict(list)
    for deployment in points:
        found[deployment.model].append(deployment)
    return dict(found)


def is_whole_model(points: Sequence[RunPoint]) -> bool:
    """Return whether these are nothing but failed tries of a whole model."""
    return all(
        p.deployment.version == "" and p.status is RunStatus.FAILED and not p.n_calls
        for p in points
    )


def nothing_judged(store: Store, model: str, span: Window | None = None) -> NothingToJudgeError:
    """Return the error that says what was judged instead of what was asked for."""
    judged = sorted(store.run_statuses(model))
    if not judged:
        return NothingToJudgeError(
            f"no window of {model!r} was judged yet; run 'driftline backfill' "
            "or 'driftline run' first"
        )
    return NothingToJudgeError(
        f"no window of {model!r} inside {span} was judged; judged are "
        f"{iso(judged[0].start)} to {iso(judged[-1].end)}"
    )


def require_run(store: Store, model: str, version: str, window: Window | None) -> Run:
    """
    Return the run of a window with all its findings.

    Parameters
    ----------
    store : Store
    model, version : str
    window : Window or None
        None: the newest one that was judged.

    Raises
    ------
    UnknownNameError
        If the model has no such version.
    NothingToJudgeError
        If the window was not judged; says what was.
    """
    found = store.runs(model, version, window, newest_only=window is None)
    for run in found:
        if window in (None, run.window):
            return run
    judged = [p.window for p in store.run_points(RunChoice(model, version))]
    if judged:
        raise NothingToJudgeError(
            f"{window} of {model!r} version {version!r} was not judged; judged are "
            f"{iso(judged[0].start)} to {iso(judged[-1].end)}"
        )
    known = {d.version for d in points_of(store, model)}
    if not known:
        raise nothing_judged(store, model)
    raise UnknownNameError.nearest("version", version, known)
