"""What the Data page says of what is stored: all is well only where all of it is."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.queries import data as queries
from monitors.views.data import Following, Freshness, StoreOwner
from reports import numbers
from reports.judgement import Tone
from tests.app.data_views import NOW, follow, model, never, stored, totals

SILENT = {"freshness": Freshness.SILENT, "lag": timedelta(days=7)}
LATE = {"freshness": Freshness.LATE, "lag": timedelta(hours=30)}
AHEAD = {"freshness": Freshness.AHEAD, "lag": -timedelta(hours=8)}


def values(view, language="en"):
    return {f.key: (f.value, f.note, f.tone) for f in queries.figures(view, NOW, language)}


def test_all_is_well_only_where_every_model_logs_and_no_window_lacks_logs():
    tone, said = queries.opening(stored(model("a"), model("b")), "en")
    assert tone is Tone.OK
    assert said.startswith("All 2 models log")
    tone, said = queries.opening(stored(model("a"), model("b", windows_with_logs=27)), "en")
    assert tone is Tone.WARNING
    assert "3 of the last 30 windows of b have no logs" in said


@pytest.mark.parametrize(
    ("case", "words"),
    [
        (SILENT, "m is silent: its newest event is 7 d old"),
        (LATE, "m is late: its newest event is 1 d old"),
        (AHEAD, "m has events in the future: the newest is 8 h ahead"),
    ],
)
def test_a_model_that_does_not_log_as_it_should_is_named_with_how_far_it_is_off(case, words):
    tone, said = queries.opening(stored(model(**case), model("healthy")), "en")
    assert tone is Tone.WARNING
    assert said.startswith(words)


def test_of_several_silent_models_the_furthest_behind_is_named():
    view = stored(model("old", **SILENT), model("newer", freshness=Freshness.SILENT), model("fine"))
    _, said = queries.opening(view, "en")
    assert said.startswith("2 models are silent; the furthest behind is old")
    assert values(view)["page_data.behind"] == ("2 of 3", "old: 7 d ago", Tone.WARNING)


def test_a_store_with_labels_alone_is_not_called_well():
    tone, said = queries.opening(stored(never()), "en")
    assert tone is Tone.UNKNOWN
    assert "only labels" in said
    (row,) = queries.rows(stored(never()), NOW, "en")
    assert (row.newest, row.coverage, row.size, row.since) == (numbers.DASH,) * 4
    assert row.trend == []


def test_a_model_without_a_complete_window_is_too_new_for_coverage():
    new = model(windows=0, windows_with_logs=0, daily_calls=(0.0,) * 89 + (60.0,))
    (row,) = queries.rows(stored(new), NOW, "en")
    assert row.coverage == "none complete"
    assert max(row.trend) == 1  # today is all there is


def test_today_is_left_out_of_the_trend_because_it_is_not_over():
    (row,) = queries.rows(stored(model(daily_calls=(100.0,) * 89 + (3.0,))), NOW, "en")
    assert row.trend == [1.0] * 89


@given(st.lists(st.floats(0, 1e12), min_size=90, max_size=90))
def test_a_trend_lies_between_nothing_and_its_largest_day(days):
    (row,) = queries.rows(stored(model(daily_calls=tuple(days))), NOW, "en")
    assert not row.trend or max(row.trend) == 1
    assert all(0 <= value <= 1 for value in row.trend)


def test_all_cards_of_the_row_have_the_same_parts_also_in_chinese():
    for language in ("en", "zh"):
        for view in (stored(), stored(model()), stored(never())):
            assert all(value and note for value, note, _ in values(view, language).values())


def test_rejected_lines_are_counted_over_all_reasons():
    rejected = totals(by_reason={"bad_json": 1200, "naive_ts": 34})
    told = values(stored(model(), rejected_totals=rejected))["page_data.rejected"]
    assert told == ("1,234", "most often bad_json", Tone.INFO)
    assert values(stored(model()))["page_data.rejected"][1] == "every line was read"


def test_the_size_is_also_told_per_prediction():
    told = values(stored(model(predictions=2000), size_bytes=3_000_000))["page_data.size"]
    assert told[:2] == ("3.0 MB", "1.5 KB per prediction")
    assert values(stored(never()))["page_data.size"][1] == "no prediction yet"


def test_a_store_that_was_never_copied_says_so_and_how_it_is_done():
    facts = {fact.label: fact.value for fact in queries.facts(stored(), NOW, "en")}
    assert facts["Last backup"].startswith("no backup was ever made here")
    assert facts["Owner"].startswith("no server")
    assert values(stored())["page_data.backup"][:2] == ("never", "driftline backup FILE")


def test_owner_and_backup_are_told_with_their_times():
    owner = StoreOwner("http://127.0.0.1:8501", 71, NOW - timedelta(hours=3))
    view = stored(owner=owner, last_backup=NOW - timedelta(days=2))
    facts = {fact.label: fact.value for fact in queries.facts(view, NOW, "en")}
    assert facts["Owner"] == "process 71, since 2026-11-22 09:00 UTC, at http://127.0.0.1:8501"
    assert facts["Last backup"] == "2026-11-20 12:00 UTC (2 d ago)"
    assert values(view)["page_data.backup"][0] == "2 d ago"


def test_a_backup_made_after_the_moment_that_is_shown_is_no_time_ago():
    view = stored(last_backup=NOW + timedelta(days=900))
    assert "ago" not in " ".join(values(view)["page_data.backup"][:2])
    assert all("ago" not in fact.value for fact in queries.facts(view, NOW, "en"))


def test_features_with_two_types_are_listed_by_model_with_the_first_type_first():
    view = stored(model("b", conflicts={"age": ("text", "number")}), model("a"))
    (found,) = queries.conflicts(view, "en")
    assert (found.model, found.feature, found.types) == ("b", "age", "text, number")


@pytest.mark.parametrize(
    ("n_bytes", "said"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 KB"), (62_140_416, "62 MB"), (1.25e9, "1.2 GB")],
)
def test_bytes_are_written_in_few_digits(n_bytes, said):
    assert numbers.size(n_bytes) == said


def test_what_runs_alone_count_is_called_judged():
    counted = model(counted_in_runs=True, windows=4, windows_with_logs=4)
    none = model("n", counted_in_runs=True, windows=0, windows_with_logs=0)

    assert [row.coverage for row in queries.rows(stored(counted, none), NOW, "en")] == [
        "4 of 4 judged",
        "none judged",
    ]
    assert "that was judged" in queries.opening(stored(counted), "en")[1]
    assert "were counted" in queries.opening(stored(counted, model("o")), "en")[1]
    note = queries.judged_note(stored(counted, model("o"), none), "en")
    assert note is not None
    assert "of m, n are counted" in note
    assert queries.judged_note(stored(model()), "en") is None


def test_a_source_that_is_not_taken_comes_after_a_silent_model_and_before_holes():
    failing = follow(following=Following.FAILING, failing=2, error="a.log: permission denied")
    stopped = follow("other", following=Following.STOPPED)
    holes = model(windows_with_logs=27)
    tone, said = queries.opening(stored(holes, followed=(failing, follow())), "en")
    assert tone is Tone.WARNING
    assert said.startswith("Something of logs cannot be read")
    _, said = queries.opening(stored(holes, followed=(failing, stopped)), "en")
    assert said.startswith("2 followed sources are not taken as they should be, first logs")
    _, said = queries.opening(stored(model(), followed=(stopped,)), "en")
    assert said.startswith("Nobody follows other any more")
    _, said = queries.opening(stored(model(**SILENT), followed=(failing,)), "en")
    assert said.startswith("m is silent")
    behind = follow(following=Following.BEHIND, bytes_behind=9)
    assert queries.opening(stored(model(), followed=(behind,)), "en")[0] is Tone.OK
