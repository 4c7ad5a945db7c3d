"""What the Data page says of sources: told only where there is something to tell."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.queries import data_sources as queries
from domain.label import LabelStanding
from monitors.views.data import Following, HalvesData, SourceData
from reports import numbers
from tests.app.data_views import NOW, follow, model, never, stored

SECRET = "s3://logs/scoring?endpoint=http://minio:9000&key=hidden"


def source(name="a.ndjson", **changed) -> SourceData:
    fields = dict.fromkeys(("predictions", "calls", "labels", "duplicates", "passed_over"), 0)
    times = {"last_at": NOW - timedelta(minutes=5), "newest": NOW - timedelta(hours=3)}
    return SourceData(source=name, **{**fields, **times, **changed})


def standing(name, pending, unmatched, predictions=1000):
    return LabelStanding(model=name, predictions=predictions, pending=pending, unmatched=unmatched)


def test_a_source_tells_when_it_came_and_how_new_that_was():
    (row,) = queries.sources(stored(model(), sources=(source(),)), NOW, "en")
    assert (row.last_at, row.newest) == ("5 min ago", "3 h ago")
    unknown = source(last_at=None, newest=None)
    (row,) = queries.sources(stored(model(), sources=(unknown,)), NOW, "en")
    assert (row.last_at, row.newest) == (numbers.DASH, numbers.DASH)


def test_what_a_recordings_clock_has_not_reached_is_no_time_ago():
    later = source(last_at=NOW + timedelta(days=900))
    (row,) = queries.sources(stored(model(), sources=(later,)), NOW, "en")
    assert "ago" not in row.last_at


@pytest.mark.parametrize("language", ["en", "zh"])
def test_how_a_bucket_is_reached_is_not_shown(language):
    trouble = follow(SECRET, following=Following.FAILING, failing=1, error="no such bucket")
    view = stored(model(), sources=(source(SECRET),), followed=(trouble,))
    shown = (
        queries.sources(view, NOW, language),
        queries.followed(view, NOW, language),
        queries.failures(view, language),
        queries.troubled(view, language),
    )
    assert all("s3://logs/scoring" in str(part) for part in shown)
    assert "hidden" not in str(shown)


def test_a_question_mark_in_the_name_of_a_file_stays():
    assert queries.address("/var/log/what?.csv") == "/var/log/what?.csv"


def test_passed_over_records_are_a_column_only_where_there_are_any():
    assert not queries.has_passed_over(stored(model(), sources=(source(),)))
    assert queries.has_passed_over(stored(model(), sources=(source(), source(passed_over=1))))


def test_every_standing_of_a_followed_source_has_a_word_in_both_languages():
    view = stored(model(), followed=tuple(follow(f"{kind}", following=kind) for kind in Following))
    for language in ("en", "zh"):
        words = [row.standing for row in queries.followed(view, NOW, language)]
        assert len(set(words)) == len(Following)


def test_a_followed_source_tells_what_is_behind_and_who_failed():
    one = follow(bytes_behind=2_400_000, failing=2, error="a.log: permission denied")
    (row,) = queries.followed(stored(model(), followed=(one,)), NOW, "en")
    assert (row.behind, row.taken, row.files) == ("2.4 MB", "9.0 MB", 3)
    assert queries.failures(stored(model(), followed=(one, follow())), "en") == [
        "logs: 2 files cannot be read; one of the reasons: a.log: permission denied"
    ]
    assert queries.troubled(stored(model(), followed=(follow(),)), "en") is None


def test_halves_are_told_with_how_long_they_are_waited_for_and_else_not():
    assert queries.waiting(stored(model()), NOW, "en") is None
    since = NOW - timedelta(minutes=12)
    halves = HalvesData(requests=1200, responses=3, since=since, wait_s=900.0)
    told = queries.waiting(stored(model(), halves=halves), NOW, "en")
    assert told is not None
    assert told.startswith(
        "Requests without their answer: 1,200; answers without their request: 3;"
    )
    assert "came 12 min ago" in told
    assert "waited 15 min" in told


def test_labels_are_counted_unasked_only_where_that_is_quick():
    few = model("a", predictions=1_000_000)
    assert queries.is_quick(stored(few, model("b", predictions=1_000_000)))
    assert not queries.is_quick(stored(few, model("b", predictions=1_000_001)))
    assert queries.is_quick(stored(few, model("b", predictions=9**12, labels=0)))
    assert not queries.has_labels(stored(model(labels=0)))
    assert queries.has_labels(stored(never()))


def test_the_model_whose_labels_found_nothing_comes_first():
    told = (standing("late", 990, 0), standing("lost", 10, 7), standing("none", 0, 0, 0))
    rows = queries.labels(told)
    assert [row.model for row in rows] == ["lost", "late", "none"]
    assert [row.share for row in rows] == ["1.0%", "99.0%", numbers.DASH]


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_a_share_is_one_of_all_predictions(pending, labelled):
    (row,) = queries.labels((standing("m", pending, 0, pending + labelled),))
    assert row.pending == pending
    assert row.share == numbers.DASH or row.share.endswith("%")


def test_of_a_long_path_the_end_is_shown():
    assert queries.short("logs/2013-07.parquet") == "logs/2013-07.parquet"
    long = "/srv/team/exports/of/scoring/predictions/2013-07.parquet"
    assert queries.short(long) == "…/predictions/2013-07.parquet"
    assert queries.short("http/elasticsearch-bulk") == "http/elasticsearch-bulk"


@given(st.text(min_size=1))
def test_a_short_source_has_room_and_ends_like_the_source(name):
    shown = queries.short(name)
    assert len(shown) <= 36
    assert queries.address(name).endswith(shown.removeprefix("…"))
