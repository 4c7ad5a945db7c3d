"""The tests that judge one window against the reference without calibration, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from detectors import chi2, ks, missing, psi
from domain.finding import Finding
from domain.profile import ColumnKind

_NUMBER, _CATEGORY = ColumnKind.NUMBER, ColumnKind.CATEGORY


@dataclass(frozen=True, slots=True)
class DriftTest:
    """
    A two-sample test as the configuration names it.

    Parameters
    ----------
    detect : callable
        ``detect(reference, current, *, kind, alpha, threshold=…, min_rows=…) -> Finding``.
    eats : {"profile", "sorted"}
        Whether both samples are given as ``Profile`` or as ``SortedColumn``.
    kinds : frozenset of ColumnKind
        The columns that it can judge.
    """

    detect: Callable[..., Finding]
    eats: Literal["profile", "sorted"]
    kinds: frozenset[ColumnKind]


TESTS: Mapping[str, DriftTest] = {
    psi.NAME: DriftTest(psi.detect, "profile", frozenset({_NUMBER, _CATEGORY})),
    ks.NAME: DriftTest(ks.detect, "sorted", frozenset({_NUMBER})),
    chi2.NAME: DriftTest(chi2.detect, "profile", frozenset({_CATEGORY})),
    missing.NAME: DriftTest(missing.detect, "profile", frozenset({_NUMBER, _CATEGORY})),
}

NUMERIC = tuple(name for name, test in TESTS.items() if _NUMBER in test.kinds)
CATEGORICAL = tuple(name for name, test in TESTS.items() if _CATEGORY in test.kinds)
