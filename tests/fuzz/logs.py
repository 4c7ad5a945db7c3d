"""Bent logs through the readers: no fault, no hang, no growth, and nothing goes missing."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from domain.catalogue import texts
from domain.errors import InputError
from ingest.batch import LabelRead, Read
from ingest.mapping import Mapping
from ingest.read import read_events, read_labels
from ingest.readers import json_document
from ingest.sources import SourceFile
from tests.fuzz import corpus
from tests.fuzz.bends import Bends

NOW = datetime(2026, 11, 23, tzinfo=UTC)
LINES = 40


@dataclass(slots=True)
class Outcome:
    """What came of bent records and files."""

    cases: int = 0
    events: int = 0
    rejected: int = 0
    halves: int = 0
    passed_over: int = 0
    samples: int = 0
    unreadable: int = 0
    slowest_s: float = 0.0
    slowest: str = ""
    reasons: Counter[str] = field(default_factory=Counter)


def bend(n: int, seed: int, outcome: Outcome) -> None:
    """Read `n` bent records and files; those that are lines come many in a log."""
    bends = Bends(seed)
    until = outcome.cases + n
    while outcome.cases < until:
        if bends.chance.random() < 0.2:
            _file(bends, outcome)
        else:
            _lines(bends, min(LINES, until - outcome.cases), outcome)


def _lines(bends: Bends, n: int, outcome: Outcome) -> None:
    """Read a log of bent records, and count that each of its lines became something."""
    name = bends.chance.choice([*corpus.records(), "wrapped"])
    right = corpus.wrapped() if name == "wrapped" else corpus.records()[name]
    bent = [bends.record(bends.chance.choice(right)) for _ in range(n)]
    outcome.cases += n
    content = b"\n".join(bent)
    known = name != "wrapped" and bends.chance.random() < 0.6
    reads = _taken(content, name if known else "auto", bends, outcome)
    as_one = json_document.READER.recognises(content)  # what is behind damage is one rejection
    if known and name not in _UNCOUNTED and not as_one and reads is not None:
        _nothing_is_missing(name, content, reads)


# what is behind damage is one rejection of these; or a line may hold many records, or none
_UNCOUNTED: Final = frozenset({"otlp", "kserve-blob"})
# a line that says what the next one is has its position
_ABOVE: Final = frozenset({"elasticsearch-bulk"})


# a line of BentoML that says which column is what
_TELLS: Final = re.compile(rb'"(meta_data|columns)"')


def _nothing_is_missing(name: str, content: bytes, reads: Sequence[Read | LabelRead]) -> None:
    lines = {
        n
        for n, line in enumerate(content.split(b"\n"), 1)
        if line.strip() and not (name == "bentoml" and _TELLS.search(line))
    }
    told = {one.position for read in reads for one in read.rejections}
    n_other = 0
    for read in reads:
        told.update(int(at) for batch in read.batches for at in batch.positions)
        if isinstance(read, Read):
            told.update(half.position for half in read.halves)
            n_other += len(read.samples) + sum(read.passed_over.values())
    if name in _ABOVE:
        told.update([at - 1 for at in told])
    missing = lines - told
    assert len(missing) <= n_other, (name, sorted(missing)[:5], n_other)


def _file(bends: Bends, outcome: Outcome) -> None:
    """Read a bent file."""
    chance = bends.chance
    name = chance.choice(list(corpus.files()))
    content = chance.choice(corpus.files()[name])
    content = bends.packed(content) if chance.random() < 0.3 else bends.bytes(content)
    outcome.cases += 1
    known = chance.random() < 0.5 and name not in {"labels", "rows"}
    _taken(content, name if known else "auto", bends, outcome)


def _taken(
    content: bytes, reader: str, bends: Bends, outcome: Outcome
) -> list[Read | LabelRead] | None:
    name = bends.chance.choice(("a log", "a.csv", "b.json", "c.parquet"))
    source = SourceFile(name, data=content)
    began = time.process_time()
    labels = bends.chance.random() < 0.1
    mapping = Mapping(ts_zone="Europe/Berlin") if bends.chance.random() < 0.3 else None
    read = read_labels if labels else read_events
    try:
        reads = list(read(source, mapping, model="m", format=reader, now=NOW))
    except InputError as error:
        outcome.unreadable += "\n" not in str(error)
        reads = None
    took = time.process_time() - began
    if took > outcome.slowest_s:
        outcome.slowest_s, outcome.slowest = took, reader
    for one in reads or ():
        _count(one, outcome)
    return None if labels else reads


def _count(read: Read | LabelRead, outcome: Outcome) -> None:
    known = texts()
    for rejection in read.rejections:
        assert f"rejection.{rejection.reason}" in known, rejection.reason
        assert "\n" not in rejection.message
    outcome.reasons.update(rejection.reason for rejection in read.rejections)
    outcome.rejected += len(read.rejections)
    outcome.events += sum(batch.n_rows for batch in read.batches)
    if isinstance(read, Read):
        outcome.halves += len(read.halves)
        outcome.samples += len(read.samples)
        outcome.passed_over += sum(read.passed_over.values())


def all_files() -> Iterator[tuple[str, bytes]]:
    """Yield every right log with the name of its reader."""
    for name, some in corpus.files().items():
        yield from ((name, content) for content in some)
    for name, some in corpus.records().items():
        yield name, b"\n".join(some)
