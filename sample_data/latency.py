"""Latencies: measured single-row predictions, dealt out to the requests by hash."""

from pathlib import Path
from time import perf_counter
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.pipeline import Pipeline

from sample_data.flights import FEATURES
from sample_data.hashing import hash_numbers

CALLS_PER_VERSION: Final = 4000
LATENCY_DECIMALS: Final = 2
_WARM_UP: Final = 50


def measure(model: Pipeline, requests: pd.DataFrame) -> npt.NDArray[np.float64]:
    """
    Measure single-row calls of a trained model, one after another.

    Parameters
    ----------
    model : Pipeline
        A trained model.
    requests : DataFrame
        Requests to ask; evenly spaced rows are taken.

    Returns
    -------
    ndarray of float64, shape (CALLS_PER_VERSION,)
        Milliseconds from a plain dictionary of features to the score, to 0.01 ms.
    """
    places = np.linspace(0, len(requests) - 1, CALLS_PER_VERSION + _WARM_UP).astype(int)
    rows = requests.iloc[places][list(FEATURES)].to_dict("records")
    times: list[float] = []
    for row in rows:
        started = perf_counter()
        model.predict_proba(pd.DataFrame([row]))
        times.append((perf_counter() - started) * 1000.0)
    return np.round(times[_WARM_UP:], LATENCY_DECIMALS)


def write_measured(measured: dict[str, npt.NDArray[np.float64]], path: Path) -> None:
    """Write the measured milliseconds of each version, in the order of measuring."""
    columns = {
        "version": [version for version, values in measured.items() for _ in values],
        "latency_ms": np.concatenate(list(measured.values())),
    }
    pq.write_table(pa.table(columns), path, compression="zstd", compression_level=22)


def read_measured(path: Path) -> dict[str, npt.NDArray[np.float64]]:
    """Read what `write_measured` wrote."""
    table = pq.read_table(path).to_pandas()
    return {
        str(version): values.to_numpy(dtype=np.float64)
        for version, values in table.groupby("version", sort=True)["latency_ms"]
    }


def deal(
    measured: npt.NDArray[np.float64], numbers: npt.NDArray[np.int64], version: str
) -> npt.NDArray[np.float64]:
    """
    Give each request one measured value, chosen by the hash of its number.

    Parameters
    ----------
    measured : ndarray of float64, shape (m,)
        Measured milliseconds.
    numbers : ndarray of int64, shape (n,)
        Running numbers of the requests.
    version : str
        The version, so that a shadow pair gets unrelated draws.

    Returns
    -------
    ndarray of float64, shape (n,)
        Milliseconds.

    Examples
    --------
    >>> deal(np.array([2.5]), np.array([7, 8]), "1").tolist()
    [2.5, 2.5]
    """
    picks = hash_numbers(numbers, f"latency-{version}") % np.uint64(len(measured))
    return measured[picks.astype(np.int64)]
