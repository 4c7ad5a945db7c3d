"""What `archive:` and `retention:` may say."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from domain.errors import ConfigurationError
from monitors.config import MonitorConfig
from monitors.config_file import load_config


def _load(folder: Path, monitor: dict[str, object]) -> MonitorConfig:
    file = folder / "driftline.yaml"
    file.write_text(yaml.safe_dump({"monitors": {"m": monitor}}))
    return load_config(file, {}).monitor("m")


def test_everything_is_kept_where_nothing_is_said() -> None:
    assert MonitorConfig().archive is None
    assert MonitorConfig().retention is None


def test_an_archive_beside_the_file_is_found_from_anywhere(tmp_path: Path) -> None:
    monitor = _load(tmp_path, {"archive": {"to": "cold"}})

    assert monitor.archive is not None
    assert (monitor.archive.to, monitor.archive.after) == (
        str(tmp_path / "cold"),
        timedelta(days=90),
    )


def test_an_address_in_s3_stays_as_it_is(tmp_path: Path) -> None:
    to = "s3://bucket/prefix?endpoint=http://127.0.0.1:9000&region=eu"
    monitor = _load(tmp_path, {"archive": {"after": "30d", "to": to}})

    assert monitor.archive is not None
    assert monitor.archive.to == to


@pytest.mark.parametrize(
    ("text", "size"), [("20 GB", 20_000_000_000), ("500MB", 500_000_000), ("1.5 TB", 1.5e12)]
)
def test_a_size_is_written_as_people_do(tmp_path: Path, text: str, size: float) -> None:
    monitor = _load(tmp_path, {"retention": {"size": text}})

    assert monitor.retention is not None
    assert monitor.retention.size == size


@pytest.mark.parametrize(
    ("monitor", "says"),
    [
        ({"retention": {}}, "give after, size or both"),
        ({"retention": {"size": "20"}}, "size with its unit"),
        ({"retention": {"size": 20}}, "size with its unit"),
        ({"retention": {"size": "0 GB"}}, "greater than 0"),
        ({"retention": {"after": "1d"}}, "whole days"),
        ({"archive": {"to": "x", "after": "6h"}}, "whole days"),
        ({"archive": {"to": "x", "afer": "6d"}}, "did you mean 'after'"),
        ({"archive": {"to": "ftp://x"}}, "neither a folder nor s3://"),
        ({"archive": {"to": "x"}, "retention": {"after": "30d"}}, "drops rows before"),
    ],
)
def test_what_cannot_be_meant_is_one_line_with_what_to_do(
    tmp_path: Path, monitor: dict[str, object], says: str
) -> None:
    with pytest.raises(ConfigurationError, match=says) as refused:
        _load(tmp_path, monitor)

    assert "\n" not in str(refused.value)
    assert "monitors.m" in str(refused.value)


def test_where_rows_lie_changes_no_verdict(tmp_path: Path) -> None:
    moved = _load(tmp_path, {"archive": {"to": "x"}, "retention": {"after": "400d"}})

    assert moved.fingerprint() == MonitorConfig().fingerprint()
