"""What the Data page says of rejected lines and of reading them again."""

from collections import Counter

import pytest

from app.queries import data_rejected as queries
from domain.errors import ConfigurationError
from monitors.retrying import RetryCounts
from monitors.views.data import RejectedData
from reports.judgement import Tone
from store.counted import LoadCounts
from tests.app.data_views import NOW, model, stored, totals


def reason(source, name, lines):
    return RejectedData(reason=name, lines=lines, source=source, position=3, message="wrong")


def view(*rows, **changed):
    by_reason = Counter()
    for row in rows:
        by_reason[row.reason] += row.lines
    told = totals(**{"by_reason": dict(by_reason.most_common()), **changed})
    return stored(model(), rejected=rows, rejected_totals=told)


def test_all_lines_each_source_and_each_of_its_reasons_can_be_chosen():
    found = view(reason("a", "bad_ts", 5), reason("b", "bad_ts", 3), reason("a", "bad_json", 1))
    assert [(c.source, c.reason, c.lines) for c in queries.choices(found)] == [
        (None, None, 9),
        ("a", None, 6),
        ("a", "bad_ts", 5),
        ("a", "bad_json", 1),
        ("b", None, 3),
    ]


def test_what_would_mean_the_same_is_offered_once():
    assert len(queries.choices(view(reason("a", "bad_ts", 5)))) == 1
    two = queries.choices(view(reason("a", "bad_ts", 5), reason("a", "bad_json", 1)))
    assert [(c.source, c.reason) for c in two] == [
        (None, None),
        ("a", "bad_ts"),
        ("a", "bad_json"),
    ]


def test_choices_are_told_apart_in_both_languages():
    found = view(reason("a", "bad_ts", 5), reason("b", "bad_ts", 3), reason("a", "bad_json", 1))
    for language in ("en", "zh"):
        words = [queries.chosen(choice, language) for choice in queries.choices(found)]
        assert len(set(words)) == len(words)


def test_no_mapping_means_as_each_line_was_read_then():
    choice = queries.Choice("a", "bad_ts", 5)
    asked = queries.wanted(choice, "  \n", NOW)
    assert (asked.source, asked.reason, asked.mapping, asked.now) == ("a", "bad_ts", None, NOW)


def test_a_mapping_may_name_a_preset():
    asked = queries.wanted(queries.Choice(None, None, 5), "preset: arize", NOW)
    assert asked.mapping is not None
    assert asked.mapping.column("prediction_id") == "prediction_id"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tz: x", "unknown key 'tz'"),
        ("- a", "not of the form"),
        ("a: [", "is not YAML"),
        ("#" + "界" * 22_000, "more than 64 KiB"),
    ],
)
def test_what_is_no_mapping_is_refused_with_what_is_wrong(text, said):
    with pytest.raises(ConfigurationError, match=said):
        queries.wanted(queries.Choice(None, None, 5), text, NOW)


def test_the_outcome_tells_what_was_read_what_was_not_and_why():
    counts = RetryCounts(12, LoadCounts(11, 12, 1, 1), Counter(bad_ts=2), Counter(cut=1))
    tone, said = queries.outcome(counts, "en")
    assert tone is Tone.WARNING
    assert said == (
        "12 of 15 lines were read. New: 11 predictions, 12 calls, 1 labels. "
        "2 are still rejected: bad_ts 2. "
        "1 were not tried, for only a part of each is kept: ingest their log again."
    )
    assert queries.outcome(RetryCounts(3, LoadCounts(3, 3)), "en")[0] is Tone.OK
    tone, said = queries.outcome(RetryCounts(still=Counter(bad_ts=4)), "en")
    assert tone is Tone.WARNING
    assert said.startswith("None of the 4 lines could be read.")


def test_every_reason_for_not_trying_has_a_sentence():
    untried = Counter(cut=1, not_kept=2, unknown=3)
    for language in ("en", "zh"):
        _, said = queries.outcome(RetryCounts(untried=untried), language)
        assert "page_data" not in said


def test_retention_is_told_and_what_went_only_where_something_did():
    found = view(reason("a", "bad_ts", 5))
    assert "kept for 30 d, at most 100,000" in queries.retention(found, "en")
    assert "Before" not in queries.retention(found, "en")
    gone = view(reason("a", "bad_ts", 5), read_again=12, dropped=3)
    assert "12 were read later, 3 dropped" in queries.retention(gone, "en")


def test_lines_that_the_table_does_not_show_are_counted():
    assert queries.first(view(reason("a", "bad_ts", 5)), "en") is None
    more = view(reason("a", "bad_ts", 5), by_reason={"bad_ts": 1005})
    assert queries.first(more, "en") == (
        "1,000 more lines of other sources and reasons are not shown."
    )
