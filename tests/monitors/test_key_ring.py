"""Keys: shown once, kept as a hash, for what they say and no longer than they say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain.errors import UnknownNameError, UsageError
from domain.key import Grant, Scope
from monitors.key_ring import KeyRing
from store.store import Store

NOW = datetime(2024, 5, 1, 10, 30, tzinfo=UTC)
INGEST, READ, ADMIN = Scope.INGEST, Scope.READ, Scope.ADMIN


@pytest.fixture
def store(tmp_path: Path):
    with Store.open(tmp_path) as store:
        yield store


@pytest.fixture
def ring(store: Store) -> KeyRing:
    return KeyRing(store)


def test_a_key_opens_what_it_was_made_for(ring: KeyRing):
    made = ring.create("gateway", [INGEST], ["flights"], None, NOW)
    assert ring.authorize(made.secret, NOW) == Grant(
        "gateway", frozenset({INGEST}), frozenset({"flights"})
    )


@pytest.mark.parametrize("damage", [str.upper, lambda s: s[:-1], lambda s: s + "A", str.strip])
def test_only_the_very_secret_opens(ring: KeyRing, damage):
    secret = ring.create("gateway", [INGEST], None, None, NOW).secret
    changed = damage(secret)
    assert (ring.authorize(changed, NOW) is not None) == (changed == secret)


def test_the_secret_of_one_key_does_not_open_another(ring: KeyRing):
    first = ring.create("first", [ADMIN], None, None, NOW)
    second = ring.create("second", [READ], None, None, NOW)
    id_of_first, own = first.key.key_id, second.secret.split("_", 2)[2]
    assert ring.authorize(f"dlk_{id_of_first}_{own}", NOW) is None


def test_no_two_secrets_are_alike(ring: KeyRing):
    made = [ring.create(f"key {i}", [READ], None, None, NOW).secret for i in range(20)]
    assert len({secret[-43:] for secret in made}) == 20


def test_the_store_holds_nothing_that_opens(ring: KeyRing, store: Store):
    secret = ring.create("gateway", [READ], None, None, NOW).secret
    store.checkpoint()
    held = store.path.read_bytes()
    assert b"gateway" in held, "or this test sees nothing"
    assert secret.split("_", 2)[2].encode() not in held


def test_a_key_is_known_after_the_store_was_opened_again(ring: KeyRing, store: Store):
    secret = ring.create("gateway", [READ, INGEST], ["b", "a"], NOW + timedelta(days=1), NOW).secret
    again = KeyRing(store)
    assert again.all_keys() == ring.all_keys()
    assert again.authorize(secret, NOW) == Grant(
        "gateway", frozenset({INGEST, READ}), frozenset({"a", "b"})
    )


def test_a_key_opens_until_it_expires_and_not_at_that_moment(ring: KeyRing):
    ends = NOW + timedelta(days=90)
    secret = ring.create("gateway", [READ], None, ends, NOW).secret
    assert ring.authorize(secret, ends - timedelta(microseconds=1))
    assert ring.authorize(secret, ends) is None


@pytest.mark.parametrize("by", ["name", "key_id"])
def test_a_revoked_key_opens_nothing_from_then_on(ring: KeyRing, store: Store, by: str):
    made = ring.create("gateway", [READ], None, None, NOW)
    other = ring.create("other", [READ], None, None, NOW)
    revoked = ring.revoke(getattr(made.key, by), NOW)
    assert (revoked.name, revoked.revoked_at) == ("gateway", NOW)
    for one in (ring, KeyRing(store)):
        assert one.authorize(made.secret, NOW) is None
        assert one.authorize(other.secret, NOW)


def test_a_name_can_be_used_again_once_its_key_is_revoked(ring: KeyRing):
    first = ring.create("gateway", [READ], None, None, NOW)
    with pytest.raises(UsageError, match="choose another name, or revoke it first"):
        ring.create("gateway", [READ], None, None, NOW)
    ring.revoke("gateway", NOW)
    second = ring.create("gateway", [READ], None, None, NOW)
    assert ring.authorize(second.secret, NOW)
    assert ring.authorize(first.secret, NOW) is None
    assert [key.name for key in ring.all_keys()] == ["gateway", "gateway"]


def test_revoking_what_is_not_there_names_the_nearest(ring: KeyRing):
    ring.create("gateway", [READ], None, None, NOW)
    with pytest.raises(UnknownNameError, match="no key 'gatewya'; did you mean 'gateway'"):
        ring.revoke("gatewya", NOW)
    ring.revoke("gateway", NOW)
    with pytest.raises(UnknownNameError, match="there is none yet"):
        ring.revoke("gateway", NOW)


@pytest.mark.parametrize(
    ("scopes", "models", "expires_at", "says"),
    [
        ([], None, None, "would open nothing"),
        ([READ], [], None, "would open no model"),
        ([ADMIN], ["flights"], None, "an admin key reaches every model"),
        ([READ], None, NOW, "would have expired already"),
    ],
)
def test_a_key_that_cannot_be_meant_is_refused(ring, scopes, models, expires_at, says: str):
    with pytest.raises(UsageError, match=says):
        ring.create("gateway", scopes, models, expires_at, NOW)
    with pytest.raises(UsageError, match="needs a name"):
        ring.create(" ", [READ], None, None, NOW)
    assert ring.all_keys() == ()


def test_the_last_use_is_kept_to_the_hour(ring: KeyRing, store: Store):
    secret = ring.create("gateway", [READ], None, None, NOW).secret
    assert [key.last_used_at for key in ring.all_keys()] == [None]
    for minutes in (0, 5, 45):
        ring.authorize(secret, NOW + timedelta(minutes=minutes))
    hour = datetime(2024, 5, 1, 11, tzinfo=UTC)
    assert [key.last_used_at for key in ring.all_keys()] == [hour]
    assert [key.last_used_at for key in KeyRing(store).all_keys()] == [hour]


def test_an_attempt_that_fails_is_no_use(ring: KeyRing):
    secret = ring.create("gateway", [READ], None, NOW + timedelta(days=1), NOW).secret
    ring.authorize(secret[:-1] + "!", NOW)
    ring.authorize(secret, NOW + timedelta(days=2))
    assert [key.last_used_at for key in ring.all_keys()] == [None]


def test_admin_allows_everything_and_the_others_only_themselves():
    assert all(Grant("x", frozenset({ADMIN})).allows(scope) for scope in Scope)
    assert [s for s in Scope if Grant("x", frozenset({INGEST})).allows(s)] == [INGEST]
    assert [s for s in Scope if Grant("x", frozenset({READ})).allows(s)] == [READ]
