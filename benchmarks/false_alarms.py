"""
Count the drift incidents that the default configuration raises where it should raise few.

Three kinds of days are loaded, calibrated and judged by the product's own code, week by week:

* ``independent``: every row drawn from the same distribution; what the textbook assumes;
* ``swinging``: the same, but each day has its own mean, which wanders (an AR(1) process of 0.7),
  and weekends differ; nothing drifts, yet no day is like the next;
* ``sample``: the shipped year of flights, which does change. Its missing feature is left out.

Incidents are runs of days with an alarm of any feature, gaps of two days bridged, first with the
line that the budget gives, then with the line that the backtest raised. Run it from the checkout:

    .venv/bin/python benchmarks/false_alarms.py              # all; minutes
    .venv/bin/python benchmarks/false_alarms.py sample
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command line does

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from detectors.forecast import NAME as FORECAST
from detectors.forecast_line import QUIET_GAP, count_incidents, poisson_interval
from domain.finding import Finding
from domain.profile import ColumnRole
from domain.window import Window, align, windows_between
from ingest.sources import find
from monitors.calibrations import Calibrated
from monitors.config import Config
from monitors.drift_judge import DriftJudge
from monitors.drift_line import line_of_budget
from monitors.ingest_logs import Options
from monitors.local_service import LocalService

DAY = timedelta(days=1)
SAMPLE = Path(__file__).resolve().parents[1] / "sample_data" / "predictions"
SEEDS = range(5)
ROWS_A_DAY = 400
DAYS, JUDGED_FROM = 300, 120
FAULTY = "sched_dep_hour"


@dataclass
class Tally:
    """
    What was counted.

    Parameters
    ----------
    days : int
    incidents : dict of str to int
        By line: ``budget`` and ``raised``.
    """

    days: int
    incidents: dict[str, int]

    def said(self, name: str) -> str:
        """Return a row of the table: incidents per 90 days with their 95 % interval."""
        cells = [f"{name:<12}", f"{self.days:>5}"]
        for line in ("budget", "raised"):
            count = self.incidents[line]
            low, high = poisson_interval(count)
            scale = 90 / self.days
            cells.append(
                f"{count:>4}  {count * scale:5.2f} [{low * scale:5.2f} - {high * scale:5.2f}]"
            )
        return " | ".join(cells)


def made_up(folder: Path, seed: int, *, swinging: bool) -> Path:
    """Write 300 days of events of ten features that do not drift."""
    random = np.random.default_rng(seed)
    n = DAYS * ROWS_A_DAY
    day = np.repeat(np.arange(DAYS), ROWS_A_DAY)
    wander = np.zeros((DAYS, 10))
    if swinging:
        for t in range(1, DAYS):
            wander[t] = 0.7 * wander[t - 1] + 0.2 * random.normal(size=10)
        wander += 0.3 * (np.arange(DAYS) % 7 >= 5)[:, None]
    columns: dict[str, object] = {}
    for i in range(6):
        values = random.normal(size=n) + wander[day, i]
        columns[f"number_{i}"] = np.exp(values) if i % 2 else values
    columns["number_0"] = np.where(random.random(n) < 0.05, np.nan, columns["number_0"])
    columns["count"] = random.poisson(np.exp(0.7 + wander[day, 6])).astype(float)
    for i, size in enumerate((3, 12, 60)):
        weight = 1 / np.arange(1, size + 1)
        share = np.exp(np.log(weight)[None] + wander[:, [7 + i]] * np.linspace(-1, 1, size))
        share /= share.sum(axis=1, keepdims=True)
        chosen = (random.random(n)[:, None] > np.cumsum(share, axis=1)[day]).sum(axis=1)
        columns[f"category_{i}"] = np.char.add("c", np.minimum(chosen, size - 1).astype(str))
    start = np.datetime64("2025-01-01T00:00:00", "us")
    step = 86_400_000_000 // ROWS_A_DAY
    table = {
        "model": ["made-up"] * n,
        "version": ["1"] * n,
        "prediction_id": np.arange(n).astype(str),
        "ts": pa.array(start + np.arange(n) * step, pa.timestamp("us", tz="UTC")),
        **{name: pa.array(values, from_pandas=True) for name, values in columns.items()},
    }
    path = folder / "made_up.parquet"
    pq.write_table(pa.table(table), path)
    return path


def weeks(service: LocalService, model: str, first: datetime) -> Iterator[tuple[str, list[Window]]]:
    """Yield the weeks to judge from a Monday on, each with a version that serves all of it."""
    span = service.store.logs(model).data_span()
    last = align(span.end, DAY, "UTC") + DAY
    served = service.store.logs(model).deployments()
    monday = first - timedelta(days=first.weekday())
    while monday < last:
        week = windows_between(max(monday, first), min(monday + 7 * DAY, last), DAY, "UTC")
        names = [d.version for d in served if d.first < week[0].end and d.last >= week[-1].start]
        yield min(names), week
        monday += 7 * DAY


def alarms(
    found: Sequence[Sequence[Finding]], calibrated: Sequence[Calibrated], judge: DriftJudge
) -> dict[str, list[bool]]:
    """Tell of each day whether a feature reached the budget's line, and the raised one."""
    lines = [c.line for c in calibrated if c.line is not None]
    budget = line_of_budget(lines[0].calibration, judge.monitor)
    answer: dict[str, list[bool]] = {"budget": [], "raised": []}
    for findings in found:
        scored = [
            f
            for f in findings
            if f.detector == FORECAST and f.kind is ColumnRole.FEATURE and f.column != FAULTY
        ]
        known = [(f.statistic, f.threshold) for f in scored if f.statistic is not None]
        answer["budget"].append(any(score >= budget for score, _ in known))
        answer["raised"].append(any(score >= (line or np.inf) for score, line in known))
    return answer


