"""Which column of the logs is which field of an event, and its value as SQL of Spark."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from domain.errors import InputError, suggestion
from domain.event import FIELDS
from domain.profile import ColumnKind
from domain.role import TAG
from domain.source import Source

# Times before are a wrong clock or unit, as for what is loaded; later ones cannot be either.
EARLIEST_US: Final = 631_152_000_000_000
LATEST_US: Final = 7_258_118_400_000_000
_WHOLE: Final = frozenset({"tinyint", "smallint", "int", "bigint"})
_FRACTIONAL: Final = ("float", "double", "decimal")
# seconds beyond 1e11 would be after the year 5138
_UNITS: Final = {"s": 1_000_000.0, "ms": 1_000.0, "us": 1.0, "ns": 0.001}
_ROW_INDEX: Final = "__index_level_"
_EXACT_WHOLE: Final = "1e15D"

Types = Mapping[str, str]


def quoted(name: str) -> str:
    """Quote a name."""
    return "`" + name.replace("`", "``") + "`"


def literal(text: str) -> str:
    """Quote a text."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escaped}'"


class Fields:
    """
    The fields of events, as SQL over the view ``logs``.

    Parameters
    ----------
    source : Source
    types : mapping of str to str
        Spark's type by path; members of structs stand behind a point.
    partitions : collection of str
        Columns that the names of folders tell.

    Raises
    ------
    InputError
        If a column that the source names is not there, or there is no time.
    """

    def __init__(self, source: Source, types: Types, partitions: Sequence[str]) -> None:
        self._source = source
        self._types = types
        self._partitions = partitions
        self._tops = {path.split(".")[0] for path in types}
        self._require()

    def path(self, path: str) -> str:
        """Return the SQL of a column: one whose name has a point comes before a member."""
        if path in self._tops:
            return quoted(path)
        return ".".join(quoted(part) for part in path.split("."))

    def time(self) -> str:
        """Return the time in microseconds since 1970; null where there is none."""
        path = self._source.columns.get("ts", "ts")
        return _microseconds(self.path(path), self._types[path], self._source)

    def stored_time(self) -> str | None:
        """Return the column of the time where Spark can pass over files and row groups by it."""
        path = self._source.columns.get("ts", "ts")
        return self.path(path) if self._types[path] == "timestamp" else None

    def text(self, field: str) -> str:
        """Return a field as text; an empty one is none."""
        return self._field(field, "string", as_text)

    def number(self, field: str) -> str:
        """Return a field as double; NaN is none."""
        return self._field(field, "double", as_number)

    def unreadable(self, field: str) -> str:
        """Return whether a field holds a text that is no number."""
        path = self._source.column(field)
        if path is None or self._types.get(path) != "string":
            return "false"
        text = f"nullif({self.path(path)}, '')"
        return f"{text} is not null and try_cast({text} as double) is null"

    def has(self, field: str) -> bool:
        """Return whether any row can have the field."""
        path = self._source.column(field)
        return path is None or path in self._types

    def shadow(self) -> str:
        """Return whether the tags say that nobody was answered."""
        path = self._source.columns.get("tags", "tags")
        member = f"{path}.{TAG}"
        role = "cast(null as string)"
        if member in self._types:
            role = self.path(path) + "." + quoted(TAG)
        elif self._types.get(path) == "string":
            role = f"get_json_object({self.path(path)}, '$.{TAG}')"
        elif self._types.get(path, "").startswith("map<string,string"):
            role = f"try_element_at({self.path(path)}, '{TAG}')"
        return f"coalesce({role} = 'shadow', false)"

    def features(self) -> dict[str, tuple[str, ColumnKind]]:
        """
        Return SQL and kind of each feature, in the order of the columns.

        Raises
        ------
        InputError
            If two columns make one feature, or a listed one is not there.
        """
        found: dict[str, tuple[str, ColumnKind]] = {}
        for path, name in self._chosen().items():
            if name in found:
                raise InputError(
                    f"two columns of {self._source.name} would both be the feature {name!r}; "
                    "exclude or rename one in the source's map"
                )
            told = self._source.types.get(path, self._source.types.get(name))
            found[name] = _feature(self.path(path), self._types[path], told)
        return found

    def _field(self, field: str, kind: str, convert: Callable[[str, str], str]) -> str:
        constant = self._source.constants.get(field)
        if constant is not None:
            return f"try_cast({literal(constant)} as {kind})"
        path = self._source.columns.get(field, field)
        if path not in self._types:
            return f"cast(null as {kind})"
        return convert(self.path(path), self._types[path])

    def _chosen(self) -> dict[str, str]:
        source = self._source
        if source.features is None:
            taken = {source.column(field) for field in FIELDS}
            tags = f"{source.columns.get('tags', 'tags')}."
            chosen = {
                path: path.removeprefix("features.")
                for path in self._types
                if path not in taken
                and path not in self._partitions
                and not path.startswith((tags, _ROW_INDEX))
            }
        else:
            chosen = self._listed(source.features)
        return {
            path: source.rename.get(path, source.rename.get(name, name))
            for path, name in chosen.items()
            if path not in source.exclude and name not in source.exclude
        }

    def _listed(self, items: Sequence[str]) -> dict[str, str]:
        chosen: dict[str, str] = {}
        for item in items:
            if item.endswith(".*"):
                prefix = item.removesuffix("*")
                chosen |= {p: p.removeprefix(prefix) for p in self._types if p.startswith(prefix)}
            elif item in self._types:
                chosen[item] = item.removeprefix("features.")
            elif f"features.{item}" in self._types:
                chosen[f"features.{item}"] = item
            else:
                raise self._missing(item, "which source.map.features lists")
        return chosen

    def _require(self) -> None:
        for field in FIELDS:
            path = self._source.columns.get(field)
            if path is not None and path not in self._types and not self._above(path):
                raise self._missing(path, f"which source.map names as {field}")
        if self._source.columns.get("ts", "ts") not in self._types:
            raise self._missing("ts", "the time of an event; name it under source.map.ts")

    def _above(self, path: str) -> bool:
        return any(known.startswith(f"{path}.") for known in self._types)

    def _missing(self, path: str, why: str) -> InputError:
        hint = suggestion(path, self._types)
        return InputError(f"{self._source.name} has no column {path!r}, {why}{hint}")


