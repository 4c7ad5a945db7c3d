"""`driftline labels --follow`, and labels that an owner follows."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from jobs import following
from jobs.context import code_version
from monitors.config_file import load_config
from monitors.local_service import LocalService
from tests.jobs.conftest import Answer
from tests.monitors.followed import append

PATIENCE_S = 60
LABELS = b"prediction_id,label\np1,late\np2,on time\n"


def counted(service: LocalService, table: str) -> int:
    if not service.sql("select 1 from models").num_rows:
        return 0
    return service.sql(f"select count(*) as n from {table}")["n"].to_pylist()[0]


def eventually(holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + PATIENCE_S
    while not (held := holds()) and time.monotonic() < until:
        time.sleep(0.05)
    return held


def test_labels_are_followed_from_look_to_look(tmp_path: Path, call: Callable[..., Answer]) -> None:
    file, store = tmp_path / "labels.csv", tmp_path / "store"
    append(file, LABELS)
    words = ("labels", "--follow", "--once", file, "--model", "m", "--store", store, "--json")
    first = call(*words)
    assert (first.code, first.json["labels"]) == (0, 2)
    append(file, b"p3,late\n")
    again = call(*words)
    assert (again.code, again.json["labels"], again.json["duplicates"]) == (0, 1, 0)
    once = call("labels", "--once", file)
    assert (once.code, "--follow" in once.err) == (2, True)


def test_an_owner_follows_labels_where_its_configuration_says_so(tmp_path: Path) -> None:
    (tmp_path / "labels").mkdir()
    append(tmp_path / "labels" / "a.csv", LABELS)
    file = tmp_path / "driftline.yaml"
    file.write_text("follow:\n  - {path: labels, labels: true, model: m, settle: 1s}\n")
    with LocalService.open(load_config(file, {}), code_version(), create=True) as service:
        (periodic,) = following.owned(service)
        with periodic:
            assert eventually(lambda: counted(service, "labels") == 2)
        assert counted(service, "predictions") == 0
