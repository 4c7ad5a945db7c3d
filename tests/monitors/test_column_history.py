"""A column's history says what its windows' findings said."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.finding import Finding, Verdict
from domain.window import Window
from monitors.column_names import name_of
from monitors.config_file import load_config
from monitors.local_service import LocalService

# version 2 was judged before it had a baseline of its own, lost a column and drifted
JULY = Window(datetime(2013, 7, 1, tzinfo=UTC), datetime(2013, 7, 29, tzinfo=UTC))
NOVEMBER = Window(datetime(2013, 11, 1, tzinfo=UTC), datetime(2013, 11, 18, tzinfo=UTC))


@pytest.fixture(scope="module")
def service(demo: Path, tmp_path_factory: pytest.TempPathFactory):
    folder = shutil.copytree(demo, tmp_path_factory.mktemp("history") / "demo")
    config = load_config(folder / "driftline.yaml", {})
    config = config.model_copy(update={"store": folder / "store"})
    with LocalService.open(config, "test", create=False) as opened:
        yield opened


def deciding(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.decides]


def furthest(findings: list[Finding]) -> float | None:
    """The largest multiple of its own line of those that measure; a rule measures nothing."""
    measured = [
        finding.statistic / finding.threshold
        for finding in deciding(findings)
        if finding.detector != "completeness"
        and finding.statistic is not None
        and finding.threshold
    ]
    return max(measured, default=None)


@pytest.mark.parametrize("span", [JULY, NOVEMBER], ids=["uncalibrated", "calibrated"])
def test_every_reading_is_what_the_windows_findings_decided(service, span) -> None:
    last = service.store.runs("flight-delay", "2", span)[-1]
    view = service.drift("flight-delay", "2", last.window)
    seen = 0
    for run in service.store.runs("flight-delay", "2", span, findings="all"):
        at = view.windows.index(run.window)
        for column in view.columns:
            own = [f for f in run.findings if f.column == name_of(column.column)]
            reading = column.history[at]
            if reading is None:
                assert all(
                    f.verdict is Verdict.INCONCLUSIVE
                    for f in deciding(own)
                    if f.detector != "completeness"
                )
                continue
            far = furthest(own)
            assert reading.multiple == (None if far is None else pytest.approx(max(far, 0)))
            assert reading.drifted is any(f.verdict is Verdict.DRIFTED for f in deciding(own))
            psi = [f.statistic for f in own if f.detector == "psi"]
            assert reading.psi == (psi[0] if psi else None)
            seen += 1
    assert seen > 100
