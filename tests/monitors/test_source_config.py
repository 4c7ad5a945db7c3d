"""`source:` of a monitor: what is accepted, in which words the rest is refused."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from domain.errors import ConfigurationError
from domain.source import Source
from monitors.config import Config, MonitorConfig, json_schema
from monitors.config_file import load_config


def loaded(folder: Path, source: str) -> Config:
    file = folder / "driftline.yaml"
    file.write_text(f"monitors:\n  flight-delay:\n    source: {source}\n", encoding="utf-8")
    return load_config(file, {})


def source_of(folder: Path, text: str) -> Source:
    source = loaded(folder, text).monitor("flight-delay").source
    assert source is not None
    return source.source()


def complaint(folder: Path, source: str) -> str:
    with pytest.raises(ConfigurationError) as error:
        loaded(folder, source)
    return str(error.value)


def test_a_folder_is_all_that_a_source_needs(tmp_path: Path):
    assert source_of(tmp_path, "{path: /lake/flight-delay}") == Source(path="/lake/flight-delay")


def test_a_relative_path_lies_beside_the_configuration_and_an_address_does_not(tmp_path: Path):
    assert source_of(tmp_path, "{path: lake}").path == str(tmp_path / "lake")
    assert source_of(tmp_path, "{path: 's3://bucket/lake'}").path == "s3://bucket/lake"


def test_a_mapping_file_and_its_keys_in_place_mean_the_same(tmp_path: Path):
    keys = {
        "model": {"value": "flight-delay"},
        "ts": "request.time",
        "features": ["inputs.*"],
        "rename": {"amt": "amount"},
        "ts_zone": "Europe/Berlin",
    }
    (tmp_path / "map.yaml").write_text(yaml.safe_dump(keys), encoding="utf-8")
    by_file = source_of(tmp_path, "{path: lake, map: map.yaml}")
    assert by_file == source_of(tmp_path, f"{{path: lake, map: {json.dumps(keys)}}}")
    assert by_file.column("ts") == "request.time"
    assert by_file.column("score") == "score"
    assert by_file.column("model") is None
    assert by_file.constants == {"model": "flight-delay"}
    assert by_file.features == ("inputs.*",)


def test_what_a_source_says_survives_the_way_over_the_wire(tmp_path: Path):
    monitor = loaded(tmp_path, "{path: lake, map: {ts: scored_at}}").monitor("flight-delay")
    again = MonitorConfig.model_validate(monitor.model_dump(mode="json"))
    assert again.source is not None
    assert monitor.source is not None
    assert again.source.source() == monitor.source.source()


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("{path: lake, table: a.b}", "give path or table, not both"),
        ("{engine: duckdb}", "give path or table, not neither"),
        ("{table: db.schema.payload}", "engine: spark"),
        ("{path: lake, engin: spark}", "did you mean 'engine'"),
        ("{path: lake, map: {tz: scored_at}}", "source.map.tz"),
        ("{path: lake, map: {ts_format: '%d/%m/%Y'}}", "map.ts_format is for logs that are loaded"),
        ("{path: lake, map: missing.yaml}", "missing.yaml cannot be read"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line(tmp_path: Path, source: str, words: str):
    said = complaint(tmp_path, source)
    assert words in said
    assert "\n" not in said


def test_a_monitor_without_a_source_keeps_the_hash_of_its_stored_runs():
    told = MonitorConfig().model_dump_json(exclude={"source"})
    assert '"source"' not in told
    moved = MonitorConfig.model_validate({"source": {"path": "lake"}})
    other = MonitorConfig.model_validate({"source": {"path": "pond"}})
    assert len({MonitorConfig().fingerprint(), moved.fingerprint(), other.fingerprint()}) == 3


def test_editors_know_the_keys_of_a_source():
    schema = json.loads(json_schema())
    good = {"monitors": {"m": {"source": {"path": "lake", "map": {"ts": "scored_at"}}}}}
    jsonschema.validate(good, schema)
    bad = {"monitors": {"m": {"source": {"path": "lake", "mapp": {}}}}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(bad, schema)


def test_a_pattern_has_no_source(tmp_path: Path):
    file = tmp_path / "driftline.yaml"
    file.write_text("monitors:\n  'flight*':\n    source: {path: lake}\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="source belongs to one model"):
        load_config(file, {})
