"""A column of a model as the store knows it."""

from __future__ import annotations

from dataclasses import dataclass

from domain.profile import ColumnKind, ColumnRole


@dataclass(frozen=True, slots=True, order=True)
class Column:
    """
    A feature or an output of a model.

    Parameters
    ----------
    name : str
        As the logs write it; ``prediction``, ``score`` and ``label`` for the outputs.
    kind : ColumnKind
    role : ColumnRole
        Tells a feature called ``score`` from the score.
    """

    name: str
    kind: ColumnKind
    role: ColumnRole = ColumnRole.FEATURE
