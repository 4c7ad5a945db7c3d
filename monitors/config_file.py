"""Reading `driftline.yaml`: errors name the key, its value, its line and the nearest known key."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast, get_args

import yaml
from pydantic import BaseModel, ValidationError

from domain.errors import ConfigurationError, DriftlineError, suggestion
from monitors import follow_config, tiers_config
from monitors.config import Config, MonitorConfig
from monitors.source_config import beside

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


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
        raise ConfigurationError(f"{path}: {_explain(error, Config, raw, ())}") from error
    for pattern, settings in config.monitors.items():
        _check_monitor(config, path, pattern, settings)
    monitors = {
        pattern: _with_files_beside(settings, path.parent)
        for pattern, settings in config.monitors.items()
    }
    follow = tuple(follow_config.beside(one, path.parent) for one in config.follow)
    store = path.parent / config.store
    return config.model_copy(update={"store": store, "monitors": monitors, "follow": follow})


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
    # a key whose values are all commented out holds nothing
    return _fill({k: v for k, v in loaded.items() if v is not None}, environment, path)


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


def _check_monitor(config: Config, path: Path, pattern: str, settings: dict[str, Any]) -> None:
    """Check one pattern's settings by themselves, so that the error names the pattern."""
    place = ("monitors", pattern)
    try:
        monitor = MonitorConfig.model_validate(settings)
    except ValidationError as error:
        explained = _explain(error, MonitorConfig, settings, place)
        raise ConfigurationError(f"{path}: {explained}") from error
    try:
        tiers_config.require_order(monitor.archive, monitor.retention)
    except ValueError as error:
        raise ConfigurationError(f"{path}: {'.'.join(place)}.{error}") from error
    if monitor.source is not None and set(pattern) & set("*?"):
        raise ConfigurationError(
            f"{path}: {'.'.join(place)}.source belongs to one model; name that instead of a pattern"
        )
    _check_privacy(config, path, pattern, monitor)
    spans = {"baseline": monitor.baseline}
    spans |= {f"baseline.columns.{c}": span for c, span in monitor.baseline.columns.items()}
    for name, span in spans.items():
        where = f"{path}: {'.'.join(place)}.{name}.window"
        try:
            times = config.baseline_times(span)
        except DriftlineError as error:
            raise ConfigurationError(f"{where}: {error}") from error
        if times and times[1] <= times[0]:
            raise ConfigurationError(
                f"{where} ends ({span.window[1] if span.window else ''}) before it starts "
                f"({span.window[0] if span.window else ''}); write [start, end]"
            )


def _check_privacy(config: Config, path: Path, pattern: str, monitor: MonitorConfig) -> None:
    """Refuse rules that cannot be kept for logs that are read where they lie."""
    if monitor.source is None:
        return
    rules = config.monitor(pattern).privacy  # that of a pattern counts, too
    try:
        _ = rules and rules.hidden_in_place()
    except ValueError as error:
        raise ConfigurationError(f"{path}: monitors.{pattern}.privacy: {error}") from error


def _with_files_beside(settings: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Take relative paths of files from the configuration's folder."""
    source = settings.get("source")
    if isinstance(source, dict):
        settings = {**settings, "source": beside(source, folder)}
    archive = settings.get("archive")
    if isinstance(archive, dict):
        settings = {**settings, "archive": tiers_config.beside(archive, folder)}
    baseline = settings.get("baseline")
    if not isinstance(baseline, dict):
        return settings
    moved = _file_beside(baseline, folder)
    if isinstance(baseline.get("columns"), dict):
        columns = baseline["columns"].items()
        moved["columns"] = {name: _file_beside(span, folder) for name, span in columns}
    return {**settings, "baseline": moved}


def _file_beside(span: dict[str, Any], folder: Path) -> dict[str, Any]:
    return {**span, "file": str(folder / span["file"])} if span.get("file") else dict(span)


def _explain(
    error: ValidationError, model: type[BaseModel], raw: object, prefix: tuple[str, ...]
) -> str:
    """Turn one of pydantic's complaints into one line; a key that is not there says most."""
    complaints = error.errors()
    first = next((c for c in complaints if c["type"] == "extra_forbidden"), complaints[0])
    location = _written(first["loc"], raw)
    where = ".".join([*prefix, *(str(part) for part in location)])
    if first["type"] == "extra_forbidden":
        known = _section(location[:-1], model).model_fields
        return f"unknown key {where}{suggestion(str(location[-1]), known)}"
    if first["type"] == "missing":
        return f"{where}.{first['loc'][-1]} is not given; add it"
    message = str(first.get("ctx", {}).get("error", first["msg"]))
    return f"{where}: {message} (given: {first['input']!r})"


def _written(location: tuple[int | str, ...], raw: object) -> list[int | str]:
    """Keep the keys and places that stand in the file: pydantic adds names of its own types."""
    kept: list[int | str] = []
    for part in location:
        there = part in raw if isinstance(raw, dict) else isinstance(raw, list)
        try:
            raw = cast("Any", raw)[part] if there else raw
        except (IndexError, TypeError):
            there = False
        if there:
            kept.append(part)
    return kept


def _section(location: Sequence[int | str], model: type[BaseModel]) -> type[BaseModel]:
    """Follow a place in the file to the model of the keys that may stand there."""
    for part in location:
        field = model.model_fields.get(str(part))
        if field is not None:
            model = next(_models_in(field.annotation), model)
    return model


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_in(inner)
