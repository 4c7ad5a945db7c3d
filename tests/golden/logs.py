"""
A made-up service whose faults are known: will this parcel be late?

The numbers come from a counter-based hash, so that they are the same everywhere and for ever.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from domain.window import Window

Float = NDArray[np.float64]

START = datetime(2024, 3, 4, tzinfo=UTC)  # a Monday
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Service:
    """
    What happens, day by day; days count from 0.

    Parameters
    ----------
    days, calls_a_day : int
    versions : mapping of str to (int, int, float)
        First day, day behind the last, share of the calls. They need not add up: shares above
        one are shadow calls under the same request_id.
    drifts_from : int or None
        From then on parcels weigh more, ``exp(shift)`` times as much.
    shift : float
    missing_on : sequence of int
        Days without `distance_km`.
    failing : (int, int, int) or None
        Day, hour, hours: most calls end with 503.
    silent_on : sequence of int
        Days without any call.
    model : str
    """

    days: int = 60
    calls_a_day: int = 240
    versions: Mapping[str, tuple[int, int, float]] = field(
        default_factory=lambda: {"1": (0, 10_000, 1.0)}
    )
    drifts_from: int | None = None
    shift: float = 0.5
    missing_on: Sequence[int] = ()
    failing: tuple[int, int, int] | None = None
    silent_on: Sequence[int] = ()
    model: str = "parcel"

    def window(self, day: int, days: int = 1) -> Window:
        """The span of some days."""
        return Window(START + day * DAY, START + (day + days) * DAY)

    def events(self, first: int = 0, end: int | None = None) -> pa.Table:
        """All calls of some days, in time order, as native events with a column per feature."""
        end = self.days if end is None else end
        tables = [
            self._calls(day, version)
            for day in range(first, end)
            if day not in self.silent_on
            for version, (opens, closes, _) in self.versions.items()
            if opens <= day < closes
        ]
        return pa.concat_tables(tables).sort_by("ts")

    def labels(self, first: int = 0, end: int | None = None) -> pa.Table:
        """Whether parcels were late, told a day after the question; one in twenty is never told."""
        events = self.events(first, end)
        n, micros = len(events), events["ts"].cast(pa.int64()).to_numpy().astype(np.float64)
        luck = uniform(1, 90, micros)
        late = uniform(1, 91, micros) < np.nan_to_num(events["score"].to_numpy(), nan=0.5)
        told = pa.array(luck < 0.95)
        table = pa.table(
            {
                "model": pa.array([self.model] * n),
                "prediction_id": events["prediction_id"],
                "label": pa.array(np.where(late, "late", "on-time")),
                "ts": pa.array((micros + 86400e6).astype(np.int64)).cast(_TIME),
            }
        )
        return table.filter(told)

    def _calls(self, day: int, version: str) -> pa.Table:
        share = self.versions[version][2]
        n = max(round(self.calls_a_day * share), 1)
        seconds = (np.arange(n) + uniform(n, 1, day)) * 86400 / n
        late = uniform(n, 2, day), uniform(n, 3, day)
        weight = np.exp(0.5 + 0.6 * normal(*late) + (self.shift if self._drifts(day) else 0.0))
        distance = 20 + 900 * uniform(n, 4, day) ** 2
        carrier = np.array(["blue", "green", "red"])[
            np.searchsorted([0.5, 0.85], uniform(n, 5, day))
        ]
        age = np.where(uniform(n, 6, day) < 0.05, np.nan, np.floor(10 * uniform(n, 7, day)))
        slope = 0.25 if version == "1" else 0.3
        score = 1 / (1 + np.exp(2 - slope * weight - 0.001 * distance))
        failed = self._failed(day, seconds, uniform(n, 8, day))
        known = np.round(np.where(failed, np.nan, score), 4)
        if day in self.missing_on:
            distance = np.full(n, np.nan)
        name = [f"{version}-{day}-{i}" for i in range(n)]
        return pa.table(
            {
                "model": [self.model] * n,
                "version": [version] * n,
                "ts": _times(day, seconds),
                "prediction_id": name,
                "request_id": [f"r-{day}-{i}" for i in range(n)],
                "prediction": pa.array(
                    np.where(score > 0.3, "late", "on-time"), mask=failed, type=pa.string()
                ),
                "score": pa.array(known, from_pandas=True),
                "latency_ms": pa.array(np.round(8 + 4 * uniform(n, 9, day), 2)),
                "status": pa.array(np.where(failed, 503, 200).astype(np.int32)),
                "replica": [f"pod-{i % 3}" for i in range(n)],
                "weight_kg": np.round(weight, 3),
                "distance_km": pa.array(np.round(distance, 1), from_pandas=True),
                "carrier": carrier,
                "age_days": pa.array(age, from_pandas=True),
            }
        )

    def _drifts(self, day: int) -> bool:
        return self.drifts_from is not None and day >= self.drifts_from

    def _failed(self, day: int, seconds: Float, luck: Float) -> NDArray[np.bool_]:
        if self.failing is None or self.failing[0] != day:
            return np.zeros(len(seconds), bool)
        _, hour, hours = self.failing
        inside = (seconds >= hour * 3600) & (seconds < (hour + hours) * 3600)
        return inside & (luck < 0.7)


_TIME = pa.timestamp("us", tz="UTC")


def _times(day: int, seconds: Float) -> pa.Array:
    micros = int((START + day * DAY).timestamp() * 1e6) + np.floor(seconds * 1e6)
    return pa.array(micros.astype(np.int64)).cast(_TIME)


def uniform(n: int, stream: int, salt: float | Float) -> Float:
    """Numbers in (0, 1) that only the arguments decide (splitmix64)."""
    with np.errstate(over="ignore"):
        x = np.arange(n, dtype=np.uint64) + np.uint64(stream) * np.uint64(0x9E3779B97F4A7C15)
        x = x + np.asarray(salt).astype(np.uint64) * np.uint64(0xD1B54A32D192ED03)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            x = (x ^ (x >> np.uint64(shift))) * np.uint64(factor)
        x = x ^ (x >> np.uint64(31))
    return ((x >> np.uint64(11)).astype(np.float64) + 0.5) / 2.0**53


def normal(first: Float, second: Float) -> Float:
    """Standard normal numbers (Box and Muller 1958)."""
    return np.sqrt(-2 * np.log(first)) * np.cos(2 * np.pi * second)


FEATURES = ("weight_kg", "distance_km", "carrier", "age_days")


def batch(events: pa.Table, model: str) -> tuple[str, pa.Table, pa.Table]:
    """Cut events as the readers do: the fields of an event, and its features."""
    fields = [name for name in events.column_names if name not in (*FEATURES, "model")]
    features = [name for name in events.column_names if name in FEATURES]
    return model, events.select(fields), events.select(features)
