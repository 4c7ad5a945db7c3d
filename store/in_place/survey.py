"""Looking a file over once: when its events were, of which versions, what they bring."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from domain.event import FIELDS
from store.in_place.facts import FileFacts, Group, Served
from store.in_place.form import RowForm
from store.in_place.lake import ParquetFile
from store.in_place.rows import Batch, Feature, FileRows, Opened, Wanted
from store.outputs import MOST_CLASSES, NO_OUTPUTS, Outputs
from store.registry import FeatureType
from store.staging import LABEL_ONLY, PREDICTION, UNANSWERED

Hashes = NDArray[np.uint64]
_LARGEST_WHOLE = 2**53 - 1


def survey(rows: FileRows, form: RowForm, file: ParquetFile) -> FileFacts:
    """
    Look a file over.

    All fields are read, and of the features those about which the footer says too little: all of
    them where only they tell whether a row is an event.

    Raises
    ------
    InputError
        If it is damaged, or lacks a column that every event needs.
    """
    opened = rows.open(file)
    sure, unsure = _told_by_footer(form, opened)
    seen = _look(rows, file, opened, unsure)
    if not seen.fields_decide or seen.others:
        sure, unsure = {}, tuple(opened.features)
        seen = _look(rows, file, opened, unsure)
    kinds = sure | seen.features
    ordered = [(name, kind) for name in opened.features for kind in kinds.get(name, ())]
    return seen.facts(tuple(ordered))


def _look(rows: FileRows, file: ParquetFile, opened: Opened, names: Sequence[str]) -> _Seen:
    seen = _Seen()
    wanted = Wanted(frozenset(FIELDS), tuple(names), judged=True, sure_feature=False)
    n_groups = opened.file.metadata.num_row_groups
    start = 0
    for group in range(n_groups):
        for batch in rows.batches(file, opened, [group], wanted):
            seen.add(group, batch)
        n_rows = opened.file.metadata.row_group(group).num_rows
        seen.groups.append(Group(start, n_rows, *seen.spans.get(group, (None, None))))
        start += n_rows
    return seen


def _told_by_footer(
    form: RowForm, opened: Opened
) -> tuple[dict[str, tuple[FeatureType, ...]], tuple[str, ...]]:
    """Return the types of the features of which the footer tells them, and the other features."""
    metadata = opened.file.metadata
    places = {metadata.schema.column(i).path: i for i in range(metadata.num_columns)}
    sure: dict[str, tuple[FeatureType, ...]] = {}
    unsure: list[str] = []
    for name, path in opened.features.items():
        kinds = form.kinds(path, opened.types[path])
        told = _chunks(metadata, places.get(path))
        if told is None or len(kinds) > 2:
            unsure.append(name)
        elif not told:
            sure[name] = ()
        elif len(kinds) == 1:
            sure[name] = kinds
        elif not pa.types.is_integer(opened.types[path]):
            unsure.append(name)
        else:
            low, high = min(s.min for s in told), max(s.max for s in told)
            within = low >= -_LARGEST_WHOLE and high <= _LARGEST_WHOLE
            if within:
                sure[name] = (FeatureType.NUMBER,)
            else:
                unsure.append(name)
    return sure, tuple(unsure)


def _chunks(metadata: pq.FileMetaData, place: int | None) -> list[pq.Statistics] | None:
    """Return the statistics of the chunks that hold anything; None where they do not tell."""
    if place is None:
        return None
    told: list[pq.Statistics] = []
    for group in range(metadata.num_row_groups):
        chunk = metadata.row_group(group).column(place)
        statistics = chunk.statistics
        if statistics is None or not statistics.has_null_count:
            return None
        if statistics.null_count == chunk.num_values:
            continue
        # a chunk of NaN alone has no smallest value, and holds nothing
        if not statistics.has_min_max:
            return None
        told.append(statistics)
    return told


@dataclass
class _Seen:
    """What the batches so far have told."""

    groups: list[Group] = field(default_factory=list[Group])
    spans: dict[int, tuple[int, int]] = field(default_factory=dict[int, tuple[int, int]])
    versions: dict[str, Served] = field(default_factory=dict[str, Served])
    features: dict[str, tuple[FeatureType, ...]] = field(
        default_factory=dict[str, tuple[FeatureType, ...]]
    )
    refused: Counter[str] = field(default_factory=Counter[str])
    outputs: Outputs = NO_OUTPUTS
    labels: int = 0
    others: int = 0
    all_predictions: bool = True
    only_labels: bool = False
    fields_decide: bool = True
    features_agree: bool = True
    requests: dict[str, list[Hashes]] = field(default_factory=dict[str, list[Hashes]])

    def add(self, group: int, batch: Batch) -> None:
        """Take a batch of a row group in."""
        self.others += batch.others
        self.refused += batch.refused
        predicted = batch.kinds == PREDICTION
        told = _valid(batch.columns["prediction"]) | _valid(batch.columns["score"])
        told |= _failed(batch.columns["status"])
        self.fields_decide &= bool(told.all()) and not batch.refused["no_substance"]
        self.features_agree &= bool((told | batch.any_feature).all())
        self.features_agree &= not batch.refused["no_substance"]
        self.all_predictions &= bool(predicted.all())
        self.only_labels |= bool((batch.kinds == LABEL_ONLY).any())
        if not len(batch.rows):
            return
        moments = np.asarray(batch.columns["ts"].cast(pa.int64()))
        first, last = self.spans.get(group, (moments[0], moments[0]))
        self.spans[group] = int(min(first, moments.min())), int(max(last, moments.max()))
        self.labels += int(_valid(batch.columns["label"]).sum())
        self.outputs = self.outputs.merged(_outputs(batch, predicted))
        self._add_features(batch)
        self._add_versions(batch, moments)

    def _add_features(self, batch: Batch) -> None:
        for place, values in batch.columns.items():
            if isinstance(place, tuple) and values.null_count < len(values):
                name, kind = place
                if kind not in (known := self.features.get(name, ())):
                    self.features[name] = (*known, kind)

    def _add_versions(self, batch: Batch, moments: NDArray[np.int64]) -> None:
        import pandas as pd

        encoded = batch.columns["version"].dictionary_encode()
        codes = np.asarray(encoded.indices)
        own = ~_valid(batch.columns["request_id"])
        for code, version in enumerate(encoded.dictionary.to_pylist()):
            rows = (codes == code) & (batch.kinds >= UNANSWERED)
            if not rows.any():
                continue
            at = moments[rows]
            predictions = int((batch.kinds[rows] == PREDICTION).sum())
            served = Served(int(at.min()), int(at.max()), predictions, int((rows & own).sum()))
            known = self.versions.get(version)
            self.versions[version] = served if known is None else known.merged(served)
            shared = batch.columns["request_id"].filter(pa.array(rows & ~own))
            if len(shared):
                hashes = pd.util.hash_array(shared.to_numpy(zero_copy_only=False), categorize=False)
                self.requests.setdefault(version, []).append(np.unique(hashes))

    def facts(self, features: tuple[Feature, ...]) -> FileFacts:
        """Return what was seen."""
        versions = dict(self.versions)
        for version, hashes in self.requests.items():
            one = versions[version]
            calls = one.calls + len(np.unique(np.concatenate(hashes)))
            versions[version] = Served(one.first, one.last, one.predictions, calls)
        return FileFacts(
            groups=tuple(self.groups),
            versions=versions,
            labels=self.labels,
            others=self.others,
            refused=dict(self.refused),
            features=features,
            outputs=self.outputs,
            every_row=not self.others and not self.refused,
            all_predictions=self.all_predictions,
            features_decide=not (self.fields_decide or self.features_agree),
            requests=bool(self.requests),
            only_labels=self.only_labels,
        )


def _failed(status: pa.Array) -> NDArray[np.bool_]:
    codes = np.asarray(status.fill_null(200))
    return (codes < 100) | (codes >= 500)


def _valid(values: pa.Array) -> NDArray[np.bool_]:
    return np.asarray(pc.is_valid(values))


def _outputs(batch: Batch, predicted: NDArray[np.bool_]) -> Outputs:
    rows = pa.array(predicted)
    distinct = batch.columns["prediction"].filter(rows).unique().drop_null()
    scores = batch.columns["score"].filter(rows)
    parse, fractional = True, False
    try:
        numbers = np.asarray(pc.cast(distinct, pa.float64()))
        fractional = bool((numbers[np.isfinite(numbers)] % 1).any())
    except pa.ArrowInvalid:
        parse = False
    values = sorted(distinct.to_pylist()) if len(distinct) <= 1000 else _first(distinct)
    return Outputs(
        prediction=len(distinct) > 0,
        score=scores.null_count < len(scores),
        parse=parse,
        fractional=fractional,
        values=frozenset(values[: MOST_CLASSES + 1]),
    )


def _first(distinct: pa.Array) -> list[str]:
    order = pc.select_k_unstable(distinct, k=MOST_CLASSES + 1, sort_keys=[("", "ascending")])
    return distinct.take(order).to_pylist()
