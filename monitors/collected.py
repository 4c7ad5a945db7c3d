"""What senders sent, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from domain.errors import DriftlineError
from domain.rejection import Rejection
from store.counted import LoadCounts

# the format that bodies of many senders are mostly in
LINES: Final = "ndjson"


class Kind(StrEnum):
    """What a body brings."""

    PREDICTIONS = "predictions"
    LABELS = "labels"


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """
    What one sender sent.

    Parameters
    ----------
    kind : Kind
    content : bytes
        Unpacked.
    format : str
        Name of a reader.
    model, version : str or None
        For events that carry none.
    models : frozenset of str or None
        The only models it may bring; None: every model.
    """

    kind: Kind
    content: bytes
    format: str
    model: str | None = None
    version: str | None = None
    models: frozenset[str] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Collected:
    """
    What became of one body.

    Parameters
    ----------
    stored : LoadCounts
        What of it is new.
    accepted : int
        Events or labels that are in the store now, new or known before.
    rejections : tuple of Rejection
        By position.
    error : DriftlineError or None
        Why nothing of it was stored.
    samples : int
        Samples of resource use that are in the store now, new or known before.
    passed_over : mapping of str to int
        Records that tell of no prediction or call, by what they are.
    """

    stored: LoadCounts = field(default_factory=LoadCounts)
    accepted: int = 0
    rejections: tuple[Rejection, ...] = ()
    error: DriftlineError | None = None
    samples: int = 0
    passed_over: Mapping[str, int] = field(default_factory=dict[str, int])

    @property
    def items(self) -> int:
        """Events or labels that it held."""
        return self.accepted + len(self.rejections)
