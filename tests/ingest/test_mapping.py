"""The mapping file: an existing log needs no rewriting, and a slip of the pen is named."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from domain.errors import ConfigurationError
from ingest.mapping import Mapping, load_mapping, parse_mapping

NOON = datetime(2013, 7, 1, 12, tzinfo=UTC)


def test_columns_of_another_name_become_the_fields(read):
    log = b"when,net,cls,p,ms,dist,op\n2013-07-01T12:00:00Z,fd,late,0.7,18,1400,UA\n"
    mapping = {"model": "net", "ts": "when", "prediction": "cls", "score": "p", "latency_ms": "ms"}
    (row,) = read(log, mapping).rows
    assert row == {
        "model": "fd", "ts": NOON, "prediction": "late", "score": 0.7, "latency_ms": 18.0,
        "features": {"dist": 1400.0, "op": "UA"},
    }  # fmt: skip


def test_paths_lead_into_nested_objects(read):
    log = b'{"req":{"at":"2013-07-01T12:00:00Z","in":{"a":1,"b":"x"},"n":2},"res":{"cls":"late"}}'
    mapping = {"model": {"value": "fd"}, "ts": "req.at", "prediction": "res.cls"}
    (row,) = read(log, mapping | {"features": "req.in.*"}).rows
    assert (row["prediction"], row["features"]) == ("late", {"a": 1.0, "b": "x"})
    (row,) = read(log, mapping | {"features": ["req.n", "req.in.*"]}).rows
    assert row["features"] == {"req.n": 2.0, "a": 1.0, "b": "x"}
    (row,) = read(log, mapping).rows
    assert row["features"] == {"req.n": 2.0, "req.in": '{"a":1,"b":"x"}'}


def test_features_can_be_listed_left_out_and_renamed(read):
    log = b'{"model":"m","ts":"2013-07-01T12:00:00Z","features":{"a":1,"b":2,"c":3}}'
    assert read(log, {"features": ["a", "c"]}).rows[0]["features"] == {"a": 1.0, "c": 3.0}
    assert read(log, {"exclude": ["b"]}).rows[0]["features"] == {"a": 1.0, "c": 3.0}
    assert read(log, {"rename": {"a": "z"}}).rows[0]["features"] == {"z": 1.0, "b": 2.0, "c": 3.0}


def test_a_column_called_like_a_field_is_a_feature_once_the_field_lies_elsewhere(read):
    log = b"model,ts,when,score\nm,3,2013-07-01T12:00:00Z,7\n"
    (row,) = read(log, {"ts": "when"}).rows
    assert row["features"] == {"ts": 3.0}
    assert row["score"] == 7.0


def test_what_all_rows_share_is_stated_once(read):
    log = b'{"ts":"2013-07-01T12:00:00Z","a":1}'
    mapping = {"model": {"value": "m"}, "version": {"value": 2}, "sampling_rate": {"value": 0.1},
               "status": {"value": 200}}  # fmt: skip
    (row,) = read(log, mapping, model="other", version="9").rows
    assert (row["model"], row["version"], row["sampling_rate"], row["status"]) == (
        "m",
        "2",
        0.1,
        200,
    )


@pytest.mark.parametrize(
    ("types", "kept"),
    [
        ({"f": "text"}, {"1", "1.5", "true", "x"}),
        ({"f": "number"}, {1.0, 1.5, "x"}),
        ({"f": "bool"}, {True, 1.5, "x"}),
    ],
)
def test_a_stated_type_holds_for_whatever_can_be_had_as_it(read, types, kept):
    values = ("1", '"1"', "1.5", "true", '"x"')
    log = "\n".join(f'{{"model":"m","ts":1372680000,"f":{v}}}' for v in values).encode()
    assert {row["features"]["f"] for row in read(log, {"types": types}).rows} == kept


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("modell: x", "unknown key 'modell'; did you mean 'model'?"),
        ("ts_zone: Mars/Base", "'Mars/Base' is no time zone"),
        ("features: 3", "features"),
        ("model: {valeu: x}", "model"),
        ("ts_fold: never", "ts_fold"),
        ("types: {zip: string}", "types"),
        ("[1, 2]", "not of the form"),
        ("a: [", "not YAML"),
    ],
)
def test_a_mapping_that_cannot_be_meant_is_one_line(tmp_path, content, said):
    path = tmp_path / "map.yaml"
    path.write_text(content)
    with pytest.raises(ConfigurationError, match=re.escape(said)) as error:
        load_mapping(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_mapping_that_is_not_there_is_one_line(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_mapping(tmp_path / "gone.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"model: caf\xe9")
    with pytest.raises(ConfigurationError, match="UTF-8"):
        load_mapping(tmp_path / "latin.yaml")


def test_an_empty_mapping_is_the_native_format(tmp_path):
    (tmp_path / "map.yaml").write_text("")
    assert load_mapping(tmp_path / "map.yaml") == Mapping()


def test_classes_read_as_numbers_or_booleans_are_the_text_that_was_meant():
    assert parse_mapping(yaml.safe_load("positive: 1")).positive == "1"
    assert parse_mapping(yaml.safe_load("positive: true")).positive == "true"


PAGE = Path(__file__).parents[2] / "docs" / "mapping.md"


def test_the_document_names_every_key_and_its_examples_are_valid():
    text = PAGE.read_text(encoding="utf-8")
    for key in Mapping.model_fields:
        assert f"`{key}`" in text, key
    examples = re.findall(r"```yaml\n(.*?)```", text, flags=re.DOTALL)
    assert examples
    for example in examples:
        parse_mapping(yaml.safe_load(example))
