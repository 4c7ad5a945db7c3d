"""Whatever comes after rows were archived, the store answers as one that never archived does."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow.dataset as ds
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import store.append
import store.staging
from domain.erasure import Condition, Erasing
from domain.window import Window
from store.store import Store
from tests.store.archived import answers, archive_all
from tests.store.made import SOAKING, START, at, batch, event

DAY = timedelta(days=1)
WINDOWS = [Window(START + i * DAY, START + (i + 1) * DAY) for i in range(-1, 4)]
NOW = START + 100 * DAY


def _pool() -> list[dict[str, object]]:
    """Events of three days; requests of several rows, some across midnight, ids sent again."""
    rng = np.random.default_rng(5)
    pool: list[dict[str, object]] = []
    for i in range(90):
        minute = float(rng.integers(0, 3 * 1440))
        if i % 10 == 0:
            minute = 1440.0 - 0.5 + i % 20 / 20
        pool.append(
            event(
                minute,
                version=str(rng.choice(["1", "2"])),
                prediction_id=f"p{i}" if i % 4 else None,
                request_id=f"r{i // 3}" if i % 2 else None,
                latency_ms=float(rng.integers(1, 300)),
                status=int(rng.choice([200, 404, 503])),
                replica=str(rng.choice(["x", "y"])),
                prediction=None if i % 9 == 0 else str(rng.choice(["late", "early"])),
                score=float(rng.choice([0.25, 0.5])),
                tags=f'{{"user":"u{i % 5}"}}',
                label="late" if i % 6 == 0 else None,
                features={"n": float(i), "c": f"c{i % 3}"},
            )
        )
    # a later row of the same request; the same event a few minutes later, as a retry stamps it
    again = [dict(e, ts=e["ts"] + timedelta(minutes=7)) for e in pool[1::7]]  # type: ignore[operator]
    return pool + again


POOL = _pool()
ROWS = st.lists(st.integers(0, len(POOL) - 1), min_size=1, max_size=60)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("load"), ROWS),
        st.tuples(st.just("archive"), st.integers(0, 4)),
        st.tuples(st.just("erase"), st.integers(0, 4)),
        st.tuples(st.just("erase request"), st.integers(0, 29)),
    ),
    min_size=2,
    max_size=7,
)


def _do(store: Store, step: tuple[str, object], folder: Path | None) -> object:
    what, value = step
    if what == "load":
        assert isinstance(value, list)
        return store.load([batch([POOL[i] for i in value])], "pool")
    assert isinstance(value, int)
    if what == "archive":
        if folder is not None and "m" in store.models():
            archive_all(store, "m", START + value * DAY, folder, NOW)
        return None
    if "m" not in store.models():
        return None
    condition = (
        Condition("tags.user", f"u{value}")
        if what == "erase"
        else Condition("request_id", f"r{value}")
    )
    return store.erase(Erasing("m", (condition,), None), "me", NOW)


def _answers(store: Store) -> Mapping[str, object]:
    return answers(store, "m", WINDOWS) if "m" in store.models() else {}


@pytest.mark.parametrize("load", ["in memory", "staged"])
def test_archiving_is_never_noticed(load: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if load == "staged":
        monkeypatch.setattr(store.staging.Staging, "is_small", False)

    # shrinking opens two stores hundreds of times
    @settings(max_examples=60 if SOAKING else 3, deadline=None, phases=[Phase.generate])
    @given(STEPS)
    def law(steps: list[tuple[str, object]]) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            with Store.open(folder / "a") as moving, Store.open(folder / "b") as plain:
                for step in [("load", list(range(40))), ("archive", 2), *steps]:
                    done = _do(moving, step, folder / "cold")
                    assert done == _do(plain, step, None)
                assert _answers(moving) == _answers(plain)

    law()


def test_a_row_that_makes_a_call_worse_brings_its_day_back(tmp_path: Path) -> None:
    with Store.open(tmp_path / "s") as store:
        store.load([batch([event(5, request_id="r", status=200, prediction="x")])], "a")
        archive_all(store, "m", START + DAY, tmp_path / "cold", NOW)
        later = event(6, request_id="r", status=503, prediction="y")
        store.load([batch([later])], "b")

        calls = store.sql("select status, rows, ts from calls").to_pylist()
        assert calls == [{"status": 503, "rows": 2, "ts": at(5).replace(tzinfo=None)}]
        assert {file.kind for file in store.archived_files()} == {"predictions"}
        assert len(store.sweep_archive()) == 1
        assert not list((tmp_path / "cold" / "calls").rglob("*.parquet"))


def _archived_texts(folder: Path) -> str:
    return "".join(repr(ds.dataset(path).to_table().to_pydict()) for path in folder.rglob("*.*"))


def test_nothing_of_an_erased_person_stays_in_the_archive(tmp_path: Path) -> None:
    cold = tmp_path / "cold"
    with Store.open(tmp_path / "s") as store:
        made = [
            event(1, tags='{"user":"ada"}', request_id="r-ada", prediction="x", trace_id="t-ada"),
            event(2, tags='{"user":"ada"}', request_id="r-ada", status=500),
            event(1441, tags='{"user":"bob"}', request_id="r-bob", prediction="y"),
        ]
        store.load([batch(made)], "a")
        archive_all(store, "m", START + 3 * DAY, cold, NOW)
        assert "r-ada" in _archived_texts(cold)
        wanted = Erasing("m", (Condition("tags.user", "ada"),), None)

        counted = store.erase(wanted, "me", NOW, dry_run=True)
        assert "r-ada" in _archived_texts(cold)
        erased = store.erase(wanted, "me", NOW)

        assert counted == erased
        assert (erased.predictions, erased.unanswered, erased.calls) == (1, 1, 1)
        assert "ada" not in _archived_texts(cold)
        assert "r-bob" in _archived_texts(cold)
        assert store.sql("select request_id from calls").to_pylist() == [{"request_id": "r-bob"}]


def test_a_label_of_a_prediction_that_is_archived_elsewhere_stays(tmp_path: Path) -> None:
    with Store.open(tmp_path / "s") as store:
        made = [
            event(1, version="1", prediction_id="p", prediction="x", tags='{"user":"ada"}'),
            event(1441, version="2", prediction_id="p", prediction="y", label="late"),
        ]
        store.load([batch(made)], "a")
        archive_all(store, "m", START + 3 * DAY, tmp_path / "cold", NOW)

        erased = store.erase(Erasing("m", (Condition("tags.user", "ada"),), None), "me", NOW)

        assert (erased.predictions, erased.labels) == (1, 0)


def test_a_duplicate_of_an_archived_event_stores_nothing(tmp_path: Path) -> None:
    cold = tmp_path / "cold"
    with Store.open(tmp_path / "s") as store:
        store.load([batch(POOL)], "a")
        archive_all(store, "m", START + 9 * DAY, cold, NOW)
        files = store.archived_files()

        again = store.load([batch(POOL)], "b")

        assert (again.predictions, again.calls, again.labels) == (0, 0, 0)
        assert again.duplicates >= len(POOL)
        assert store.archived_files() == files
