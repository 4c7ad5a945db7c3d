"""
Bends logs of every format and reads them: ``python -m tests.soak.fuzz_logs [N SEED]``.

Each record must become something or be refused with a reason: no other error, no hang, no growth.
"""

from __future__ import annotations

import resource
import sys
import time

from tests.fuzz.logs import Outcome, bend

DEFAULTS = (1_000_000, 7)
STEP = 10_000


def main() -> None:
    given = [int(word) for word in sys.argv[1:3]]
    n, seed = (*given, *DEFAULTS[len(given) :])
    outcome = Outcome()
    bend(min(STEP, n), seed, outcome)
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    while outcome.cases < n:
        bend(min(STEP, n - outcome.cases), seed + outcome.cases, outcome)
        sys.stderr.write(f"{outcome.cases}/{n}\r")
    seconds = time.process_time() - began
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    sys.stdout.write(
        f"{outcome}\n{seconds:.0f} CPU seconds; the peak grew by {grown / 1e3:.0f} MB\n"
    )


if __name__ == "__main__":
    main()
