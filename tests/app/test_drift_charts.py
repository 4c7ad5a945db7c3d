"""The Drift page's pictures: small, finite, and never redder than the alarm was."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.charts.distribution import BARS, CATEGORIES, distribution
from app.charts.heatmap import HeatRow, heatmap
from app.charts.history import CAP, history
from app.palette import DARK, LIGHT
from domain.profile import Grid, GridKind, Profile
from domain.window import Window
from tests.app.drift_views import DAY, START, day, reading
from tests.reports.views import HOSTILE, categories_profile, numbers_profile

WINDOWS = tuple(day(i) for i in range(120))


def row(name, readings, *, blind=False, selected=False) -> HeatRow:
    return HeatRow(name=name, history=tuple(readings), blind=blind, selected=selected)


def size(fig) -> int:
    text = fig.to_json()
    assert "NaN" not in text
    assert "Infinity" not in text
    return len(text)


def busy(n: int):
    rng = np.random.default_rng(4)
    return [reading(i, float(rng.gamma(1, 1)), drifted=bool(i % 7 == 0)) for i in range(n)]


def test_the_largest_heatmap_stays_small() -> None:
    rows = [row(f"a_rather_long_column_name_{i}", busy(120)) for i in range(30)]
    assert size(heatmap(WINDOWS, rows, LIGHT, "en")) < 120_000


def test_a_heatmap_in_which_nothing_was_judged_stays_small_and_says_why() -> None:
    rows = [row(f"column_{i}", [None] * 120) for i in range(30)]
    fig = heatmap(WINDOWS, rows, LIGHT, "en")
    assert size(fig) < 140_000
    (hatched,) = [t for t in fig.data if t.type == "scatter" and t.hovertemplate]
    assert len(hatched.x) == 3600
    assert "not judged: no run, no rows, or too few" in hatched.hovertemplate


def test_a_window_without_a_line_is_hatched_and_not_quiet() -> None:
    fig = heatmap([day(0)], [row("a", [reading(0, None)])], LIGHT, "en")
    (hatched,) = [t for t in fig.data if t.type == "scatter" and t.hovertemplate]
    assert fig.data[0].z[0][0] is None
    assert "not calibrated" in hatched.hovertemplate


@pytest.mark.parametrize(
    ("times", "drifted", "step"),
    [
        (0.2, False, 0),
        (0.8, False, 1),
        (5.0, False, 1),
        (1.2, True, 2),
        (2.5, True, 3),
        (9, True, 4),
    ],
)
def test_a_cell_has_the_step_of_its_verdict(times, drifted, step) -> None:
    fig = heatmap([day(0)], [row("a", [reading(0, times, drifted=drifted)])], LIGHT, "en")
    assert fig.data[0].z[0][0] == step


def test_a_lost_column_is_loud_and_its_hover_says_what_it_is() -> None:
    fig = heatmap([day(0)], [row("a", [reading(0, 0.4, drifted=True)])], DARK, "en")
    assert fig.data[0].z[0][0] == 4
    assert fig.data[0].customdata[0][0].startswith("missing, or of another type")


def test_a_hover_gives_the_multiple_and_psi() -> None:
    fig = heatmap([day(0)], [row("a", [reading(0, 2.31, drifted=True)])], LIGHT, "en")
    assert fig.data[0].customdata[0][0] == "2.3× its line · PSI 0.12"


def test_a_span_that_nobody_looked_at_is_an_empty_cell_and_not_a_stretched_one() -> None:
    windows = [day(0), day(1), day(5)]
    fig = heatmap(windows, [row("a", [reading(i, 0.2) for i in (0, 1, 5)])], LIGHT, "en")
    assert list(fig.data[0].z[0]) == [0, 0, None, 0]
    assert fig.data[0].x[2] == "2013-07-03 – 2013-07-05"


def test_rows_keep_the_order_of_the_table_from_top_to_bottom() -> None:
    rows = [row(name, [reading(0, 0.2)]) for name in ("score", "fare", "temp")]
    fig = heatmap([day(0)], rows, LIGHT, "en")
    low, high = fig.layout.yaxis.range
    assert low > high  # the first row is on top
    assert list(fig.layout.yaxis.categoryarray) == ["score", "fare", "temp"]


def test_a_blind_row_says_so_and_the_selected_one_is_bold() -> None:
    rows = [
        row("temp", [reading(0, 0.2)], blind=True),
        row("fare", [reading(0, 0.2)], selected=True),
    ]
    fig = heatmap([day(0)], rows, LIGHT, "en")
    assert list(fig.layout.yaxis.ticktext) == ["temp (blind)", "<b>fare</b>"]


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_becomes_markup(name) -> None:
    fig = heatmap([day(0)], [row(name, [reading(0, 0.2)])], LIGHT, "en")
    assert "<script" not in fig.to_json().replace("\\u003c", "<")
    profile = Profile(
        name, Grid(GridKind.CATEGORIES, np.empty(0), (name, "b")), np.array([3, 1, 0, 0])
    )
    drawn = distribution(profile, profile, LIGHT, "en")
    assert "<script" not in drawn.to_json().replace("\\u003c", "<")


def test_a_history_marks_alarms_and_puts_a_lost_column_at_the_top() -> None:
    readings = [reading(0, 0.4), None, reading(2, 1.5, drifted=True), reading(3, 0.1, drifted=True)]
    fig = history(WINDOWS[:4], readings, [Window(START + DAY, START + 3 * DAY)], LIGHT, "en")
    line, alarms = fig.data
    assert list(line.y) == [0.4, None, 1.5, None]
    assert list(alarms.marker.symbol) == ["circle", "x"]
    assert alarms.y[1] > 1.5
    assert "missing, or of another type" in alarms.customdata[1]
    assert [s for s in fig.layout.shapes if s.type == "rect"]


def test_every_alarm_is_inside_the_picture() -> None:
    readings = [reading(i, 8.0, drifted=True) for i in range(4)]
    fig = history(WINDOWS[:4], readings, [], LIGHT, "en")
    assert max(fig.data[1].y) < fig.layout.yaxis.range[1]


def test_one_huge_reading_does_not_flatten_the_others() -> None:
    readings = [reading(0, 0.9), reading(1, 4000.0, drifted=True)]
    fig = history(WINDOWS[:2], readings, [], LIGHT, "en")
    assert fig.layout.yaxis.range[1] < CAP * 1.3
    assert "4,000×" in fig.data[1].customdata[1 - 1]


def test_a_history_breaks_where_nobody_looked() -> None:
    fig = history([day(0), day(1), day(9)], [reading(i, 0.5) for i in (0, 1, 9)], [], LIGHT, "en")
    assert list(fig.data[0].y) == [0.5, 0.5, None, 0.5]


def test_without_any_judged_window_there_is_no_history() -> None:
    assert history(WINDOWS[:2], [None, None], [], LIGHT, "en") is None
    assert history(WINDOWS[:1], [reading(0, None)], [], LIGHT, "en") is None


def test_the_longest_history_stays_small() -> None:
    assert size(history(WINDOWS, busy(120), [], LIGHT, "zh")) < 40_000


def test_a_histogram_shows_every_row_as_a_share_of_its_side() -> None:
    fig = distribution(numbers_profile("a", 0, 20_000), numbers_profile("a", 1.0, 900), LIGHT, "en")
    bars, line = fig.data
    assert len(bars.x) == BARS + 2
    assert sum(bars.y) == pytest.approx(1, abs=1e-3)
    assert sum(line.y[::2]) == pytest.approx(1, abs=1e-3)
    assert fig.layout.xaxis.ticktext[0].startswith("<")
    assert fig.layout.xaxis.ticktext[-1].startswith("≥")
    assert size(fig) < 20_000


def test_missing_values_stand_apart_with_their_shares_and_flatten_nothing() -> None:
    lost = numbers_profile("a", 0, 1000, missing=9000)
    fig = distribution(numbers_profile("a", 0, 20_000), lost, LIGHT, "en")
    assert fig.layout.yaxis.range[1] < 0.3
    (said,) = [a.text for a in fig.layout.annotations]
    assert said == f"0.0% → {lost.missing / lost.n:.1%}"
    assert fig.layout.xaxis.ticktext[-1] == "missing"


def test_categories_are_a_dumbbell_of_the_top_and_the_rest() -> None:
    before = categories_profile("carrier", [50, 30, 10, 5, 4, 3, 3, 2, 2, 1, 1, 1])
    # the third moves too, by less than two points of a hundred
    after = categories_profile("carrier", [30, 49, 11, 5, 4, 3, 3, 2, 2, 1, 1, 1])
    fig = distribution(before, after, LIGHT, "en")
    assert len(fig.data[0].x) == CATEGORIES + 1
    assert fig.layout.yaxis.ticktext[-1] == "all others"
    moved = [s for s in fig.layout.shapes if s.line.color == LIGHT.current]
    assert len(moved) == 2


def test_nothing_to_draw_is_none() -> None:
    assert distribution(None, None, LIGHT, "en") is None


@settings(max_examples=30)
@given(st.lists(st.integers(0, 50), min_size=3, max_size=60), st.integers(0, 40), st.integers(0, 9))
def test_whatever_was_counted_can_be_drawn(counts, missing, unseen) -> None:
    grid = Grid(GridKind.QUANTILES, np.arange(len(counts) - 1, dtype=float))
    profile = Profile("a", grid, np.array([*counts, missing, unseen], dtype=np.int64))
    fig = distribution(profile, None, DARK, "zh")
    assert (fig is None) == (profile.n == 0)
    if fig is not None:
        size(fig)
