"""Reading `driftline.yaml`: errors name the key, its value, its line and the nearest known key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from domain.errors import ConfigurationError, DriftlineError, suggestion
from monitors.config import (
    BaselineConfig,
    ColumnsConfig,
    Config,
    Defaults,
    DriftConfig,
    FalseIncidents,
    MonitorConfig,
    RouteConfig,
    SLOConfig,
)

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_SECTIONS: dict[str, type[BaseModel]] = {
    "defaults": Defaults,
    "baseline": BaselineConfig,
    "columns": ColumnsConfig,
    "drift": DriftConfig,
    "false_incidents": FalseIncidents,
    "slos": SLOConfig,
    "routes": RouteConfig,
}


def load_config(path: Path | None, environment: Mapping[str, str]) -> Config:
    """
    Read and check a configuration file.

    Parameters
    ----------
    path : Path or None
        None: everything has its default.
    environment : mapping of str to str
        Fills ``${NAME}``.

    Raises
    ------
    ConfigurationError
        One line: the file, the key, its value and what to do.
    """
    if path is None:
        return Config()
    raw = _read(path, environment)
    try:
        config = Config.model_validate(raw)
    except ValidationError as error:
        raise ConfigurationError(f"{path}: {_explain(error, Config, ())}") from error
    _check_monitors(config, path)
    if not config.store.is_absolute():
        config = config.model_copy(update={"store": path.parent / config.store})
    return config


def _read(path: Path, environment: Mapping[str, str]) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigurationError(
            f"no configuration file {path}; write one with 'driftline init', or leave out --config"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from error
    try:
        loaded = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" line {mark.line + 1}" if mark else ""
        raise ConfigurationError(
            f"{path}{where} is not YAML: {getattr(error, 'problem', error)}"
        ) from error
    if loaded is None:
        return {}
    if not isinstance(loaded, dict):
        raise ConfigurationError(
            f"{path} holds {type(loaded).__name__}, not keys such as 'monitors:'"
        )
    return _fill(loaded, environment, path)


def _fill(node: object, environment: Mapping[str, str], path: Path) -> Any:  # noqa: ANN401 YAML is what it is
    """Replace ``${NAME}`` from the environment: secrets never stand in the file."""
    if isinstance(node, dict):
        return {key: _fill(value, environment, path) for key, value in node.items()}
    if isinstance(node, list):
        return [_fill(value, environment, path) for value in node]
    if not isinstance(node, str):
        return node

    def value_of(match: re.Match[str]) -> str:
        if match[1] not in environment:
            raise ConfigurationError(
                f"{path}: ${{{match[1]}}} is not set in the environment; export {match[1]}=…"
            )
        return environment[match[1]]

    return _VARIABLE.sub(value_of, node)


def _check_monitors(config: Config, path: Path) -> None:
    """Check every pattern's settings by themselves, so that the error names the pattern."""
    for pattern, settings in config.monitors.items():
        try:
            monitor = MonitorConfig.model_validate(settings)
        except ValidationError as error:
            raise ConfigurationError(
                f"{path}: {_explain(error, MonitorConfig, ('monitors', pattern))}"
            ) from error
        try:
            times = config.baseline_times(monitor.baseline)
        except DriftlineError as error:
            raise ConfigurationError(
                f"{path}: monitors.{pattern}.baseline.window: {error}"
            ) from error
        if times and times[1] <= times[0]:
            raise ConfigurationError(
                f"{path}: monitors.{pattern}.baseline.window ends before it starts"
            )


def _explain(error: ValidationError, model: type[BaseModel], prefix: tuple[str, ...]) -> str:
    """Turn pydantic's first complaint into one line."""
    first = error.errors()[0]
    where = [*prefix, *(str(part) for part in first["loc"])]
    if first["type"] == "extra_forbidden":
        known = _section(first["loc"], model).model_fields
        return f"unknown key {'.'.join(where)}{suggestion(str(first['loc'][-1]), known)}"
    message = str(first.get("ctx", {}).get("error", first["msg"]))
    return f"{'.'.join(where)}: {message} (given: {first['input']!r})"


def _section(location: tuple[int | str, ...], model: type[BaseModel]) -> type[BaseModel]:
    for part in reversed(location[:-1]):
        if part in _SECTIONS:
            return _SECTIONS[str(part)]
    return model


def find_config(given: str | None, environment: Mapping[str, str]) -> Path | None:
    """
    Return the file given, else ``$DRIFTLINE_CONFIG``, else ``./driftline.yaml`` if it is there.

    Parameters
    ----------
    given : str or None
        From the command line.
    environment : mapping of str to str
    """
    named = given or environment.get("DRIFTLINE_CONFIG")
    if named:
        return Path(named)
    usual = Path("driftline.yaml")
    return usual if usual.exists() else None