def as_number(sql: str, kind: str) -> str:
    """Return a value as double: NaN is none, and -0 is 0."""
    if kind in _WHOLE or kind.startswith("decimal"):
        return f"cast({sql} as double)"
    value = f"cast({sql} as double)"
    if not kind.startswith(_FRACTIONAL):
        value = f"try_cast(nullif(cast({sql} as string), '') as double)"
    return f"(nullif({value}, double('NaN')) + 0.0D)"


def as_text(sql: str, kind: str) -> str:
    """Return a value as text: numbers in one form, an empty text is none."""
    if kind.startswith(_FRACTIONAL):
        return number_text(as_number(sql, kind))
    if kind == "string":
        return f"nullif({sql}, '')"
    if kind.startswith(("struct", "map", "array")):
        return f"to_json({sql})"
    if kind.startswith("timestamp"):
        return _iso(sql, "'Z'" if kind == "timestamp" else "''")
    return f"cast({sql} as string)"


def number_text(value: str) -> str:
    """Return a double as text, a whole one without its fraction."""
    whole = f"{value} = floor({value}) and abs({value}) < {_EXACT_WHOLE}"
    return (
        f"case when {whole} then cast(cast({value} as bigint) as string) "
        f"else cast({value} as string) end"
    )


def _feature(sql: str, kind: str, told: str | None) -> tuple[str, ColumnKind]:
    numeric = kind in _WHOLE or kind.startswith(_FRACTIONAL)
    if told == "number" or (told is None and numeric):
        return as_number(sql, kind), ColumnKind.NUMBER
    # a feature may be an empty text; a field may not
    return (sql if kind == "string" else as_text(sql, kind)), ColumnKind.CATEGORY


def _microseconds(sql: str, kind: str, source: Source) -> str:
    zone = source.ts_zone or "UTC"
    if kind == "timestamp":
        return f"unix_micros({sql})"
    if kind in ("timestamp_ntz", "date"):
        local = f"cast({sql} as timestamp_ntz)"
        return f"unix_micros(cast(convert_timezone({literal(zone)}, 'UTC', {local}) as timestamp))"
    if kind in _WHOLE or kind.startswith(_FRACTIONAL):
        return _epoch(f"cast({sql} as double)" if kind not in _WHOLE else sql, source.ts_unit)
    zoned = f"{sql} rlike '(Z|[+-][0-9]{{2}}:?[0-9]{{2}})$'"
    local = f"convert_timezone({literal(zone)}, 'UTC', try_cast({sql} as timestamp_ntz))"
    return (
        f"case when {zoned} then unix_micros(try_cast({sql} as timestamp)) "
        f"else unix_micros(cast({local} as timestamp)) end"
    )


def _epoch(sql: str, unit: str | None) -> str:
    def scaled(name: str) -> str:
        if name == "ns":
            return f"cast(floor({sql} / 1000) as bigint)"
        return f"cast(round({sql} * {int(_UNITS[name])}) as bigint)"

    if unit is not None:
        return scaled(unit)
    return (
        f"case when abs({sql}) < 1e11D then {scaled('s')} "
        f"when abs({sql}) < 1e14D then {scaled('ms')} "
        f"when abs({sql}) < 1e17D then {scaled('us')} else {scaled('ns')} end"
    )


def _iso(sql: str, zone: str) -> str:
    written = f"date_format({sql}, \"yyyy-MM-dd'T'HH:mm:ss.SSSSSS\")"
    return f"concat(regexp_replace({written}, '\\\\.?0+$', ''), {zone})"
