"""What rotation makes of a file's name."""

from __future__ import annotations

import re
from typing import Final

from ingest.unpack import PACKED_ENDINGS

# app.log.1, app.log-20261122, app.log.2026-11-22T10-00, app.log.20261122-101500, app.log.old
_ROTATED: Final = re.compile(r"[.\-_](?:\d[\d.\-_:T]*Z?|old|bak)$")
_MOST: Final = 4


def unrotated(name: str) -> str:
    """
    Return the name that a file had before it was rotated and packed.

    Examples
    --------
    >>> unrotated("app.log.1"), unrotated("app.log-20261122.gz"), unrotated("day-2026-11-22.csv")
    ('app.log', 'app.log', 'day-2026-11-22.csv')
    """
    for _ in range(_MOST):
        before = name
        for ending in PACKED_ENDINGS:
            if name.lower().endswith(ending):
                name = name[: -len(ending)]
        match = _ROTATED.search(name)
        name = name[: match.start()] if match and match.start() else name
        if name == before:
            break
    return name
