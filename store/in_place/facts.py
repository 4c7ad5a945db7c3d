"""What is in a file that is read in place: looked at once, as long as the file does not change."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from typing import Any

from domain.column import Column
from domain.profile import ColumnRole
from domain.window import Window
from store.hours.stale import HOUR_US
from store.moments import to_microseconds
from store.outputs import NO_OUTPUTS, Outputs
from store.registry import FeatureType


@dataclass(frozen=True, slots=True)
class Group:
    """
    Rows that are read together: a row group.

    Parameters
    ----------
    start, rows : int
        Number of its first row in the file, and how many it has.
    first, last : int or None
        Time of its first and last event in microseconds since 1970; None: it has none.
    """

    start: int
    rows: int
    first: int | None
    last: int | None

    @property
    def span(self) -> tuple[int, int] | None:
        """Time of its first and last event; None without any."""
        return None if self.first is None or self.last is None else (self.first, self.last)

    def overlaps(self, low: int, high: int) -> bool:
        """Return whether any of its events can lie in ``[low, high)``."""
        return self.span is not None and self.span[0] < high and self.span[1] >= low


@dataclass(frozen=True, slots=True)
class Served:
    """
    The events of one version.

    Parameters
    ----------
    first, last : int
        In microseconds since 1970.
    predictions, calls : int
    """

    first: int
    last: int
    predictions: int
    calls: int

    def merged(self, other: Served) -> Served:
        """Return both together."""
        return Served(
            min(self.first, other.first),
            max(self.last, other.last),
            self.predictions + other.predictions,
            self.calls + other.calls,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """
    What is in one file, of one model.

    Parameters
    ----------
    groups : tuple of Group
    versions : dict of str to Served
        Predictions and calls, without rows that are only labels.
    labels, others : int
        Rows with a label; rows of other models.
    refused : dict of str to int
        Rows that are no events, by reason.
    features : tuple of (name, FeatureType)
        Those that hold anything, in the order of the columns.
    outputs : Outputs
    every_row : bool
        Whether all rows are events of the model.
    all_predictions : bool
        Whether every event is a prediction.
    features_decide : bool
        Whether only its features tell of some row whether it is a prediction, or an event at all.
    requests : bool
        Whether rows tell of the request that they were part of.
    only_labels : bool
        Whether there are rows that only bring a label for an earlier event.
    error : str or None
        Why it cannot be read; nothing else is known then.
    """

    groups: tuple[Group, ...] = ()
    versions: dict[str, Served] = field(default_factory=dict[str, Served])
    labels: int = 0
    others: int = 0
    refused: dict[str, int] = field(default_factory=dict[str, int])
    features: tuple[tuple[str, FeatureType], ...] = ()
    outputs: Outputs = NO_OUTPUTS
    every_row: bool = True
    all_predictions: bool = True
    features_decide: bool = False
    requests: bool = False
    only_labels: bool = False
    error: str | None = None

    @property
    def rows(self) -> int:
        """All rows of the file."""
        return sum(group.rows for group in self.groups)

    @property
    def hours(self) -> set[int]:
        """Hours since 1970 in which calls or predictions may be others than without it."""
        spans = [group.span for group in self.groups if group.span is not None]
        # the rest of a request that it ends may have begun an hour before, in another file
        early = int(self.requests)
        return {
            hour
            for low, high in spans
            for hour in range(low // HOUR_US - early, high // HOUR_US + 1)
        }

    def has(self, column: Column) -> bool:
        """Return whether a column may hold anything here."""
        if column.role is not ColumnRole.FEATURE:
            return column.role.value in self.outputs.kinds()
        return any(name == column.name for name, _ in self.features)

    def chosen(self, window: Window | None) -> list[int]:
        """Return which groups may have events in a window; None: in all of time."""
        if window is None:
            return [i for i, group in enumerate(self.groups) if group.first is not None]
        low, high = to_microseconds(window.start), to_microseconds(window.end)
        return [i for i, group in enumerate(self.groups) if group.overlaps(low, high)]

    def to_json(self) -> str:
        """Write it for the store."""
        told = dataclasses.asdict(self)
        told["outputs"]["values"] = sorted(self.outputs.values)
        return json.dumps(told, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> FileFacts:
        """Read what `to_json` wrote."""
        told: dict[str, Any] = json.loads(text)
        outputs = told["outputs"]
        told["groups"] = tuple(Group(**group) for group in told["groups"])
        told["versions"] = {v: Served(**served) for v, served in told["versions"].items()}
        told["features"] = tuple((name, FeatureType(kind)) for name, kind in told["features"])
        told["outputs"] = Outputs(**outputs | {"values": frozenset(outputs["values"])})
        return cls(**told)
