"""A column that fails is named, and hides no other."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from detectors import forecast, psi
from detectors.registry import TESTS, DriftTest
from domain.finding import Finding, Verdict
from domain.run import Run, RunStatus
from domain.sentences import finding_sentence
from monitors import cells
from monitors.local_service import LocalService
from tests.golden.logs import Service
from tests.monitors.made import judge_days, load, opened

MADE = Service(days=34, calls_a_day=60)


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("logs") / "store"
    with opened(folder) as made:
        load(made, MADE.events())
    return folder


@pytest.fixture
def service(logs: Path, tmp_path: Path):
    with opened(shutil.copytree(logs, tmp_path / "store")) as made:
        yield made


def failing_on(name: str, function: Callable, error: Exception) -> Callable:
    """The function, except that it fails for one column."""

    def judge(first, *args, **kwargs):
        if first.column == name:
            raise error
        return function(first, *args, **kwargs)

    return judge


def of(run: Run, column: str) -> list[Finding]:
    return [f for f in run.findings if f.column == column]


def without(run: Run, column: str) -> list[Finding]:
    return [f for f in run.findings if f.column != column]


def expect_only_named(run: Run, column: str, says: str):
    (found,) = of(run, column)
    assert (found.verdict, found.reason, found.decides) == (
        Verdict.INCONCLUSIVE, "finding.failed", True,
    )  # fmt: skip
    for language in ("en", "zh"):
        sentence = finding_sentence(found, language)
        assert column in sentence
        assert says in sentence


@pytest.mark.parametrize("error", [ValueError("3 cells, not 4"), ZeroDivisionError("by zero")])
def test_a_test_that_fails_on_one_column_is_said_of_it_alone(
    service: LocalService, monkeypatch: pytest.MonkeyPatch, error: Exception
):
    (sound,) = judge_days(service, MADE, 31, 32)
    broken = DriftTest(failing_on("carrier", psi.detect, error), "profile", TESTS["psi"].kinds)
    monkeypatch.setattr("monitors.two_samples.TESTS", {**TESTS, "psi": broken})

    (run,) = judge_days(service, MADE, 31, 32)

    expect_only_named(run, "carrier", str(error))
    assert without(run, "carrier") == without(sound, "carrier")
    assert run.status is RunStatus.OK


def test_a_column_whose_cells_cannot_be_learned_is_named(
    service: LocalService, monkeypatch: pytest.MonkeyPatch
):
    learn = failing_on("weight_kg", cells.learn_number_grid, ValueError("no quantiles"))
    monkeypatch.setattr(cells, "learn_number_grid", learn)

    (run,) = judge_days(service, MADE, 31, 32)

    expect_only_named(run, "weight_kg", "no quantiles")
    assert {f.verdict for f in of(run, "distance_km")} == {Verdict.OK}


@pytest.mark.parametrize("step", ["calibrate", "judge", "visible_shifts"])
def test_a_column_that_the_calibrated_detector_fails_on_is_named(
    service: LocalService, monkeypatch: pytest.MonkeyPatch, step: str
):
    function = getattr(forecast, step)

    def fails(*args, **kwargs):
        series = args[0] if step == "calibrate" else args[1]
        if any(one.column == "age_days" for one in series):
            raise FloatingPointError("singular")
        return function(*args, **kwargs)

    monkeypatch.setattr(forecast, step, fails)

    (run,) = judge_days(service, MADE, 31, 32)

    expect_only_named(run, "age_days", "FloatingPointError: singular")
    others = [f for f in without(run, "age_days") if f.detector == "forecast"]
    assert {f.column for f in others} == {
        "weight_kg",
        "distance_km",
        "carrier",
        "prediction",
        "score",
    }
    assert Verdict.INCONCLUSIVE not in {f.verdict for f in others}


def test_where_all_fail_together_all_are_named_and_the_calls_are_still_judged(
    service: LocalService, monkeypatch: pytest.MonkeyPatch
):
    calibrate = forecast.calibrate

    def fails(series, *args, **kwargs):
        if len(series) > 1:
            raise ValueError("only together")
        return calibrate(series, *args, **kwargs)

    monkeypatch.setattr(forecast, "calibrate", fails)

    (run,) = judge_days(service, MADE, 31, 32)

    for column in ("weight_kg", "distance_km", "carrier", "age_days", "prediction", "score"):
        expect_only_named(run, column, "only together")
    assert {f.verdict for f in of(run, "calls")} == {Verdict.OK}
    assert run.slos[0].window_total == 60


def test_a_failed_column_neither_ends_nor_prolongs_its_alert(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    made = Service(days=40, calls_a_day=120, drifts_from=30, shift=1.2)
    with opened(tmp_path / "store") as service:
        load(service, made.events())
        judge_days(service, made, 29, 33)
        before = {a.subject: a for i in service.incidents() for a in i.alerts}
        monkeypatch.setattr(forecast, "judge", failing_on_series("weight_kg", forecast.judge))
        judge_days(service, made, 33, 40)
        after = {a.subject: a for i in service.incidents() for a in i.alerts}
        assert after["weight_kg"] == before["weight_kg"]


def failing_on_series(name: str, function: Callable) -> Callable:
    def judge(calibration, series, *args, **kwargs):
        if any(one.column == name for one in series):
            raise ValueError("no")
        return function(calibration, series, *args, **kwargs)

    return judge


def test_a_fault_of_the_code_itself_is_not_taken_for_one_of_a_column(
    service: LocalService, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("monitors.drift_check.completeness.detect", None)
    with pytest.raises(TypeError):
        judge_days(service, MADE, 31, 32)
