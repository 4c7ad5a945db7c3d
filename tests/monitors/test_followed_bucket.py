"""Logs in a bucket are loaded and followed as those in a folder are, on a real S3 protocol."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from domain.errors import ConfigurationError, InputError
from ingest.bucket import BucketFiles
from ingest.sources import find
from store.file_places import Place, place_of
from tests.monitors.followed import Followed, events
from tests.store.s3_server import s3_bucket


@dataclass
class Bucket:
    """A bucket with a server of its own."""

    place: Place
    query: str

    def url(self, key: str) -> str:
        return f"s3://logs/{key}?{self.query}"

    def put(self, key: str, content: bytes) -> None:
        with self.place.filesystem.open_output_stream(f"logs/{key}", compression=None) as file:
            file.write(content)


@pytest.fixture(scope="module")
def bucket() -> Generator[Bucket]:
    with s3_bucket("logs") as url:
        yield Bucket(place_of(url), url.partition("?")[2])


def keys(url: str) -> list[str]:
    return [one.key.removeprefix("logs/") for one in BucketFiles(url).look().files]


def test_a_prefix_a_key_and_a_pattern_name_objects(bucket: Bucket) -> None:
    there = [
        "find me/date=2026-11-22/höst one.ndjson.gz",
        "find me/date=2026-11-23/app.log",
        "find me/date=2026-11-23/app.log.1",
        "find me/date=2026-11-23/notes.md",
        "find me/_tmp/app.log",
    ]
    for key in there:
        bucket.put(key, events(1))

    assert keys(bucket.url("find me")) == there[:3]
    assert keys(bucket.url("find me/date=2026-11-23/app.log")) == [there[1]]
    assert keys(bucket.url("find me/**/app.log")) == [there[1]]
    assert keys(bucket.url("find me/date=*/*.gz")) == [there[0]]


def test_objects_are_loaded_like_files_packed_or_not(bucket: Bucket, tmp_path: Path) -> None:
    bucket.put("load/date=2026-11-22/a b.log", events(1, 1))
    bucket.put("load/date=2026-11-23/ü.log.gz", gzip.compress(events(2)))
    loaded = Followed(tmp_path, bucket.url("load"))
    loaded.ingest_everything()

    assert loaded.features() == {1.0: 2, 2.0: 1}


def test_a_bucket_is_followed_over_growth_replacement_and_new_days(
    bucket: Bucket, tmp_path: Path
) -> None:
    followed = Followed(tmp_path, bucket.url("follow"))
    followed.look()
    assert "nothing is there yet" in str(followed.follower.problems)
    bucket.put("follow/date=2026-11-22/app.log", events(1, 1) + b'{"half')
    assert followed.look().stored.predictions == 2
    bucket.put("follow/date=2026-11-22/app.log", events(1, 1, 1, 2))  # longer: it goes on
    bucket.put("follow/date=2026-11-23/app.log.gz", gzip.compress(events(3, 3)))
    assert followed.look().stored.predictions == 4
    followed.restart()
    opened = followed.look().stored
    assert (opened.predictions, opened.duplicates) == (0, 0)
    bucket.put("follow/date=2026-11-23/app.log.gz", gzip.compress(events(4)))  # another content
    assert followed.look(timedelta(seconds=2)).stored.predictions == 1

    assert followed.features() == Counter({1.0: 3, 2.0: 1, 3.0: 2, 4.0: 1})


def test_a_bucket_that_is_not_there_is_said_and_looked_for_again(
    bucket: Bucket, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="no log is there"):
        find([bucket.url("nothing")])
    query = bucket.query.replace("127.0.0.1:", "127.0.0.1:1")
    with pytest.raises(ConfigurationError, match="credentials"):
        BucketFiles(f"s3://key:secret@logs/x?{query}")
    followed = Followed(tmp_path, "s3://logs/x?endpoint=http://127.0.0.1:1&region=us-east-1")
    followed.look()
    (source,) = followed.service.store.followed()
    assert source.state.failing == 1
    assert "AWS_ENDPOINT_URL" in (source.state.error or "")
