"""Logs in, batches of events or labels and rejections out: the room's front door."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final

from ingest.batch import LabelRead, Read
from ingest.events import Defaults, events_of
from ingest.json_bulk import KnownColumns
from ingest.labels import labels_of
from ingest.lines import lines_of
from ingest.mapping import Mapping
from ingest.readers.block import Block, Reader
from ingest.readers.ndjson import parse_lines
from ingest.readers.registry import AUTO, reader_for
from ingest.sources import SourceFile
from ingest.wrapped import unwrapped


def read_events(
    source: SourceFile,
    mapping: Mapping | None = None,
    *,
    model: str | None = None,
    version: str | None = None,
    format: str = AUTO,  # noqa: A002 - the option's name
    now: datetime | None = None,
) -> Iterator[Read]:
    """
    Read prediction events in bounded steps; memory does not grow with the log.

    Parameters
    ----------
    source : SourceFile
    mapping : Mapping or None
        What the log calls the fields; None: as the native format does.
    model, version : str or None
        For rows that carry none; what a row says itself is never overridden.
    format : str
        Name of a reader, or ``auto``: told by content and ending.
    now : datetime or None
        Aware; rows more than a day ahead of it are refused. None: no such check.

    Yields
    ------
    Read
        Batches and rejections; every line that is not blank is in one of the two.

    Raises
    ------
    InputError
        If the file cannot be read at all, or its header shows that no row can be an event.
    UsageError
        If the format is unknown.
    """
    plan = mapping or Mapping()
    defaults = Defaults(model, version, now)
    for reader, block in _blocks(source, plan, format):
        yield replace(events_of(block, plan, defaults, source.name), format=reader.name)


def read_labels(
    source: SourceFile,
    mapping: Mapping | None = None,
    *,
    model: str | None = None,
    format: str = AUTO,  # noqa: A002 - the option's name
    now: datetime | None = None,
) -> Iterator[LabelRead]:
    """
    Read true outcomes in bounded steps.

    Parameters
    ----------
    source : SourceFile
        Rows of `prediction_id` or `request_id`, `label`, and, if they like, `model` and `ts`.
    mapping : Mapping or None
    model : str or None
        For rows that carry none.
    format : str
        Name of a reader, or ``auto``.
    now : datetime or None
        Aware; rows more than a day ahead of it are refused.

    Yields
    ------
    LabelRead

    Raises
    ------
    InputError
        If the file cannot be read at all.
    UsageError
        If the format is unknown.
    """
    plan = mapping or Mapping()
    defaults = Defaults(model, None, now)
    for reader, block in _blocks(source, plan, format):
        yield replace(labels_of(block, plan, defaults, source.name), format=reader.name)


class BodyLines:
    """
    JSON lines of senders that write alike: what one body taught helps to read the next.

    Parameters
    ----------
    mapping : Mapping or None
        What the senders call the fields.
    """

    def __init__(self, mapping: Mapping | None = None) -> None:
        self._plan = mapping or Mapping()
        self._known = KnownColumns(self._plan.layout.objects)

    @property
    def n_columns(self) -> int:
        """Columns seen so far."""
        return len(self._known.paths)

    def events(
        self, content: bytes, *, model: str | None, version: str | None, now: datetime
    ) -> Iterator[Read]:
        """Read prediction events as `read_events` does; positions are lines of `content`."""
        defaults = Defaults(model, version, now)
        for block in self._blocks(content):
            yield events_of(block, self._plan, defaults, _BODY)

    def labels(self, content: bytes, *, model: str | None, now: datetime) -> Iterator[LabelRead]:
        """Read true outcomes as `read_labels` does; positions are lines of `content`."""
        defaults = Defaults(model, None, now)
        for block in self._blocks(content):
            yield labels_of(block, self._plan, defaults, _BODY)

    def _blocks(self, content: bytes) -> Iterator[Block]:
        return parse_lines(lines_of(content), self._known, self._plan.layout)


_BODY: Final = "the body"


def _blocks(source: SourceFile, mapping: Mapping, name: str) -> Iterator[tuple[Reader, Block]]:
    with source.open() as outer:
        stream = unwrapped(outer)
        reader = reader_for(stream, name)
        for block in reader.read(stream, mapping.layout):
            yield reader, block
