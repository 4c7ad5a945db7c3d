"""The configured two-sample tests on one column: what they read off counts, and off values."""

from __future__ import annotations

from collections.abc import Mapping

from detectors.ks import Limits, Samples
from detectors.registry import TESTS
from domain.column import Column
from domain.finding import Finding
from domain.profile import ColumnKind, Profile, SortedColumn
from monitors.config import DriftConfig


def compare(
    reference: Profile,
    current: Profile,
    by_values: Mapping[str, Finding],
    *,
    column: Column,
    drift: DriftConfig,
    alpha: float,
) -> list[Finding]:
    """
    Run the configured tests on one column, in the configured order.

    Parameters
    ----------
    reference, current : Profile
        Over one grid.
    by_values : mapping of str to Finding
        What the tests say that eat values, by name; those that are not in it are left out.
    column : Column
    drift : DriftConfig
    alpha : float
        Chance of a false alarm of each test.
    """
    limits = {"psi": drift.psi}
    found: list[Finding] = []
    for name in drift.numeric if column.kind is ColumnKind.NUMBER else drift.categorical:
        test = TESTS[name]
        if name in by_values:
            found.append(by_values[name])
        elif test.eats == "profile":
            limit = {"threshold": limits[name]} if name in limits else {}
            found.append(test.detect(reference, current, kind=column.role, alpha=alpha, **limit))
    return found


def by_values(
    reference: SortedColumn,
    current: SortedColumn,
    *,
    column: Column,
    drift: DriftConfig,
    alpha: float,
) -> dict[str, Finding]:
    """Run the configured tests that eat the values of a numeric column, by name."""
    return {
        name: TESTS[name].detect(
            reference, current, kind=column.role, alpha=alpha, threshold=drift.ks
        )
        for name in drift.numeric
        if TESTS[name].eats == "sorted"
    }


def without_rows(column: Column, n_reference: int, drift: DriftConfig) -> dict[str, Finding]:
    """Say of the tests that eat values that there are none to compare."""
    lack = Samples(
        column=column.name, kind=column.role, n=(n_reference, 0), present=(0, 0), infinite=(0, 0)
    )
    return {
        name: lack.unjudged("empty", ks_limits(drift, drift.alpha))
        for name in drift.numeric
        if TESTS[name].eats == "sorted"
    }


def needs_values(drift: DriftConfig) -> bool:
    """Return whether a configured test eats values."""
    return any(TESTS[name].eats == "sorted" for name in drift.numeric)


def ks_limits(drift: DriftConfig, alpha: float) -> Limits:
    """Return what counts as drift where KS is judged from cells."""
    return Limits(alpha, drift.ks)
