"""Numbers that may leave for JSON: finite, or none at all."""

from __future__ import annotations

import math


def finite(value: object) -> float | None:
    """Return `value` as a finite float, or None where it is absent, NaN or infinite."""
    if value is None or isinstance(value, str):
        return None
    number = float(value)  # pyright: ignore[reportArgumentType]
    return number if math.isfinite(number) else None
