"""What the writer remembers from load to load, so that a small load need not ask for it."""

from __future__ import annotations

from dataclasses import dataclass, field

from store.outputs import Outputs
from store.recent_ids import RecentIds
from store.registry import Features, ModelTables


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model's tables, features and outputs, as they are stored."""

    tables: ModelTables
    features: Features
    outputs: Outputs


@dataclass(slots=True)
class WriterMemory:
    """
    What the writer of an open database remembers; used inside its lock.

    Parameters
    ----------
    models : dict of str to KnownModel
    recent : RecentIds
    """

    models: dict[str, KnownModel] = field(default_factory=dict[str, KnownModel])
    recent: RecentIds = field(default_factory=RecentIds)

    def forget(self, model: str) -> None:
        """Forget a model that was written to in another way."""
        self.models.pop(model, None)
        self.recent.forget(model)

    def roll_back(self) -> None:
        """Forget what a transaction that failed may have taught; ids too many do no harm."""
        self.models.clear()
