"""What the writer remembers from load to load, so that a small load need not ask for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import duckdb

from store.outputs import Outputs
from store.prepared import Prepared
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
    cursor : callable
        Opens a connection to the database.
    models : dict of str to KnownModel
    recent : RecentIds
    archived_us : dict of str to int or None
        Newest archived moment of models, in microseconds since 1970; `store.archive.ids.reach`.
    """

    cursor: Callable[[], duckdb.DuckDBPyConnection]
    models: dict[str, KnownModel] = field(default_factory=dict[str, KnownModel])
    recent: RecentIds = field(default_factory=RecentIds)
    archived_us: dict[str, int | None] = field(default_factory=dict[str, int | None])
    _prepared: Prepared | None = None

    @property
    def prepared(self) -> Prepared:
        """The statements that small loads run again and again."""
        if self._prepared is None:
            self._prepared = Prepared(self.cursor())
        return self._prepared

    def forget(self, model: str) -> None:
        """Forget a model that was written to in another way."""
        self.models.pop(model, None)
        self.recent.forget(model)
        self.archived_us.pop(model, None)

    def roll_back(self) -> None:
        """Forget what a transaction that failed may have taught; ids too many do no harm."""
        self.models.clear()
        self.archived_us.clear()
        self.close()

    def close(self) -> None:
        """Close the connection of the prepared statements; the next use opens another."""
        if self._prepared is not None:
            self._prepared.close()
            self._prepared = None
