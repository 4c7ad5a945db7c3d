"""`driftline.yaml`: what is accepted, what is refused and in which words, which pattern wins."""

from __future__ import annotations

import fnmatch
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from domain.errors import ConfigurationError
from monitors import config as settings
from monitors.config import Config, MonitorConfig, json_schema
from monitors.config_file import load_config

ROOT = Path(__file__).parents[2]
CONTRACT = """
store: ./driftline-store
timezone: UTC                          # of daily windows
defaults: {window: 1d, owner: ml-platform}
monitors:
  "*": {slos: [{name: availability, target: 99.9%, period: 28d}]}
  flight-delay:
    task: binary                       # binary | multiclass | regression
    baseline: {window: [2013-01-01, 2013-04-01], version: "1"}
    columns: {exclude: [prediction_id]}
    drift: {numeric: [psi, ks], categorical: [psi, chi2]}
    false_incidents: 1 per 90d         # the budget; it is split over columns and windows
    slices: [carrier, origin]
    slos:
      - {name: latency, latency_ms: 100, target: 99%, period: 28d}
routes:
  - {severity: critical, owner: ml-platform, to: ["webhook:http://127.0.0.1:9093/api/v2/alerts"]}
  - {severity: warning, to: ["digest:weekly"]}
"""


def loaded(folder: Path, text: str, environment: dict[str, str] | None = None) -> Config:
    file = folder / "driftline.yaml"
    file.write_text(text, encoding="utf-8")
    return load_config(file, environment or {})


def complaint(folder: Path, text: str, environment: dict[str, str] | None = None) -> str:
    with pytest.raises(ConfigurationError) as error:
        loaded(folder, text, environment)
    said = str(error.value)
    assert "\n" not in said
    assert said.startswith(str(folder / "driftline.yaml"))
    return said.removeprefix(str(folder / "driftline.yaml")).removeprefix(":").strip()


def test_the_example_of_the_contract_is_read_as_it_says(tmp_path: Path):
    config = loaded(tmp_path, CONTRACT)
    monitor = config.monitor("flight-delay")
    assert config.store == tmp_path / "driftline-store"
    assert (monitor.task, monitor.owner, monitor.window) == ("binary", "ml-platform", timedelta(1))
    assert (monitor.baseline.window, monitor.baseline.version) == (
        ("2013-01-01", "2013-04-01"), "1",
    )  # fmt: skip
    assert monitor.columns.exclude == ("prediction_id",)
    assert (monitor.drift.numeric, monitor.drift.categorical) == (("psi", "ks"), ("psi", "chi2"))
    assert (monitor.false_incidents.incidents, monitor.false_incidents.per) == (1, timedelta(90))
    (slo,) = monitor.slos
    assert (slo.name, slo.target, slo.latency_ms, slo.period) == (
        "latency",
        0.99,
        100,
        timedelta(28),
    )
    (usual,) = config.monitor("another").slos
    assert (usual.name, usual.target) == ("availability", 0.999)
    assert config.monitor("another").owner == "ml-platform"


def test_what_this_version_does_not_do_is_said(tmp_path: Path):
    said = loaded(tmp_path, CONTRACT).notices()
    assert [line.split(":")[0] for line in said] == ["routes", "routes"]
    assert loaded(tmp_path, "monitors: {m: {window: 1d}}").notices() == []


def test_without_a_file_everything_has_a_default():
    config = load_config(None, {})
    assert config.store == Path("driftline-store")
    assert config.monitor("any") == MonitorConfig()


@pytest.mark.parametrize(
    "text", ["", "monitors:\n", "monitors:\n  m:\n", "# nothing\n", "routes:\n"]
)
def test_keys_whose_values_are_commented_out_are_no_error(tmp_path: Path, text: str):
    assert loaded(tmp_path, text).monitor("m") == MonitorConfig()


# ------------------------------------------------------------------ unknown keys


def sections() -> list[tuple[str, type[BaseModel], dict[str, Any]]]:
    """Where each section stands, its model, and what else the section needs."""
    monitor, span = "monitors.m", "monitors.m.baseline"
    return [
        ("", Config, {}),
        ("defaults", settings.Defaults, {}),
        (monitor, MonitorConfig, {}),
        (span, settings.BaselineConfig, {}),
        (f"{span}.columns.x", settings.SpanConfig, {}),
        (f"{monitor}.columns", settings.ColumnsConfig, {}),
        (f"{monitor}.drift", settings.DriftConfig, {}),
        (f"{monitor}.false_incidents", settings.FalseIncidents, {"incidents": 1, "per": "90d"}),
        (f"{monitor}.slos.0", settings.SLOConfig, {"name": "a", "target": 0.9}),
        ("routes.0", settings.RouteConfig, {"to": ["x"]}),
    ]


