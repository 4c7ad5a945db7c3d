"""A desk: logs in files, a configuration, and a store that the commands made of them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pyarrow.parquet as pq
import pytest

from jobs.cli import run
from tests.golden.logs import Service

DRIFTLINE = Path(sys.executable).with_name("driftline")
MADE = Service(days=36, calls_a_day=80, drifts_from=33, shift=1.5, failing=(31, 10, 4))
CONFIGURATION = """\
store: store
monitors:
  "*":
    baseline: {trailing: 28d, gap: 3d}
    slos: [{name: availability, target: 99%}]
"""


class Answer(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture(scope="session")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with logs, labels, configuration and a store in which five days were judged."""
    folder = tmp_path_factory.mktemp("judged")
    pq.write_table(MADE.events(), folder / "events.parquet")
    pq.write_table(MADE.labels(), folder / "labels.parquet")
    (folder / "driftline.yaml").write_text(CONFIGURATION, encoding="utf-8")
    where = ["--config", str(folder / "driftline.yaml")]
    for words in (
        ["ingest", str(folder / "events.parquet")],
        ["labels", str(folder / "labels.parquet")],
        ["backfill", "--from", "2024-04-03", "--to", "2024-04-08"],
    ):
        assert run([*words, *where]) == 0
    return folder


@pytest.fixture
def desk(judged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it to work on, as the current folder."""
    shutil.copytree(judged, tmp_path / "desk")
    monkeypatch.chdir(tmp_path / "desk")
    return tmp_path / "desk"


ARCHIVE = """\
    archive: {after: 30d, to: cold}
"""


@pytest.fixture(scope="session")
def archived(judged: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The judged folder with every day archived, in its folder `cold`."""
    folder = tmp_path_factory.mktemp("archived") / "desk"
    shutil.copytree(judged, folder)
    (folder / "driftline.yaml").write_text(CONFIGURATION + ARCHIVE, encoding="utf-8")
    assert run(["archive", "--config", str(folder / "driftline.yaml")]) == 0
    return folder


@pytest.fixture
def cold_desk(archived: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it to work on, as the current folder; its catalogue names the copied files."""
    folder = tmp_path / "desk"
    shutil.copytree(archived, folder)
    with duckdb.connect(str(folder / "store" / "driftline.duckdb")) as connection:
        connection.execute("update archived_files set place = ?", [str(folder / "cold")])
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch):
    for name in [name for name in os.environ if name.startswith("DRIFTLINE_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def call(capfd: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """Run a command in this process: driftline starts slower than it works."""

    def answer(*words: object) -> Answer:
        capfd.readouterr()
        code = run([str(word) for word in words])
        return Answer(code, *capfd.readouterr())

    return answer


def console(*words: object, cwd: Path | None = None, **more: Any) -> Answer:
    """Run the real console script."""
    done = subprocess.run(
        [DRIFTLINE, *map(str, words)],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        **more,
    )
    return Answer(done.returncode, done.stdout, done.stderr)
