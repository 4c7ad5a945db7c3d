"""DuckDB answers from the store's own tables and archive, and from what was counted of them."""

from __future__ import annotations

from domain.window import Window
from store.archive.spanning import reading_all, spanning_relations
from store.catalog import DeploymentInfo
from store.engines.counted_engine import CountedEngine
from store.hours import prediction_hours


class StoredEngine(CountedEngine):
    """
    Answers for a model whose rows are the store's own.

    Parameters
    ----------
    database : Database
    model : str
    """

    def deployments(self) -> tuple[DeploymentInfo, ...]:
        marks = self._database.marks
        with reading_all(self._database) as connection:
            windows = prediction_hours.uncounted_windows(connection, self.model, marks)
            logs = spanning_relations(connection, self.model, windows)
            return prediction_hours.deployments(connection, logs, marks)

    def data_span(self) -> Window | None:
        return prediction_hours.span_of(self.deployments())
