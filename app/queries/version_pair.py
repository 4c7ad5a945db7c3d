"""Two versions of a model side by side, number by number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from domain.catalogue import say
from domain.finding import Verdict
from domain.window import Window
from monitors.verdicts import worst_by_column
from monitors.views.versions import VersionPoint, VersionsView, VersionView
from reports import numbers
from reports.service_charts import metric_name

METRICS: Final = ("roc_auc", "accuracy", "log_loss", "rmse", "mae")


@dataclass(frozen=True, slots=True)
class Pair:
    """
    Two versions set beside each other.

    Parameters
    ----------
    base, candidate : VersionView
    base_point, candidate_point : VersionPoint
        Of one window where there is one that both were judged in.
    same_window : bool
        False: they never met, and each stands at its own newest window.
    """

    base: VersionView
    candidate: VersionView
    base_point: VersionPoint
    candidate_point: VersionPoint
    same_window: bool


@dataclass(frozen=True, slots=True)
class PairRow:
    """One quantity of both, written out; `rows` are what the two numbers rest on."""

    label: str
    base: str
    candidate: str
    change: str
    rows: str


def pair(
    view: VersionsView, candidate: str, base: str | None, window: Window | None
) -> Pair | None:
    """
    Set two versions beside each other.

    Parameters
    ----------
    view : VersionsView
    candidate : str
        Unknown: the newest version.
    base : str or None
        None, unknown or the candidate itself: the version beside it with the newest window.
    window : Window or None
        Wanted; where not both were judged in it, the newest one that both were.

    Returns
    -------
    Pair or None
        None where there is one version only.
    """
    known = {own.version: own for own in view.versions if own.points}
    if len(known) < 2:
        return None
    ahead = known.get(candidate) or next(iter(known.values()))
    others = [own for own in known.values() if own is not ahead]
    behind = next((own for own in others if own.version == base), others[0])
    return _meet(behind, ahead, window)


def pair_rows(two: Pair, language: str) -> tuple[PairRow, ...]:
    """
    Return what the two versions did, row by row, without a verdict.

    Parameters
    ----------
    two : Pair
    language : {"en", "zh"}
    """
    base, candidate = two.base_point, two.candidate_point
    calls = _both(numbers.count(base.n_calls), numbers.count(candidate.n_calls), language)
    of_calls = say("page_versions.rows.calls", language, n=calls)
    latencies = (
        ("p50", base.p50_ms, candidate.p50_ms),
        ("p95", base.p95_ms, candidate.p95_ms),
        ("p99", base.p99_ms, candidate.p99_ms),
    )
    return (
        PairRow(
            say("page_versions.row.predictions", language),
            numbers.count(base.n_predictions),
            numbers.count(candidate.n_predictions),
            _relative(base.n_predictions, candidate.n_predictions),
            numbers.DASH,
        ),
        *_shadow_rows(base, candidate, language),
        PairRow(
            say("page_versions.row.failed", language),
            _percent(base.failed_share),
            _percent(candidate.failed_share),
            _points(base.failed_share, candidate.failed_share, language),
            of_calls,
        ),
        *(
            PairRow(
                say(f"page_versions.row.{key}", language),
                numbers.milliseconds(ours),
                numbers.milliseconds(theirs),
                _relative(ours, theirs),
                of_calls,
            )
            for key, ours, theirs in latencies
        ),
        *_metric_rows(base, candidate, language),
        _drift_row(two, language),
    )


def in_order(metrics: set[str]) -> tuple[str, ...]:
    """Return metrics in the order of how much they tell; unknown ones last."""
    known = [metric for metric in METRICS if metric in metrics]
    return (*known, *sorted(metrics - set(known)))


def _meet(base: VersionView, candidate: VersionView, window: Window | None) -> Pair:
    mine = {point.window: point for point in candidate.points}
    theirs = {point.window: point for point in base.points}
    met = sorted(w for w in mine.keys() & theirs.keys() if mine[w].n_calls and theirs[w].n_calls)
    shown = window if window in met else met[-1] if met else None
    if shown is None:
        return Pair(base, candidate, base.points[-1], candidate.points[-1], same_window=False)
    return Pair(base, candidate, theirs[shown], mine[shown], same_window=True)


def _shadow_rows(base: VersionPoint, candidate: VersionPoint, language: str) -> list[PairRow]:
    """Say how many predictions answered nobody, where there are any or nobody knows."""
    if base.n_shadow == candidate.n_shadow == 0:
        return []
    said = (numbers.count(base.n_shadow), numbers.count(candidate.n_shadow))
    return [PairRow(say("page_versions.row.shadow", language), *said, numbers.DASH, numbers.DASH)]


def _metric_rows(base: VersionPoint, candidate: VersionPoint, language: str) -> list[PairRow]:
    mine = candidate.performance.metrics if candidate.performance else {}
    theirs = base.performance.metrics if base.performance else {}
    labelled = _both(_labelled(base), _labelled(candidate), language)
    rested = say("page_versions.rows.labels", language, n=labelled)
    return [
        PairRow(
            metric_name(metric, language),
            numbers.metric(theirs.get(metric)),
            numbers.metric(mine.get(metric)),
            _difference(theirs.get(metric), mine.get(metric)),
            rested,
        )
        for metric in in_order(set(mine) | set(theirs))
    ]


def _drift_row(two: Pair, language: str) -> PairRow:
    """Count the drifting columns of each version's newest run, which is dated: windows differ."""
    said: list[str] = []
    for own in (two.base, two.candidate):
        judged = worst_by_column(own.newest)
        drifted = sum(finding.verdict is Verdict.DRIFTED for finding in judged)
        said.append(
            say("report.card.columns.value", language, n=drifted, total=len(judged))
            if judged
            else numbers.DASH
        )
    base, candidate = (numbers.span(v.newest.window, language) for v in (two.base, two.candidate))
    return PairRow(
        say("page_versions.row.drifting", language),
        said[0],
        said[1],
        numbers.DASH,
        _both(base, candidate, language),
    )


def _labelled(point: VersionPoint) -> str:
    return numbers.count(point.performance.labelled if point.performance else 0)


def _percent(value: float | None) -> str:
    return numbers.share(value, 2)


def _relative(base: float | None, candidate: float | None) -> str:
    if not base or candidate is None:
        return numbers.DASH
    return f"{round(100 * (candidate / base - 1)) or 0:+d}%".replace("+0%", "0%")


def _points(base: float | None, candidate: float | None, language: str) -> str:
    if base is None or candidate is None:
        return numbers.DASH
    moved = round(100 * (candidate - base), 2) or 0.0
    return say("report.points", language, n=f"{moved:+.2f}" if moved else "0")


def _difference(base: float | None, candidate: float | None) -> str:
    if base is None or candidate is None:
        return numbers.DASH
    return f"{candidate - base:+.3f}"


def _both(base: str, candidate: str, language: str) -> str:
    return say("page_versions.both", language, base=base, candidate=candidate)
