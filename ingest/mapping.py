"""The mapping file: which column of a foreign log is what."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, Field, ValidationError, field_validator

from domain.errors import ConfigurationError, suggestion
from domain.event import FIELDS
from ingest.presets import PRESETS
from ingest.readers.block import NATIVE_OBJECTS, Layout
from ingest.times import TimeRule, known_zone

REST: Final = "rest"


class Constant(BaseModel, frozen=True, extra="forbid"):
    """A value that all rows have."""

    value: str = Field(description="the value, as text")

    @field_validator("value", mode="before")
    @classmethod
    def _spelled(cls, value: object) -> object:
        return _as_text(value)


def _as_text(value: object) -> object:
    """Return what YAML read as a number or a boolean as the text that was meant."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


Where = Annotated[str | Constant | None, Field(union_mode="left_to_right")]


def _optional(description: str) -> Any:  # noqa: ANN401 - stands where a field's default stands
    return Field(default=None, description=description)


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) and value != REST else value


class Mapping(BaseModel, frozen=True, extra="forbid"):
    """
    What each field of an event is called in a log.

    A field is the name of a column, a path into nested JSON (``request.time``), or
    ``{value: x}`` for what all rows share. A field that is not named here keeps its own name.
    """

    model: Where = _optional("column with the model's name, or {value: name}")
    version: Where = _optional("column with the model's version, or {value: 2}")
    ts: Where = _optional("column with the time of the request, or {value: …} for all rows")
    prediction_id: str | None = _optional("column with the id labels refer to")
    request_id: str | None = _optional("column shared by the rows of one call")
    prediction: str | None = _optional("column with the answer: a class or a number")
    score: str | None = _optional("column with the probability or the score")
    latency_ms: str | None = _optional("column with the duration, in milliseconds")
    status: Where = _optional("column with the status code, or {value: 200}")
    replica: Where = _optional("column with the pod or host, or {value: name}")
    trace_id: str | None = _optional("column with the trace id")
    tags: str | None = _optional("column with a JSON object of texts")
    label: str | None = _optional("column with the true outcome")
    sampling_rate: Where = _optional("column with the logged share, or {value: 0.1}")

    features: Literal["rest"] | Annotated[tuple[str, ...], BeforeValidator(_listed)] = Field(
        default=REST,
        description="columns that are features; `object.*` for all members of an object; "
        "`rest`: every column that nothing else names",
    )
    exclude: tuple[str, ...] = Field(
        default=(),
        description="columns to leave out of `rest`; `proba_*` for all that begin so",
    )
    rename: dict[str, str] = Field(
        default_factory=dict[str, str], description="column: name of the feature"
    )
    types: dict[str, Literal["number", "text", "bool"]] = Field(
        default_factory=dict[str, Literal["number", "text", "bool"]],
        description="column: type, where a CSV would be read otherwise (codes made of digits)",
    )

    ts_zone: str | None = _optional("IANA zone of times that are written without one")
    ts_fold: Literal["reject", "earlier", "later"] = Field(
        default="reject", description="which is meant of the local times that happen twice a year"
    )
    ts_format: str | None = _optional("strptime format, where times are not ISO 8601")
    ts_unit: Literal["s", "ms", "us", "ns"] | None = _optional(
        "unit of epoch numbers; otherwise told by their size"
    )
    positive: str | None = _optional("the class whose probability the score is")
    optional: bool = Field(
        default=False, description="a table may lack the columns that are named here"
    )

    @field_validator("positive", mode="before")
    @classmethod
    def _class_as_text(cls, value: object) -> object:
        return _as_text(value)

    @field_validator("ts_zone")
    @classmethod
    def _zone_exists(cls, value: str | None) -> str | None:
        if value is not None and not known_zone(value):
            raise ValueError(f"{value!r} is no time zone; write one like Europe/Berlin or UTC")
        return value

    @property
    def as_json(self) -> str:
        """What it says, and no more, as JSON that `model_validate_json` reads."""
        return self.model_dump_json(exclude_unset=True)

    @property
    def time_rule(self) -> TimeRule:
        """How the log writes its times."""
        return TimeRule(self.ts_zone, self.ts_fold, self.ts_format, self.ts_unit)

    @property
    def restricts_features(self) -> bool:
        """Whether the mapping itself says which columns are features."""
        return self.features != REST or bool(self.exclude)

    def column(self, field: str) -> str | None:
        """Return the column of a field; None where it is a constant."""
        where = getattr(self, field)
        if isinstance(where, Constant):
            return None
        return field if where is None else where

    def constant(self, field: str) -> str | None:
        """Return the value that all rows have of a field."""
        where = getattr(self, field)
        return where.value if isinstance(where, Constant) else None

    def named(self, field: str) -> bool:
        """Return whether the mapping says where the field is, and it has to be there."""
        return getattr(self, field) is not None and not self.optional

    @property
    def layout(self) -> Layout:
        """What a reader needs to know to take a log apart."""
        columns = {field: self.column(field) for field in FIELDS}
        taken = {column for column in columns.values() if column is not None}
        paths = taken | (set() if self.features == REST else set(self.features))
        return Layout(
            objects=NATIVE_OBJECTS.union(*(_above(path) for path in paths)),
            as_written=frozenset(columns[f] or "" for f in _AS_WRITTEN) | frozenset(self.types),
            by_cell=frozenset(columns[f] or "" for f in _OUTCOMES),
            named=frozenset(paths - {field for field in FIELDS if columns[field] == field}),
            elsewhere=frozenset(field for field in FIELDS if columns[field] != field),
            # what a record writes into the place of its time has the form of its format
            times=TimeRule(self.ts_zone, self.ts_fold, unit=self.ts_unit),
            ts=self.constant("ts"),
        )


