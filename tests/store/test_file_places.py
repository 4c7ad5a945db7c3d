"""Folders on this machine and in S3 are named by one text, and failures say what to do."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from domain.errors import ConfigurationError, StoreError
from store.file_places import place_of
from tests.store.s3_server import s3_bucket


def test_a_folder_is_named_plainly_or_by_an_address(tmp_path: Path) -> None:
    plain, address = place_of(str(tmp_path)), place_of(f"file://{tmp_path}")

    assert plain.root == address.root == str(tmp_path)
    assert plain.is_local
    assert plain.path("a", "b.parquet") == f"{tmp_path}/a/b.parquet"


def test_a_folder_of_the_home_and_one_from_here_are_made_absolute() -> None:
    assert place_of("~/logs").root == str(Path.home() / "logs")
    assert place_of("logs").root == str(Path.cwd() / "logs")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://host/x", "neither a folder nor s3://"),
        ("s3:///prefix", "names no bucket"),
        ("s3://bucket/x?acl=public", "is given acl; only endpoint and region"),
    ],
)
def test_an_address_that_cannot_be_meant_is_refused(url: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        place_of(url)


def test_credentials_in_an_address_are_refused_and_not_repeated() -> None:
    with pytest.raises(ConfigurationError) as refused:
        place_of("s3://AKIA:hush@bucket/x")

    assert "hush" not in str(refused.value)
    assert "AKIA" not in str(refused.value)
    assert "AWS_SECRET_ACCESS_KEY" in str(refused.value)


def test_bytes_go_to_s3_and_come_back() -> None:
    with s3_bucket("logs") as url:
        bucket, _, query = url.partition("?")
        place = place_of(f"{bucket}/deep/prefix?{query}")
        with place.filesystem.open_output_stream(place.path("é=1", "a.bin")) as file:
            file.write(b"some bytes")

        with place.filesystem.open_input_stream("logs/deep/prefix/é=1/a.bin") as file:
            assert file.read() == b"some bytes"


def test_an_endpoint_can_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with s3_bucket("logs") as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url.partition("endpoint=")[2].partition("&")[0])
        place = place_of("s3://logs/x?region=us-west-1")
        with place.filesystem.open_output_stream(place.path("a.bin")) as file:
            file.write(b"x")

        assert place.filesystem.get_file_info("logs/x/a.bin").size == 1


def test_a_server_that_nobody_answers_at_is_said_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        place = place_of(f"s3://logs?endpoint=http://127.0.0.1:{port}&region=us-east-1")
        refused = pytest.raises(StoreError, match=r"cannot be read: .*AWS_ENDPOINT_URL")
        with refused, place.reached("read"):
            place.filesystem.get_file_info("logs/a")
