"""What the columns of a table probably are; the guess is printed, and a mapping overrules it."""

from __future__ import annotations

import re
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from domain.event import FIELDS
from domain.profile import ColumnKind
from ingest.features import feature_names
from ingest.mapping import Mapping
from ingest.table import Float, TableSource
from ingest.times import TimeRule, parse_times
from ingest.values import Values


class GuessedRole(StrEnum):
    """What a column is to the comparison."""

    FEATURE = "feature"
    PREDICTION = "prediction"
    SCORE = "score"
    LABEL = "label"
    TIME = "time"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class GuessedColumn:
    """
    One column and what it is taken for.

    Parameters
    ----------
    name : str
    role : GuessedRole
    kind : ColumnKind or None
        None where it is not compared.
    why : str
        Key of its sentence in the text catalogue; `values` fill it in.
    """

    name: str
    role: GuessedRole
    kind: ColumnKind | None
    why: str
    values: Dictionary[str, int] = field(default_factory=dict[str, int])


# Names as people write them, the surest first; without punctuation and case.
_NAMES: Final[dict[GuessedRole, tuple[str, ...]]] = {
    GuessedRole.LABEL: (
        "ytrue", "truelabel", "groundtruth", "label", "target", "actual", "actuals", "truth", "y",
    ),
    GuessedRole.PREDICTION: (
        "ypred", "prediction", "predictions", "predicted", "predictedlabel", "predictedclass",
        "pred", "yhat",
    ),
    GuessedRole.SCORE: (
        "yscore", "yproba", "score", "predictionproba", "predictedproba", "predictedprobability",
        "predictionscore", "proba", "probability",
    ),
    GuessedRole.TIME: (
        "ts", "timestamp", "eventtime", "eventtimestamp", "datetime", "time", "createdat", "date",
    ),
}  # fmt: skip
_FIELD_OF: Final = {
    GuessedRole.LABEL: "label",
    GuessedRole.PREDICTION: "prediction",
    GuessedRole.SCORE: "score",
    GuessedRole.TIME: "ts",
}
_ID_NAME: Final = re.compile(
    r"(^|[_\s])(id|uuid|guid|key|index|rownum(ber)?)$|^unnamed: ?\d+$", re.IGNORECASE
)

_TIME_NAME: Final = re.compile(
    r"(^|[_\s])(ts|time|timestamp|date|datetime|epoch|at)([_\s]|$)", re.IGNORECASE
)
_DATE: Final = r"^[12][0-9]{3}[-/][0-9]{2}[-/][0-9]{2}"

_CLASSES: Final = 50  # a label with more whole numbers than this is a quantity
_SURE_ROWS: Final = 50  # with fewer, all values may differ by chance
_FREE_TEXT_SHARE: Final = 0.5


def guess_columns(
    reference: TableSource, current: TableSource | None = None, mapping: Mapping | None = None
) -> tuple[GuessedColumn, ...]:
    """
    Guess what the columns of two tables are, from their names and first rows.

    Parameters
    ----------
    reference : TableSource
    current : TableSource or None
        Where a column is one of numbers in one table only, it is compared as categories.
    mapping : Mapping or None
        What it says is not guessed.

    Returns
    -------
    tuple of GuessedColumn
        The columns of `reference` in their order, then those that only `current` has.
    """
    plan = mapping or Mapping()
    heads = [table.head() for table in (reference, current) if table is not None]
    names = list(dict.fromkeys(name for head in heads for name in head))
    roles = _roles(names, heads, plan)
    guessed: list[GuessedColumn] = []
    for name in names:
        samples = [head[name] for head in heads if name in head]
        role, why = roles.get(name, (GuessedRole.FEATURE, ""))
        column = _guess(name, role, why, samples)
        typed = plan.types.get(name)
        guessed.append(column if typed is None else _of_type(column, typed))
    return tuple(guessed)


def _of_type(column: GuessedColumn, typed: str) -> GuessedColumn:
    """Take a column for what the mapping says it is."""
    if column.role is GuessedRole.IGNORED and column.why == "guess.excluded":
        return column
    role = column.role if column.kind is not None else GuessedRole.FEATURE
    kind = ColumnKind.NUMBER if typed == "number" else ColumnKind.CATEGORY
    return GuessedColumn(column.name, role, kind, "guess.mapped")


def _guess(name: str, role: GuessedRole, why: str, samples: list[Values]) -> GuessedColumn:
    if role in (GuessedRole.TIME, GuessedRole.IGNORED):
        return GuessedColumn(name, role, None, why)
    kinds = [_kind(name, role, sample) for sample in samples if sample.parts()]
    if not kinds:
        return GuessedColumn(name, role, ColumnKind.CATEGORY, "guess.empty")
    kind, reason, values = kinds[0]
    if kind is None and role is GuessedRole.FEATURE:
        role = GuessedRole.TIME if reason == "guess.time" else GuessedRole.IGNORED
        return GuessedColumn(name, role, None, reason, values)
    kind = kind or ColumnKind.CATEGORY
    if any(other is not None and other is not kind for other, _, _ in kinds[1:]):
        kind, reason, values = _agreed(kinds)
    return GuessedColumn(name, role, kind, why or reason, values)


_Kind = tuple[ColumnKind | None, str, dict[str, int]]


