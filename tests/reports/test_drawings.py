"""The drawings: shares that add up, scales that hold their values, lines that keep their gaps."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.finding import Verdict
from domain.profile import Grid, GridKind, Profile
from domain.window import Window
from monitors.report_view import Reading
from reports import charts, heatmap, svg
from reports.distribution import bars
from reports.timeline import Axis, Scale, Series, dots, unbroken
from tests.reports import views

finite = st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: round(value, 3))
values = st.lists(finite, min_size=1, max_size=30)


def profile(kind: GridKind, edges: list[float], counts: list[int]) -> Profile:
    labels = tuple(f"c{i}" for i in range(len(counts) - 2)) if kind is GridKind.CATEGORIES else ()
    return Profile("x", Grid(kind, np.array(edges), labels), np.array(counts, dtype=np.int64))


@st.composite
def two_profiles(draw) -> tuple[Profile, Profile]:
    kind = draw(st.sampled_from(GridKind))
    edges = sorted(draw(st.sets(finite, min_size=1, max_size=60)))
    cells = len(edges) + (kind is GridKind.QUANTILES)
    counts = st.lists(st.integers(0, 10_000), min_size=cells + 2, max_size=cells + 2)
    reference, current = draw(counts.filter(any)), draw(counts)
    shown = [] if kind is GridKind.CATEGORIES else edges
    return profile(kind, shown, reference), profile(kind, shown, current)


@given(two_profiles(), st.integers(4, 40))
def test_the_bars_of_each_side_hold_all_its_rows(pair, n_bars: int) -> None:
    shown = bars(*pair, n_bars)
    assert shown is not None
    for i, (side, heights) in enumerate(zip(pair, (shown.reference, shown.current), strict=True)):
        total = heights.sum() + shown.missing[i] + shown.unseen[i]
        assert total == pytest.approx(1.0 if side.n else 0.0)
        assert (heights >= -1e-12).all()
        assert len(heights) == len(shown.labels)


def test_a_histogram_finds_the_rows_where_they_are() -> None:
    """A uniform sample over quantile cells of very different widths is flat again."""
    edges = [0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 100.0]
    widths = np.diff(edges)
    counts = [0, *(widths * 100).astype(int), 0, 0, 0]
    uniform = profile(GridKind.QUANTILES, edges, counts)
    shown = bars(uniform, uniform, 20)
    assert shown is not None
    inner = shown.reference[1:-1]
    assert inner.max() == pytest.approx(inner.min(), rel=1e-6)


def test_no_rows_on_either_side_is_no_picture() -> None:
    nothing = profile(GridKind.ATOMS, [1.0], [0, 0, 0])
    assert bars(None, None, 10) is None
    assert bars(nothing, nothing, 10) is None


def test_missing_values_get_a_bar_of_their_own() -> None:
    before = profile(GridKind.ATOMS, [1.0, 2.0], [50, 50, 0, 0])
    after = profile(GridKind.ATOMS, [1.0, 2.0], [25, 25, 50, 0])
    shown = bars(before, after, 10)
    assert shown is not None
    assert shown.missing == (0.0, 0.5)
    assert shown.highest == 0.5


def test_many_categories_become_the_largest_and_the_rest() -> None:
    counts = [*range(1, 101), 0, 0]
    many = profile(GridKind.CATEGORIES, [], counts)
    shown = bars(many, many, 8)
    assert shown is not None
    assert shown.labels[:2] == ("c99", "c98")
    assert shown.labels[-1] == "…"
    assert shown.reference[-1] == pytest.approx(sum(range(1, 93)) / sum(range(1, 101)))


@given(values, st.booleans())
def test_a_scale_holds_every_value_between_few_round_ticks(seen, from_zero) -> None:
    shown = [abs(value) for value in seen] if from_zero else seen
    scale = Scale.of(shown, 100, from_zero=from_zero)
    assert 2 <= len(scale.ticks) <= 6
    assert list(scale.ticks) == sorted(set(scale.ticks))
    slack = 1e-6 * max(1.0, *map(abs, shown))
    assert scale.ticks[0] - slack <= min(shown)
    assert max(shown) <= scale.ticks[-1] + slack
    assert all(0 <= scale.y(value) <= 100 for value in shown)


@given(values)
def test_a_larger_value_is_never_drawn_lower(seen) -> None:
    scale = Scale.wide([abs(value) for value in seen], 100)
    heights = [scale.y(value) for value in sorted(map(abs, seen))]
    assert heights == sorted(heights, reverse=True)


@given(st.integers(1, 1000), st.integers(1, 24))
def test_ticks_lie_in_order_and_far_enough_apart_to_be_read(days: int, hours: int) -> None:
    start = views.START + timedelta(hours=hours)
    ticks = Axis(Window(start, start + timedelta(days=days))).ticks("en")
    places = [x for x, _ in ticks]
    assert 1 <= len(ticks) <= 8
    assert all(after - before > 90 for before, after in pairwise(places))
    if days < 365:
        assert len({label for _, label in ticks}) == len(ticks)


@given(st.lists(st.none() | st.floats(-1e3, 1e3), max_size=500), st.integers(2, 60))
def test_thinning_keeps_gaps_and_extremes(seen, most: int) -> None:
    points = [(views.day(i), value) for i, value in enumerate(seen)]
    parts = unbroken(points, most)
    kept = [value for part in parts for _, value in part]
    there = [value for value in seen if value is not None]
    runs = sum(v is not None and (i == 0 or seen[i - 1] is None) for i, v in enumerate(seen))
    assert len(parts) == runs
    assert (min(kept), max(kept)) == (min(there), max(there)) if there else not kept
    assert len(kept) <= max(most, 2 * len(parts)) + 2 * len(parts)
    assert all(window in {w for w, _ in points} for part in parts for window, _ in part)


def test_a_missing_window_breaks_the_line() -> None:
    points = [(views.day(i), 1.0) for i in (0, 1, 5, 6)]
    assert [len(part) for part in unbroken(points)] == [2, 2]


def _absolute(commands: str) -> list[tuple[int, int]]:
    """Follow a path's relative commands, as a browser does."""
    points, x, y = [], 0, 0
    for command, numbers in re.findall(r"([Mlhv])([-\d ]+)", commands):
        given_ = [int(n) for n in numbers.split()]
        if command == "M":
            x, y = given_
        elif command == "l":
            x, y = x + given_[0], y + given_[1]
        elif command == "h":
            x += given_[0]
        else:
            y += given_[0]
        points.append((x, y))
    return points


