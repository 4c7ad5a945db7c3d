"""Where the old rows of models go, in words."""

from __future__ import annotations

from dataclasses import dataclass

from domain.catalogue import say
from monitors.views.data import DataView, TierData
from reports import numbers


@dataclass(frozen=True, slots=True)
class TierRow:
    """
    One model's line.

    Parameters
    ----------
    model, archive, archived, kept, dropped : str
        Where rows go and when; what went; how long any are kept; what is gone.
    """

    model: str
    archive: str
    archived: str
    kept: str
    dropped: str


def rows(view: DataView, language: str) -> list[TierRow]:
    """Return a line for each model, in alphabetical order."""
    return [
        TierRow(
            one.model,
            _archive(one.tiers, language),
            _archived(one.tiers, language),
            _kept(one.tiers, language),
            _dropped(one.tiers, language),
        )
        for one in sorted(view.models, key=lambda one: one.model)
    ]


def is_told(view: DataView) -> bool:
    """Return whether rows of any model move, are dropped, or did or were."""
    return any(map(_moves, (one.tiers for one in view.models)))


def damaged(view: DataView) -> int:
    """Return how many archived files were set aside."""
    return sum(one.tiers.damaged for one in view.models)


def lost(view: DataView) -> int:
    """Return how many rows are missing with them."""
    return sum(one.tiers.lost_rows for one in view.models)


def _moves(one: TierData) -> bool:
    configured = (one.archive_to, one.keep_days, one.keep_bytes)
    return bool(one.files) or any(value is not None for value in (*configured, one.dropped_before))


def _archive(one: TierData, language: str) -> str:
    if one.archive_to is None or one.archive_after_days is None:
        return say("page_data.tiers.stay", language)
    days = f"{one.archive_after_days:g}"
    # what stands behind ? says how to reach a bucket, not which it is
    to = one.archive_to.partition("?")[0]
    return say("page_data.tiers.to", language, days=days, to=to)


def _archived(one: TierData, language: str) -> str:
    if not one.files:
        return numbers.DASH
    size = numbers.size(one.size_bytes)
    return say("page_data.tiers.archived.value", language, n=numbers.count(one.rows), size=size)


def _kept(one: TierData, language: str) -> str:
    parts: list[str] = []
    if one.keep_days is not None:
        parts.append(say("page_data.tiers.days", language, days=f"{one.keep_days:g}"))
    if one.keep_bytes is not None:
        size = numbers.size(one.keep_bytes)
        parts.append(say("page_data.tiers.size", language, size=size))
    return say("page_data.tiers.and", language).join(parts) or say(
        "page_data.tiers.forever", language
    )


def _dropped(one: TierData, language: str) -> str:
    if one.dropped_before is None:
        return numbers.DASH
    day = numbers.day(one.dropped_before, language)
    return say("page_data.tiers.dropped.value", language, day=day)
