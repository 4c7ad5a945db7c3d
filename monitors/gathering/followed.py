"""How the sources stand whose logs are taken as they are written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from domain.checkpoint import FollowedSource, FollowedState
from monitors.follower import SIGN_OF_LIFE
from monitors.views.data import FollowedData, Following

_ORDER: Final = tuple(Following)


def followed(sources: Sequence[FollowedSource], now: datetime) -> tuple[FollowedData, ...]:
    """
    Return sources as they stand at `now`, the one that needs somebody first.

    Parameters
    ----------
    sources : sequence of FollowedSource
    now : datetime
    """
    found = [
        FollowedData(
            source=one.state.source,
            following=_standing(one.state, now),
            files=one.state.files,
            bytes_taken=one.bytes_taken,
            bytes_behind=one.state.bytes_behind,
            newest=one.newest,
            looked_at=one.state.looked_at,
            every_s=one.state.every_s,
            failing=one.state.failing,
            error=one.state.error,
        )
        for one in sources
    ]
    return tuple(sorted(found, key=lambda one: (_ORDER.index(one.following), one.source)))


def _standing(state: FollowedState, now: datetime) -> Following:
    if state.failing:
        return Following.FAILING
    # a look may take a while, and a follower that has nothing to tell tells so once a minute
    patience = 2 * SIGN_OF_LIFE + 3 * timedelta(seconds=state.every_s)
    if state.every_s and now - state.looked_at > patience:
        return Following.STOPPED
    if state.bytes_behind:
        return Following.BEHIND
    return Following.CURRENT if state.every_s else Following.ONCE
