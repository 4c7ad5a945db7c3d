"""A whole run: what Spark counts is judged as what was loaded, finding by finding."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from domain.errors import UnknownNameError
from domain.run import Run
from domain.window import Window
from monitors.local_service import LocalService
from tests.monitors.test_sources import NOW, START, config_of, flat, ingested
from tests.spark.test_spark_engine import OPTIONS

pytestmark = pytest.mark.spark

DAY = Window(START + timedelta(days=33), START + timedelta(days=34))


def run(service: LocalService) -> list[Run]:
    runs = service.run("flights", DAY, NOW, NOW)
    return [replace(one, duration_s=0.0, config_hash="") for one in runs]


def test_a_run_over_spark_finds_what_a_run_over_the_store_finds(master: str, tmp_path: Path):
    (tmp_path / "lake").mkdir()
    keys = flat(tmp_path / "lake")
    source = {"engine": "spark", "path": "lake", "master": master, "options": OPTIONS}
    config = config_of(tmp_path, "in-place", source)

    with (
        ingested(tmp_path, keys) as loaded,
        LocalService.open(config, "test", create=True) as placed,
    ):
        expected, found = run(loaded), run(placed)
        assert placed.incidents() == loaded.incidents()

    assert sum(len(one.findings) for one in expected) > 10
    for one, other in zip(expected, found, strict=True):
        assert other.findings == one.findings
        assert str(other) == str(one)
    assert any(one.status.value == "violations" for one in found)


def test_pages_show_what_runs_over_spark_counted_and_say_that_it_is_not_all(
    master: str, tmp_path: Path
):
    (tmp_path / "lake").mkdir()
    keys = flat(tmp_path / "lake")
    source = {"engine": "spark", "path": "lake", "master": master, "options": OPTIONS}
    config = config_of(tmp_path, "in-place", source)
    month = Window(START, NOW)

    with (
        ingested(tmp_path, keys) as loaded,
        LocalService.open(config, "test", create=True) as placed,
    ):
        for service in (loaded, placed):
            run(service)
        one, other = (service.service_levels("flights", "1", DAY) for service in (loaded, placed))
        assert (one.counted_in_runs, other.counted_in_runs) == (False, True)
        assert other.points == one.points
        assert other.replicas == one.replicas
        assert 0 < other.whole.calls == one.whole.calls
        assert placed.service_levels("flights", "1", month).whole.calls == one.whole.calls

        [stored], [seen] = loaded.data(NOW).models, placed.data(NOW).models
        assert (seen.predictions, seen.calls) == (stored.predictions, stored.calls)
        assert (seen.first, seen.newest) == (stored.first, stored.newest)
        assert (seen.windows, seen.windows_with_logs, seen.counted_in_runs) == (1, 1, True)
        assert [n for n in seen.daily_calls if n] == [stored.daily_calls[-4]]

        assert [d.deployment for d in placed.fleet(NOW).deployments] == [
            d.deployment for d in loaded.fleet(NOW).deployments
        ]
        assert str(placed.targets()) == str(loaded.targets())
        assert str(placed.performance("flights")) == str(loaded.performance("flights"))
        assert placed.refresh() == 0
        with pytest.raises(UnknownNameError, match="no version '9'"):
            placed.service_levels("flights", "9", DAY)
