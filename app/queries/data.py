"""What the Data page says, from what is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from app.queries import prometheus
from app.queries.data_sources import troubled
from app.queries.fleet import Figure
from app.queries.when import about, ago
from domain.catalogue import say
from monitors.views.data import DataView, Freshness, ModelData, StoreOwner
from reports import numbers
from reports.judgement import Tone

_BEHIND: Final = (Freshness.SILENT, Freshness.LATE)
# the worst first, as the view has its models
_TOLD: Final = (*_BEHIND, Freshness.AHEAD)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRow:
    """
    One row of the table of models, as it is written.

    Parameters
    ----------
    model : str
    freshness, newest, coverage : str
    trend : list of float
        Calls of complete days as shares of the largest one, oldest first.
    predictions, calls, labels : int
    size, since : str
    """

    model: str
    freshness: str
    newest: str
    coverage: str
    trend: list[float]
    predictions: int
    calls: int
    labels: int
    size: str
    since: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """A feature that came with more than one type."""

    model: str
    feature: str
    types: str


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is said of the store."""

    label: str
    value: str


def opening(view: DataView, language: str) -> tuple[Tone, str]:
    """Say whether every model logs; if not, which does not, and since when."""
    for kind in _TOLD:
        found = [one for one in view.models if one.freshness is kind]
        if found:
            return Tone.WARNING, _lagging(kind, found, language)
    if (told := troubled(view, language)) is not None:
        return told
    current = [one for one in view.models if one.freshness is Freshness.CURRENT]
    if not current:
        return Tone.UNKNOWN, say("page_data.nothing", language)
    worst = max(current, key=_holes)
    if _holes(worst):
        values = {"model": worst.model, "missing": _holes(worst), "total": worst.windows}
        return Tone.WARNING, say("page_data.holes", language, **values)
    judged = ".judged" if any(one.counted_in_runs for one in current) else ""
    if len(current) > 1:
        return Tone.OK, say(f"page_data.current.many{judged}", language, n=len(current))
    key = f"page_data.current.one{judged}"
    return Tone.OK, say(key, language, model=worst.model, length=_length(worst, language))


def judged_note(view: DataView, language: str) -> str | None:
    """Say of which models calls are known of judged windows alone; None: of none."""
    models = sorted(one.model for one in view.models if one.counted_in_runs)
    return say("page_data.models.judged", language, models=", ".join(models)) if models else None


def figures(view: DataView, now: datetime, language: str) -> list[Figure]:
    """Return the numbers of the row on top."""
    return [
        _stored(view, language),
        _behind(view, now, language),
        _rejected(view, language),
        _size(view, language),
        _backup(view, now, language),
    ]


def rows(view: DataView, now: datetime, language: str) -> list[ModelRow]:
    """Return the table of models, in the order of the view: the one furthest behind first."""
    return [_row(one, now, language) for one in view.models]


def conflicts(view: DataView, language: str) -> list[Conflict]:
    """Return the features that came with more than one type, by model."""
    return [
        Conflict(one.model, feature, ", ".join(_type(kind, language) for kind in types))
        for one in sorted(view.models, key=lambda one: one.model)
        for feature, types in one.conflicts.items()
    ]


def facts(view: DataView, now: datetime, language: str) -> list[Fact]:
    """Return what is said of the store as a whole."""
    told = {
        "owner": _owner(view.owner, language),
        "file": numbers.size(view.size_bytes),
        "version": str(view.store_version),
        "backup": _last_backup(view.last_backup, now, language),
    }
    if view.prometheus is not None:
        told["prometheus"] = prometheus.standing(view.prometheus, now, language)
    return [Fact(say(f"page_data.store.{name}", language), text) for name, text in told.items()]


def _lagging(kind: Freshness, found: list[ModelData], language: str) -> str:
    furthest = found[-1] if kind is Freshness.AHEAD else found[0]
    key = f"page_data.{kind}" + (".many" if len(found) > 1 else "")
    length = _length(furthest, language)
    return say(key, language, n=len(found), model=furthest.model, length=length)


def _holes(one: ModelData) -> int:
    return one.windows - one.windows_with_logs


def _length(one: ModelData, language: str) -> str:
    return about(timedelta(seconds=abs(one.lag_s or 0.0)), language)


