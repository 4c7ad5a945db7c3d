"""What reading a log gives: batches of events or labels, and the lines that are neither."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from domain.rejection import Rejection
from domain.resource import ResourceSample
from ingest.exchange import Half


@dataclass(frozen=True, slots=True, eq=False)
class EventBatch:
    """
    Events of one model, ready for the store.

    Parameters
    ----------
    model : str
        Never empty.
    events : pa.Table
        The columns of ``domain.event.FIELDS`` that hold anything, without `model`; `ts`
        (``timestamp[us, tz=UTC]``) is always there. Texts are ``string``, numbers ``double``,
        `status` is ``int32``, `tags` is a JSON object of texts with sorted keys.
    features : pa.Table
        As many rows; each column is ``double``, ``string`` or ``bool`` and holds something.
        Nested values are JSON text. A value keeps the type it was written with: rows whose
        value of a feature has another type come in another batch.
    positions : ndarray of int64, shape (n_rows,)
        1-based line, row or item that each event was.
    """

    model: str
    events: pa.Table
    features: pa.Table
    positions: NDArray[np.int64]

    @property
    def n_rows(self) -> int:
        """Number of events."""
        return int(self.events.num_rows)


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """
    One step through a log.

    Parameters
    ----------
    batches : tuple of EventBatch
    rejections : tuple of Rejection
        By position.
    halves : tuple of Half
        Sides of calls, to be put together with what comes later or waits in the store.
    samples : tuple of ResourceSample
    passed_over : mapping of str to int
        Records that tell of no prediction or call, by what they are.
    format : str
        Name of the reader; empty: what was read is no record of one log.
    """

    batches: tuple[EventBatch, ...]
    rejections: tuple[Rejection, ...]
    halves: tuple[Half, ...] = ()
    samples: tuple[ResourceSample, ...] = ()
    passed_over: Mapping[str, int] = field(default_factory=dict[str, int])
    format: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class LabelBatch:
    """
    True outcomes of one model.

    Parameters
    ----------
    model : str
    labels : pa.Table
        `label` (string), and `prediction_id`, `request_id` (string), `ts`
        (``timestamp[us, tz=UTC]``) where they hold anything.
    positions : ndarray of int64, shape (n_rows,)
        1-based line, row or item that each label was.
    """

    model: str
    labels: pa.Table
    positions: NDArray[np.int64]

    @property
    def n_rows(self) -> int:
        """Number of labels."""
        return int(self.labels.num_rows)


@dataclass(frozen=True, slots=True, eq=False)
class LabelRead:
    """
    One step through a file of labels.

    Parameters
    ----------
    batches : tuple of LabelBatch
    rejections : tuple of Rejection
        By position.
    format : str
        Name of the reader; empty: what was read is no record of one log.
    """

    batches: tuple[LabelBatch, ...]
    rejections: tuple[Rejection, ...]
    format: str = ""
