"""The commands on logs that are read where they lie."""

from __future__ import annotations

import json
import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from api.client import RemoteService
from domain.window import Window
from monitors.views.drift import Against
from tests.jobs.conftest import CONFIGURATION, MADE, Answer, console
from tests.jobs.serving import PATIENCE_S, owner_of, server

SPAN = ["--from", "2024-04-03", "--to", "2024-04-08"]
SOURCE = "  parcel:\n    source: {path: lake}\n"


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of Parquet, a week in each file, beside a configuration that points at it."""
    folder = tmp_path / "lake"
    folder.mkdir()
    events = MADE.events()
    week = np.asarray(events["ts"].cast(pa.int64())) // (7 * 86_400_000_000)
    for number in np.unique(week):
        pq.write_table(events.filter(pa.array(week == number)), folder / f"week-{number}.parquet")
    pq.write_table(MADE.labels(), tmp_path / "labels.parquet")
    (tmp_path / "driftline.yaml").write_text(CONFIGURATION + SOURCE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return folder


def told(answer: Answer) -> list[dict[str, object]]:
    """Return the runs of an answer without what no two runs share."""
    assert answer.code in (0, 1), answer.err
    own = {"started_at", "duration_s", "config_hash"}
    return [{k: v for k, v in run.items() if k not in own} for run in answer.json["runs"]]


def test_a_folder_is_reported_as_the_store_it_was_loaded_into(call, judged: Path, lake: Path):
    assert call("labels", "labels.parquet").code == 0
    assert call("backfill", *SPAN).code == 0
    window = ["--format", "json", "--window", "2024-04-03/2024-04-08"]
    in_place = told(call("report", *window))
    loaded = told(call("report", *window, "--config", judged / "driftline.yaml"))
    assert len(in_place) >= 5
    assert in_place == loaded


def test_the_console_script_judges_a_folder_that_nobody_loaded(lake: Path):
    judged = console("run", "--as-of", "2024-04-06", "--json", cwd=lake.parent)
    assert judged.code in (0, 1), judged.err
    assert judged.json["runs"][0]["n_predictions"] > 50
    assert (lake.parent / "store" / "driftline.duckdb").exists()


def test_doctor_says_what_a_source_is(call, lake: Path):
    answer = call("doctor")
    said = next((x for x in answer.out.splitlines() if "source of parcel" in x), answer.out)
    events = MADE.events()
    assert f"{len(list(lake.iterdir()))} files" in said
    assert f"{events.num_rows:,} rows" in said
    assert "weight" in said
    assert "times without a zone are of UTC" in said


def test_loads_into_a_model_with_a_source_are_refused(call, lake: Path):
    pq.write_table(MADE.events(), "events.parquet")
    answer = call("ingest", "events.parquet")
    assert answer.code == 2
    assert "read where they lie" in answer.err
    assert answer.err.count("\n") == 1


@pytest.mark.parametrize(
    ("path", "says"),
    [("nowhere", "nowhere is not there"), ("empty", "holds no Parquet files")],
)
def test_a_source_without_files_is_an_error_that_says_so(call, lake: Path, path: str, says: str):
    Path("empty").mkdir()
    text = Path("driftline.yaml").read_text(encoding="utf-8")
    Path("driftline.yaml").write_text(text.replace("path: lake", f"path: {path}"), encoding="utf-8")
    answer = call("run", "--model", "parcel")
    assert answer.code == 2
    assert says in answer.err
    assert "Traceback" not in answer.err
    assert call("doctor").code == 2
    assert says in call("doctor").out


def test_a_lake_that_went_away_fails_its_windows_instead_of_leaving_them_out(call, lake: Path):
    assert call("run", "--as-of", "2024-04-06").code in (0, 1)
    shutil.move(lake, lake.with_name("elsewhere"))
    answer = call("run", "--as-of", "2024-04-07", "--json")
    assert answer.code == 2
    [run] = answer.json["runs"]
    assert run["status"] == "failed"
    assert "lake is not there" in run["error"]


def test_a_delta_table_is_not_read_as_a_folder(call, lake: Path):
    log = lake / "_delta_log"
    log.mkdir()
    (log / "0.json").write_text(json.dumps({}), encoding="utf-8")
    answer = call("run", "--model", "parcel")
    assert answer.code == 2
    assert "Delta table" in answer.err
    assert "engine: spark" in answer.err


@pytest.mark.parametrize("before", [["doctor"], ["backfill", *SPAN]])
def test_history_of_all_models_is_not_done_where_a_source_could_not_be_read(
    call, lake: Path, before: list[str]
):
    """Whether no window is planned because none is known, or because all were judged before."""
    if before[0] == "backfill":
        assert call(*before).code == 0
    shutil.move(lake, lake.with_name("elsewhere"))
    for words in (["backfill", *SPAN], ["backfill", *SPAN, "--dry-run"]):
        answer = call(*words)
        assert answer.code == 2
        assert answer.err.startswith("driftline: parcel: ")
        assert "lake is not there" in answer.err
        assert answer.err.count("\n") == 1
    shutil.move(lake.with_name("elsewhere"), lake)
    assert call("backfill", *SPAN).code == 0


def until_calls(service: RemoteService, window: Window, expected: int) -> None:
    """Wait until the hours of a window are counted, which happens in the background."""
    deadline = time.monotonic() + PATIENCE_S
    while service.service_levels("parcel", "1", window).whole.calls != expected:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_served_folder_answers_what_its_pages_ask(lake: Path):
    events = MADE.events()
    now = datetime(2024, 4, 6, tzinfo=UTC)
    window = Window(now - timedelta(days=1), now)
    moments = events["ts"].to_pylist()
    inside = sum(window.contains(moment) for moment in moments)
    with server("serve", "--no-scheduler", cwd=lake.parent) as served:
        told = owner_of(lake.parent)
        with RemoteService(told["url"], told["key"]) as service:
            [run] = service.run("parcel", window, now, now)
            assert run.n_predictions == inside > 50
            assert [target.model for target in service.targets()] == ["parcel"]
            [shown] = service.versions("parcel").versions
            assert [point.n_predictions for point in shown.points] == [inside]
            drifted = service.distribution("parcel", "1", window, "weight_kg", Against.CONFIGURED)
            assert drifted.current is not None
            assert drifted.current.counts.sum() == inside
            until_calls(service, window, inside)
            # what somebody adds to the folder is there with the next question
            again = events.filter(pa.array(map(window.contains, moments)))
            pq.write_table(again.drop_columns(["request_id"]), lake / "again.parquet")
            until_calls(service, window, 2 * inside)
            [data] = service.data(now).models
            assert (data.calls, data.size_bytes) == (events.num_rows + inside, None)
        assert "Traceback" not in served.said
