"""Who answers for each model's logs: the engine of the place where its rows lie."""

from __future__ import annotations

from domain.window import Window
from store.database import Database
from store.engines.counted_engine import CountedEngine
from store.engines.engine import Engine
from store.engines.stored_engine import StoredEngine
from store.hours.stale import stale_models
from store.upkeep import Upkeep


class ModelEngines(Upkeep):
    """The engines of a store's models."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._attached: dict[str, Engine] = {}

    def attach(self, model: str, engine: Engine) -> None:
        """Let an engine answer for a model whose rows lie elsewhere; the results stay here."""
        self._attached[model] = engine

    @property
    def elsewhere(self) -> frozenset[str]:
        """The models whose rows lie elsewhere."""
        return frozenset(self._attached)

    def attached(self, model: str) -> Engine | None:
        """Return the engine of a model whose rows lie elsewhere."""
        return self._attached.get(model)

    def logs(self, model: str) -> Engine:
        """
        Return who answers questions about a model's rows: counts, exact values, samples.

        An unknown model is told of by the first question: `UnknownNameError`.
        """
        return self._attached.get(model) or StoredEngine(self._database, model)

    def refresh_column_hours(self, model: str | None = None, span: Window | None = None) -> int:
        """
        Count the hours whose predictions changed: how many, and their columns' cells.

        Columns are counted over the grid that is in force in the hour. Loads may commit meanwhile;
        what they change is counted the next time. Hours whose rows were dropped stay as they are.

        Parameters
        ----------
        model : str, optional
            Default: all models. Of one that Spark answers for nothing is counted.
        span : Window, optional
            Of the model: the hours that overlap it; default: all hours.

        Returns
        -------
        int
            Hours that were counted.
        """
        if model is not None:
            engine = self.logs(model)
            return engine.refresh(span) if isinstance(engine, CountedEngine) else 0
        with self._database.reading() as connection:
            models = stale_models(connection, self._database.marks.predictions)
        return sum(self.refresh_column_hours(one) for one in models)
