"""`ingest` and `labels` to a server that was named, with a key for sending."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from api.actions import Actions
from api.guard import Guard
from api.routes import guarded
from domain.key import Scope
from jobs.context import code_version, now
from monitors.config import Config
from monitors.local_service import LocalService
from tests.api.asking import served
from tests.jobs.conftest import Answer
from tests.monitors.followed import append, events


@pytest.fixture
def owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[LocalService]:
    """A server that the environment names, with a key for sending."""
    with LocalService.open(Config(store=tmp_path / "store"), code_version(), create=True) as local:
        actions = Actions(local, spool=tmp_path, judging=threading.Lock())
        key = local.create_key("a machine", [Scope.INGEST], None, None, now()).secret
        with served(guarded(actions.endpoints(), Guard(local, now, loopback=False))) as port:
            monkeypatch.setenv("DRIFTLINE_SERVER", f"http://127.0.0.1:{port}")
            monkeypatch.setenv("DRIFTLINE_KEY", key)
            yield local
        actions.close()


def test_logs_and_labels_are_sent_with_a_key_for_sending(
    owner: LocalService, tmp_path: Path, call: Callable[..., Answer]
) -> None:
    log, labels = tmp_path / "app.log", tmp_path / "labels.ndjson"
    log.write_bytes(events(1, 2))
    labels.write_text('{"model": "m", "prediction_id": "p", "label": "late"}\n')

    assert call("ingest", str(log), "--json").json["predictions"] == 2
    append(log, events(3))
    followed = call("ingest", "--follow", "--once", str(log), "--json")
    assert (followed.code, followed.json["predictions"]) == (0, 1)
    sent = call("labels", str(labels), "--json")
    assert (sent.code, sent.json["labels"], sent.json["models"]) == (0, 1, [])
    assert "takes a key with read" in sent.err

    refused = call("rejected", "list")
    assert (refused.code, refused.out) == (2, "")
    assert "DRIFTLINE_KEY" in refused.err
    assert owner.sql("select count(*) as n from predictions")["n"].to_pylist() == [3]