def placed(path: str, section: dict[str, Any]) -> Any:
    """Nest a section as its path says."""
    for part in reversed(path.split(".") if path else []):
        section = [section] if part.isdigit() else {part: section}  # type: ignore[assignment]
    return section


@pytest.mark.parametrize(("path", "model", "needs"), sections(), ids=lambda v: str(v)[:30])
def test_an_unknown_key_is_refused_with_its_path_and_the_nearest_known_one(
    tmp_path: Path, path: str, model: type[BaseModel], needs: dict[str, Any]
):
    for known in model.model_fields:
        misspelt = known[:-1] + "x" if len(known) > 3 else known + "x"
        content = {**{k: v for k, v in needs.items() if k != known}, misspelt: 1}
        said = complaint(tmp_path, yaml.safe_dump(placed(path, content)))
        where = f"{path}.{misspelt}".lstrip(".")
        assert said == f"unknown key {where}; did you mean {known!r}?"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: [", "line 1 is not YAML"),
        ("- 1", "holds list, not keys"),
        ("store: 3", "store: Input is not a valid path"),
        ("timezone: Mars", "timezone: no time zone 'Mars'; use an IANA name"),
        ("defaults: {window: 5h}", "window length 5:00:00 divides no day"),
        ("monitors: {m: {window: 86400}}", "write a duration with its unit"),
        ("monitors: {m: {window: 90s}}", "whole 5 minutes"),
        ("monitors: {m: {window: 0d}}", "duration '0d' is not one of"),
        ("monitors: {m: {task: binry}}", "monitors.m.task: Input should be 'binary'"),
        ("monitors: {m: {min_rows: 0}}", "greater than or equal to 1 (given: 0)"),
        ("monitors: {m: 3}", "settings of m must be keys, not 3"),
        ("monitors: {m: {drift: {numeric: [psy]}}}", "monitors.m.drift.numeric.0: Input"),
        ("monitors: {m: {false_incidents: 1 a 9d}}", "'1 a 9d' is not of the form '1 per 90d'"),
        ("monitors: {m: {slos: [{target: 99%}]}}", "monitors.m.slos.0.name is not given; add it"),
        ("monitors: {m: {slos: [{name: a, target: 100%}]}}", "less than 1 (given: 1.0)"),
        (
            "monitors: {m: {slos: [{name: a, target: 99%}, {name: a, target: 9%}]}}",
            "two objectives are called 'a'",
        ),
        ("monitors: {m: {baseline: {file: a, trailing: 3d}}}", "give one of window, trailing"),
        ("monitors: {m: {baseline: {file: a, version: b}}}", "give file or version, not both"),
        ("monitors: {m: {baseline: {version: 1.10}}}", 'write it in quotes: "1.1"'),
        (
            "monitors: {m: {baseline: {window: [2013-04-01, 2013-01-01]}}}",
            "monitors.m.baseline.window ends (2013-01-01) before it starts (2013-04-01)",
        ),
        (
            "monitors: {m: {baseline: {window: ['2013-04-01T10:00', 2014-01-01]}}}",
            "time '2013-04-01T10:00' has no zone; write 2013-04-01T10:00Z",
        ),
        (
            "monitors: {m: {baseline: {columns: {x: {window: [2013-04-01, 2013-01-01]}}}}}",
            "monitors.m.baseline.columns.x.window ends",
        ),
        ("routes: [{severity: critical}]", "routes.0.to is not given"),
        ("store: ${NOWHERE}", "${NOWHERE} is not set in the environment; export NOWHERE=…"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place_and_value(
    tmp_path: Path, text: str, says: str
):
    assert says in complaint(tmp_path, text)


def test_a_file_that_is_not_there_or_not_text_is_named(tmp_path: Path):
    with pytest.raises(ConfigurationError, match=r"no configuration file .*gone.yaml; write one"):
        load_config(tmp_path / "gone.yaml", {})
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_config(tmp_path, {})
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_config(tmp_path / "bytes.yaml", {})


# ------------------------------------------------------------------ values


def test_names_in_braces_come_from_the_environment_and_only_from_there(tmp_path: Path):
    text = (
        "routes: [{to: ['webhook:https://${HOST}/x?k=${KEY}']}]\nmonitors: {m: {owner: '${KEY}'}}"
    )
    config = loaded(tmp_path, text, {"HOST": "h", "KEY": "${HOST}"})
    assert config.routes[0].to == ("webhook:https://h/x?k=${HOST}",), "filled in once"
    assert config.monitor("m").owner == "${HOST}"


@given(st.integers(1, 99), st.integers(0, 999))
def test_a_percentage_is_the_share_that_it_says(whole: int, part: int):
    text = f"{whole}.{part:03d}"
    config = MonitorConfig.model_validate({"slos": [{"name": "a", "target": f"{text}%"}]})
    assert config.slos[0].target == float(f"0.{whole:02d}{part:03d}")


@given(st.integers(1, 10_000), st.sampled_from(["s", "m", "h", "d", "w"]))
def test_a_duration_is_what_it_says_and_is_written_so_that_it_is_read_again(n: int, unit: str):
    seconds = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}[unit]
    slo = settings.SLOConfig.model_validate({"name": "a", "target": 0.9, "period": f"{n}{unit}"})
    assert slo.period == timedelta(seconds=n * seconds)
    assert settings.SLOConfig.model_validate(slo.model_dump()) == slo
    written = json.loads(slo.model_dump_json())["period"]
    again = settings.SLOConfig.model_validate({"name": "a", "target": 0.9, "period": written})
    assert again == slo


@given(st.floats(0.001, 1000), st.integers(1, 365))
def test_a_budget_is_read_from_words(incidents: float, days: int):
    text = f"{incidents:.3f} per {days}d"
    budget = MonitorConfig.model_validate({"false_incidents": text}).false_incidents
    assert (budget.incidents, budget.per) == (float(f"{incidents:.3f}"), timedelta(days=days))


def test_a_wait_may_be_nothing():
    for nothing in (0, "0", "0d", "0h"):
        assert MonitorConfig.model_validate({"grace": nothing}).grace == timedelta()
        baseline = settings.BaselineConfig.model_validate({"gap": nothing})
        assert baseline.gap == timedelta()


# ------------------------------------------------------------------ patterns


KEYS = st.dictionaries(
    st.sampled_from(["min_rows", "for_windows"]), st.integers(1, 9), min_size=1, max_size=2
)
NAMES = st.text("ab-*?[", min_size=1, max_size=4)


@given(st.dictionaries(NAMES, KEYS, max_size=6), st.text("ab-[", min_size=1, max_size=4))
def test_of_all_matching_patterns_the_closest_wins_key_by_key(
    monitors: dict[str, dict[str, int]], model: str
):
    monitor = Config.model_validate({"monitors": monitors}).monitor(model)
    for key in ("min_rows", "for_windows"):
        # brackets are plain letters to us, a class of letters to fnmatch
        matching = [
            pattern
            for pattern, keys in monitors.items()
            if key in keys and fnmatch.fnmatchcase(model, pattern.replace("[", "[[]"))
        ]
        if not matching:
            assert getattr(monitor, key) == getattr(MonitorConfig(), key)
        elif model in matching:
            assert getattr(monitor, key) == monitors[model][key], "the name itself wins"
        else:
            most = max(len(re.sub(r"[*?]", "", p)) for p in matching)
            closest = [p for p in matching if len(re.sub(r"[*?]", "", p)) == most]
            assert getattr(monitor, key) in {monitors[p][key] for p in closest}


def test_defaults_hold_where_no_pattern_says_otherwise(tmp_path: Path):
    config = loaded(tmp_path, "defaults: {window: 6h}\nmonitors: {a*: {window: 1h}}")
    assert config.monitor("abc").window == timedelta(hours=1)
    assert config.monitor("xyz").window == timedelta(hours=6)


# ------------------------------------------------------------------ the schema for editors


def valid(document: object) -> bool:
    return jsonschema.Draft202012Validator(json.loads(json_schema())).is_valid(document)


def test_the_schema_accepts_what_the_loader_accepts_and_refuses_unknown_keys(tmp_path: Path):
    jsonschema.Draft202012Validator.check_schema(json.loads(json_schema()))
    shipped = (ROOT / "sample_data" / "driftline.yaml").read_text(encoding="utf-8")
    others = [
        "monitors: {m: {grace: 0, baseline: {gap: 0d, version: 2, columns: {x: {file: a.csv}}}}}",
        "monitors: {m: {false_incidents: {incidents: 2, per: 9d}, slos: []}}",
    ]
    # YAML reads a bare date as one, which JSON does not know
    quoted = CONTRACT.replace("[2013-01-01, 2013-04-01]", "['2013-01-01', '2013-04-01']")
    for text in (quoted, shipped, *others):
        loaded(tmp_path, text)
        assert valid(yaml.safe_load(text)), text
    for path, _, needs in sections():
        document = placed(path, {**needs, "nonsense": 1})
        complaint(tmp_path, yaml.safe_dump(document))
        assert not valid(document), path
    for text in ("monitors: {m: {window: 1y}}", "monitors: {m: {min_rows: 0}}", "store: 3"):
        complaint(tmp_path, text)
        assert not valid(yaml.safe_load(text)), text
