"""Keys from the command line: shown once, listed without their secret, revoked by name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain.key import Scope
from monitors.config import Config
from monitors.local_service import LocalService


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)


def grant(secret: str):
    config = Config(store=Path("driftline-store"))
    with LocalService.open(config, "tests", create=False) as service:
        return service.authorize(secret, datetime.now(UTC))


def test_a_key_that_was_made_opens_what_was_asked_for(call):
    words = ["--scope", "ingest", "--model", "a", "--model", "b"]
    made = call("keys", "create", "gateway", *words)
    assert made.code == 0
    assert "cannot be shown again" in made.err
    secret = made.out.strip()
    assert secret not in made.err
    found = grant(secret)
    assert (found.name, found.scopes, found.models) == (
        "gateway",
        {Scope.INGEST},
        {"a", "b"},
    )


def test_a_list_of_keys_says_all_but_the_secret(call):
    first = call("keys", "create", "gateway", "--scope", "ingest", "--json").json
    second = call("keys", "create", "wall", "--scope", "read", "--expires", "90d", "--json").json
    assert first["secret"] != second["secret"]
    call("keys", "revoke", "gateway")
    listed = call("keys", "list", "--json")
    assert [(key["name"], key["scopes"], key["state"]) for key in listed.json["keys"]] == [
        ("gateway", ["ingest"], "revoked"),
        ("wall", ["read"], "open"),
    ]
    wall = listed.json["keys"][1]
    assert wall == second["key"]
    span = datetime.fromisoformat(wall["expires_at"]) - datetime.fromisoformat(wall["created_at"])
    assert span == timedelta(days=90)
    shown = call("keys", "list").out
    for one in (first, second):
        assert one["key"]["id"] in shown
        assert one["secret"].split("_", 2)[2] not in shown + listed.out


def test_a_revoked_key_opens_nothing(call):
    secret = call("keys", "create", "gateway", "--scope", "admin").out.strip()
    assert grant(secret)
    assert "opens nothing any more" in call("keys", "revoke", "gateway").out
    assert grant(secret) is None


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["create", "x"], "Missing option '--scope'"),
        (["create", "x", "--scope", "all"], "'all' is not one of"),
        (["create", "x", "--scope", "read", "--expires", "soon"], "soon"),
        (["create", "x", "--scope", "read", "--expires", "2001-01-01"], "expired already"),
        (["create", "x", "--scope", "admin", "--model", "m"], "reaches every model"),
        (["revoke", "x"], "no key 'x'; there is none yet"),
    ],
)
def test_what_cannot_be_meant_is_answered_in_one_line(call, words: list[str], says: str):
    call("keys", "create", "old", "--scope", "read")
    call("keys", "revoke", "old")
    answer = call("keys", *words)
    assert (answer.code, answer.out) == (2, "")
    assert says in answer.err
    assert answer.err.count("\n") == 1
