"""JSON lines one by one: slower, and with a reason for each line that is none."""

from __future__ import annotations

import json
import math
from typing import Final, NoReturn

from domain.rejection import Rejection
from ingest.json_columns import COLUMN_LIMIT, NESTING_LIMIT, Cells, too_deep
from ingest.lines import LINE_LIMIT_BYTES
from ingest.readers.block import reject

_BLANK: Final = b" \t\r\n"


class UnfitError(ValueError):
    """A line that is JSON but not an event's JSON; `reason` is the rejection's."""

    def __init__(self, reason: str, **values: object) -> None:
        super().__init__(reason)
        self.reason = reason
        self.values = values


class JsonRows:
    """
    Gathers JSON objects as rows of cells.

    Parameters
    ----------
    objects : frozenset of str
        Paths of the objects whose members become columns.
    paths : set of str
        All columns of the log so far; grows up to `COLUMN_LIMIT`.

    Attributes
    ----------
    rows : list of dict
        Values by path.
    positions, lines : list
        Of each row.
    rejections : list of Rejection
    """

    def __init__(self, objects: frozenset[str], paths: set[str]) -> None:
        self._objects = objects
        self._paths = paths
        self.rows: list[Cells] = []
        self.positions: list[int] = []
        self.lines: list[bytes] = []
        self.rejections: list[Rejection] = []

    def add(self, position: int, line: bytes) -> None:
        """
        Take one line, or keep why it is none; blank lines are passed over.

        Parameters
        ----------
        position : int
            1-based.
        line : bytes
            Without its line break.
        """
        if not line.strip(_BLANK):
            return
        try:
            cells = parse_cells(line, "", self._objects, self._paths)
        except UnfitError as unfit:
            self.rejections.append(reject(position, unfit.reason, line, **unfit.values))
            return
        self.rows.append(cells)
        self.positions.append(position)
        self.lines.append(line)


def parse_cells(line: bytes, prefix: str, objects: frozenset[str], paths: set[str]) -> Cells:
    """
    Parse an object into values by path.

    Parameters
    ----------
    line : bytes
    prefix : str
        Path of the object, with a dot behind; empty for a whole line.
    objects : frozenset of str
        Paths of the objects to open.
    paths : set of str
        All columns so far; takes the new ones.

    Raises
    ------
    UnfitError
        With the reason of the rejection.
    """
    members = parse_object(line)
    cells = {prefix + name: value for name, value in members.items()} if prefix else members
    for path in sorted(objects):  # an object comes before those inside it
        value = cells.get(path)
        if isinstance(value, dict):
            cells[path] = None
            inner = {f"{path}.{name}": member for name, member in value.items()}
            twice = cells.keys() & inner
            if twice:
                raise UnfitError("duplicate_key", field=json.dumps(min(twice)))
            cells |= inner
    if not cells.keys() <= paths:
        new = cells.keys() - paths
        if len(paths) + len(new) > COLUMN_LIMIT:
            raise UnfitError("too_many_columns", value=len(new), limit=COLUMN_LIMIT)
        paths |= new
    return cells


def parse_object(line: bytes) -> Cells:
    """
    Parse one line strictly: UTF-8, no key twice, no NaN, bounded size and depth.

    Raises
    ------
    UnfitError
        With the reason of the rejection.
    """
    if len(line) > LINE_LIMIT_BYTES:
        raise UnfitError("too_large", field="line", value=LINE_LIMIT_BYTES)
    try:
        value = _load(line)
    except _FAULTS as error:
        raise _unfit(error) from error
    if not isinstance(value, dict):
        raise UnfitError("bad_json", value=f"it holds {_NAMES[type(value).__name__]}")
    if line.count(b"{") + line.count(b"[") > NESTING_LIMIT and too_deep(value):
        raise UnfitError("too_deep", value=NESTING_LIMIT)
    return value


def _load(line: bytes) -> object:
    value = _DECODER.decode(line.decode())
    if b"\\u" in line:  # an escape may spell half of a surrogate pair
        json.dumps(value, ensure_ascii=False).encode()
    return value


# of ValueError itself: an integer of thousands of digits
_FAULTS: Final = (UnicodeError, json.JSONDecodeError, RecursionError, ValueError)


def _unfit(error: Exception) -> UnfitError:
    if isinstance(error, UnfitError):
        return error
    if isinstance(error, UnicodeDecodeError):
        return UnfitError("invalid_utf8", value=error.start + 1)
    if isinstance(error, UnicodeEncodeError):
        return UnfitError("bad_json", value="half of a surrogate pair")
    if isinstance(error, json.JSONDecodeError):
        return UnfitError("bad_json", value=f"{error.msg} at character {error.pos + 1}")
    if isinstance(error, RecursionError):
        return UnfitError("too_deep", value=NESTING_LIMIT)
    return UnfitError("bad_json", value=str(error))


_NAMES: Final = {
    "list": "an array",
    "str": "a text",
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "NoneType": "null",
}


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise UnfitError("duplicate_key", field=json.dumps(name))
            seen.add(name)
    return members


def _constant(token: str) -> NoReturn:
    raise UnfitError("not_finite", field="a value", value=token)


def _double(token: str) -> float:
    value = float(token)
    if math.isinf(value):
        raise UnfitError("not_finite", field="a value", value=token)
    return value


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_constant, parse_float=_double
)