def judged(path: Path, folder: Path, model: str, first: datetime) -> Tally:
    """Load a log into a store of its own and count incidents from `first` on."""
    config = Config(store=folder / "store")
    now = datetime(2026, 1, 1, tzinfo=UTC)
    with LocalService.open(config, "benchmark", create=True) as service:
        service.ingest(find([str(path)]), Options(None, None, None, "auto", now))
        judge = DriftJudge(service.store, config, model, now)
        days: dict[str, list[bool]] = {"budget": [], "raised": []}
        for version, week in weeks(service, model, first):
            judged_week = judge.judge(version, week).findings
            found = [judged_week[day] for day in week]
            calibrated = judge.calibrations.of(version, week[0])
            for line, said in alarms(found, calibrated, judge).items():
                days[line] += said
    counts = {line: count_incidents(np.array(said), QUIET_GAP) for line, said in days.items()}
    return Tally(len(days["budget"]), counts)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    kinds = ("independent", "swinging", "sample")
    parser.add_argument("kinds", nargs="*", default=kinds, help=f"of {', '.join(kinds)}")
    chosen = parser.parse_args().kinds
    print("incidents: number, per 90 days, 95 % interval")
    print(f"{'days that':<12} |  days | {'line of the budget':<27} | raised by the backtest")
    for kind in chosen:
        total = Tally(0, {"budget": 0, "raised": 0})
        for seed in SEEDS if kind != "sample" else range(1):
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                if kind == "sample":
                    one = judged(SAMPLE, folder, "flight-delay", datetime(2013, 4, 1, tzinfo=UTC))
                else:
                    path = made_up(folder, seed, swinging=kind == "swinging")
                    first = datetime(2025, 1, 1, tzinfo=UTC) + JUDGED_FROM * DAY
                    one = judged(path, folder, "made-up", first)
            total.days += one.days
            for line, count in one.incidents.items():
                total.incidents[line] += count
        print(total.said(kind), flush=True)


if __name__ == "__main__":
    main()
