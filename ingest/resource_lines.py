"""Samples of resource use as JSON objects: what the tap and exporters of one's own write."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Final

from domain.resource import UNITS, ResourceMetric, ResourceSample, ResourceUnit
from ingest.json_columns import Cells
from ingest.json_exact import UnfitError
from ingest.times import TimeRule, parse_time
from store.moments import from_microseconds, to_microseconds

_EARLIEST_US: Final = to_microseconds(datetime(1990, 1, 1, tzinfo=UTC))
_LATEST_US: Final = to_microseconds(datetime(2200, 1, 1, tzinfo=UTC))
_MOST: Final = sys.float_info.max
_KNOWN: Final = "; ".join(
    f"{metric} in {' or '.join(sorted(units))}" for metric, units in UNITS.items()
)


def sample_of(said: Cells, source: str) -> ResourceSample:
    """
    Return a sample.

    Parameters
    ----------
    said : dict
        ``ts``, ``metric``, ``value``, ``unit``, and where they are known ``model``, ``version``,
        ``replica``, ``process`` and ``source``.
    source : str
        What measured it, where it does not say.

    Raises
    ------
    UnfitError
        If it lacks one of the first four, or that is none.
    """
    metric, unit = _measured(said)
    value = said.get("value")
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MOST:
        raise UnfitError("out_of_range", field="value", value=value, expected="a number from 0 on")
    ts = moment_of(str(said.get("ts")))
    if ts is None:
        expected = "an ISO 8601 time with its zone"
        raise UnfitError("out_of_range", field="ts", value=said.get("ts"), expected=expected)
    return ResourceSample(
        ts=ts,
        metric=metric,
        value=float(value),
        unit=unit,
        source=_text(said, "source") or source,
        model=_text(said, "model"),
        version=_text(said, "version"),
        replica=_text(said, "replica"),
        process=_text(said, "process"),
    )


def _measured(said: Cells) -> tuple[ResourceMetric, ResourceUnit]:
    told = f"{said.get('metric')} in {said.get('unit')}"
    try:
        metric, unit = ResourceMetric(str(said.get("metric"))), ResourceUnit(str(said.get("unit")))
    except ValueError as error:
        raise UnfitError("out_of_range", field="metric", value=told, expected=_KNOWN) from error
    if unit not in UNITS[metric]:
        raise UnfitError("out_of_range", field="unit", value=told, expected=_KNOWN)
    return metric, unit


def moment_of(text: str) -> datetime | None:
    """
    Return the time of a sample; None: it is none, or of another century.

    Parameters
    ----------
    text : str
        ISO 8601 with a zone, or an epoch number of which the size tells the unit.
    """
    found = parse_time(text, TimeRule())
    if isinstance(found, str) or not _EARLIEST_US <= found < _LATEST_US:
        return None
    return from_microseconds(found)


def _text(said: Cells, name: str) -> str | None:
    value = said.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and value else None
