"""What a run is about, what it keeps, and which windows are judged when."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from domain.errors import (
    InvalidWindowError,
    NothingToJudgeError,
    StoreError,
    UnknownNameError,
)
from domain.run import RunStatus
from domain.window import Window, parse_time
from monitors.local_service import LocalService
from monitors.run import MOST_CATCH_UP, Reprocess
from tests.golden.logs import DAY, START, Service
from tests.monitors.made import NOW, judge_days, load, load_labels, opened

MADE = Service(days=34, calls_a_day=60)


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("logs") / "store"
    with opened(folder) as made:
        load(made, MADE.events())
        load_labels(made, MADE.labels())
    return folder


@pytest.fixture
def service(logs: Path, tmp_path: Path):
    with opened(shutil.copytree(logs, tmp_path / "store")) as made:
        yield made


def windows(service: LocalService) -> list[Window]:
    return sorted({run.window for run in service.store.runs()})


def due(service: LocalService, now: datetime) -> list[Window]:
    runs = service.execute(service.plan_due(now), now, lambda *_: None)
    return [run.window for run in runs]


def test_a_run_keeps_what_it_was_judged_by(service: LocalService):
    (run,) = judge_days(service, MADE, 30, 31)

    (kept,) = service.store.runs()
    assert kept == run
    assert (kept.deployment.model, kept.deployment.version) == ("parcel", "1")
    assert kept.config_hash == service.config.monitor("parcel").fingerprint()
    assert (kept.code_version, kept.started_at) == ("test", NOW)
    assert kept.duration_s > 0
    assert (kept.n_predictions, kept.n_calls, kept.coverage) == (60, 60, 1.0)
    assert MADE.window(30).start <= kept.data_from < kept.data_to < MADE.window(30).end
    # up to three days before the Monday of the judged week; the first day is no whole one
    span = Window(START + DAY, START + 25 * DAY)
    assert (kept.baseline, kept.baseline_windows) == (f"trailing {span}", 24)
    assert kept.performance.task == "binary"
    assert set(kept.performance.metrics) >= {"accuracy", "roc_auc", "log_loss"}
    assert kept.performance.labelled + kept.performance.pending == 60


def test_the_config_hash_follows_every_setting_of_the_monitor_and_no_other(tmp_path: Path):
    hashes = []
    for settings in (
        {},
        {"score_change": 0.2},
        {"min_rows": 31},
        {"baseline": {"trailing": "57d"}},
    ):
        with opened(tmp_path / "store", settings, timezone="UTC") as service:
            hashes.append(service.config.monitor("parcel").fingerprint())
        with opened(tmp_path / "store", settings, timezone="Asia/Tokyo") as service:
            assert service.config.monitor("other").fingerprint() == hashes[-1]
    assert len(set(hashes)) == len(hashes)


def test_the_newest_complete_window_is_judged_and_grace_waits_for_late_rows(tmp_path: Path):
    for grace, day in (("0d", 31), ("2h", 30)):
        with opened(tmp_path / grace, {"grace": grace}) as service:
            load(service, MADE.events())
            runs = service.run(None, None, START + 32 * DAY + timedelta(hours=1), NOW)
            assert [run.window for run in runs] == [MADE.window(day)]


def test_days_follow_the_clock_of_the_configured_zone(tmp_path: Path):
    with opened(tmp_path / "store", {}, timezone="Europe/Berlin") as service:
        load(service, MADE.events())
        # the night in which clocks go forward: a day of 23 hours
        (run,) = service.run(None, None, parse_time("2024-04-01", "Europe/Berlin"), NOW)
        assert run.window == Window.parse("2024-03-30T23:00Z/2024-03-31T22:00Z")
        assert run.n_calls == pytest.approx(60 * 23 / 24, abs=2)


def test_a_partial_window_says_its_coverage(tmp_path: Path):
    with opened(tmp_path / "store") as service:
        events = MADE.events(0, 31)
        load(service, events.slice(0, 30 * 60 + 15))
        (run,) = judge_days(service, MADE, 30, 31)
        assert run.coverage == pytest.approx(0.25, abs=0.02)


def test_a_window_judged_before_its_end_is_due_again_when_it_is_complete(service: LocalService):
    noon = MADE.window(30).start + timedelta(hours=12)
    service.run(None, MADE.window(30), noon, noon)
    assert due(service, MADE.window(30).end) == [MADE.window(30)]
    assert due(service, MADE.window(30).end) == []


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-22/2024-03-25",
        "2024-03-22T06:00Z/2024-03-23T06:00Z",
        "2024-03-22/2024-03-22T12:00Z",
    ],
)
def test_a_span_that_is_not_one_window_is_refused_with_the_nearest(
    service: LocalService, text: str
):
    with pytest.raises(InvalidWindowError, match="check 2024-03-22T00:00:00Z/2024-03-23T00:00:00Z"):
        service.run(None, Window.parse(text), NOW, NOW)
    assert service.store.runs() == []


def test_nothing_before_the_first_log_can_be_judged_and_the_error_says_what_can(
    service: LocalService,
):
    with pytest.raises(NothingToJudgeError) as error:
        service.run(None, None, START - DAY, NOW)
    advised = parse_time(str(error.value).rsplit("--as-of ", 1)[1])
    assert service.run(None, None, advised, NOW)[0].window == MADE.window(33)


def test_a_model_of_which_only_labels_came_is_no_error(tmp_path: Path):
    with opened(tmp_path / "store") as service:
        load_labels(service, MADE.labels(0, 2))
        assert due(service, NOW) == []
        with pytest.raises(NothingToJudgeError, match="no predictions"):
            service.run(None, None, NOW, NOW)


def test_an_unknown_model_is_answered_with_the_nearest(service: LocalService):
    with pytest.raises(UnknownNameError, match="did you mean 'parcel'"):
        service.run("parcle", None, NOW, NOW)


def test_due_first_judges_the_newest_window_then_everything_since_then_nothing(
    service: LocalService,
):
    assert due(service, START + 31 * DAY + timedelta(hours=5)) == [MADE.window(30)]
    assert due(service, START + 33 * DAY) == [MADE.window(31), MADE.window(32)]
    assert due(service, START + 33 * DAY) == []
    assert windows(service) == [MADE.window(day) for day in (30, 31, 32)]


def test_due_catches_up_on_the_newest_windows_and_names_those_it_leaves_out(
    service: LocalService,
):
    judge_days(service, MADE, 30, 31)
    (plan,) = service.plan_due(START + (31 + MOST_CATCH_UP + 5) * DAY)
    assert len(plan.windows) == MOST_CATCH_UP
    assert plan.left_out == tuple(MADE.window(day) for day in range(31, 36))
    assert plan.windows[0] == MADE.window(36)


def test_backfill_judges_what_was_not_judged_and_more_only_if_asked(service: LocalService):
    span = (START + 29 * DAY, START + 33 * DAY)
    judge_days(service, MADE, 30, 31)

    def planned(reprocess: Reprocess) -> list[int]:
        (plan,) = service.plan_backfill(None, *span, reprocess, NOW)
        return [(w.start - START) // DAY for w in plan.windows]

    assert planned(Reprocess.NONE) == [29, 31, 32]
    assert planned(Reprocess.COMPLETED) == [29, 30, 31, 32]
    (plan,) = service.plan_backfill(None, *span, Reprocess.NONE, START + 32 * DAY)
    assert plan.windows[-1] == MADE.window(31), "an incomplete window waits"


def test_a_run_that_failed_is_kept_with_its_reason_and_tried_again_on_demand(
    service: LocalService, tmp_path: Path
):
    gone = {"baseline": {"file": str(tmp_path / "gone.csv")}}
    broken = service.config.model_copy(update={"monitors": {"*": gone}})
    failing = LocalService(service.store, broken, "test")

    runs = judge_days(failing, MADE, 30, 32)

    assert [run.status for run in runs] == [RunStatus.FAILED] * 2
    assert "gone.csv: no such file" in runs[0].error
    (plan,) = service.plan_backfill(None, START + 30 * DAY, START + 32 * DAY, Reprocess.FAILED, NOW)
    again = service.execute([plan], NOW, lambda *_: None)
    assert [run.status for run in again] == [RunStatus.OK] * 2
    assert len(service.store.runs()) == 2, "the failed runs are gone"


def test_a_run_for_a_silent_window_gives_way_when_late_rows_arrive(tmp_path: Path):
    made = Service(days=32, calls_a_day=60, versions={"1": (0, 30, 1.0), "2": (30, 100, 1.0)})
    with opened(tmp_path / "store") as service:
        load(service, made.events(0, 30))
        (silent,) = judge_days(service, made, 30, 31)
        assert silent.deployment.version == "1"
        load(service, made.events(30, 32))
        judge_days(service, made, 30, 31)
        assert [run.deployment.version for run in service.store.runs()] == ["2"]
        assert service.incidents() == [], "its alert went with it"


def test_an_interruption_keeps_what_was_judged_and_its_incidents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    made = Service(days=34, calls_a_day=60, missing_on=(30,))
    with opened(tmp_path / "store") as service:
        load(service, made.events())
        monkeypatch.setattr("monitors.run.WINDOWS_A_STEP", 2)

        def interrupt(_model: str, done: int, _planned: int) -> None:
            if done >= 2:
                raise KeyboardInterrupt

        plans = service.plan_backfill(None, START + 29 * DAY, None, Reprocess.NONE, NOW)
        with pytest.raises(KeyboardInterrupt):
            service.execute(plans, NOW, interrupt)
        assert windows(service) == [made.window(29), made.window(30)]
        assert [i.subjects[0] for i in service.incidents()] == ["distance_km"]


def test_a_store_that_is_not_there_is_named_with_what_to_do(tmp_path: Path):
    with opened(tmp_path / "there") as service:
        config = service.config.model_copy(update={"store": tmp_path / "nowhere"})
    with pytest.raises(StoreError, match=r"nowhere.*driftline ingest PATH"):
        LocalService.open(config, "test", create=False)
    assert not (tmp_path / "nowhere").exists()