@given(st.lists(st.tuples(st.floats(0, 1000), st.floats(0, 200)), min_size=2, max_size=80))
def test_a_line_passes_every_point_to_the_unit_however_long_it_is(points) -> None:
    assert _absolute(svg.line(points)) == [(round(x), round(y)) for x, y in points]


def test_one_point_alone_is_a_dot() -> None:
    assert svg.line([(3.2, 4.9)]) == "M3 5h0"
    assert dots([(1, 1), (2, 2)]) == "M1 1h0M2 2h0"


def test_names_and_attributes_are_escaped() -> None:
    drawn = svg.drawing(10, 'a"<b>', [svg.text("<i>&", 0, 0, class_='"x')])
    assert "&lt;b&gt;" in drawn
    assert "<i>" not in drawn
    assert 'class="&#34;x"' in drawn


@given(st.floats(-1e5, 1e5))
def test_a_coordinate_is_short_and_never_minus_zero(value: float) -> None:
    written = svg.short(value)
    assert float(written) == pytest.approx(value, abs=0.051)
    assert written != "-0"
    assert "e" not in written


def reading(statistic: float | None, *, drifted: bool) -> Reading:
    return Reading(views.day(0), "2", statistic, 4.0, drifted)


@pytest.mark.parametrize(
    ("statistic", "drifted", "level"),
    [
        (None, False, "none"),
        (0.4, False, "quiet"),
        (3.4, False, "near"),
        (9.0, False, "near"),  # beyond its line and yet no alarm: it never looks like one
        (4.0, True, "drift"),
        (8.0, True, "drift2"),
        (99.0, True, "drift3"),
        (None, True, "drift3"),
        (0.0, True, "drift3"),
    ],
)
def test_a_cell_is_red_exactly_when_the_window_alarmed(statistic, drifted, level) -> None:
    assert heatmap.level(reading(statistic, drifted=drifted)) == level


def test_a_cell_beyond_a_line_that_nobody_calibrated_is_not_red() -> None:
    assert heatmap.level(Reading(views.day(0), "2", 99.0, 4.0, True, alarmed=False)) == "near"


def test_a_heatmap_shows_an_alarm_of_one_window_among_a_thousand() -> None:
    quiet = [Reading(views.day(i), "2", 0.1, 4.0, False) for i in range(1000)]
    quiet[777] = Reading(views.day(777), "2", 13.0, 4.0, True)
    column = views.column_view("temp", history=tuple(quiet))
    drawn = heatmap.heatmap([column], Axis(Window(views.START, views.day(999).end)), "en")
    assert "heat-drift3" in drawn


def test_a_history_is_drawn_in_multiples_of_the_alarm_line() -> None:
    column = views.column_view("temp", Verdict.DRIFTED)
    axis = Axis(Window(views.START, views.day(272).end))
    drawn = charts.history(column, axis, "en")
    assert drawn is not None
    assert re.findall(r">(\d+)×<", drawn) == ["0", "1", "2", "3"]
    assert "alarm line" in drawn


def test_a_history_without_a_line_is_not_drawn() -> None:
    column = views.column_view("temp", history=(Reading(views.day(0), "2", 1.0, None, False),))
    assert charts.history(column, Axis(views.day(0)), "en") is None
    assert charts.sparkline(column, Axis(views.day(0)), "en") is None


def test_a_category_that_moved_is_marked_and_one_that_did_not_is_quiet() -> None:
    before = views.categories_profile("carrier", [500, 300, 200])
    after = views.categories_profile("carrier", [300, 500, 200])
    column = views.column_view("carrier", reference=before, current=after)
    drawn = charts.distribution(column, "en")
    assert drawn is not None
    assert drawn.count('class="moved"') == 2
    assert "50.0% → 30.0%" in drawn


def test_a_series_knows_only_what_is_there() -> None:
    series = Series("v1", "current", [(views.day(0), None), (views.day(1), 2.0)])
    assert series.values == [2.0]
