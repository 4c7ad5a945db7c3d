"""An address means one thing, and never silently another."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.selection import Selection, parse
from domain.links import PAGES, page_keys, page_url
from domain.run import RunStatus
from domain.window import Window
from monitors.views.drift import Against
from monitors.views.fleet import JudgedWindow, Target

START = datetime(2013, 7, 1, tzinfo=UTC)
DAYS = [Window(START + timedelta(days=i), START + timedelta(days=i + 1)) for i in range(10)]
JUDGED = tuple(JudgedWindow(window, RunStatus.OK) for window in DAYS)
TARGETS = (
    Target("flight-delay", ("2", "1"), JUDGED, Window(DAYS[0].start, DAYS[-1].end)),
    Target("fraud-scorer", ("13",), (), None),
    Target("nameless", ("",), JUDGED, None),
)
names = st.text(min_size=1, max_size=12)


def test_an_empty_address_shows_the_first_model_in_its_first_version_at_the_newest_window():
    parsed = parse({}, TARGETS)
    assert parsed.selection == Selection(model="flight-delay", version="2")
    assert parsed.notices == ()


def test_a_full_address_is_shown_as_it_says():
    keys = {"model": "flight-delay", "version": "1", "window": str(DAYS[3])}
    parsed = parse({**keys, "against": "week-before", "column": "temp"}, TARGETS)
    assert parsed.selection == Selection(
        model="flight-delay", version="1", window=DAYS[3], against=Against.WEEK_BEFORE
    )
    assert parsed.notices == ()
    assert parsed.target is TARGETS[0]


@given(
    st.sampled_from([(t.model, v) for t in TARGETS for v in t.versions]),
    st.sampled_from([None, *DAYS]),
    st.sampled_from(Against),
)
def test_what_a_selection_writes_into_an_address_is_read_as_the_same_selection(
    deployment, window, against
):
    model, version = deployment
    if model == "fraud-scorer":
        window = None
    chosen = Selection(model=model, version=version, window=window, against=against)
    url = page_url("drift", **chosen.keys())
    keys = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
    parsed = parse(keys, TARGETS)
    assert (parsed.selection, parsed.notices) == (chosen, ())


@given(names.filter(lambda name: name not in {t.model for t in TARGETS}))
def test_an_unknown_model_is_always_told(name):
    parsed = parse({"model": name, "version": "1"}, TARGETS)
    assert [notice.what for notice in parsed.notices] == ["model"]
    assert parsed.notices[0].asked == name
    assert parsed.notices[0].shown == parsed.selection.model


def test_the_model_most_like_the_unknown_one_is_shown():
    (notice,) = parse({"model": "fraud-scorr"}, TARGETS).notices
    assert (notice.nearest, notice.shown) == ("fraud-scorer", "fraud-scorer")


def test_where_no_model_is_like_it_none_is_called_the_nearest():
    (notice,) = parse({"model": "zzz"}, TARGETS).notices
    assert (notice.nearest, notice.shown) == (None, "flight-delay")


def test_an_unknown_version_is_told_and_the_model_stays():
    parsed = parse({"model": "flight-delay", "version": "7"}, TARGETS)
    assert parsed.selection.model == "flight-delay"
    assert [(n.what, n.asked, n.shown) for n in parsed.notices] == [("version", "7", "2")]


@pytest.mark.parametrize("text", ["yesterday", "2013-07-01", "2013-07-02/2013-07-01", "/"])
def test_a_window_that_cannot_be_read_is_told_and_the_newest_is_shown(text):
    parsed = parse({"window": text}, TARGETS)
    assert parsed.selection.window is None
    assert [(n.what, n.asked, n.shown) for n in parsed.notices] == [("window", text, "")]


def test_a_window_that_was_not_judged_is_told_and_the_nearest_judged_one_is_shown():
    parsed = parse({"window": "2013-07-04T05:00:00Z/2013-07-04T06:00:00Z"}, TARGETS)
    assert parsed.selection.window == DAYS[3]
    assert [n.what for n in parsed.notices] == ["window"]


def test_dates_alone_name_a_days_window():
    parsed = parse({"window": "2013-07-03/2013-07-04"}, TARGETS)
    assert (parsed.selection.window, parsed.notices) == (DAYS[2], ())


def test_a_model_that_was_never_judged_has_no_window_to_fall_back_to():
    parsed = parse({"model": "fraud-scorer", "window": str(DAYS[0])}, TARGETS)
    assert parsed.selection.window is None
    assert [n.what for n in parsed.notices] == ["window"]


def test_an_unknown_reference_is_told():
    parsed = parse({"against": "last-year"}, TARGETS)
    assert parsed.selection.against is Against.CONFIGURED
    assert [n.what for n in parsed.notices] == ["against"]


@given(st.dictionaries(st.sampled_from(["model", "version", "column"]), names))
def test_any_name_survives_an_address(keys):
    url = page_url("drift", **keys)
    assert dict(parse_qsl(urlsplit(url).query, keep_blank_values=True)) == page_keys(**keys)


def test_every_page_has_an_address_of_its_own_and_the_fleet_is_the_root():
    assert page_url("fleet") == "/"
    assert len({page_url(page) for page in PAGES}) == len(PAGES)
    with pytest.raises(KeyError):
        page_url("metrics")


def test_the_version_of_a_model_that_is_not_there_is_not_told_as_well():
    parsed = parse({"model": "flight-dealy", "version": "77"}, TARGETS)
    assert [notice.what for notice in parsed.notices] == ["model"]
    assert parsed.selection.version == "2"
