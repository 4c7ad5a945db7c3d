"""A file read in any pieces is the file read at once, and a load of it afterwards knows it all."""

from __future__ import annotations

import gzip
import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.monitors.followed import Followed, append, event

# few of them, so that a file has many that are the same; some with an id of their own
LINE = st.one_of(
    st.integers(0, 4).map(event),
    st.integers(0, 4).map(lambda n: event(n, prediction_id=f"p-{n}")),
    st.integers(0, 2).map(lambda n: event(n, status=500, score=None, features={})),
    st.sampled_from([b"\n", b"text between\n", b'{"cut": \n', "é ü\n".encode()]),
)
CSV_ROW = st.tuples(st.integers(0, 3), st.sampled_from(["a", '"a\nb"', '"say ""so"""', ""])).map(
    lambda cells: f"m,2026-11-20T10:00:00Z,0.5,{cells[0]},{cells[1]}\n".encode()
)
CSV_HEADER = b"model,ts,score,x,note\n"


@st.composite
def in_pieces(draw: st.DrawFn) -> tuple[str, bytes, list[int]]:
    """Name and content of a log, and where what is there ends at each look."""
    as_csv = draw(st.booleans())
    lines = draw(st.lists(CSV_ROW if as_csv else LINE, min_size=1, max_size=12))
    content = (CSV_HEADER if as_csv else b"") + b"".join(lines)
    if draw(st.booleans()):
        content = content.replace(b"\n", b"\r\n") if not as_csv else b"\xef\xbb\xbf" + content
    ends = draw(st.lists(st.integers(0, len(content)), max_size=5))
    return ("a.csv" if as_csv else "a.log"), content, [*sorted(ends), len(content)]


def rows(followed: Followed) -> tuple[Counter[object], Counter[object], set[tuple[int, str]]]:
    """What is stored: predictions with their ids' fields, calls, and what was rejected."""
    answers: list[Counter[object]] = []
    for table in ("predictions", "calls"):
        known = followed.service.store.models()
        found = followed.service.sql(f"select * from {table}").to_pylist() if known else []
        answers.append(Counter(repr(sorted(row.items())) for row in found))
    rejected = {
        (one.rejection.position, one.rejection.reason) for one in followed.service.rejected(100)
    }
    return answers[0], answers[1], rejected


@settings(max_examples=12)
@given(log=in_pieces(), restarts=st.lists(st.booleans(), min_size=6, max_size=6))
def test_any_pieces_are_the_whole(log: tuple[str, bytes, list[int]], restarts: list[bool]) -> None:
    name, content, ends = log
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "one").mkdir()
        (Path(folder) / "two").mkdir()
        at_once, in_parts = Followed(Path(folder) / "one"), Followed(Path(folder) / "two")
        append(at_once.logs / name, content)
        at_once.ingest_everything()
        begin = 0
        for end, restart in zip(ends, restarts, strict=False):
            append(in_parts.logs / name, content[begin:end])
            begin = end
            in_parts.look(timedelta(seconds=2))
            if restart:
                in_parts.restart()
        in_parts.look(timedelta(hours=1))

        assert rows(in_parts) == rows(at_once)
        if in_parts.service.store.models():
            again = in_parts.ingest_everything().stored
            assert (again.predictions, again.calls, again.labels) == (0, 0, 0)
        # rotated and packed it is still the same
        packed = in_parts.logs / f"{name}.1.gz"
        packed.write_bytes(gzip.compress(content))
        (in_parts.logs / name).unlink()
        stored = in_parts.look(timedelta(hours=1)).stored
        assert (stored.predictions, stored.calls, stored.labels) == (0, 0, 0)
        for one in (at_once, in_parts):
            one.service.store.close()
