"""What windows are compared with: spans, files, versions, columns of their own, acceptances."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy import stats

from domain.errors import NothingToJudgeError, UnknownNameError, UsageError
from domain.finding import Calibration, Verdict
from domain.run import Run, RunStatus
from domain.window import Window
from monitors.config import Config
from monitors.local_service import LocalService
from monitors.report_data import ReportRequest
from tests.golden.logs import DAY, START, Service
from tests.monitors.made import NOW, finding_of, judge_days, load, opened, told

MADE = Service(days=40, calls_a_day=80)
SHIFTED = Service(days=42, calls_a_day=120, drifts_from=32, shift=1.0)
FIXED = {"baseline": {"window": ["2024-03-05", "2024-03-26"]}}


def columns_of(run: Run) -> set[str]:
    return {f.column for f in run.findings if f.kind.value in {"feature", "prediction", "score"}}


def values(events: pa.Table, day: int, column: str) -> np.ndarray:
    at = events["ts"].cast(pa.int64()).to_numpy()
    window = MADE.window(day)
    first, last = (int(moment.timestamp() * 1e6) for moment in (window.start, window.end))
    return events[column].to_numpy()[(at >= first) & (at < last)]


# ------------------------------------------------------------------ which columns


@pytest.mark.parametrize(
    ("columns", "judged"),
    [
        ({}, {"weight_kg", "distance_km", "carrier", "age_days", "prediction", "score"}),
        ({"exclude": ["carrier", "score"]}, {"weight_kg", "distance_km", "age_days", "prediction"}),
        ({"include": ["carrier"]}, {"carrier"}),
    ],
)
def test_columns_are_judged_as_configured(tmp_path: Path, columns: dict, judged: set[str]):
    with opened(tmp_path / "store", {"columns": columns}) as service:
        load(service, MADE.events(0, 32))
        (run,) = judge_days(service, MADE, 31, 32)
        assert columns_of(run) == judged


def test_as_long_as_there_is_no_baseline_every_column_says_so(tmp_path: Path):
    with opened(tmp_path / "store") as service:
        load(service, MADE.events(0, 3))
        (run,) = judge_days(service, MADE, 1, 2)
        found = [f for f in run.findings if f.column in columns_of(run)]
        assert {f.column for f in found} == {*columns_of(run)} >= {"carrier", "score"}
        assert {f.verdict for f in found} == {Verdict.INCONCLUSIVE}
        assert {(f.n_reference, f.n_current) for f in found} == {(0, 80)}
        assert run.baseline == "none yet"


def test_a_feature_that_went_dead_long_ago_is_still_said_one_to_come_is_not(tmp_path: Path):
    made = Service(days=40, calls_a_day=60, missing_on=range(3, 40))
    with opened(tmp_path / "store") as service:
        load(service, made.events(0, 38))
        (before,) = judge_days(service, made, 37, 38)
        dead = [f for f in before.findings if f.column == "distance_km"]
        assert dead[0].reason == "finding.completeness.never_present"
        assert {f.verdict for f in dead if f.detector != "missing"} == {Verdict.INCONCLUSIVE}
        to_come = made.events(38).append_column("colour", pa.array(["grey"] * 120))
        features = to_come.select(["weight_kg", "colour"])
        fields = to_come.drop_columns(["weight_kg", "distance_km", "carrier", "age_days"])
        events = fields.drop_columns(["colour", "model"])
        service.store.load([("parcel", events, features)], "made")
        (after,) = judge_days(service, made, 37, 38)
        assert after.findings == before.findings


# ------------------------------------------------------------------ a fixed span


def frozen_cells(service: LocalService) -> dict[str, str]:
    (frozen,) = service.store.baselines("parcel")
    return {column.name: grid.fingerprint for column, grid in frozen.grids.items()}


def test_the_cells_of_a_fixed_span_are_frozen_at_its_first_use(tmp_path: Path):
    events = MADE.events()
    with opened(tmp_path / "store", FIXED) as service:
        load(service, events.filter(pa.array(np.arange(len(events)) % 4 > 0)))
        judge_days(service, MADE, 30, 31)
        cells = frozen_cells(service)
        late = events.filter(pa.array(np.arange(len(events)) % 4 == 0))
        load(service, late)
        (run,) = judge_days(service, MADE, 30, 31)
        assert frozen_cells(service) == cells
        assert finding_of(run, "weight_kg", "psi").n_reference == 21 * 80, "late rows count"


def test_a_span_that_is_not_over_yet_is_not_frozen(tmp_path: Path):
    with opened(tmp_path / "store", FIXED) as service:
        load(service, MADE.events(0, 15))
        judge_days(service, MADE, 14, 15)
        assert service.store.baselines("parcel") == []
        load(service, MADE.events(15, 31))
        judge_days(service, MADE, 30, 31)
        (frozen,) = service.store.baselines("parcel")
        assert len(frozen.windows) == 21


def test_a_fixed_span_is_what_every_later_window_is_compared_with(tmp_path: Path):
    with opened(tmp_path / "store", FIXED) as service:
        load(service, MADE.events())
        runs = judge_days(service, MADE, 28, 40)
        assert {run.baseline for run in runs} == {"fixed 2024-03-05T00:00:00Z/2024-03-26T00:00:00Z"}
        assert {finding_of(run, "carrier", "psi").n_reference for run in runs} == {21 * 80}


# ------------------------------------------------------------------ baseline set, show, --clear


def test_a_baseline_that_is_set_holds_until_it_is_cleared(tmp_path: Path):
    with opened(tmp_path / "store", {}) as service:
        load(service, MADE.events())
        span = Window(START + DAY, START + 22 * DAY)
        assert service.set_baseline("parcel", span, NOW) == span
        (run,) = judge_days(service, MADE, 39, 40)
        assert run.baseline == f"fixed {span}"
        assert service.show_baseline("parcel", None, NOW).description == f"fixed {span}"
        judge_days(service, MADE, 38, 39)
        service.set_baseline("parcel", None, NOW)
        assert service.store.baselines("parcel") == [], "its cells are learned anew next time"
        (run,) = judge_days(service, MADE, 39, 40)
        assert run.baseline.startswith("trailing ")


def test_a_baseline_in_the_configuration_wins_and_says_so(tmp_path: Path):
    with opened(tmp_path / "store", FIXED) as service:
        load(service, MADE.events())
        with pytest.raises(UsageError, match=r"driftline.yaml names a baseline"):
            service.set_baseline("parcel", Window(START, START + 9 * DAY), NOW)


def test_a_baseline_needs_logs(tmp_path: Path):
    with opened(tmp_path / "store", {}) as service:
        load(service, MADE.events(0, 3))
        with pytest.raises(NothingToJudgeError, match="no complete window with logs"):
            service.set_baseline("parcel", Window(START + 9 * DAY, START + 19 * DAY), NOW)


def test_show_says_of_each_column_how_well_it_is_calibrated_and_what_it_sees(tmp_path: Path):
    with opened(tmp_path / "store") as service:
        load(service, MADE.events())
        shown = service.show_baseline("parcel", "1", START + 34 * DAY)
        assert shown.window == MADE.window(33)
        by_name = {c.column: c for c in shown.columns}
        assert by_name.keys() >= {"weight_kg", "carrier", "score"}
        assert {c.calibration for c in shown.columns} == {Calibration.FULL}
        assert all(c.line is not None and c.line > 0 for c in shown.columns)
        assert by_name["weight_kg"].visible_shift is not None
        with pytest.raises(UnknownNameError, match="no version '9'"):
            service.show_baseline("parcel", "9", NOW)


# ------------------------------------------------------------------ a file


def test_a_file_is_compared_column_by_column_and_agrees_with_scipy(tmp_path: Path):
    train = SHIFTED.events(0, 5)
    pq.write_table(train.drop_columns(["age_days"]), tmp_path / "train.parquet")
    settings = {"baseline": {"file": str(tmp_path / "train.parquet")}}
    with opened(tmp_path / "store", settings) as service:
        events = SHIFTED.events(28, 34)
        load(service, events)
        quiet, shifted = judge_days(service, SHIFTED, 31, 33)

        assert (quiet.baseline, quiet.baseline_windows) == ("file train.parquet", 1)
        for run, day in ((quiet, 31), (shifted, 32)):
            found = finding_of(run, "weight_kg", "ks")
            both = train["weight_kg"].to_numpy(), values(events, day, "weight_kg")
            assert found.statistic == pytest.approx(stats.ks_2samp(*both).statistic, abs=1e-12)
            assert (found.decides, found.calibrated) == (True, Calibration.NONE)
            assert (found.n_reference, found.n_current) == (600, 120)
        assert finding_of(quiet, "weight_kg", "psi").verdict is Verdict.OK
        assert finding_of(shifted, "weight_kg", "psi").verdict is Verdict.DRIFTED
        assert finding_of(shifted, "carrier", "chi2").verdict is Verdict.OK
        assert {f.verdict for f in shifted.findings if f.column == "age_days"} == {
            Verdict.INCONCLUSIVE
        }, "the file does not have it"
        # nothing is calibrated anywhere, so what the tests say is a warning
        ((cause, since, subjects),) = told(service.incidents())
        assert (cause, since) == ("drift", "04-05")
        assert set(subjects.split(",")) == {"weight_kg", "score", "prediction"}


def test_another_tool_gets_the_rows_of_the_file(tmp_path: Path):
    train = SHIFTED.events(0, 5)
    pq.write_table(train.drop_columns(["age_days"]), tmp_path / "train.parquet")
    settings = {"baseline": {"file": str(tmp_path / "train.parquet")}}
    with opened(tmp_path / "store", settings) as service:
        load(service, SHIFTED.events(30, 33))
        judge_days(service, SHIFTED, 31, 32)
        rows = service.report_rows(ReportRequest("parcel", None, NOW))
        assert [c.name for c in rows.columns] == rows.reference.column_names
        assert "age_days" not in rows.reference.column_names
        for column in ("weight_kg", "carrier", "score"):
            assert rows.reference[column].to_pylist() == train[column].to_pylist()
        assert rows.current.num_rows == 120


def test_a_file_that_cannot_be_read_is_a_failed_run_that_names_it(tmp_path: Path):
    (tmp_path / "train.parquet").write_bytes(b"PAR1 and no more")
    with opened(
        tmp_path / "store", {"baseline": {"file": str(tmp_path / "train.parquet")}}
    ) as service:
        load(service, MADE.events(0, 2))
        (run,) = judge_days(service, MADE, 1, 2)
        assert run.status is RunStatus.FAILED
        assert "train.parquet" in (run.error or "")


# ------------------------------------------------------------------ a version, a column of its own


def test_the_previous_version_is_what_a_new_one_is_compared_with(tmp_path: Path):
    made = Service(days=34, calls_a_day=80, versions={"1": (0, 30, 1.0), "2": (30, 99, 1.0)})
    with opened(tmp_path / "store", {"baseline": {"version": "previous"}}) as service:
        load(service, made.events())
        (run,) = judge_days(service, made, 31, 32)
        assert run.deployment.version == "2"
        assert run.baseline.endswith(", version 1")
        # the outputs too: they are compared with the old version's
        assert finding_of(run, "score", "ks").n_reference == run.baseline_windows * 80
        assert finding_of(run, "score", "forecast").decides


def test_without_a_version_outputs_wait_for_windows_of_their_own(tmp_path: Path):
    made = Service(days=34, calls_a_day=80, versions={"1": (0, 30, 1.0), "2": (30, 99, 1.0)})
    with opened(tmp_path / "store", {}) as service:
        load(service, made.events())
        (run,) = judge_days(service, made, 31, 32)
        (score,) = [f for f in run.findings if f.column == "score"]
        assert (score.verdict, score.n_reference) == (Verdict.INCONCLUSIVE, 0)
        assert finding_of(run, "weight_kg", "forecast").n_reference > 0


def test_a_column_may_have_a_baseline_of_its_own(tmp_path: Path):
    own = {
        "baseline": {
            "trailing": "28d",
            "gap": "3d",
            "columns": {"carrier": {"window": ["2024-03-07", "2024-03-10"]}},
        }
    }
    with opened(tmp_path / "own", own) as service, opened(tmp_path / "usual") as usual:
        for one in (service, usual):
            load(one, MADE.events())
            judge_days(one, MADE, 36, 37)
        (mine,), (other,) = service.store.runs(), usual.store.runs()
        assert finding_of(mine, "carrier", "psi").n_reference == 3 * 80
        assert finding_of(mine, "carrier", "psi").decides, "three windows calibrate nothing"
        assert "fixed 2024-03-07" in mine.baseline
        rest = [[f for f in run.findings if f.column != "carrier"] for run in (mine, other)]
        assert rest[0] == rest[1], "the other columns do not notice"


# ------------------------------------------------------------------ names


def test_a_feature_called_like_an_output_is_told_from_it(tmp_path: Path):
    with opened(tmp_path / "store") as service:
        events = MADE.events(0, 32)
        named = events.append_column("x", events["weight_kg"])
        fields = [n for n in events.column_names if n not in ("weight_kg", "model")]
        features = pa.table({"score": named["x"]})
        service.store.load(
            [
                (
                    "parcel",
                    events.select(fields).drop_columns(["distance_km", "carrier", "age_days"]),
                    features,
                )
            ],
            "made",
        )
        (run,) = judge_days(service, MADE, 31, 32)
        assert columns_of(run) == {"features.score", "prediction", "score"}
        service.accept("parcel", ["features.score"], START, "x", "mia", NOW)


def test_a_baseline_file_stands_beside_the_configuration(tmp_path: Path):
    from monitors.config_file import load_config

    (tmp_path / "driftline.yaml").write_text(
        "monitors: {m: {baseline: {file: train.csv, columns: {x: {file: /data/x.csv}}}}}"
    )
    config: Config = load_config(tmp_path / "driftline.yaml", {})
    baseline = config.monitor("m").baseline
    assert baseline.file == tmp_path / "train.csv"
    assert baseline.columns["x"].file == Path("/data/x.csv")
