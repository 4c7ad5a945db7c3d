"""Counting what loads changed, model by model: one that cannot be read holds up no other."""

from __future__ import annotations

import logging
from collections.abc import Callable

from domain.errors import DriftlineError
from store.store import Store

log = logging.getLogger(__name__)


def refresh_each(store: Store, count: Callable[[str], int]) -> int:
    """
    Count every model's changed hours.

    Parameters
    ----------
    store : Store
    count : callable
        Counts one model's, by name; returns how many hours there were.

    Returns
    -------
    int
        Hours that were counted, of all models that could be read. Of the others their runs and
        doctor tell.
    """
    total = 0
    for model in store.models():
        try:
            total += count(model)
        except DriftlineError:
            log.warning("refresh.failed", extra={"model": model})
    return total
