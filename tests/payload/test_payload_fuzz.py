"""20,000 bent bodies; `python -m tests.soak.fuzz_payloads N` sends as many as one likes."""

from __future__ import annotations

from tests.soak.fuzz_payloads import BLOCK, Outcome, bend

CASES = 20_000


def test_bent_bodies_end_as_rows_or_with_a_reason():
    outcome = Outcome()
    bend(CASES, 20261122, outcome)
    assert outcome.calls == CASES
    # a bending that reached only one of the two would test nothing
    assert outcome.kept > CASES / 4
    assert outcome.rejected > CASES / 20
    assert outcome.slowest_s < 5 * BLOCK / 100
    assert outcome.peak_bytes < 200_000_000
