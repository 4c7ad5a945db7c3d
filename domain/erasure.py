"""Removing what is stored of a person: what to remove, and what was."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

from domain.errors import UsageError
from domain.window import Window

FIELDS: Final = ("prediction_id", "request_id")
# then the name of a tag or of a feature
PREFIXES: Final = ("tags.", "feature.")


@dataclass(frozen=True, slots=True)
class Condition:
    """
    One thing that is the same in every row to be removed.

    Parameters
    ----------
    field : str
        ``prediction_id``, ``request_id``, ``tags.NAME`` or ``feature.NAME``.
    value : str
        Of a number or a flag: as it is written.
    """

    field: str
    value: str

    @classmethod
    def parse(cls, text: str) -> Condition:
        """
        Read ``FIELD=VALUE``.

        Raises
        ------
        UsageError
            If it is not of that form, or names no field that rows can be told by.

        Examples
        --------
        >>> Condition.parse("tags.user = u-17")
        Condition(field='tags.user', value='u-17')
        """
        field, sign, value = (part.strip() for part in text.partition("="))
        named = field in FIELDS or any(field.startswith(p) and field != p for p in PREFIXES)
        if not (sign and value and named):
            raise UsageError(
                f"--where {field!r} is no condition; write prediction_id=…, request_id=…, "
                "tags.NAME=… or feature.NAME=…"
            )
        return cls(field, value)

    @property
    def name(self) -> str:
        """The name of the tag or feature; of an id, its field."""
        return self.field.partition(".")[2] or self.field


@dataclass(frozen=True, slots=True)
class Erasing:
    """
    What to remove.

    Parameters
    ----------
    model : str
    conditions : tuple of Condition
        At least one; a row is removed where all hold.
    span : Window or None
        Only rows of that time; None: of all times.
    """

    model: str
    conditions: tuple[Condition, ...]
    span: Window | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """
    What was removed, or would be.

    Parameters
    ----------
    predictions, unanswered, calls, labels : int
        Rows. A call stays while another row of it does.
    rejected : int
        Lines that could not be read and hold every value.
    undecided : int
        Such lines that were cut, and may have held them behind the cut.
    named : int
        Stored findings, alerts, references and baselines whose texts have one of the values: counts
        of many rows, which stay.
    """

    predictions: int
    unanswered: int
    calls: int
    labels: int
    rejected: int
    undecided: int
    named: int

    def __add__(self, other: Erased) -> Erased:
        sums = {f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)}
        return Erased(**sums)

    @property
    def anything(self) -> bool:
        """Whether any row was there to be removed."""
        rows = (self.predictions, self.unanswered, self.calls, self.labels, self.rejected)
        return any(rows)