_OUTCOMES: Final = ("prediction", "label", "ts")
_AS_WRITTEN: Final = (
    "model",
    "version",
    "prediction_id",
    "request_id",
    "replica",
    "trace_id",
    "tags",
)


def _above(path: str) -> set[str]:
    """Return the objects that a path leads through: ``a`` and ``a.b`` for ``a.b.c``."""
    parts = path.split(".")
    return {".".join(parts[:depth]) for depth in range(1, len(parts))}


def load_mapping(path: str | Path) -> Mapping:
    """
    Read a mapping file, or take a preset.

    Parameters
    ----------
    path : str or Path
        YAML; or the name of one of `PRESETS`.

    Raises
    ------
    ConfigurationError
        If it cannot be read, is no mapping, or has an unknown key (the nearest known is named).
    """
    if str(path) in PRESETS:
        return parse_mapping({"preset": str(path)}, f"mapping {path}")
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        meant = "" if Path(path).suffix or Path(path).name != str(path) else f"; {_KNOWN_PRESETS}"
        raise ConfigurationError(
            f"mapping {path} cannot be read: {error.strerror}{meant}"
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"mapping {path} is not UTF-8; save it as UTF-8") from error
    return mapping_of(text, f"mapping {path}")


def mapping_of(text: str, name: str = "mapping") -> Mapping:
    """
    Read what stands in a mapping file.

    Parameters
    ----------
    text : str
        YAML.
    name : str
        How messages call it.

    Raises
    ------
    ConfigurationError
        As in `load_mapping`.
    """
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        first = " ".join(str(error).split())
        raise ConfigurationError(f"{name} is not YAML: {first}") from error
    if content is None:
        return Mapping()
    if not isinstance(content, dict):
        raise ConfigurationError(f"{name} is not of the form `field: column`")
    return parse_mapping(content, name)


def parse_mapping(content: dict[str, Any], name: str = "mapping") -> Mapping:
    """
    Check a mapping that was read already.

    Parameters
    ----------
    content : dict
    name : str
        How messages call it.

    Raises
    ------
    ConfigurationError
        If a key or the preset is unknown, or a value cannot be meant.
    """
    content = _with_preset(content, name)
    for key in content:
        if key not in Mapping.model_fields:
            hint = suggestion(str(key), [*Mapping.model_fields, "preset"])
            raise ConfigurationError(f"{name}: unknown key {str(key)!r}{hint}")
    try:
        return Mapping.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        key = str(first["loc"][0]) if first["loc"] else ""
        said = first["msg"].removeprefix("Value error, ")
        raise ConfigurationError(f"{name}: {key}: {content.get(key)!r}: {said}") from error


def _with_preset(content: dict[str, Any], name: str) -> dict[str, Any]:
    """Return what a mapping says, and beneath it what the preset says that it names."""
    if "preset" not in content:
        return content
    preset = content["preset"]
    if not isinstance(preset, str) or preset not in PRESETS:
        raise ConfigurationError(f"{name}: no preset {preset!r}; {_KNOWN_PRESETS}")
    own = {key: value for key, value in content.items() if key != "preset"}
    return {"optional": True, **PRESETS[preset], **own}


_KNOWN_PRESETS: Final = f"presets are {', '.join(PRESETS)}"
