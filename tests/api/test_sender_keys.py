"""A key for sending: brings logs as files too, goes on with followed ones, and reads nothing."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Generator
from pathlib import Path
from types import SimpleNamespace

import pytest

from api.actions import Actions
from api.client import RemoteService
from api.guard import Guard
from api.methods import METHODS
from api.routes import guarded
from domain.errors import NotAllowedError
from domain.key import Scope
from ingest.sources import SourceFile
from monitors.ingest_logs import Options
from tests.api.asking import Clock, served
from tests.monitors.followed import Followed, append, event, events

RESPONSE = "org.kubeflow.serving.inference.response"


@pytest.fixture
def here(tmp_path: Path) -> Generator[SimpleNamespace]:
    """A folder that is followed through a server, with keys of several kinds."""
    followed = Followed(tmp_path)
    clock = Clock(followed.now)
    actions = Actions(followed.service, spool=tmp_path, judging=threading.Lock())
    guard = Guard(followed.service, clock, loopback=True)
    with served(guarded(actions.endpoints(), guard)) as port:

        def far(*scopes: Scope, models: list[str] | None = None) -> RemoteService:
            name = f"key {len(followed.service.keys())}"
            made = followed.service.create_key(name, scopes, models, None, clock())
            return RemoteService(f"http://127.0.0.1:{port}", made.secret)

        yield SimpleNamespace(followed=followed, far=far, options=followed.options)
    actions.close()
    followed.service.__exit__(None, None, None)


def log(*lines: dict[str, object]) -> list[SourceFile]:
    return [SourceFile("app.log", data=b"".join(json.dumps(one).encode() + b"\n" for one in lines))]


def through(far: RemoteService):
    return lambda: contextlib.nullcontext(far)


def test_a_key_for_sending_brings_logs_and_labels_as_files(here):
    with here.far(Scope.INGEST) as far:
        assert far.code_version == "tests"
        assert (
            far.ingest([SourceFile("a", data=events(1, 2))], here.options).stored.predictions == 2
        )
        label = {"model": "m", "prediction_id": "p", "label": "late"}
        assert far.labels(log(label), here.options).stored.labels == 1


def test_a_key_for_sending_goes_on_where_a_file_was_left_and_learns_no_names(here):
    followed = here.followed
    append(followed.logs / "app.log", events(4, 5))
    with here.far(Scope.INGEST) as far:
        followed.follower.round(through(far), followed.now, lambda: None)
    (mine,) = followed.service.checkpoints()
    assert Path(mine.path) == followed.logs / "app.log"

    append(followed.logs / "app.log", events(0))
    followed.restart()
    with here.far(Scope.INGEST) as far:
        (told,) = far.checkpoints()
        assert str(followed.logs) not in repr(told)
        assert (told.newest, told.taken_bytes) == (None, mine.taken_bytes)
        counts = followed.follower.round(through(far), followed.now, lambda: None)
    # what was taken before is not sent again, and what is older moves nothing back
    assert (counts.stored.predictions, counts.stored.duplicates) == (1, 0)
    (now,) = followed.service.checkpoints()
    assert (now.id, now.path, now.newest) == (mine.id, mine.path, mine.newest)


def test_a_rotated_and_a_copied_file_are_known_again_without_their_names(here):
    followed = here.followed
    app = followed.logs / "app.log"
    append(app, events(1, 2))
    with here.far(Scope.INGEST) as far:
        followed.follower.round(through(far), followed.now, lambda: None)
        app.rename(followed.logs / "app.log.1")
        (followed.logs / "copy.log").write_bytes(events(1, 2))
        append(app, events(3))
        followed.restart()
        counts = followed.follower.round(through(far), followed.now, lambda: None)
        assert (counts.stored.predictions, counts.stored.duplicates) == (1, 0)
        append(followed.logs / "app.log.1", events(4))
        followed.restart()
        followed.follower.round(through(far), followed.now, lambda: None)
    assert followed.features() == {1.0: 1, 2.0: 1, 3.0: 1, 4.0: 1}


def test_a_key_for_sending_may_ask_nothing_else(here):
    with here.far(Scope.INGEST) as far:
        for ask in (far.models, far.facts, far.label_standing, far.keys, lambda: far.config):
            with pytest.raises(NotAllowedError, match="DRIFTLINE_KEY"):
                ask()
    sends = {name for name, one in METHODS.items() if Scope.INGEST in {one.scope, one.also}}
    assert sends == {"ingest", "labels", "take", "note_followed", "checkpoints", "code_version"}


# ------------------------------------------------------------------ of some models only


def test_of_a_key_for_one_model_the_lines_of_others_are_refused_one_by_one(here):
    at = here.followed.now.isoformat()
    fine = [json.loads(event(number)) for number in (1, 2)]
    other = fine[0] | {"model": "other"}
    with here.far(Scope.INGEST, models=["m"]) as far:
        counts = far.ingest(log(fine[0], other, fine[1]), here.options)
        assert (counts.stored.predictions, counts.rejected_reasons) == (2, {"wrong_model": 1})
        label = {"prediction_id": "p", "label": "late"}
        counts = far.labels(log(label | {"model": "other"}, label | {"model": "m"}), here.options)
        assert (counts.stored.labels, counts.rejected_reasons) == (1, {"wrong_model": 1})
        sample = {"ts": at, "metric": "cpu", "unit": "cores", "value": 0.5, "source": "test"}
        counts = far.ingest(log(sample | {"model": "m"}, sample | {"model": "other"}), here.options)
        assert (counts.samples, counts.rejected_reasons) == (1, {"wrong_model": 1})
        half = {"specversion": "1.0", "type": RESPONSE, "source": "s", "time": at, "data": {}}
        halves = [
            half | {"id": str(i), "inferenceservicename": n} for i, n in enumerate(("m", "o"))
        ]
        counts = far.ingest(log(*halves), here.options)
        assert (counts.waiting, counts.rejected_reasons) == (1, {"wrong_model": 1})
    assert here.followed.service.models() == ("m",)
    assert "other" not in repr(here.followed.service.rejected(10)).replace("the model other", "")


def test_what_a_sender_says_of_its_models_does_not_count(here):
    said = Options(None, None, None, "auto", here.followed.now, models=frozenset({"other"}))
    with here.far(Scope.INGEST, models=["m"]) as far:
        counts = far.ingest(log(json.loads(event(1)) | {"model": "other"}), said)
    assert counts.rejected_reasons == {"wrong_model": 1}


def test_a_follower_with_a_key_for_one_model_takes_only_that(here):
    followed = here.followed
    append(followed.logs / "app.log", event(1) + event(2, model="other") + event(3))
    with here.far(Scope.INGEST, models=["m"]) as far:
        counts = followed.follower.round(through(far), followed.now, lambda: None)
    assert (counts.stored.predictions, counts.rejected_reasons) == (2, {"wrong_model": 1})
    (refused,) = followed.service.rejected(10)
    assert refused.rejection.position == 2
