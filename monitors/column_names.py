"""Names under which findings speak of columns."""

from __future__ import annotations

from typing import Final

from domain.column import Column
from domain.profile import ColumnRole

OUTPUTS: Final = frozenset({"prediction", "score", "label"})


def name_of(column: Column) -> str:
    """
    Name a column so that a feature called like an output is told from it.

    Parameters
    ----------
    column : Column

    Examples
    --------
    >>> from domain.profile import ColumnKind
    >>> name_of(Column("score", ColumnKind.NUMBER)), name_of(Column("age", ColumnKind.NUMBER))
    ('features.score', 'age')
    """
    taken = column.role is ColumnRole.FEATURE and column.name in OUTPUTS
    return f"features.{column.name}" if taken else column.name
