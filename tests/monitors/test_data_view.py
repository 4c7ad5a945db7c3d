"""What is stored and how fresh it is, gathered through the Service."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.rejection import Rejection
from domain.window import Window
from monitors.config import Config
from monitors.config_file import load_config
from monitors.gathering.data import (
    DAYS,
    MOST_SOURCES,
    MOST_WINDOWS,
    freshness,
    span_of_days,
)
from monitors.local_service import LocalService
from monitors.views.data import DataView, Freshness, ModelData, StoreOwner
from store.counted import Came
from tests.store.made import batch

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[LocalService]:
    with opened(tmp_path) as made:
        yield made


def opened(folder: Path, **settings: object) -> LocalService:
    """A service whose windows have no grace, unless `settings` say otherwise."""
    monitors = {"*": {"grace": 0, **settings}}
    config = Config.model_validate({"store": folder, "monitors": monitors})
    return LocalService.open(config, "test", create=True)


def log(service: LocalService, *back: timedelta, model: str = "m", source: str = "made") -> None:
    """Store one call so long before now, each."""
    service.store.load([batch([{"ts": NOW - one} for one in back], model)], source)


def only(view: DataView) -> ModelData:
    (model,) = view.models
    return model


# ------------------------------------------------------------------ fresh or not


@pytest.mark.parametrize(
    ("lag", "expected"),
    [
        (timedelta(0), Freshness.CURRENT),
        (DAY + HOUR, Freshness.CURRENT),
        (DAY + 1.1 * HOUR, Freshness.LATE),
        (2 * DAY + HOUR, Freshness.LATE),
        (2 * DAY + 1.1 * HOUR, Freshness.SILENT),
        (-timedelta(minutes=5), Freshness.CURRENT),
        (-timedelta(minutes=6), Freshness.AHEAD),
        (None, Freshness.EMPTY),
    ],
)
def test_how_fresh_a_model_is_hangs_on_its_window_and_grace(
    lag: timedelta | None, expected: Freshness
) -> None:
    assert freshness(lag, DAY, HOUR) is expected


@given(
    st.timedeltas(timedelta(0), 40 * DAY),
    st.timedeltas(timedelta(0), 40 * DAY),
    st.timedeltas(timedelta(minutes=5), 7 * DAY),
    st.timedeltas(timedelta(0), DAY),
)
def test_what_lies_further_back_is_never_fresher(
    one: timedelta, more: timedelta, window: timedelta, grace: timedelta
) -> None:
    order = [Freshness.CURRENT, Freshness.LATE, Freshness.SILENT]
    near, far = freshness(one, window, grace), freshness(one + more, window, grace)
    assert order.index(near) <= order.index(far)


def test_the_model_furthest_behind_stands_first(service: LocalService) -> None:
    for model, back in {"a": HOUR, "b": 9 * DAY, "c": 30 * HOUR, "d": 5 * DAY}.items():
        log(service, back, model=model)
    service.store.load_labels([("e", pa.table({"prediction_id": ["x"], "label": ["1"]}))], "labels")
    found = service.data(NOW).models
    assert [one.model for one in found] == ["b", "d", "c", "e", "a"]
    assert [one.freshness.value for one in found] == [
        "silent",
        "silent",
        "late",
        "empty",
        "current",
    ]


def test_lag_is_told_in_seconds_and_is_negative_in_the_future(service: LocalService) -> None:
    log(service, -8 * HOUR)
    found = only(service.data(NOW))
    assert found.lag_s == -8 * 3600
    assert found.freshness is Freshness.AHEAD


# ------------------------------------------------------------------ windows that have logs


def test_windows_without_logs_are_holes(service: LocalService) -> None:
    log(service, *(n * DAY for n in range(1, 11) if n not in {4, 5}))
    found = only(service.data(NOW))
    # the newest complete day is yesterday; the first event lies ten days back
    assert (found.windows, found.windows_with_logs) == (10, 8)


def test_only_the_newest_windows_count(service: LocalService) -> None:
    log(service, *(n * DAY for n in range(1, 60)))
    found = only(service.data(NOW))
    assert (found.windows, found.windows_with_logs) == (MOST_WINDOWS, MOST_WINDOWS)
    assert only(service.data(NOW + 12 * DAY)).windows_with_logs == MOST_WINDOWS - 12


def test_a_model_that_began_today_has_no_complete_window(service: LocalService) -> None:
    log(service, HOUR)
    found = only(service.data(NOW))
    assert (found.windows, found.windows_with_logs) == (0, 0)
    assert found.daily_calls[-1] == 1


def test_a_window_is_expected_only_once_its_grace_is_over(tmp_path: Path) -> None:
    with opened(tmp_path, window="6h", grace="2h") as service:
        log(service, *(n * HOUR for n in range(1, 25)))
        # at noon: 06 to 12 is over, but its late events may still come
        assert only(service.data(NOW)).windows == 3
        assert only(service.data(NOW + 2 * HOUR)).windows == 4


def test_short_windows_are_taken_by_the_hour(tmp_path: Path) -> None:
    with opened(tmp_path, window="15m") as service:
        log(service, *(n * HOUR for n in (1, 2, 4)))
        found = only(service.data(NOW))
        assert (found.window_s, found.windows, found.windows_with_logs) == (3600, 4, 3)


def test_long_windows_are_counted_as_far_as_days_are_known(tmp_path: Path) -> None:
    with opened(tmp_path, window="7d") as service:
        log(service, *(n * DAY for n in range(1, 400, 3)))
        found = only(service.data(NOW))
        assert found.windows == found.windows_with_logs
        assert 11 <= found.windows <= DAYS // 7


# ------------------------------------------------------------------ days


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 (the zone is drawn beside it)
def test_the_days_are_whole_and_the_last_of_them_is_today(now: datetime) -> None:
    span = span_of_days(now)
    assert span.duration == DAYS * DAY
    assert span.end - DAY <= now < span.end
    assert (span.end.hour, span.end.minute, span.end.microsecond) == (0, 0, 0)


def test_each_day_has_its_calls(service: LocalService) -> None:
    log(service, HOUR, DAY, DAY + HOUR, 89 * DAY, 90 * DAY)
    days = only(service.data(NOW)).daily_calls
    assert len(days) == DAYS
    assert {n: calls for n, calls in enumerate(reversed(days)) if calls} == {0: 1, 1: 2, 89: 1}


# ------------------------------------------------------------------ sources, types, the store


def test_where_nobody_knows_when_they_came_the_largest_sources_are_first(
    service: LocalService,
) -> None:
    for i in range(MOST_SOURCES + 3):
        log(
            service, *((i * 9 + j) * timedelta(minutes=1) for j in range(1 + i % 3)), source=f"f{i}"
        )
    log(service, 8 * timedelta(minutes=2), source="again")
    view = service.data(NOW)
    sizes = [one.predictions + one.calls + one.labels for one in view.sources]
    assert view.n_sources == MOST_SOURCES + 4
    assert len(sizes) == MOST_SOURCES
    assert sizes == sorted(sizes, reverse=True)


def test_the_source_that_came_last_is_first_and_tells_when(service: LocalService) -> None:
    log(service, HOUR, source="unknown")
    for name, hours in (("late", 2), ("early", 9)):
        service.store.load([], name, Came(NOW - hours * HOUR, passed_over=hours))
    told = [(one.source, one.last_at, one.passed_over) for one in service.data(NOW).sources]
    assert told == [
        ("late", NOW - 2 * HOUR, 2),
        ("early", NOW - 9 * HOUR, 9),
        ("unknown", None, 0),
    ]


def test_rejected_lines_are_told_by_source_and_counted_with_those_that_are_gone(
    service: LocalService,
) -> None:
    def lines(n: int, reason: str) -> list[Rejection]:
        return [Rejection(i, reason, "why", f"{reason} {i}".encode(), cut=not i) for i in range(n)]

    service.store.reject("a", lines(3, "bad_ts"), at=NOW)
    service.store.reject("b", lines(2, "bad_json"), at=NOW - HOUR)
    service.store.reject("c", lines(1, "late_ts"), at=NOW - 9 * HOUR)
    service.store.drop_rejected(NOW - 2 * HOUR)
    view = service.data(NOW)
    assert [(one.source, one.reason, one.lines) for one in view.rejected] == [
        ("a", "bad_ts", 3),
        ("b", "bad_json", 2),
    ]
    totals = view.rejected_totals
    assert totals.by_reason == {"bad_ts": 3, "bad_json": 2}
    assert (totals.lines, totals.whole, totals.dropped, totals.read_again) == (5, 3, 1, 0)
    assert totals.most == service.config.rejected.most


def test_features_with_two_types_belong_to_their_model(service: LocalService) -> None:
    events = [{"ts": NOW - HOUR, "features": {"age": 3.0}}]
    service.store.load([batch(events, "a")], "s")
    service.store.load([batch([{"ts": NOW, "features": {"age": "old"}}], "a")], "s")
    log(service, HOUR, model="b")
    assert {one.model: one.conflicts for one in service.data(NOW).models} == {
        "a": {"age": ("number", "text")},
        "b": {},
    }


def test_an_empty_store_is_told_as_one(service: LocalService) -> None:
    view = service.data(NOW)
    assert (view.models, view.sources, view.n_sources, view.rejected) == ((), (), 0, ())
    assert view.size_bytes == service.facts().size_bytes
    assert (view.owner, view.last_backup) == (None, None)


def test_a_server_is_told_as_the_owner(service: LocalService) -> None:
    service.owner = StoreOwner("http://127.0.0.1:8501", 71, NOW)
    assert service.data(NOW).owner == service.owner


def test_a_backup_is_remembered(service: LocalService) -> None:
    service.note_backup(NOW - HOUR)
    assert service.data(NOW).last_backup == NOW - HOUR


# ------------------------------------------------------------------ never from the rows


def test_days_windows_and_sources_stay_when_the_rows_are_gone(demo: Path, tmp_path: Path) -> None:
    shutil.copytree(demo, tmp_path / "demo")
    config = load_config(tmp_path / "demo" / "driftline.yaml", {})
    config = config.model_copy(update={"store": tmp_path / "demo" / "store"})
    end = datetime(2014, 1, 1, tzinfo=UTC)
    with LocalService.open(config, "test", create=False) as service:
        span = Window(datetime(2013, 1, 1, tzinfo=UTC), end)
        service.store.refresh_call_hours("flight-delay", span)
        before = service.data(end)
    with duckdb.connect(str(config.store / "driftline.duckdb")) as connection:
        (schema,) = connection.execute("select schema_name from models").fetchall()[0]
        for table in ("predictions", "unanswered", "calls", "labels"):
            connection.execute(f'delete from "{schema}".{table}')
    with LocalService.open(config, "test", create=False) as service:
        after = service.data(end)
    gone, was = only(after), only(before)
    assert (gone.predictions, gone.calls, gone.labels) == (0, 0, 0)
    assert min(was.predictions, was.calls, was.labels) > 0
    for name in ("daily_calls", "windows", "windows_with_logs", "freshness", "conflicts"):
        assert getattr(gone, name) == getattr(was, name), name
    assert after.sources == before.sources
    # the hours are all that is left of the events
    assert was.first is not None
    assert was.newest is not None
    assert gone.first == was.first.replace(minute=0)
    assert gone.newest == was.newest.replace(minute=59, second=59, microsecond=999_999)
