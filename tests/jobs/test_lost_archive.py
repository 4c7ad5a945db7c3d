"""Where archived rows are lost, nothing is called healthy, by the commands a person uses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

WINDOW = ("run", "--window", "2024-03-31/2024-04-01", "--format", "json")


def _run(call: Any) -> dict[str, Any]:
    [run] = call(*WINDOW).json["runs"]
    return run


@pytest.mark.parametrize("kind", ["predictions", "calls"])
def test_a_window_whose_file_was_set_aside_is_insufficient_and_never_healthy(
    cold_desk: Path, call, kind: str
) -> None:
    before = _run(call)
    assert (before["status"], before["coverage"]) == ("ok", 1.0)
    [path] = (cold_desk / "cold" / kind).rglob("date=2024-03-31/*.parquet")
    path.write_bytes(path.read_bytes()[:-100])

    assert call(*WINDOW).code == 2
    repaired = call("doctor", "--repair")
    assert "is damaged" in repaired.out
    assert "insufficient" in repaired.out
    answer = call(*WINDOW)

    [run] = answer.json["runs"]
    assert answer.code == 3
    assert run["status"] == "insufficient"
    assert run["coverage"] < 0.05
    assert {f["verdict"] for f in run["findings"]} == {"inconclusive"}
    assert all("missing or damaged" in f["sentence"] for f in run["findings"])
    assert "missing or damaged" in call("run", "--window", "2024-03-31/2024-04-01").out


def test_a_baseline_is_told_without_the_windows_that_lack_rows(cold_desk: Path, call) -> None:
    before = _run(call)
    for day in ("2024-03-10", "2024-03-11"):
        for path in (cold_desk / "cold").rglob(f"date={day}/*.parquet"):
            path.unlink()
    call("doctor", "--repair")

    after = _run(call)

    assert "without 2 windows that lack archived rows" in after["baseline"]
    assert after["baseline_windows"] == before["baseline_windows"] - 2
    assert after["coverage"] == 1.0
    # what is usual is told by the days that are whole, of 80 calls each
    traffic = [
        next(f["n_reference"] for f in run["findings"] if f["detector"] == "traffic")
        for run in (before, after)
    ]
    assert traffic[1] == traffic[0] - 2 * 80


def test_by_a_baseline_of_which_too_little_is_left_no_column_is_judged(
    cold_desk: Path, call
) -> None:
    for path in (cold_desk / "cold").rglob("date=2024-03-*/*.parquet"):
        if int(path.parent.name[-2:]) < 29:
            path.unlink()
    call("doctor", "--repair")

    run = _run(call)

    assert "without" in run["baseline"]
    assert not [f for f in run["findings"] if f["verdict"] in {"ok", "drifted"}]
