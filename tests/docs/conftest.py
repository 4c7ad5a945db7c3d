"""A small world for the documents' commands: logs of the last weeks, and a part of the demo."""

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ingest.sources import find
from monitors.config_file import load_config
from monitors.ingest_logs import Options
from monitors.local_service import LocalService
from monitors.run import Reprocess
from tests.docs.document import ROOT, blocks

SAMPLE = ROOT / "sample_data"
ROWS_A_DAY = 60
# what the real servers wrote, under the names that the pages of their formats give it
WRITTEN = {
    "monitoring": "bentoml/monitoring",
    "predictions.tfrecord.gz": "tf_serving/predictions.tfrecord.gz",
}


def foreign_log(now: datetime) -> pd.DataFrame:
    """Forty days until yesterday, of rows of one month in random order: nothing drifts."""
    served = pd.read_parquet(SAMPLE / "predictions" / "2013-01.parquet")
    served = served[served["version"] == "1"].sample(40 * ROWS_A_DAY, random_state=1)
    day = np.arange(40).repeat(ROWS_A_DAY)
    # nine in the morning in New York and later: the same day in UTC, whatever the clocks do
    minute = np.tile(np.linspace(9 * 60, 15 * 60, ROWS_A_DAY), 40)
    first = pd.Timestamp(now.date()) - pd.Timedelta(days=40)
    scored = first + pd.to_timedelta(day, "D") + pd.to_timedelta(minute, "min")
    return pd.DataFrame(
        {
            "scored_at": scored.strftime("%Y-%m-%d %H:%M:%S"),
            "model_version": "1",
            "answer": served["prediction"].to_numpy(),
            "p_late": served["score"].to_numpy(),
            "duration": served["latency_ms"].to_numpy(),
            **{name: served[name].to_numpy() for name in ("carrier", "distance", "sched_dep_hour")},
        }
    )


def part_of_the_demo(folder: Path) -> None:
    """Store a quarter of ten weeks of version 1, and judge the days around its slow replica."""
    months = [SAMPLE / "predictions" / f"2013-0{month}.parquet" for month in (3, 4, 5)]
    served = pd.concat([pd.read_parquet(path) for path in months])
    quarter = served["request_id"].str[2:].astype(int) % 4 == 0
    span = (served["ts"] >= "2013-03-10") & (served["ts"] < "2013-05-20")
    log = folder / "part.parquet"
    served[(served["version"] == "1") & quarter & span].to_parquet(log, index=False)
    config = load_config(SAMPLE / "driftline.yaml", {})
    config = config.model_copy(update={"store": folder / "store"})
    now = datetime(2013, 5, 20, tzinfo=UTC)
    with LocalService.open(config, "tests", create=True) as service:
        service.ingest(find([str(log)]), Options(None, None, None, "auto", now))
        start = now - timedelta(days=7)
        planned = service.plan_backfill(None, start, now, Reprocess.NONE, now)
        service.execute(planned, now, lambda *_: None)
    log.unlink()


@pytest.fixture(scope="session")
def world(tmp_path_factory) -> Path:
    """What a reader has in front of him: the sample, a demo that ran, logs and a mapping."""
    folder = tmp_path_factory.mktemp("world")
    (folder / "sample_data").symlink_to(SAMPLE)
    for name, written in WRITTEN.items():
        (folder / name).symlink_to(ROOT / "tests" / "formats" / written)
    (folder / "demo").mkdir()
    part_of_the_demo(folder / "demo")
    (folder / "logs").mkdir()
    log = foreign_log(datetime.now(UTC))
    for name, part in {"old": log.iloc[:1200], "new": log.iloc[1200:]}.items():
        part.to_csv(folder / "logs" / f"{name}.csv", index=False)
    mapping = next(block for block in blocks("README.md") if block.note == "mapping.yaml")
    (folder / "mapping.yaml").write_text(mapping.text, encoding="utf-8")
    return folder


@pytest.fixture
def desk(world, tmp_path, monkeypatch) -> Path:
    """A copy of that world to work in, with no setting from outside."""
    for name in [name for name in os.environ if name.startswith("DRIFTLINE_")]:
        monkeypatch.delenv(name)
    shutil.copytree(world, tmp_path / "desk", symlinks=True)
    monkeypatch.chdir(tmp_path / "desk")
    return tmp_path / "desk"
