"""Where in the traffic a column drifted: counted slice by slice once it has, and not before."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from detectors.slices import best, locate
from domain.column import Column
from domain.errors import suggestion
from domain.finding import Finding, Verdict
from domain.profile import ColumnKind, ColumnRole, Grid
from monitors.column_names import name_of
from monitors.config import Config
from monitors.window_values import WindowValues
from store.store import Store

log = logging.getLogger(__name__)

REPLICA: Final = Column("replica", ColumnKind.CATEGORY, ColumnRole.CALLS)
"""Slices by who answered; a feature of that name comes first."""


def slice_columns(
    model: str, wanted: Sequence[str], columns: Collection[Column]
) -> tuple[Column, ...]:
    """
    Return the columns that part a model's traffic; one that is not there is left out and logged.

    Parameters
    ----------
    model : str
    wanted : sequence of str
        As configured.
    columns : collection of Column
        All of the model, also those that are not judged.
    """
    known = _known(columns)
    unknown = [name for name in wanted if name not in known]
    if unknown:
        log.warning("slices.unknown", extra={"model": model, "columns": unknown})
    return tuple(known[name] for name in dict.fromkeys(wanted) if name in known)


def slice_faults(store: Store, config: Config) -> Iterator[str]:
    """
    Say which configured slices cannot be counted, one line each.

    Parameters
    ----------
    store : Store
    config : Config
    """
    for model in store.models():
        monitor = config.monitor(model)
        if not monitor.slices:
            continue
        known = _known(store.logs(model).columns())
        for name in monitor.slices:
            if name not in known:
                yield f"{model} has no column {name!r}{suggestion(name, known)}"
        if monitor.baseline.file is not None:
            yield f"{model}: the rows of a baseline file are not counted by slice"


def with_slices(
    answers: Sequence[list[Finding]], column: Column, grid: Grid, values: WindowValues
) -> list[list[Finding]]:
    """
    Add to the drifted findings of one column where in the traffic it changed.

    Parameters
    ----------
    answers : sequence of (list of Finding)
        Of each judged window.
    column : Column
    grid : Grid
        That it was counted over.
    values : WindowValues
        Asked only about windows with a drifted finding.
    """
    drifted = [i for i, found in enumerate(answers) if any(map(judged_drift, found))]
    told = list(map(list, answers))
    # the rows of a file are not in the logs
    if not drifted or values.reference.file_values is not None:
        return told
    cuts = [
        values.sliced(column, grid, by, drifted)
        for by in values.slices
        if name_of(by) != name_of(column)
    ]
    for i, counts in zip(drifted, zip(*cuts, strict=True), strict=bool(cuts)):
        found = best([one for one in map(locate, counts) if one is not None])
        if found is not None:
            more = found.values()
            told[i] = [
                replace(finding, values={**finding.values, **more})
                if judged_drift(finding)
                else finding
                for finding in told[i]
            ]
    return told


def judged_drift(finding: Finding) -> bool:
    """Return whether a finding decides, and by drift."""
    return finding.verdict is Verdict.DRIFTED and finding.decides


def _known(columns: Collection[Column]) -> Mapping[str, Column]:
    return {REPLICA.name: REPLICA} | {name_of(column): column for column in columns}
