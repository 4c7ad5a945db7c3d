"""What a question reads: one model's rows as SQL, wherever they lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

import duckdb

from domain.column import Column
from domain.profile import ColumnKind
from domain.window import Window
from store.outputs import output_kinds
from store.registry import Features, features_of, find_model


@dataclass(frozen=True, slots=True)
class Relations:
    """
    A model's rows, and what is known of their columns.

    Parameters
    ----------
    model : str
    predictions, calls, labels : str
        SQL that may stand behind ``from``, with the columns of the tables of that name.
    features : Features
        Whose columns `predictions` has.
    outputs : mapping of str to ColumnKind
        Those of ``prediction`` and ``score`` that the model has.
    """

    model: str
    predictions: str
    calls: str
    labels: str
    features: Features
    outputs: Mapping[str, ColumnKind]


class Asking(Protocol):
    """Asks about the rows of some windows of one model."""

    def __call__(
        self, windows: Sequence[Window], columns: Sequence[Column] = ()
    ) -> AbstractContextManager[tuple[duckdb.DuckDBPyConnection, Relations]]:
        """Yield a connection that reads, and where the rows lie; `columns` are read in turn."""
        ...


def stored(connection: duckdb.DuckDBPyConnection, model: str) -> Relations:
    """
    Return a model's own tables.

    Raises
    ------
    UnknownNameError
        If there is no such model.
    """
    tables = find_model(connection, model)
    return Relations(
        model,
        tables.table("predictions"),
        tables.table("calls"),
        tables.table("labels"),
        features_of(connection, model),
        output_kinds(connection, model),
    )
