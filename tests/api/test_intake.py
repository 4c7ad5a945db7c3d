"""``/v1/sources``: what the page Data shows of sources, for programs."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from api.guard import Guard
from api.intake import Intake
from api.routes import guarded
from domain.key import Scope
from ingest.sources import SourceFile
from tests.api.asking import bearer, client
from tests.monitors.followed import Followed, append, event, events


def asked(followed: Followed, *, models: list[str] | None = None, later: timedelta = timedelta()):
    def clock() -> datetime:
        return followed.now + later

    key = followed.service.create_key(f"{later} {models}", [Scope.READ], models, None, clock())
    guard = Guard(followed.service, clock, loopback=True)
    ask = client(guarded(Intake(followed.service, clock).endpoints(), guard))
    return ask.get("/v1/sources", headers=bearer(key.secret))


def test_what_came_what_waits_what_is_behind_and_what_was_refused_is_told(tmp_path):
    followed = Followed(tmp_path)
    log = followed.logs / "app.log"
    append(log, events(1, 2) + event(1) + b"no\n" + event(3)[:10])
    followed.look()
    half = {
        "specversion": "1.0", "type": "org.kubeflow.serving.inference.request", "source": "s",
        "id": "1", "inferenceservicename": "m", "time": followed.now.isoformat(), "data": {},
    }  # fmt: skip
    followed.service.ingest(
        [SourceFile("kserve", data=json.dumps(half).encode())], followed.options
    )

    told = asked(followed).json()
    (own,) = (one for one in told["sources"] if one["source"] == str(followed.logs))
    # the same line twice in one file is two events
    assert (own["predictions"], own["duplicates"], own["newest"]) == (3, 0, "2026-11-20T10:00:00Z")
    (source,) = told["followed"]
    assert (source["source"], source["files"]) == (str(followed.logs), 1)
    assert (source["state"], source["bytes_behind"]) == ("behind", 10)
    assert source["bytes_taken"] == log.stat().st_size - 10
    assert told["waiting"]["requests"] == 1
    assert told["rejected"] == [{"source": str(log), "reason": "bad_json", "lines": 1}]
    assert told["rejected_totals"]["by_reason"] == {"bad_json": 1}


def test_a_follower_that_has_died_is_told_as_stopped(tmp_path):
    followed = Followed(tmp_path)
    append(followed.logs / "app.log", events(1))
    followed.look()
    (source,) = asked(followed, later=timedelta(hours=1)).json()["followed"]
    assert source["state"] == "stopped"


def test_a_key_for_some_models_is_not_told_of_what_all_of_them_share(tmp_path):
    followed = Followed(tmp_path)
    assert asked(followed, models=["m"]).status_code == 403
