"""
BentoML's monitor files: lines of data, and schemas that say which of their columns are what.

The schemas are in a folder of their own beside the data, a line more at each start of the server.
Rows find theirs by the names of their columns and not by the folder: when a second monitor of a
process first logs, BentoML goes on writing the rows of the first one into the files of the second.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Final

import numpy as np
import orjson

from domain.rejection import Rejection
from ingest.json_columns import Cells, columns_of
from ingest.json_exact import JsonRows
from ingest.lines import Lines, Torso, pieces
from ingest.payload.outcomes import outcomes_of
from ingest.readers.block import Block, Layout, Reader, reject, torso_block
from ingest.unpack import LogStream

# what BentoML itself adds to each row
_OWN: Final = frozenset({"timestamp", "request_id", "trace_id"})
_UNKNOWN_VERSION: Final = "not available"
_FEATURE, _PREDICTION, _TARGET = "feature", "prediction", "target"
# all monitors of a process may end up in one file
_SCHEMAS: Final = ("../schema/schema.*", "../../*/schema/schema.*")
_DATA: Final = re.compile(
    rb'"timestamp": ?"[^"]*", ?"request_id": ?"(?:[0-9]+|None)", ?"trace_id": ?"(?:[0-9]+|None)"\}'
)
_SCHEMA: Final = re.compile(rb'\{"meta_data": ?\{[^}]*"bento_name"[^}]*\}, ?"columns": ?\[')
# what the line before a row that was kept begins with; the number is that of the format
_MARK: Final = b'{"driftline_bentoml":1,'
_KEPT: Final = ("monitor", "version", "prediction_id")
_DECIMAL: Final = re.compile(r"[0-9]{1,39}")
_BLANK: Final = b" \t\r"


@dataclass(frozen=True, slots=True)
class Schema:
    """
    One line of a schema file.

    Parameters
    ----------
    monitor : str or None
        Its folder's name; None: the line stands among the data.
    version : str or None
        Of the bento.
    roles : mapping of str to str
        By column.
    """

    monitor: str | None
    version: str | None
    roles: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Known:
    """
    What is known of a row and does not stand in its line.

    Parameters
    ----------
    schema : Schema or None
        Of its columns.
    name : str or None
        Its prediction id, which the rows around it decide.
    """

    schema: Schema | None
    name: str | None

    def before(self, line: bytes) -> bytes:
        """Return a line with another one before it, so that both together can be read alone."""
        told: Cells = {"driftline_bentoml": 1, "prediction_id": self.name}
        if self.schema is not None:
            told |= {"monitor": self.schema.monitor, "version": self.schema.version}
            told["roles"] = dict(self.schema.roles)
        return orjson.dumps(told) + b"\n" + line


def _known(line: bytes) -> Known | None:
    """Return what a line tells of the row behind it; None: it is no such line."""
    if not line.startswith(_MARK):
        return None
    try:
        told = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    monitor, version, name = (_text_or_none(told.get(key)) for key in _KEPT)
    roles = told.get("roles")
    schema = Schema(monitor, version, roles) if isinstance(roles, dict) else None
    return Known(schema, name)


def _text_or_none(value: object) -> str | None:
    return value if isinstance(value, str) else None


class Schemas:
    """
    What is known of the columns of rows.

    Parameters
    ----------
    own : str or None
        Name of the monitor in whose folder the rows are.
    """

    def __init__(self, own: str | None) -> None:
        self._own = own
        self._by_columns: dict[frozenset[str], list[Schema]] = {}

    def add(self, line: bytes, monitor: str | None) -> bool:
        """Take a line, if it is a schema; return whether it is."""
        schema = _schema(line, monitor)
        if schema is not None:
            found = self._by_columns.setdefault(frozenset(schema.roles), [])
            if schema not in found:
                found.append(schema)
        return schema is not None

    def of(self, columns: frozenset[str]) -> Schema | None:
        """
        Return the schema of rows with these columns.

        Of several, what they do not agree in is not known; the monitor's own come first.
        """
        found = self._by_columns.get(columns, [])
        found = [one for one in found if one.monitor == self._own] or found
        if not found:
            return None
        monitors = {one.monitor for one in found}
        versions = {one.version for one in found}
        roles = {tuple(sorted(one.roles.items())) for one in found}
        if len(roles) > 1:
            return None
        return Schema(
            monitors.pop() if len(monitors) == 1 else None,
            versions.pop() if len(versions) == 1 else None,
            found[0].roles,
        )


def _schema(line: bytes, monitor: str | None) -> Schema | None:
    if not _SCHEMA.match(line.lstrip()):
        return None
    try:
        told = orjson.loads(line)
        roles = {str(one["name"]): str(one["role"]) for one in told["columns"]}
        version = told["meta_data"].get("bento_version")
    except (orjson.JSONDecodeError, TypeError, KeyError, AttributeError):
        return None
    known = isinstance(version, str) and version not in ("", _UNKNOWN_VERSION)
    return Schema(monitor, version if known else None, roles)


def read(stream: LogStream, layout: Layout) -> Iterator[Block]:
    """
    Read rows of data; of a schema file nothing comes.

    Parameters
    ----------
    stream : LogStream
    layout : Layout
    """
    rows = _Rows(layout, _schemas_beside(stream))
    for piece in pieces(stream):
        yield torso_block(piece) if isinstance(piece, Torso) else rows.block(piece)


def _schemas_beside(stream: LogStream) -> Schemas:
    folder = PurePath(stream.name).parent
    schemas = Schemas(folder.parent.name if folder.name in ("data", "schema") else None)
    for pattern in _SCHEMAS:
        for name, content in stream.beside(pattern):
            for line in content.splitlines():
                schemas.add(line, PurePath(name).parent.parent.name)
    return schemas


@dataclass(slots=True)
class _Rows:
    """Makes rows of lines; counts the rows of each call."""

    layout: Layout
    schemas: Schemas
    paths: set[str] = field(default_factory=set[str])
    before: Counter[str] = field(default_factory=Counter[str])

    def block(self, lines: Lines) -> Block:
        """Return the rows of some lines."""
        parsed, told = self._parsed(lines)
        rows: list[Cells] = []
        kept: list[tuple[int, Known]] = []
        rejections: list[Rejection] = list(parsed.rejections)
        ids = self._ids(parsed.rows)
        for at, (number, cells) in enumerate(zip(parsed.positions, parsed.rows, strict=True)):
            schema = self.schemas.of(frozenset(cells) - _OWN)
            known = told.get(number) or Known(schema, ids[at])
            row = self._row(cells, known)
            if row is None:
                raw = known.before(parsed.lines[at])
                rejections.append(reject(number, "unknown_roles", raw))
            else:
                rows.append(row)
                kept.append((at, known))
        positions = np.array([parsed.positions[at] for at, _ in kept], dtype=np.int64)

        def raw_of(row: int) -> bytes:
            at, known = kept[row]
            return known.before(parsed.lines[at])

        return Block(positions, columns_of(rows), raw_of, tuple(rejections))

    def _parsed(self, lines: Lines) -> tuple[JsonRows, dict[int, Known]]:
        """Return the rows, and what lines before them tell of some, by position."""
        parsed, told = JsonRows(frozenset(), self.paths), dict[int, Known]()
        known: Known | None = None
        for index, number in enumerate(lines.numbers.tolist()):
            line = lines.line(index)
            if not line.strip(_BLANK) or self.schemas.add(line, None):
                continue
            before, known = known, _known(line)
            if known is None:
                parsed.add(number, line)
                if before is not None:
                    told[number] = before
        return parsed, told

    def _ids(self, rows: Sequence[Cells]) -> list[str | None]:
        """Return the prediction ids: that of the call, with the row's place where it has more."""
        calls = [_hexadecimal(row.get("request_id"), 16) for row in rows]
        total = Counter(call for call in calls if call is not None)
        before, self.before = self.before, Counter()
        ids: list[str | None] = []
        for call in calls:
            if call is None:
                ids.append(None)
                continue
            place = before[call] + self.before[call]
            self.before[call] += 1
            alone = total[call] == 1 and not before[call]
            ids.append(call if alone else f"{call}-item-{place}")
        return ids

    def _row(self, cells: Cells, known: Known) -> Cells | None:
        columns = frozenset(cells) - _OWN
        schema = known.schema
        mapped = {path: cells[path] for path in cells if self.layout.names(path)}
        if schema is None and not mapped.keys() & columns:
            return None
        row: Cells = {
            "ts": cells.get("timestamp"),
            "prediction_id": known.name,
            "request_id": _hexadecimal(cells.get("request_id"), 16),
            "trace_id": _hexadecimal(cells.get("trace_id"), 32),
        }
        if schema is not None:
            row |= {"model": schema.monitor, "version": schema.version}
            row |= _told(cells, schema.roles)
        else:
            row |= {path: cells[path] for path in columns}
        return {k: v for k, v in row.items() if k not in self.layout.elsewhere} | mapped


