"""The alert table of an error budget: which burn over which windows pages, which opens a ticket."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from domain.catalogue import say
from domain.slo import SLO

HOUR_S: Final = 3600
DAY_S: Final = 24 * HOUR_S
SHORT_PERIOD_DAYS: Final = 14
"""Below this the weekly table holds: the workbook's shares would ask for burns far below 1."""


class Urgency(StrEnum):
    """Whether somebody is woken up, or finds it in the morning."""

    PAGE = "page"
    TICKET = "ticket"


@dataclass(frozen=True, slots=True)
class BurnRow:
    """
    One condition: this share of the budget is spent within the long window, and still is.

    Parameters
    ----------
    urgency : Urgency
    long_s, short_s : int
        Lengths of the windows, in seconds; the short one makes the alert end soon after the
        fault does.
    budget_used : float
        Share of the period's error budget, in (0, 1].
    why : str
        Reason and source.
    """

    urgency: Urgency
    long_s: int
    short_s: int
    budget_used: float
    why: str

    def factor(self, period_days: float) -> float:
        """
        Return the burn rate that spends `budget_used` within the long window.

        Parameters
        ----------
        period_days : float
            Length of the objective's period, in days.
        """
        return self.budget_used * period_days * DAY_S / self.long_s

    def reachable(self, slo: SLO) -> bool:
        """Return whether the row can fire at all: a share of bad calls never exceeds 1."""
        return self.factor(slo.period_days) * (1 - slo.target) < 1 - 1e-12


WORKBOOK: Final[tuple[BurnRow, ...]] = (
    BurnRow(
        Urgency.PAGE,
        HOUR_S,
        300,
        0.02,
        "2 % of the budget in an hour: an outage. Google SRE Workbook, chapter 5, table 5-8",
    ),
    BurnRow(
        Urgency.PAGE,
        6 * HOUR_S,
        1800,
        0.05,
        "5 % in six hours: gone within five days. Google SRE Workbook, chapter 5, table 5-8",
    ),
    BurnRow(
        Urgency.TICKET,
        DAY_S,
        2 * HOUR_S,
        0.10,
        "10 % in a day: gone within ten days. Sloth's built-in 28 and 30 day catalogue",
    ),
    BurnRow(
        Urgency.TICKET,
        3 * DAY_S,
        6 * HOUR_S,
        0.10,
        "10 % in three days: the even rate. Google SRE Workbook, chapter 5, table 5-8",
    ),
)

WEEKLY: Final[tuple[BurnRow, ...]] = tuple(
    BurnRow(
        row.urgency,
        row.long_s,
        row.short_s,
        share,
        "the workbook's windows with a week's budget shares. Sloth, examples/windows/7d.yaml",
    )
    for row, share in zip(WORKBOOK, (0.08, 0.125, 0.20, 0.42), strict=True)
)


def rows_for(period_days: float) -> tuple[BurnRow, ...]:
    """
    Return the rows that make sense for a period: none looks back further than the period.

    Parameters
    ----------
    period_days : float
        Length of the objective's period, in days.
    """
    table = WEEKLY if period_days < SHORT_PERIOD_DAYS else WORKBOOK
    return tuple(row for row in table if row.long_s <= period_days * DAY_S)


def unreachable(slo: SLO) -> tuple[BurnRow, ...]:
    """
    Return the rows that can never fire for this target, to be told when it is configured.

    An objective of 90 % over 30 days loses its fast page: 14.4 times the even rate would be
    144 % bad calls.

    Parameters
    ----------
    slo : SLO
    """
    return tuple(row for row in rows_for(slo.period_days) if not row.reachable(slo))


def notices(slo: SLO, language: str = "en") -> list[str]:
    """
    Say which alerts an objective loses silently, one line each.

    Parameters
    ----------
    slo : SLO
    language : {"en", "zh"}
    """
    return [
        say(
            "slo.unreachable",
            language,
            name=slo.name,
            target=slo.target,
            long_h=row.long_s / HOUR_S,
            needed=row.factor(slo.period_days) * (1 - slo.target),
            least=1 - 1 / row.factor(slo.period_days),
        )
        for row in unreachable(slo)
    ]
