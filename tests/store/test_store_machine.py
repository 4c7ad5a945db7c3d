"""Whatever is done to a store, in any order: it equals a plain model of the distinct events."""

from __future__ import annotations

import copy
import json
import math
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import Random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)

from domain.erasure import Condition, Erasing
from domain.rejection import Refused, Rejection
from domain.window import Window
from store import staging
from store.append import Bodies, EventRows, LabelRows
from store.backup import restore
from store.store import Store
from tests.store.made import SOAKING, Batch, at, batch
from tests.store.plain_store import Event, Plain, value_of
from tests.store.store_checks import CHECKS, GRIDS, QUICK_CHECKS, same_counts

NOW = at(60 * 24 * 400)
# A name stays in its place: its rows and retries lie within 50 minutes of each other, in two hours.
# Of the places of one body a small load remembers the ids, unless they are too far apart.
PLACES_H = ((0, 1, 3), (0, 1, 3), (1, 30))
PEOPLE = ("ann", "bob")
# what a person's rows have in common
BY = ("tags.user", "prediction_id", "request_id", "feature.a")
# what an erasure meets
BESIDE = ("a label of the request", "count before", "load again")


def maybe(*values: object) -> st.SearchStrategy:
    return st.sampled_from([None, *values])


@st.composite
def events(draw: st.DrawFn, places_h: Sequence[int]) -> Event:
    """One event of either model; what it names decides in which hours it can lie."""
    place = draw(st.sampled_from(places_h))
    user = draw(maybe(*PEOPLE))
    fields = {
        "model": draw(st.sampled_from("mmn")),
        "version": draw(maybe("1")),
        "prediction_id": draw(maybe(f"p{place}a", f"p{place}b")),
        "request_id": draw(maybe(f"r{place}", f"r{place}")),
        "prediction": draw(maybe("late", "early")),
        "score": draw(maybe(0.25, 0.5)),
        "status": draw(maybe(200, 404, 500, 503)),
        "latency_ms": draw(maybe(3.0, 70.5)),
        "replica": draw(maybe("a", "b")),
        "sampling_rate": draw(maybe(0.5)),
        "label": draw(st.sampled_from([None, None, "yes", "no"])),
        "tags": None if user is None else json.dumps({"user": user}, separators=(",", ":")),
    }
    features = {"a": draw(maybe(1.0, 2.0)), "b": draw(maybe("x", 2.0))}
    minutes = 60 * place + 25 + draw(st.sampled_from([0, 10, 35, 50]))
    kept = {name: value for name, value in fields.items() if value is not None}
    return {"ts": at(minutes), "features": features, **kept}


bodies = st.sampled_from(PLACES_H).flatmap(
    lambda places_h: st.lists(events(places_h), min_size=1, max_size=8)
)
# how much of a body, and whether that is taken for a large load
loads = st.sampled_from(
    [[(1, False)], [(1, True)], [(1, False), (1, True)], [(0.5, False), (1, True), (1, False)]]
)
labels = st.lists(
    st.fixed_dictionaries(
        {
            "prediction_id": maybe(None, None, "p0a", "p1b", "p3a", "p30a"),
            "request_id": maybe("r0", "r3", "never"),
            "label": st.sampled_from(["yes", "no"]),
            "ts": st.sampled_from([None, at(0), at(90), at(60 * 50)]),
        }
    ),
    min_size=1,
    max_size=3,
)
spans = st.sampled_from([None, None, Window(at(0), at(75)), Window(at(60), at(60 * 31))])


def batches(body: Sequence[Event]) -> list[Batch]:
    """Turn a body into what a reader makes of it; alone each value keeps its type."""
    return [
        batch([{name: value for name, value in e.items() if name != "model"}], e["model"])
        for e in body
    ]


def label_table(rows: Sequence[Event]) -> pa.Table:
    types = {"ts": pa.timestamp("us", tz="UTC")}
    names = ("prediction_id", "request_id", "label", "ts")
    return pa.table(
        {n: pa.array([row[n] for row in rows], types.get(n, pa.string())) for n in names}
    )