def _row(one: ModelData, now: datetime, language: str) -> ModelRow:
    return ModelRow(
        model=one.model,
        freshness=say(f"page_data.freshness.{one.freshness}", language),
        newest=_newest(one, now, language),
        coverage=_coverage(one, language),
        trend=_trend(one),
        predictions=one.predictions,
        calls=one.calls,
        labels=one.labels,
        size=numbers.size(one.size_bytes),
        since=numbers.DASH if one.first is None else numbers.day(one.first, language),
    )


def _newest(one: ModelData, now: datetime, language: str) -> str:
    if one.newest is None:
        return numbers.DASH
    if one.freshness is Freshness.AHEAD:
        return say("page_data.newest.ahead", language, length=_length(one, language))
    return ago(one.newest, now, language)


def _coverage(one: ModelData, language: str) -> str:
    if one.first is None:
        return numbers.DASH
    if not one.windows:
        return say(f"page_data.coverage.{'unjudged' if one.counted_in_runs else 'new'}", language)
    values = {"n": one.windows_with_logs, "total": one.windows}
    key = "judged" if one.counted_in_runs else "value"
    return say(f"page_data.coverage.{key}", language, **values)


def _trend(one: ModelData) -> list[float]:
    """Leave today out, which is not over, unless the model has nothing else."""
    days = one.daily_calls[:-1] if any(one.daily_calls[:-1]) else one.daily_calls
    largest = max(days, default=0.0)
    return [round(calls / largest, 3) for calls in days] if largest else []


def _type(kind: str, language: str) -> str:
    return say(f"page_data.type.{kind}", language)


def _stored(view: DataView, language: str) -> Figure:
    note = say(
        "page_data.stored.note",
        language,
        calls=numbers.compact(sum(one.calls for one in view.models)),
        labels=numbers.compact(sum(one.labels for one in view.models)),
    )
    value = numbers.compact(sum(one.predictions for one in view.models))
    return Figure("page_data.stored", value, note, Tone.UNKNOWN)


def _behind(view: DataView, now: datetime, language: str) -> Figure:
    behind = [one for one in view.models if one.freshness in _BEHIND]
    newest = max((one.newest for one in view.models if one.newest is not None), default=None)
    if behind and behind[0].newest is not None:
        told = ago(behind[0].newest, now, language)
        note = say("page_data.behind.furthest", language, model=behind[0].model, ago=told)
    elif newest is not None:
        note = say("page_data.behind.note", language, ago=ago(newest, now, language))
    else:
        note = say("page_data.behind.none", language)
    value = say("page_data.behind.value", language, n=len(behind), total=len(view.models))
    return Figure("page_data.behind", value, note, Tone.WARNING if behind else Tone.UNKNOWN)


def _rejected(view: DataView, language: str) -> Figure:
    totals = view.rejected_totals
    lines = totals.lines
    if lines:
        note = say("page_data.rejected.note", language, reason=next(iter(totals.by_reason)))
    else:
        note = say("page_data.rejected.none", language)
    tone = Tone.INFO if lines else Tone.UNKNOWN
    return Figure("page_data.rejected", numbers.count(lines), note, tone)


def _size(view: DataView, language: str) -> Figure:
    predictions = sum(one.predictions for one in view.models)
    if predictions:
        each = numbers.size(view.size_bytes / predictions)
        note = say("page_data.size.note", language, size=each)
    else:
        note = say("page_data.size.none", language)
    return Figure("page_data.size", numbers.size(view.size_bytes), note, Tone.UNKNOWN)


def _backup(view: DataView, now: datetime, language: str) -> Figure:
    at = view.last_backup
    if at is None:
        value, note = (say(f"page_data.backup.{key}", language) for key in ("never", "none"))
    else:
        # a recording is shown as of a moment that may lie before its backup
        value = ago(at, now, language) if at <= now else numbers.day(at, language)
        note = numbers.moment(at, language)
    return Figure("page_data.backup", value, note, Tone.UNKNOWN)


def _owner(owner: StoreOwner | None, language: str) -> str:
    if owner is None:
        return say("page_data.store.owner.none", language)
    return say(
        "page_data.store.owner.server",
        language,
        pid=owner.pid,
        url=owner.url,
        at=numbers.moment(owner.started_at, language),
    )


def _last_backup(at: datetime | None, now: datetime, language: str) -> str:
    if at is None:
        return say("page_data.store.backup.never", language)
    if at > now:
        return numbers.moment(at, language)
    values = {"at": numbers.moment(at, language), "ago": ago(at, now, language)}
    return say("page_data.store.backup.at", language, **values)
