"""A key may be for some models only: what a log holds of others is refused, line by line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from domain.rejection import Rejection
from domain.resource import ResourceSample
from ingest.batch import EventBatch, LabelBatch, LabelRead, Read
from ingest.exchange import Half
from ingest.pairing import Reading, Side
from ingest.readers.block import reject

Models = frozenset[str] | None
Batch = TypeVar("Batch", EventBatch, LabelBatch)


def allowed_events(reads: Iterable[Read], models: Models, reading: Reading) -> Iterator[Read]:
    """
    Yield what was read of the models that may be brought, and the rest as rejections.

    Parameters
    ----------
    reads : iterable of Read
    models : frozenset of str or None
        None: every model.
    reading : Reading
        Of sides of calls; those whose model only their bodies tell are refused.
    """
    if models is None:
        yield from reads
        return
    for read in reads:
        batches, refused = _parted(read.batches, models)
        halves, of_halves = _halves(read.halves, models, reading)
        samples, of_samples = _samples(read.samples, models)
        rejections = (*read.rejections, *refused, *of_halves, *of_samples)
        yield replace(
            read,
            batches=batches,
            rejections=tuple(sorted(rejections, key=lambda one: one.position)),
            halves=halves,
            samples=samples,
        )


def allowed_labels(reads: Iterable[LabelRead], models: Models) -> Iterator[LabelRead]:
    """Yield labels of the models that may be brought; see `allowed_events`."""
    if models is None:
        yield from reads
        return
    for read in reads:
        batches, refused = _parted(read.batches, models)
        rejections = sorted((*read.rejections, *refused), key=lambda one: one.position)
        yield replace(read, batches=batches, rejections=tuple(rejections))


def _parted(
    batches: Sequence[Batch], models: frozenset[str]
) -> tuple[tuple[Batch, ...], list[Rejection]]:
    kept = tuple(batch for batch in batches if batch.model in models)
    refused = [
        _wrong(position, batch.model)
        for batch in batches
        if batch.model not in models
        for position in batch.positions.tolist()
    ]
    return kept, refused


def _halves(
    halves: Sequence[Half], models: frozenset[str], reading: Reading
) -> tuple[tuple[Half, ...], list[Rejection]]:
    # what its other side will say of the model counts less than this
    of = [Side(half, reading).model for half in halves]
    kept = tuple(half for half, model in zip(halves, of, strict=True) if model in models)
    refused = [
        _wrong(half.position, model)
        for half, model in zip(halves, of, strict=True)
        if model not in models
    ]
    return kept, refused


def _samples(
    samples: Sequence[ResourceSample], models: frozenset[str]
) -> tuple[tuple[ResourceSample, ...], list[Rejection]]:
    kept = tuple(one for one in samples if one.model in models)
    # a sample knows no line of its own
    refused = [
        _wrong(number, one.model)
        for number, one in enumerate(samples, start=1)
        if one.model not in models
    ]
    return kept, refused


def _wrong(position: int, model: str | None) -> Rejection:
    # the text says all there is to say: the line itself is none of the reader's business
    return reject(position, "wrong_model", b"", value=model or "-")
