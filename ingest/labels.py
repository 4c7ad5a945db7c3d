"""Blocks of a file of true outcomes into label batches."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from domain.errors import InputError
from ingest.batch import LabelBatch, LabelRead
from ingest.events import Assembly, Defaults, rejections_of
from ingest.fields import refuse_long_texts
from ingest.mapping import Mapping
from ingest.readers.block import Block
from ingest.values import holds


def labels_of(block: Block, mapping: Mapping, defaults: Defaults, source: str) -> LabelRead:
    """
    Turn a block into labels and rejections: each row is in one of the two.

    Parameters
    ----------
    block : Block
    mapping : Mapping
    defaults : Defaults
    source : str
        Name of the file, for messages.

    Raises
    ------
    InputError
        If the file's header shows that it holds no labels.
    """
    if block.complete and mapping.column("label") not in block.columns:
        raise InputError(
            f"{source}: no column {mapping.column('label')!r}; name the column that holds the "
            "true outcome in a mapping file (`label: COLUMN`, --map)"
        )
    if not block.n_rows:
        return LabelRead((), block.rejections)
    assembly = Assembly(block, mapping, defaults)
    columns = {
        "model": assembly.model(),
        "label": assembly.outcome("label"),
        "prediction_id": assembly.text("prediction_id"),
        "request_id": assembly.text("request_id"),
        "ts": assembly.times(required=False),
    }
    refusals = assembly.refusals
    identified = holds(columns["prediction_id"]) | holds(columns["request_id"])
    for row in np.flatnonzero(~holds(columns["label"])):
        refusals.add(int(row), "missing_label", field=mapping.column("label"))
    for row in np.flatnonzero(~identified):
        refusals.add(int(row), "missing_id")
    refuse_long_texts(columns, refusals)
    kept = np.ones(block.n_rows, dtype=np.bool_)
    kept[list(refusals.reasons)] = False
    table = pa.table(columns).filter(pa.array(kept))
    rejections = rejections_of(block, refusals, columns["model"])
    return LabelRead(_by_model(table, block.positions[kept]), rejections)


def _by_model(table: pa.Table, positions: NDArray[np.int64]) -> tuple[LabelBatch, ...]:
    batches: list[LabelBatch] = []
    models = table["model"].combine_chunks().dictionary_encode()
    for code, model in enumerate(models.dictionary.to_pylist()):
        whose = np.asarray(models.indices) == code
        rows = table.filter(pa.array(whose)).drop_columns(["model"])
        held = [name for name in rows.column_names if rows[name].null_count < rows.num_rows]
        batches.append(LabelBatch(model, rows.select(held), positions[whose]))
    return tuple(batches)
