"""Completeness: hard rules that need no calibration and no delay."""

import numpy as np
import pytest

from detectors import completeness
from domain.finding import Verdict
from domain.profile import ColumnKind, ColumnRole, Grid, GridKind, Profile

NUMBERS = Grid(GridKind.ATOMS, np.array([1.0, 2.0]))
LABELS = Grid(GridKind.CATEGORIES, np.empty(0), ("a", "b"))


def profile(present, missing=0, grid=NUMBERS):
    return Profile("x", grid, np.array([present, 0, missing, 0], dtype=np.int64))


def judge(reference, current, **options):
    return completeness.detect(reference, current, kind=ColumnRole.FEATURE, **options)


@pytest.mark.parametrize(
    ("reference", "current", "reason"),
    [
        (profile(1000), profile(500, 499), "ok"),
        (profile(1000), profile(100, 899), "ok"),
        (profile(1000), profile(100, 900), "nearly_all_missing"),
        (profile(499, 501), profile(10, 990), "ok"),
        (profile(500, 500), profile(10, 990), "nearly_all_missing"),
        (profile(1000), profile(0, 5), "all_missing"),
        (profile(1000, 9000), profile(0, 500), "all_missing"),
        (profile(10, 9990), profile(0, 50), "too_small"),
        (profile(0, 1000), profile(5), "never_present"),
        (profile(1000), profile(0), "empty"),
        (profile(0), profile(5), "empty"),
    ],
)
def test_all_or_nearly_all_missing_is_a_fault_where_chance_cannot_explain_it(
    reference, current, reason
):
    assert judge(reference, current).reason == f"finding.completeness.{reason}"


def test_a_column_that_the_logs_no_longer_have_is_absent():
    found = judge(profile(1000), None, n_current=200)
    assert (found.verdict, found.reason) == (Verdict.DRIFTED, "finding.completeness.absent")
    assert found.n_current == 200


@pytest.mark.parametrize(
    ("grid", "type_now"), [(NUMBERS, ColumnKind.CATEGORY), (LABELS, ColumnKind.NUMBER)]
)
def test_another_type_is_a_fault(grid, type_now):
    found = judge(profile(1000, grid=grid), profile(500, grid=grid), type_now=type_now)
    assert found.verdict is Verdict.DRIFTED
    assert found.reason == f"finding.completeness.changed_type.{grid.column_kind}"


def test_the_same_type_is_none():
    assert judge(profile(9), profile(9), type_now=ColumnKind.NUMBER).verdict is Verdict.OK


def test_alpha_says_how_sure_it_must_be():
    sides = profile(900, 100), profile(0, 3)
    assert judge(*sides, alpha=0.01).verdict is Verdict.DRIFTED
    assert judge(*sides, alpha=0.0001).verdict is Verdict.INCONCLUSIVE