def _agreed(kinds: list[_Kind]) -> tuple[ColumnKind, str, dict[str, int]]:
    """Settle a column that differs between the tables: few numbers here and many there, or text."""
    if any(reason == "guess.words" for _, reason, _ in kinds):
        return ColumnKind.CATEGORY, "guess.differs", {}
    return next(
        (ColumnKind.NUMBER, reason, values)
        for kind, reason, values in kinds
        if kind is ColumnKind.NUMBER
    )


def _roles(
    names: list[str], heads: list[dict[str, Values]], mapping: Mapping
) -> dict[str, tuple[GuessedRole, str]]:
    """Return the columns that are no features, and why."""
    roles = _not_features(names, mapping)
    for role, known in _NAMES.items():
        named = getattr(mapping, _FIELD_OF[role])
        found = named if named is not None else _best(names, known, role, heads)
        if found in names:
            roles[found] = (role, "guess.name" if named is None else "guess.mapped")
    return roles


def _not_features(names: list[str], mapping: Mapping) -> dict[str, tuple[GuessedRole, str]]:
    ignored: dict[str, tuple[GuessedRole, str]] = {}
    if mapping.restricts_features:
        features = feature_names(names, mapping)
        ignored = {n: (GuessedRole.IGNORED, "guess.excluded") for n in names if n not in features}
    if {"ts", "model"} <= set(names):  # an event log: its fields are known
        for name in names:
            if name in FIELDS or name.startswith("tags."):
                ignored[name] = (GuessedRole.IGNORED, "guess.event_field")
    return ignored


def _best(
    names: list[str], known: tuple[str, ...], role: GuessedRole, heads: list[dict[str, Values]]
) -> str | None:
    plain = {re.sub(r"[^a-z0-9]", "", name.lower()): name for name in reversed(names)}
    for candidate in known:
        name = plain.get(candidate)
        if name is None:
            continue
        samples = [head[name] for head in heads if name in head]
        if role is GuessedRole.SCORE and not all(_is_number(s) for s in samples):
            continue
        if role is GuessedRole.TIME and not all(_is_time(s) for s in samples):
            continue
        return name
    return None


def _is_number(sample: Values) -> bool:
    return set(sample.parts()) <= {"number"}


def _is_time(sample: Values) -> bool:
    """Return whether values are times: typed, or texts and epoch numbers that parse as one."""
    if not sample.parts():
        return True
    times = parse_times(sample, TimeRule(zone="UTC", fold="earlier"))
    return not times.refused


def _kind(name: str, role: GuessedRole, sample: Values) -> _Kind:
    parts = sample.parts()
    if "nested" in parts:
        return None, "guess.nested", {}
    if "time" in parts:
        return None, "guess.time", {}
    if "flag" in parts and len(parts) == 1:
        return ColumnKind.CATEGORY, "guess.flags", {}
    if set(parts) == {"number"}:
        return _number_kind(name, role, parts["number"])
    return _text_kind(sample)


def _number_kind(name: str, role: GuessedRole, numbers: pa.Array) -> _Kind:
    array = np.asarray(numbers.drop_null(), dtype=np.float64)
    distinct = np.unique(array)
    values = {"distinct": len(distinct)}
    whole = bool((np.floor(distinct) == distinct).all())
    if role in (GuessedRole.LABEL, GuessedRole.PREDICTION):
        classes = whole and len(distinct) <= _CLASSES and 2 * len(distinct) <= max(len(array), 4)
        kind = ColumnKind.CATEGORY if classes else ColumnKind.NUMBER
        return kind, "guess.classes" if classes else "guess.numbers", values
    if role is GuessedRole.SCORE:
        return ColumnKind.NUMBER, "guess.numbers", values
    reason = _no_quantity(name, numbers, array) if whole else None
    if reason is not None:
        return None, reason, {}
    if len(distinct) <= 2:
        return ColumnKind.CATEGORY, "guess.two_numbers", values
    return ColumnKind.NUMBER, "guess.numbers", values


def _no_quantity(name: str, numbers: pa.Array, array: Float) -> str | None:
    """Return what whole numbers are that measure nothing: times, row numbers, ids."""
    if _TIME_NAME.search(name) and _is_time(Values(len(numbers), number=numbers)):
        return "guess.time"
    if len(array) < _SURE_ROWS or len(np.unique(array)) < len(array):
        return None
    if bool((np.diff(array) == 1).all()):
        return "guess.row_number"
    return "guess.identifier" if _ID_NAME.search(name) else None


def _are_dates(texts: pa.Array) -> bool:
    """Return whether texts are dates or times, however few different ones there are."""
    distinct = pc.unique(texts).drop_null()
    if not pc.all(pc.match_substring_regex(distinct, _DATE)).as_py():
        return False
    return _is_time(Values(len(distinct), text=distinct))


def _text_kind(sample: Values) -> _Kind:
    parts = sample.parts()
    rows = int(sample.present().sum())
    distinct = sum(int(pc.count_distinct(part).as_py()) for part in parts.values())
    varied = rows >= _SURE_ROWS and distinct > _FREE_TEXT_SHARE * rows
    if set(parts) == {"text"} and _are_dates(parts["text"]):
        return None, "guess.time", {}
    if varied and set(parts) == {"text"}:
        if _is_time(sample):
            return None, "guess.time", {}
        if distinct == rows:
            return None, "guess.identifier", {}
        return None, "guess.free_text", {"distinct": distinct, "rows": rows}
    return ColumnKind.CATEGORY, "guess.words", {"distinct": distinct}
