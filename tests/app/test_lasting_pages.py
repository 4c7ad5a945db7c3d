"""Pages of logs that ended long ago, of names that are no words, and of too short a history."""

import json
import re
import shlex
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest

from ingest.sources import SourceFile
from monitors.config_file import load_config
from monitors.ingest_logs import Options
from monitors.local_service import LocalService
from monitors.run import Reprocess
from tests.app.conftest import Dashboard, texts_of

BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
NAME = """it's "a b" $(touch x) <script>模型"""


@pytest.fixture
def judged(tmp_path, monkeypatch):
    """A function that judges a model's rows up to a day, and returns the dashboard of that day."""
    stack = ExitStack()

    def judge(model, days, until, answers=()):
        log, labels = tmp_path / "log.ndjson", tmp_path / "labels.ndjson"
        event = {"model": model, "version": "1", "latency_ms": 9.0, "status": 200, "prediction": 1}
        times = [BEGIN + timedelta(hours=i) for i in range(24 * days)]
        rows = [
            event | {"prediction_id": f"p-{i}", "ts": at.isoformat()} for i, at in enumerate(times)
        ]
        log.write_text("\n".join(map(json.dumps, rows)))
        answered = [
            {"model": model, "prediction_id": f"p-{i}", "label": label}
            for i, label in enumerate(answers)
        ]
        labels.write_text("\n".join(map(json.dumps, answered)))
        config = load_config(None, {}).model_copy(update={"store": tmp_path / "store"})
        service = stack.enter_context(LocalService.open(config, "0.1.0", create=True))
        now = BEGIN + timedelta(days=until)
        options = Options(None, None, None, "auto", now)
        service.ingest([SourceFile("log", log)], options)
        if answered:
            service.labels([SourceFile("labels", labels)], options)
        service.execute(
            service.plan_backfill(None, BEGIN, now, Reprocess.NONE, now), now, lambda *_: None
        )
        service.execute(service.plan_due(now), now, lambda *_: None)
        return Dashboard(service, monkeypatch, now=now, recorded=False)

    with stack:
        yield judge


def test_what_was_good_before_the_logs_ended_is_not_shown_as_good_now(judged):
    dashboard = judged("quiet", days=30, until=90)
    shown = dashboard.open("slo", model="quiet", span="7d")
    said = texts_of(shown)
    assert "holds" not in said
    assert "No call was logged in this span" in said
    # what runs found of the silence stands there all the same
    assert "traffic is lost" in said
    # and while the logs went on, it held
    then = BEGIN + timedelta(days=20)
    window = f"{then:%Y-%m-%dT%H:%M:%SZ}/{then + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
    assert "holds" in texts_of(dashboard.open("slo", model="quiet", span="7d", window=window))


def test_commands_that_a_page_shows_keep_a_hostile_name_whole(judged):
    shown = judged(NAME, days=2, until=2).open("performance", model=NAME)
    load, send = (block.value for block in shown.code)
    assert shlex.split(load) == ["driftline", "labels", "labels.parquet", "--model", NAME]
    body = shlex.split(send)[-1]
    assert json.loads(body)["model"] == NAME


def test_windows_without_a_known_usual_are_not_said_to_be_no_worse(judged):
    # from the fifth day on every answer is wrong, and twelve windows are needed to know the usual
    answers = [1 if i < 24 * 5 else 0 for i in range(24 * 8)]
    said = texts_of(judged("young", days=8, until=9, answers=answers).open("performance"))
    assert not re.search("judged worse than usual", said)
    assert "No window of v1 could be judged so far" in said
