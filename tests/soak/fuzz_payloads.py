"""
Bends bodies of every protocol and decodes them: ``python -m tests.soak.fuzz_payloads [N SEED]``.

Each call must end as rows or as a rejection with a reason: no other error, no hang, no growth.
"""

from __future__ import annotations

import sys
import time
import tracemalloc
from dataclasses import dataclass, field

from domain.catalogue import texts
from ingest.events import Defaults, events_of
from ingest.exchange_rows import exchange_block
from ingest.mapping import Mapping
from tests.payload.mutants import Mutants

DEFAULTS = (1_000_000, 5)
BLOCK = 100


@dataclass(slots=True)
class Outcome:
    """What came of the calls: how many, and how long and large the worst block was."""

    calls: int = 0
    kept: int = 0
    rejected: int = 0
    slowest_s: float = 0.0
    peak_bytes: int = 0
    reasons: dict[str, int] = field(default_factory=dict)


def bend(n: int, seed: int, outcome: Outcome) -> None:
    """Decode `n` bent calls in blocks; every call is a row or a rejection that has a sentence."""
    mutants = Mutants(seed)
    mapping = Mapping()
    known = texts()
    for first in range(0, n, BLOCK):
        calls = [mutants.call(first + i) for i in range(min(BLOCK, n - first))]
        measured = first % (50 * BLOCK) == 0
        if measured:  # tracing slows what it traces fourfold
            tracemalloc.start()
        began = time.process_time()
        read = events_of(exchange_block(calls, mapping.layout), mapping, Defaults(), "bent")
        if measured:
            outcome.peak_bytes = max(outcome.peak_bytes, tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
        else:
            outcome.slowest_s = max(outcome.slowest_s, time.process_time() - began)
        refused = {rejection.position for rejection in read.rejections}
        kept = {int(p) for batch in read.batches for p in batch.positions}
        assert kept | refused == {call.position for call in calls}
        for rejection in read.rejections:
            assert f"rejection.{rejection.reason}" in known, rejection
            outcome.reasons[rejection.reason] = outcome.reasons.get(rejection.reason, 0) + 1
        outcome.calls += len(calls)
        outcome.kept += len(kept)
        outcome.rejected += len(refused)


def main() -> None:
    given = [int(word) for word in sys.argv[1:3]]
    n, seed = (*given, *DEFAULTS[len(given) :])
    outcome = Outcome()
    began = time.process_time()
    step = 10_000
    for part in range(0, n, step):
        bend(min(step, n - part), seed + part, outcome)
        sys.stderr.write(f"{outcome.calls}/{n}\r")
    seconds = time.process_time() - began
    sys.stdout.write(f"{outcome.calls} calls in {seconds:.0f} CPU seconds: {outcome.kept} kept, ")
    sys.stdout.write(
        f"{outcome.rejected} rejected; slowest {BLOCK} calls {outcome.slowest_s:.2f} s, "
    )
    sys.stdout.write(f"peak {outcome.peak_bytes / 1e6:.0f} MB\n{outcome.reasons}\n")


if __name__ == "__main__":
    main()
