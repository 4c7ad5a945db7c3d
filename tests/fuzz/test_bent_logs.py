"""14,000 bent records and files; `python -m tests.soak.fuzz_logs N` reads as many as one likes."""

from __future__ import annotations

import pytest

from ingest.readers.registry import READERS
from tests.fuzz.corpus import files, records
from tests.fuzz.logs import Outcome, bend

CASES = 14_000


def test_bent_logs_are_read_or_refused_and_nothing_of_them_goes_missing():
    outcome = Outcome()
    bend(CASES, 20261123, outcome)
    assert outcome.cases == CASES
    # a bending that reached only one of them would test nothing
    assert outcome.events > CASES / 10
    assert outcome.rejected > CASES / 10
    assert min(outcome.halves, outcome.samples, outcome.passed_over, outcome.unreadable) > 10
    assert len(outcome.reasons) > 20
    assert outcome.slowest_s < 5, outcome.slowest


@pytest.mark.parametrize("name", [reader.name for reader in READERS])
def test_logs_of_every_reader_are_bent(name):
    assert name in files() | records()
