"""A whole run: what Spark counts is judged as what was loaded, finding by finding."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

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
