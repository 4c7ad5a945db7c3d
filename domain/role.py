"""The part that a version plays in the traffic of its model, as its logs tell it."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

TAG: Final = "role"


class Role(StrEnum):
    """
    What a version's prediction was made for; the tag ``role`` of an event says it.

    `stable` and `canary` answer requests; what runs in `shadow` is logged, and answers nobody.
    An event without the tag answered.
    """

    STABLE = "stable"
    CANARY = "canary"
    SHADOW = "shadow"
