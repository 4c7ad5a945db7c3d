"""What is said where rows are missing because files of the archive are damaged or gone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from domain.finding import Finding, Verdict
from domain.window import Window
from store.store import Store

REASON: Final = "finding.rows-lost"


@dataclass(frozen=True)
class LostRows:
    """
    Which windows of a model lack rows; asked once for each.

    Parameters
    ----------
    store : Store
    model : str
    """

    store: Store
    model: str
    _shares: dict[Window, float] = field(default_factory=dict[Window, float])

    def shares(self, windows: Sequence[Window]) -> list[float]:
        """Return the share of each window of which rows of any version are missing, in [0, 1]."""
        fresh = [window for window in windows if window not in self._shares]
        if fresh:
            found = self.store.missing_shares(self.model, None, fresh)
            self._shares.update(zip(fresh, found, strict=True))
        return [self._shares[window] for window in windows]

    def whole(self, windows: Sequence[Window]) -> tuple[Window, ...]:
        """Return the windows that lack nothing: from others nobody learns what is usual."""
        found = zip(windows, self.shares(windows), strict=True)
        return tuple(window for window, share in found if not share)


def unjudged(findings: Iterable[Finding], share: float) -> list[Finding]:
    """
    Return findings of a window; where rows of it are missing, each says that and nothing else.

    What is left of a window may be like the baseline where the whole is not, and the other way
    round: of lost rows nobody can say that they were fine, or that they never came.

    Parameters
    ----------
    findings : iterable of Finding
    share : float
        Of the window of which rows are missing.
    """
    if not share:
        return list(findings)
    return [
        replace(
            one,
            verdict=Verdict.INCONCLUSIVE,
            reason=REASON,
            values={**one.values, "missing_share": share},
        )
        for one in findings
    ]
