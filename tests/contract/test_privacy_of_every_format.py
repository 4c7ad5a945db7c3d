"""By whatever format and way it comes, no byte of a hidden value is in the store's folder."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zlib import crc32

import pytest

from ingest.following.places import followed_place
from ingest.mapping import Mapping
from ingest.sources import SourceFile
from monitors.collect_logs import Body, Kind
from monitors.config import Config
from monitors.follower import Follower, Following
from monitors.halves import give_up
from monitors.ingest_logs import Options
from monitors.local_service import LocalService
from tests.contract.logs_of_every_format import FORMATS
from tests.contract.written_calls import Call, Log, dumped
from tests.monitors.followed import SETTLE, append

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
RULES = {
    "hash": ["customer", "prediction_id", "request_id", "replica"],
    "drop": ["person", "trace_id", "tags.user"],
}
# each with the name of its format, so that what is found says where it came from
PERSON, CUSTOMER, REQUEST = "Hildegard of {}.", "customer 4711 of {}.", "request of {}."


def calls(name: str, *, future: bool = True) -> list[Call]:
    own = timedelta(seconds=crc32(name.encode()) % 3_000)

    def call(number: int, at: datetime) -> Call:
        told = {"customer": CUSTOMER.format(name), "person": PERSON.format(name)}
        rows = [{**told, "x": float(n)} for n in range(2)]
        return Call(at + own + timedelta(seconds=number), rows, REQUEST.format(name) + str(number))

    yesterday = NOW - timedelta(days=1)
    return [
        call(1, yesterday),
        call(2, NOW + timedelta(days=5) if future else yesterday),
        call(3, yesterday),
    ]


def service(folder: Path) -> LocalService:
    config = {"store": folder, "monitors": {"*": {"privacy": RULES}}}
    return LocalService.open(Config.model_validate(config), "0", create=True)


def secrets_in(content: str) -> set[str]:
    return {
        secret.format(name)
        for name in FORMATS
        for secret in (PERSON, CUSTOMER, REQUEST)
        if secret.format(name) in content
    }


def in_files(folder: Path) -> set[str]:
    content = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    return secrets_in(content.decode("latin-1"))


def in_tables(own: LocalService) -> set[str]:
    """What DuckDB unpacks: also what is packed in its file is looked at."""
    connection = own.store._database.connection
    names = connection.execute(
        "select database_name, schema_name, table_name from duckdb_tables()"
    ).fetchall()
    tables = ('select * from "' + '"."'.join(name) + '"' for name in names)
    return secrets_in("".join(str(connection.execute(table).fetchall()) for table in tables))


def options(name: str) -> Options:
    of = FORMATS[name]
    mapping = None if of.mapping is None else Mapping.model_validate(of.mapping)
    return Options(mapping, f"model of {of.reader} {len(name)}", None, of.reader, NOW)


def by_file(own: LocalService, name: str, log: Log) -> None:
    own.ingest([SourceFile(f"a log {len(name)}", data=log.content)], options(name))


def by_following(own: LocalService, name: str, log: Log) -> None:
    """In two pieces, and by another follower after each."""
    folder = Path(own.config.store).parent / name
    folder.mkdir()
    middle, now = len(log.content) // 2, NOW
    for content in (log.content[:middle], log.content[middle:]):
        append(folder / "a.log", content)
        place = followed_place(str(folder / "a.log"))
        follower = Follower(
            Following(place=place, options=options(name), settle=SETTLE, every_s=2.0)
        )
        for _ in range(2):
            follower.round(lambda: contextlib.nullcontext(own), now, lambda: None)
            now += timedelta(seconds=2)
    follower.round(lambda: contextlib.nullcontext(own), now + 2 * SETTLE, lambda: None)


def by_body(own: LocalService, name: str, log: Log) -> None:
    how = options(name)
    body = Body(Kind.PREDICTIONS, log.content, how.format, how.model)
    own.collecting().collect([body], NOW, "http")


PLAIN = [name for name in FORMATS if " in " not in name and "packed" not in name]
WAYS = {
    by_file: list(FORMATS),
    by_body: [name for name in PLAIN if FORMATS[name].mapping is None],
    by_following: [name for name in PLAIN if "table" not in name],
}


@pytest.mark.parametrize("way", WAYS)
def test_a_hidden_value_is_nowhere_in_the_store(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    way: Callable[[LocalService, str, Log], None],
) -> None:
    caplog.set_level(logging.DEBUG)
    folder = tmp_path / "store"
    with service(folder) as own:
        for name in WAYS[way]:
            log = FORMATS[name].write(calls(name))
            way(own, name, log)
        if way is by_following:
            own.store.compact()  # halves of two pieces have waited for each other
        kept = own.store.sql("select f_customer as c from predictions").to_pylist()
        told = {own.store.privacy.of_text(CUSTOMER.format(name)) for name in WAYS[way]}
        assert {row["c"] for row in kept} == told - {
            own.store.privacy.of_text(CUSTOMER.format("resources"))
        }
        assert in_tables(own) == set()
        assert in_files(folder) == set()
        rejected = own.rejected(1_000)
        assert {one.rejection.reason for one in rejected} >= {"future_ts", "bad_json", "bad_ts"}
        assert not any(one.rejection.raw for one in rejected)
    assert in_files(folder) == set()
    assert not secrets_in(caplog.text)


HALVES = ["cloudevents", "kserve-blob"]


@pytest.mark.parametrize("model", ["hidden", "other", None])
def test_a_replica_is_called_in_samples_as_in_calls(tmp_path: Path, model: str | None) -> None:
    config = {"store": tmp_path / "s", "monitors": {"hidden": {"privacy": {"hash": ["replica"]}}}}
    with LocalService.open(Config.model_validate(config), "0", create=True) as own:
        told = {"ts": "2026-11-21T10:00:00Z", "metric": "cpu", "unit": "cores", "value": 0.5}
        line = dumped(told | {"replica": REQUEST} | ({"model": model} if model else {}))
        own.ingest([SourceFile("a log", data=line)], options("resources"))
        (kept,) = own.store.sql("select replica from resource_samples").to_pylist()
        hashed = own.store.privacy.of_text(REQUEST)
    # what names no model may be of the one with rules
    assert kept["replica"] == (REQUEST if model == "other" else hashed)


@pytest.mark.parametrize("name", HALVES)
def test_a_request_that_nobody_answers_is_nowhere_in_the_store_once_it_is_given_up(
    tmp_path: Path, name: str
) -> None:
    log = FORMATS[name].write(calls(name, future=False))
    with service(tmp_path / "store") as own:
        asked = log.content.splitlines()[:3] if name == "cloudevents" else None
        content = b"\n".join(asked) if asked else dumped(json.loads(log.content)[:3])
        by_body(own, name, Log(content, ()))
        assert own.store.halves_waiting().requests == 3
        give_up(own.store, NOW + own.store.answers_within)
        assert own.store.sql("select count(*) as n from calls").to_pylist() == [{"n": 3}]
        assert in_tables(own) == set()
        own.store.compact()
    assert in_files(tmp_path / "store") == set()
