"""What a run counted of one column, kept so that no page has to count it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.column import Column
from domain.profile import Profile
from domain.run import Deployment
from domain.window import Window


@dataclass(frozen=True, eq=False)
class RunProfile:
    """
    Both sides of one column as a run compared them.

    Parameters
    ----------
    column : Column
    reference, current : Profile
        Over one grid.
    """

    column: Column
    reference: Profile
    current: Profile


RunProfiles = Mapping[tuple[Deployment, Window], Sequence[RunProfile]]
"""The columns of several runs, in the order in which they were judged."""
