"""What could not be read, and how long it is kept."""

from __future__ import annotations

from collections import Counter
from typing import Final

from monitors.privacy_config import RejectedConfig
from monitors.views.data import RejectedData, RejectedTotals
from store.store import Store

MOST_REASONS: Final = 50


def rejected_data(store: Store) -> tuple[RejectedData, ...]:
    """Return why lines of each source were rejected, with the newest of each."""
    return tuple(
        RejectedData(
            reason=one.reason,
            lines=one.lines,
            source=one.source,
            position=one.position,
            message=one.message,
        )
        for one in store.rejected_reasons(MOST_REASONS)
    )


def rejected_totals(store: Store, config: RejectedConfig) -> RejectedTotals:
    """Return how many lines are kept and went, of all sources."""
    tallies = store.rejected_tallies()
    by_reason = Counter[str]()
    for one in tallies:
        by_reason[one.reason] += one.kept
    return RejectedTotals(
        by_reason={reason: n for reason, n in by_reason.most_common() if n},
        whole=sum(one.whole for one in tallies),
        read_again=sum(one.read_again for one in tallies),
        dropped=sum(one.dropped for one in tallies),
        keep_s=config.keep.total_seconds(),
        most=config.most,
    )
