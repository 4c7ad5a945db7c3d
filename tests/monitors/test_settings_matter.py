"""Every setting of a monitor moves something; the others stay out of it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from domain.finding import Finding, Verdict
from domain.incident import Incident
from domain.profile import ColumnRole
from domain.run import Run
from monitors.config import Config, MonitorConfig
from monitors.local_service import LocalService
from monitors.run import Reprocess
from tests.golden.logs import Service
from tests.monitors.made import NOW, load, load_labels, opened

MADE = Service(days=36, calls_a_day=80, drifts_from=33, shift=1.2, failing=(32, 10, 4))
BASE: dict[str, Any] = {
    "baseline": {"trailing": "28d", "gap": "3d"},
    "slos": [{"name": "up", "target": "99%"}],
}
# said to do nothing yet, by the routes that it is for
LATER = {"owner"}
# where rows lie and how long, which must move nothing: test_sources.py, test_archive.py; and what
# is hidden before it is stored: test_privacy.py; where traces are shown: test_trace_links.py
ELSEWHERE = {"source", "archive", "retention", "privacy", "trace_url"}


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("logs") / "store"
    with opened(folder, BASE) as service:
        load(service, MADE.events())
        load_labels(service, MADE.labels())
    return folder


def found(folder: Path, settings: dict[str, Any]) -> tuple[list[Run], list[Incident]]:
    """Judge the four last days by some settings; what was found."""
    monitor = Config.model_validate({"store": folder, "monitors": {"*": {**BASE, **settings}}})
    with LocalService.open(monitor, "test", create=False) as service:
        # the logs end when the last day does: what is complete then hangs on length and grace
        end = MADE.window(35).end
        planned = service.plan_backfill(None, MADE.window(32).start, None, Reprocess.NONE, end)
        return service.execute(planned, NOW, lambda *_: None), service.store.incidents()


@pytest.fixture(scope="module")
def usual(logs: Path, tmp_path_factory: pytest.TempPathFactory):
    return found(shutil.copytree(logs, tmp_path_factory.mktemp("usual") / "store"), {})


def findings(runs: list[Run], *detectors: str) -> list[Finding]:
    return [f for run in runs for f in run.findings if f.detector in detectors]


def moved_psi(runs, usual):
    old, new = findings(usual, "psi"), findings(runs, "psi")
    assert all(b.threshold > a.threshold for a, b in zip(old, new, strict=True))
    assert findings(runs, "ks", "forecast") == findings(usual, "ks", "forecast")


def moved_ks(runs, usual):
    assert {f.threshold for f in findings(runs, "ks")} == {0.9}
    assert findings(runs, "psi", "forecast") == findings(usual, "psi", "forecast")


def fewer_tests(runs, usual):
    number = {f.detector for f in findings(runs, "psi", "ks", "missing") if f.column == "weight_kg"}
    category = {
        f.detector for f in findings(runs, "psi", "chi2", "missing") if f.column == "carrier"
    }
    assert (number, category) == ({"ks"}, {"chi2"})


def higher_line(runs, usual):
    old, new = findings(usual, "forecast"), findings(runs, "forecast")
    assert max(f.threshold for f in new) > max(f.threshold for f in old)


def all_too_small(runs, usual):
    inputs = [f for run in runs for f in run.findings if f.kind is ColumnRole.FEATURE]
    assert {f.verdict for f in inputs} == {Verdict.INCONCLUSIVE}


def other_baseline(runs, usual):
    assert {run.baseline for run in runs}.isdisjoint(run.baseline for run in usual)


def without_weight(runs, usual):
    assert {f.column for f in findings(runs, "psi")} == {"distance_km", "carrier"}


def regression(runs, usual):
    assert {run.performance.task for run in runs} == {"regression"}
    assert {run.performance.task for run in usual} == {"binary"}


def shorter(runs, usual):
    assert {run.window.duration.total_seconds() for run in runs} == {12 * 3600}


def waited(runs, usual):
    assert [run.window for run in runs] == [MADE.window(day) for day in range(32, 35)]


def cut_by_carrier(runs, usual):
    drifted = [f for f in findings(runs, "forecast") if f.verdict is Verdict.DRIFTED]
    assert {f.values["slice_by"] for f in drifted if f.column == "weight_kg"} == {"carrier"}
    old, new = findings(usual, "psi", "ks"), findings(runs, "psi", "ks")
    assert [f.statistic for f in old] == [f.statistic for f in new]


def no_objective(runs, usual):
    assert all(run.slos == () for run in runs)


SETTINGS = [
    ("drift", {"psi": 0.4}, moved_psi),
    ("drift", {"ks": 0.9}, moved_ks),
    ("drift", {"numeric": ["ks"], "categorical": ["chi2"]}, fewer_tests),
    ("false_incidents", "1 per 9000d", higher_line),
    ("min_rows", 100, all_too_small),
    ("baseline", {"trailing": "28d", "gap": "1d"}, other_baseline),
    ("columns", {"include": ["distance_km", "carrier"]}, without_weight),
    ("task", "regression", regression),
    ("window", "12h", shorter),
    ("grace", "1h", waited),
    ("slices", ["carrier"], cut_by_carrier),
    ("slos", [], no_objective),
]


@pytest.mark.parametrize(
    ("key", "value", "expect"), SETTINGS, ids=[f"{k}-{e.__name__}" for k, _, e in SETTINGS]
)
def test_a_setting_moves_what_it_is_about(logs, usual, tmp_path: Path, key: str, value, expect):
    runs, _ = found(shutil.copytree(logs, tmp_path / "store"), {key: value})
    assert runs != usual[0]
    expect(runs, usual[0])


def test_an_alert_waits_for_as_many_bad_windows_as_set(logs, usual, tmp_path: Path):
    _, incidents = found(shutil.copytree(logs, tmp_path / "store"), {"for_windows": 3})
    assert "up" in {i.subjects[0] for i in usual[1]}
    assert "up" not in {i.subjects[0] for i in incidents}, "it was bad for one window"


def test_drift_is_critical_from_the_set_change_of_the_score_on(logs, usual, tmp_path: Path):
    def worst(incidents: list[Incident]) -> set[str]:
        return {a.severity.value for i in incidents for a in i.alerts if a.subject == "weight_kg"}

    low = found(shutil.copytree(logs, tmp_path / "low"), {"score_change": 1e-6})[1]
    high = found(shutil.copytree(logs, tmp_path / "high"), {"score_change": 0.9})[1]
    assert (worst(low), worst(high)) == ({"critical"}, {"warning"})


def test_uncalibrated_tests_are_as_strict_as_set(logs, tmp_path: Path):
    """With a file as baseline the two-sample tests decide, each at its part of alpha."""
    import pyarrow.parquet as pq

    pq.write_table(MADE.events(0, 9), tmp_path / "train.parquet")
    file = {"baseline": {"file": str(tmp_path / "train.parquet")}}
    verdicts = []
    for alpha in (0.9, 1e-12):
        folder = shutil.copytree(logs, tmp_path / f"{alpha}")
        runs, _ = found(folder, {**file, "drift": {"alpha": alpha, "psi": 1e-6, "ks": 1e-6}})
        drifted = findings(runs, "psi", "ks", "chi2")
        verdicts.append(sum(f.verdict is Verdict.DRIFTED for f in drifted))
    assert verdicts[0] > verdicts[1]


def test_every_setting_is_held_by_one_of_these_tests():
    tested = {key for key, _, _ in SETTINGS} | {"for_windows", "score_change"}
    assert tested | LATER | ELSEWHERE == set(MonitorConfig.model_fields)
