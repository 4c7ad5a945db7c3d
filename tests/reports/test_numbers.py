"""How numbers are written: units, few digits, and never a lie by rounding."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.finite import finite
from domain.window import Window
from reports import numbers


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, "—"),
        (0.0, "0.0%"),
        (1.0, "100.0%"),
        (0.0004, "<0.1%"),
        (0.99996, ">99.9%"),
        (0.123, "12.3%"),
    ],
)
def test_a_share_is_a_percentage(value: float | None, written: str) -> None:
    assert numbers.share(value) == written


@given(st.floats(0, 1), st.integers(0, 3))
def test_only_nothing_reads_0_percent_and_only_all_reads_100(value: float, digits: int) -> None:
    written = numbers.share(value, digits)
    assert (written == f"{0:.{digits}f}%") == (value == 0)
    assert (written == f"{100:.{digits}f}%") == (value == 1)


@pytest.mark.parametrize(
    ("value", "written"),
    [(7, "7"), (999, "999"), (1000, "1.0K"), (71_230, "71K"), (1_240_000, "1.2M"), (3e9, "3.0B")],
)
def test_a_compact_count_has_three_digits_at_most(value: float, written: str) -> None:
    assert numbers.compact(value) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [(None, "—"), (8.24, "8.2 ms"), (89.4, "89 ms"), (9_999, "9999 ms"), (12_400, "12.4 s")],
)
def test_a_latency_is_in_milliseconds_until_ten_seconds(value, written: str) -> None:
    assert numbers.milliseconds(value) == written


@pytest.mark.parametrize(
    ("remaining", "written"),
    [
        (None, "—"),
        (0.74, "74% left"),
        (0.0, "0% left"),
        (-7.0, "overspent 8.0×"),
        (-0.2, "overspent 1.2×"),
    ],
)
def test_a_budget_says_what_is_left_or_how_often_it_was_spent(remaining, written: str) -> None:
    assert numbers.budget(remaining, "en") == written


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (0, "0 s"),
        (45, "45 s"),
        (300, "5 min"),
        (6900, "1 h 55 min"),
        (86_400, "1 d"),
        (86_400 * 23 + 3600 * 5 + 59, "23 d 5 h"),
        (86_400 + 59, "1 d"),
    ],
)
def test_a_length_is_in_its_two_largest_units(seconds: float, written: str) -> None:
    assert numbers.length(seconds, "en") == written


@pytest.mark.parametrize(
    ("value", "written"), [(None, "—"), (0.0, "<0.001"), (0.00099, "<0.001"), (0.0421, "0.042")]
)
def test_a_tiny_p_value_is_not_written_as_zero(value, written: str) -> None:
    assert numbers.p_value(value) == written


@given(st.floats(min_value=1e-12, max_value=1e6))
def test_a_statistic_that_is_not_zero_is_not_written_as_zero(value: float) -> None:
    assert numbers.statistic(value) not in ("0", "0.00", "-0.00")


@given(st.one_of(st.none(), st.floats(), st.integers(), st.text(), st.booleans()))
def test_finite_lets_only_finite_numbers_through(value: object) -> None:
    number = finite(value)
    assert number is None or math.isfinite(number)


def test_a_day_is_one_date_and_days_are_two() -> None:
    start = datetime(2013, 7, 1, tzinfo=UTC)
    assert numbers.span(Window(start, start + timedelta(days=1)), "en") == "2013-07-01"
    week = Window(start, start + timedelta(days=7))
    assert numbers.span(week, "en") == "2013-07-01 – 2013-07-07"


def test_a_window_within_a_day_shows_its_times_and_their_zone() -> None:
    start = datetime(2013, 7, 1, 6, tzinfo=UTC)
    written = numbers.span(Window(start, start + timedelta(hours=6)), "en")
    assert written == "2013-07-01 06:00 UTC – 2013-07-01 12:00 UTC"
