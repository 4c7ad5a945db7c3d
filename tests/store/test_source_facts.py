"""Of every source it is kept when something came, how new that was, and what was no call."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from domain.rejection import Refused, Rejection
from store import staging
from store.append import Bodies, EventRows
from store.counted import Came, LoadCounts
from store.store import Store
from tests.store.made import batch, event

T = datetime(2026, 11, 20, 10, tzinfo=UTC)


def some(*hours):
    """Events of so many hours after T, a load's batch."""
    return batch(
        [event(prediction_id=f"p{n}", score=0.5, ts=T + timedelta(hours=n)) for n in hours]
    )


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path) as opened:
        yield opened


@pytest.mark.parametrize("most_rows", [-1, 20_000])
def test_a_later_load_of_older_events_is_newer_in_one_way_only(store, monkeypatch, most_rows):
    monkeypatch.setattr(staging, "_SMALL_ROWS", most_rows)
    store.load([some(5), some(3)], "a", Came(T + timedelta(days=1), passed_over=7))
    store.load([some(1)], "a", Came(T + timedelta(days=2), passed_over=1))
    (facts,) = store.source_facts().values()
    assert facts.last_at == T + timedelta(days=2)
    assert facts.newest == T + timedelta(hours=5)
    assert facts.passed_over == 8
    assert facts.counts == LoadCounts(3, 3)


def test_an_event_that_is_known_is_news_of_its_source(store):
    store.load([some(1, 2)], "a")
    store.load([some(2)], "b", Came(T))
    facts = store.source_facts()
    assert facts["b"].newest == T + timedelta(hours=2)
    assert facts["b"].counts.duplicates == 1
    assert facts["a"].last_at is None


def test_a_source_of_nothing_but_other_records_is_known(store):
    store.load([], "spans", Came(T, passed_over=90))
    facts = store.source_facts()["spans"]
    assert (facts.counts, facts.newest, facts.passed_over) == (LoadCounts(), None, 90)


def test_bodies_of_one_commit_are_counted_under_their_own_names(store):
    def rows(part, *hours):
        model, events, features = some(*hours)
        return EventRows(model, events, features, np.full(events.num_rows, part))

    refused = Refused((Rejection(4, "bad_json", "no", b"{"),), source="http/otlp")
    bodies = Bodies(
        3,
        [rows(0, 1), rows(1, 2, 9), rows(2, 4)],
        rejections=[refused],
        at=T,
        sources=["http", "http/otlp", "http"],
        passed_over=[0, 5, 2],
    )
    assert [one.predictions for one in store.collect(bodies, "http")] == [1, 2, 1]

    facts = store.source_facts()
    assert {name: one.counts.predictions for name, one in facts.items()} == {
        "http": 2,
        "http/otlp": 2,
    }
    assert facts["http"].newest == T + timedelta(hours=4)
    assert facts["http/otlp"].newest == T + timedelta(hours=9)
    assert {name: one.passed_over for name, one in facts.items()} == {"http": 2, "http/otlp": 5}
    assert [line.source for line in store.rejected()] == ["http/otlp"]


def test_what_came_before_this_was_kept_is_told_without_it(store):
    with store._database.writing() as connection:
        connection.execute(
            "insert into sources (source, predictions, calls, labels, duplicates) "
            "values ('old', 1, 2, 3, 4)"
        )
    facts = store.source_facts()["old"]
    assert (facts.last_at, facts.newest, facts.passed_over) == (None, None, 0)
    store.load([some(1)], "old", Came(T, passed_over=2))
    facts = store.source_facts()["old"]
    assert (facts.last_at, facts.newest, facts.passed_over) == (T, T + timedelta(hours=1), 2)
    assert facts.counts == LoadCounts(2, 3, 3, 4)
