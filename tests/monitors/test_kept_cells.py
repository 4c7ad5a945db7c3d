"""Cells that stay for a quarter: the same whoever asks first, and left where they do not fit."""

from __future__ import annotations

import random
import shutil
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from domain.profile import Grid, GridKind, Profile
from domain.window import align
from monitors import kept_cells
from monitors.calibrations import Calibrations
from monitors.kept_cells import MOST_IN_CELL, RENEWED_EVERY, fits
from tests.golden.logs import Service
from tests.monitors.made import NOW, judge, load, opened, stored

# a shift far beyond what the quarter's cells were learned of
MADE = Service(days=200, calls_a_day=60, drifts_from=150, shift=4.0, missing_on=(140, 141))
FIRST = 130


@pytest.fixture(autouse=True)
def few_rows_do(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(kept_cells, "ROWS_AN_HOUR", 2)


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("logs") / "store"
    with opened(folder) as service:
        load(service, MADE.events())
    return folder


def test_history_judged_in_any_order_is_the_same_where_cells_are_kept(logs: Path, tmp_path: Path):
    windows = [MADE.window(day) for day in range(FIRST, MADE.days, 17)]
    with opened(shutil.copytree(logs, tmp_path / "once")) as service:
        judge(service, windows)
        at_once, kept = stored(service), service.store.grids(MADE.model)
    with opened(shutil.copytree(logs, tmp_path / "mixed")) as service:
        for window in random.Random(3).sample(windows, len(windows)):
            service.run(None, window, NOW, NOW)
        assert stored(service) == at_once
        again = service.store.grids(MADE.model)
    assert {c: [(k.since, k.grid.fingerprint) for k in grids] for c, grids in kept.items()} == {
        c: [(k.since, k.grid.fingerprint) for k in grids] for c, grids in again.items()
    }
    starts = {one.since for grids in kept.values() for one in grids}
    assert starts == {align(w.start, RENEWED_EVERY, "UTC") for w in windows}
    assert len(starts) >= 2


def grids_of(service, day: int) -> dict[str, str]:
    calibrations = Calibrations(service.store, service.config, MADE.model, NOW)
    (calibrated,) = calibrations.of("1", MADE.window(day))
    found = calibrated.reference.grids
    return {column.name: grid.fingerprint for column, grid in found.items()}


def test_cells_stay_for_a_quarter_and_the_next_one_learns_its_own(logs: Path, tmp_path: Path):
    with opened(shutil.copytree(logs, tmp_path / "store")) as service:
        quarter = align(MADE.window(FIRST).start, RENEWED_EVERY, "UTC") + RENEWED_EVERY
        first = next(d for d in range(MADE.days) if MADE.window(d).start >= quarter)
        before, week, later = (grids_of(service, d) for d in (first - 1, first, first + 8))
    assert week == later
    assert before["distance_km"] != week["distance_km"]


def test_cells_are_learned_anew_where_the_values_moved_out_of_them(logs: Path, tmp_path: Path):
    with opened(shutil.copytree(logs, tmp_path / "store")) as service:
        # weeks after the shift most of the baseline lies in the last one of the old cells
        early, late = grids_of(service, 145), grids_of(service, 178)
        kept = service.store.grids(MADE.model)
    (since,) = {one.since for grids in kept.values() for one in grids}
    of_quarter = {column.name: grids[0].grid.fingerprint for column, grids in kept.items()}
    assert since == align(MADE.window(178).start, RENEWED_EVERY, "UTC")
    assert early == of_quarter
    assert late["weight_kg"] != early["weight_kg"]
    assert late["distance_km"] == early["distance_km"]


def test_a_young_model_has_no_kept_cells(tmp_path: Path):
    made = Service(days=50, calls_a_day=20)
    with opened(tmp_path / "store") as service:
        load(service, made.events())
        judge(service, [made.window(day) for day in range(40, 50)])
        assert service.store.grids(made.model) == {}


def test_sparse_logs_are_read_as_rows(logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(kept_cells, "ROWS_AN_HOUR", 3)  # of 60 calls a day there are 2.5
    with opened(shutil.copytree(logs, tmp_path / "store")) as service:
        assert grids_of(service, 145)
        assert service.store.grids(MADE.model) == {}


def test_a_fixed_baselines_cells_are_kept_beside_those_of_quarters(logs: Path, tmp_path: Path):
    span = MADE.window(91).start, MADE.window(119).start  # begins where a quarter does
    settings = {"baseline": {"window": [f"{moment:%Y-%m-%d}" for moment in span]}}
    with opened(shutil.copytree(logs, tmp_path / "store"), settings) as service:
        first = grids_of(service, 178)
        (since,) = {
            one.since for grids in service.store.grids(MADE.model).values() for one in grids
        }
        assert since == span[0] - timedelta(microseconds=1)
        calibrations = Calibrations(service.store, service.config, MADE.model, NOW)
        moving = calibrations._cells.at(MADE.window(178).start, calibrations.first_data)
        assert {g.fingerprint for g in moving.values()} != set(first.values())
        assert grids_of(service, 178) == first, "frozen at its first use"


def profile(kind: GridKind, edges: list[float], counts: list[int], labels: int = 0) -> Profile:
    grid = Grid(kind, np.array(edges), tuple(f"l{i}" for i in range(labels)))
    return Profile("x", grid, np.array(counts, np.int64))


def test_a_stretch_with_more_than_a_twentieth_does_not_fit_and_a_single_value_does():
    after = float(np.nextafter(2.0, np.inf))
    edges = [1.0, 2.0, after, *np.arange(3.0, 30.0)]
    spread = [10] * 31
    assert fits(profile(GridKind.QUANTILES, edges, [*spread, 0, 0]))
    heavy = spread.copy()
    heavy[2] = 5000  # the single value 2
    assert fits(profile(GridKind.QUANTILES, edges, [*heavy, 0, 0]))
    heavy[3] = int(MOST_IN_CELL * 5300) + 20
    assert not fits(profile(GridKind.QUANTILES, edges, [*heavy, 0, 0]))


def test_values_that_no_cell_holds_make_cells_unfit_but_for_rare_labels_beyond_the_last():
    assert fits(profile(GridKind.ATOMS, [1.0, 2.0], [500, 490, 10, 10]))
    assert not fits(profile(GridKind.ATOMS, [1.0, 2.0], [500, 480, 10, 20]))
    assert not fits(profile(GridKind.CATEGORIES, [], [500, 480, 10, 20], labels=2))
    assert fits(profile(GridKind.CATEGORIES, [], [5] * 200 + [0, 900], labels=200))
    assert fits(profile(GridKind.ATOMS, [], [900, 0]))
    assert not fits(profile(GridKind.ATOMS, [], [900, 90]))


def test_a_quarter_is_whole_weeks_so_that_no_epoch_lies_in_two():
    assert not RENEWED_EVERY % timedelta(weeks=1)
