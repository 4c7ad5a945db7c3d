"""Evidently's own report: the one test that pays for importing it."""

from __future__ import annotations

import os

import numpy as np
import pyarrow as pa
import pytest

from domain.column import Column
from domain.errors import NothingToJudgeError, UnknownNameError
from domain.profile import ColumnKind
from reports.evidently_html import render_evidently

HOSTILE = "</script><script>alert(1)</script>"
COLUMNS = (
    Column("amount", ColumnKind.NUMBER),
    Column(HOSTILE, ColumnKind.CATEGORY),
    Column("gone", ColumnKind.NUMBER),
)


def _tables() -> tuple[pa.Table, pa.Table]:
    chance = np.random.default_rng(5)
    sides = []
    for n, shift, gone in ((800, 0.0, 1.0), (300, 1.0, None)):
        amount = chance.normal(shift, 1, n)
        amount[0] = np.inf
        texts = chance.choice(["a", "b", HOSTILE], n)
        sides.append(
            pa.table({"amount": amount, HOSTILE: texts, "gone": pa.array([gone] * n, pa.float64())})
        )
    return sides[0], sides[1]


@pytest.mark.slow
def test_evidently_judges_by_our_methods_and_thresholds() -> None:
    reference, current = _tables()
    pages = [
        render_evidently(
            reference,
            current,
            COLUMNS,
            numeric_test="psi",
            categorical_test="chi2",
            thresholds={"amount": threshold, HOSTILE: 1e-9},
        ).decode()
        for threshold in (0.2, 90.0)
    ]
    assert os.environ["DO_NOT_TRACK"] == "1"
    assert pages[0].count('"data_drift": "Detected"') == 1
    assert pages[1].count('"data_drift": "Detected"') == 0
    for page in pages:
        assert '"stattest_name": "PSI"' in page
        assert '"stattest_name": "chi-square p_value"' in page
        assert "Not in it, because one side has no value: gone." in page
        assert HOSTILE not in page  # neither the name nor the value may end the script


@pytest.mark.parametrize(("numeric", "categorical"), [("chi2", "psi"), ("psi", "ks")])
def test_a_test_that_evidently_has_not_for_such_columns_is_refused(numeric, categorical) -> None:
    reference, current = _tables()
    with pytest.raises(UnknownNameError, match="test of Evidently"):
        render_evidently(
            reference,
            current,
            COLUMNS,
            numeric_test=numeric,
            categorical_test=categorical,
            thresholds={},
        )


def test_nothing_on_both_sides_is_said_before_evidently_is_loaded() -> None:
    reference, current = _tables()
    with pytest.raises(NothingToJudgeError, match="gone"):
        render_evidently(
            reference,
            current,
            COLUMNS[2:],
            numeric_test="ks",
            categorical_test="psi",
            thresholds={},
        )
