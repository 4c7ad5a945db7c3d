"""Views of what is stored, as the Service would give them, for tests of the Data page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from monitors.views.data import (
    DataView,
    FollowedData,
    Following,
    Freshness,
    HalvesData,
    ModelData,
    RejectedTotals,
    TierData,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def tier(**changed) -> TierData:
    """Where old rows go; nowhere, unless told otherwise."""
    fields = dict.fromkeys(("archive_to", "archive_after_days", "keep_days", "keep_bytes"))
    fields |= dict.fromkeys(("rows", "size_bytes", "files", "damaged", "lost_rows"), 0)
    return TierData(**{**fields, "dropped_before": None, **changed})


def model(name="m", *, lag=timedelta(minutes=3), **changed) -> ModelData:
    """A model that logs a hundred calls a day, up to `lag` ago."""
    fields = {
        "model": name,
        "freshness": Freshness.CURRENT,
        "predictions": 9000,
        "calls": 9000,
        "labels": 10,
        "first": NOW - timedelta(days=90),
        "newest": NOW - lag,
        "lag_s": lag.total_seconds(),
        "window_s": 86_400,
        "windows": 30,
        "windows_with_logs": 30,
        "daily_calls": (100.0,) * 90,
        "size_bytes": 2_000_000,
        "conflicts": {},
        "tiers": tier(),
        "counted_in_runs": False,
    }
    return ModelData(**{**fields, **changed})


def never(name="m") -> ModelData:
    """A model of which only labels came."""
    nothing = {"predictions": 0, "calls": 0, "first": None, "newest": None, "lag_s": None}
    nothing |= {"windows": 0, "windows_with_logs": 0, "daily_calls": (0.0,) * 90}
    return model(name, freshness=Freshness.EMPTY, size_bytes=None, **nothing)


def totals(**changed) -> RejectedTotals:
    """Lines that could not be read: none, unless told otherwise."""
    fields = {"by_reason": {}, "whole": 0, "read_again": 0, "dropped": 0}
    return RejectedTotals(**{**fields, "keep_s": 30 * 86_400.0, "most": 100_000, **changed})


def follow(source="logs", **changed) -> FollowedData:
    """A followed source of which everything is taken."""
    fields = {"following": Following.CURRENT, "files": 3, "bytes_taken": 9_000_000}
    fields |= {"bytes_behind": 0, "newest": NOW, "looked_at": NOW, "every_s": 2.0}
    return FollowedData(source=source, **{**fields, "failing": 0, "error": None, **changed})


def stored(*models: ModelData, **changed) -> DataView:
    """A store with some models."""
    fields = {
        "models": models,
        "sources": (),
        "n_sources": 0,
        "rejected": (),
        "rejected_totals": totals(),
        "halves": HalvesData(requests=0, responses=0, since=None, wait_s=900.0),
        "size_bytes": 3_000_000,
        "store_version": 5,
        "owner": None,
        "last_backup": None,
    }
    return DataView(**{**fields, **changed})