def _told(cells: Cells, roles: Mapping[str, str]) -> Cells:
    """Return what the columns of a row are, by their roles."""
    answered = {path: [cells[path]] for path, role in roles.items() if role == _PREDICTION}
    told: Cells = {path: column[0] for path, column in outcomes_of(answered).items()}
    for path, role in roles.items():
        if role == _FEATURE:
            told[f"features.{path}"] = cells[path]
        elif role == _TARGET:
            told["label"] = cells[path]
        elif role != _PREDICTION:
            told[f"tags.{path}"] = _text(cells[path])
    return told


def _text(value: object) -> object:
    return value if isinstance(value, str) or value is None else json.dumps(value)


def _hexadecimal(decimal: object, digits: int) -> str | None:
    """Return an id as traces write it; 0 and ``None``: there was no request."""
    if not isinstance(decimal, str) or not _DECIMAL.fullmatch(decimal) or not int(decimal):
        return None
    return format(int(decimal), f"0{digits}x")


def _recognises(head: bytes) -> bool:
    return any(_SCHEMA.match(line) or _DATA.search(line) for line in _first(head))


def _first(head: bytes) -> Iterable[bytes]:
    return head.removeprefix(b"\xef\xbb\xbf").splitlines()[:20]


READER: Final = Reader(
    "bentoml",
    (),
    _recognises,
    read,
    patterns=("data.*.log.*", "schema.*.log"),
    beside=_SCHEMAS,
)
