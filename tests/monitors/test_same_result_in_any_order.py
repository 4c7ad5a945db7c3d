"""What is said of a window follows from its logs, not from the order of judging."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pyarrow as pa
import pytest

from monitors.run import Reprocess
from tests.golden.logs import Service
from tests.monitors.made import NOW, judge, judge_days, load, load_labels, opened, stored, told

FIRST = 32
# a canary, a shift, a missing feature, a burst of errors, and a day on which nobody called
MADE = Service(
    days=45,
    calls_a_day=90,
    versions={"1": (0, 100, 1.0), "2": (33, 100, 0.4)},
    drifts_from=38,
    missing_on=(35, 36),
    failing=(37, 9, 4),
    silent_on=(41,),
)


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("logs") / "store"
    with opened(folder) as service:
        load(service, MADE.events())
        load_labels(service, MADE.labels())
    return folder


@pytest.fixture(scope="module")
def at_once(logs: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], list[str]]:
    folder = shutil.copytree(logs, tmp_path_factory.mktemp("once") / "store")
    with opened(folder) as service:
        judge_days(service, MADE, FIRST, MADE.days)
        causes = {cause for cause, _, _ in told(service.incidents())}
        assert {"drift", "missing", "availability", "traffic"} <= causes
        return stored(service)


def parts_of(days: list[int], luck: random.Random) -> list[list[int]]:
    cuts = sorted(luck.sample(range(1, len(days)), 4))
    parts = [days[a:b] for a, b in zip([0, *cuts], [*cuts, len(days)], strict=True)]
    luck.shuffle(parts)
    return parts


def test_history_judged_in_parts_and_any_order_is_byte_for_byte_the_same(
    logs: Path, at_once: tuple[list[str], list[str]], tmp_path: Path
):
    with opened(shutil.copytree(logs, tmp_path / "store")) as service:
        for part in parts_of(list(range(FIRST, MADE.days)), random.Random(1)):
            judge(service, [MADE.window(day) for day in part])
        assert stored(service) == at_once


def test_history_judged_day_by_day_backwards_is_byte_for_byte_the_same(
    logs: Path, at_once: tuple[list[str], list[str]], tmp_path: Path
):
    with opened(shutil.copytree(logs, tmp_path / "store")) as service:
        for day in reversed(range(FIRST, MADE.days)):
            service.run(None, None, MADE.window(day).end, NOW)
        assert stored(service) == at_once


def test_judging_again_changes_nothing_and_raises_nothing_twice(
    logs: Path, at_once: tuple[list[str], list[str]], tmp_path: Path
):
    with opened(shutil.copytree(logs, tmp_path / "store")) as service:
        judge_days(service, MADE, FIRST, MADE.days)
        judge_days(service, MADE, FIRST + 5, FIRST + 9)
        assert stored(service) == at_once


def test_what_comes_later_changes_nothing_that_was_said_before(tmp_path: Path):
    """Later windows bring a version, a column, a replica and a class that nobody knew before."""
    late = 33
    events = MADE.events(late - 3)
    later = events.append_column("colour", pa.array(["grey"] * len(events)))
    days = [MADE.window(day) for day in range(late - 3, MADE.days)]
    with opened(tmp_path / "grown") as service:
        load(service, MADE.events(0, late - 3))
        for window in days:
            bounds = [pa.scalar(moment) for moment in (window.start, window.end)]
            at = later["ts"]
            inside = pa.compute.and_(
                pa.compute.greater_equal(at, bounds[0]), pa.compute.less(at, bounds[1])
            )
            part = later.filter(inside)
            if len(part):
                service.store.load(
                    [cut(part, without_colour=window.start < MADE.window(40).start)], "made"
                )
            service.run(None, window, NOW, NOW)
        grown = stored(service)
        again = [run.window for run in service.store.runs()]
        judge(service, sorted(set(again)))
        assert stored(service) == grown


def cut(events: pa.Table, *, without_colour: bool) -> tuple[str, pa.Table, pa.Table]:
    features = ["weight_kg", "distance_km", "carrier", "age_days"]
    names = [n for n in events.column_names if n not in (*features, "colour", "model")]
    wanted = features if without_colour else [*features, "colour"]
    return MADE.model, events.select(names), events.select(wanted)


def test_a_long_silence_is_judged_alike_before_and_after_it_ends(tmp_path: Path):
    """Longer than the baseline reaches: what was usual then is found in the logs before it."""
    made = Service(days=80, calls_a_day=20, silent_on=range(32, 76))
    dead = [made.window(day) for day in range(31, 76, 8)]
    with opened(tmp_path / "store") as service:
        load(service, made.events(0, 32))
        for window in dead:
            service.run(None, window, NOW, NOW)
        before = stored(service)
        load(service, made.events(76))
        for window in dead:
            service.run(None, window, NOW, NOW)
        assert stored(service) == before, "that it ended later was not known then"
        judge(service, dead)
        assert stored(service) == before


@pytest.mark.parametrize(
    ("settings", "zone", "made", "days"),
    [
        # sub-daily windows count from midnight UTC, days from that of the zone
        (
            {"window": "6h", "baseline": {"trailing": "10d", "gap": "2d"}},
            "Europe/Berlin",
            Service(days=30, calls_a_day=360, drifts_from=27, failing=(28, 9, 4)),
            (27, 29),
        ),
        # windows that divide no week
        (
            {"window": "2d", "baseline": {"trailing": "60d", "gap": "4d"}},
            "Asia/Kolkata",
            Service(days=84, calls_a_day=30, drifts_from=80, missing_on=(75, 76)),
            (74, 84),
        ),
        ({"window": "7d"}, "UTC", Service(days=126, calls_a_day=12, drifts_from=112), (98, 126)),
    ],
)
def test_the_law_holds_for_windows_of_any_length_in_any_zone(
    tmp_path: Path, settings: dict, zone: str, made: Service, days: tuple[int, int]
):
    with opened(tmp_path / "store", settings, timezone=zone) as service:
        load(service, made.events())
        first, end = (made.window(day).start for day in days)
        (plan,) = service.plan_backfill(None, first, end, Reprocess.NONE, NOW)
        assert len(plan.windows) >= 3
        judge(service, plan.windows)
        at_once = stored(service)
        for window in random.Random(7).sample(plan.windows, len(plan.windows)):
            service.run(None, window, NOW, NOW)
        assert stored(service) == at_once
        assert service.incidents() != []