class StoreMachine(RuleBasedStateMachine):
    """A store and its plain model, side by side."""

    sent = Bundle("sent")
    backups = Bundle("backups")

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="driftline-machine-"))
        self.store = Store.open(self.folder / "store")
        self.plain = Plain()
        self.copies = 0

    def teardown(self) -> None:
        if hasattr(self, "store"):
            try:
                for check in CHECKS:
                    check(self.store, self.plain)
            finally:
                self.store.close()
                shutil.rmtree(self.folder)

    # ------------------------------------------------------------------ logs in

    @rule(target=sent, body=bodies, loads=loads, count=st.booleans())
    def load(
        self, body: list[Event], loads: list[tuple[float, bool]], *, count: bool
    ) -> list[Event]:
        for share, large in loads:
            self._load(body[: math.ceil(share * len(body))], large=large)
        if count:
            self.store.refresh_call_hours()
        return body

    @rule(body=sent, large=st.booleans(), rnd=st.randoms(), share=st.sampled_from([0.5, 1]))
    def load_again(self, body: list[Event], rnd: Random, share: float, *, large: bool) -> None:
        """The same rows, or some of them, in another order."""
        self._load(rnd.sample(body, math.ceil(share * len(body))), large=large)

    def _load(self, body: list[Event], *, large: bool) -> None:
        with pytest.MonkeyPatch.context() as patch:
            if large:
                patch.setattr(staging, "_SMALL_ROWS", -1)
            counts = self.store.load(batches(body), "file")
        assert [counts] == self.plain.load([body], "file")

    @rule(first=bodies, again=sent, told=labels, refused=st.sampled_from(PEOPLE))
    def collect(
        self, first: list[Event], again: list[Event], told: list[Event], refused: str
    ) -> None:
        """Bodies of three senders, one of which was stored before, and labels in one commit."""
        sent, nobody = [first, again, first], Rejection(1, "bad_json", "no JSON", _raw(refused))
        rows = [
            EventRows(*made, np.full(made[1].num_rows, number))
            for number, body in enumerate(sent)
            for made in batches(body)
        ]
        label_rows = LabelRows("m", label_table(told), np.full(len(told), 3))
        counts = self.store.collect(Bodies(4, rows, [label_rows], [Refused((nobody,))]), "http")
        expected = self.plain.load(sent, "http")
        assert counts == [*expected, self.plain.tell("m", told, "http")]
        self.plain.reject("http", [("bad_json", nobody.raw)])

    @rule(told=labels, model=st.sampled_from("mn"), user=st.sampled_from(PEOPLE))
    def tell(self, told: list[Event], model: str, user: str) -> None:
        """Labels that come by themselves, early or late, and lines that cannot be read."""
        self._tell(model, told)
        lines = [Rejection(i, "naive_ts", "no zone", _raw(user, i)) for i in range(len(told))]
        self.store.reject("file", lines)
        self.plain.reject("file", [("naive_ts", line.raw) for line in lines])

    def _tell(self, model: str, told: list[Event]) -> None:
        counts = self.store.load_labels([(model, label_table(told))], "labels")
        assert counts == self.plain.tell(model, told, "labels")

    # ------------------------------------------------------------------ upkeep

    @rule(body=sent, by=st.sampled_from(BY), span=spans, more=st.sets(st.sampled_from(BESIDE)))
    def erase(self, body: list[Event], by: str, span: Window | None, more: set[str]) -> None:
        """A person of whom something was sent; a log that is loaded again brings them back."""
        named = [e for e in body if value_of(e, by) is not None]
        # a restored store may not know the model or the feature any more
        if not named or not self._knows(named[0]["model"], by):
            return
        condition = Condition(by, str(value_of(named[0], by)))
        wanted = Erasing(named[0]["model"], (condition,), span)
        if "a label of the request" in more:
            ids = {"prediction_id": None, "request_id": named[0].get("request_id")}
            self._tell(wanted.model, [{**ids, "label": "no", "ts": None}])
        if "count before" in more:
            self._count_columns()
        erased = self.store.erase(wanted, "me", NOW)
        expected = self.plain.erase(wanted)
        assert {name: getattr(erased, name) for name in expected} == expected
        if "load again" in more:
            self._load(body, large=False)

    def _knows(self, model: str, by: str) -> bool:
        if model not in self.store.models():
            return False
        place, _, name = by.partition(".")
        return place != "feature" or name in {c.name for c in self.store.logs(model).columns()}

    @rule(what=st.sampled_from(["compact", "checkpoint", "refresh_call_hours", "open", "count"]))
    def look_after(self, what: str) -> None:
        if what == "open":
            self.store.close()
            self.store = Store.open(self.folder / "store", create=False)
        elif what == "count":
            self._count_columns()
        else:
            getattr(self.store, what)()

    def _count_columns(self) -> None:
        """From now on, or until a restore, over cells that are kept."""
        for model in self.store.models():
            self.store.keep_grids(model, GRIDS, at(-60))
        same_counts(self.store, self.plain)

    @rule(model=st.sampled_from("mn"), days=st.integers(1, 2))
    def archive(self, model: str, days: int) -> None:
        """Move whole days to files; a late row or an erasure brings theirs back."""
        if model in self.store.models():
            for rows in self.store.days_before(model, at(60 * 24 * days)):
                assert self.store.archive_day(rows, str(self.folder / "cold"), "me", NOW)

    @rule(target=backups)
    def back_up(self) -> tuple[Path, Plain]:
        """Copy the store, and beside it the files that it moved days to."""
        self.copies += 1
        target = self.folder / f"{self.copies}.duckdb"
        self.store.backup(target)
        if (self.folder / "cold").exists():
            shutil.copytree(self.folder / "cold", target.with_suffix(".cold"))
        return target, copy.deepcopy(self.plain)

    @rule(kept=backups)
    def restore(self, kept: tuple[Path, Plain]) -> None:
        self.store.close()
        restore(kept[0], self.folder / "store", NOW)
        if kept[0].with_suffix(".cold").exists():
            shutil.copytree(kept[0].with_suffix(".cold"), self.folder / "cold", dirs_exist_ok=True)
        self.store, self.plain = Store.open(self.folder / "store"), copy.deepcopy(kept[1])

    # ------------------------------------------------------------------ what holds

    @invariant()
    def holds_the_distinct_rows(self) -> None:
        if hasattr(self, "store"):
            for check in QUICK_CHECKS:
                check(self.store, self.plain)


def _raw(user: str, number: int = 0) -> bytes:
    return f'{{"user":"{user}", {number}'.encode()


TestStoreMachine = StoreMachine.TestCase
TestStoreMachine.settings = settings(
    max_examples=120 if SOAKING else 8,
    stateful_step_count=30 if SOAKING else 16,
    suppress_health_check=list(HealthCheck),
    deadline=None,
    phases=[p for p in Phase if p is not Phase.shrink],
)
