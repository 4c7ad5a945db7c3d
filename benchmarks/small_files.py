"""
What a folder of tiny logs costs: ``python -m benchmarks.small_files [FILES]``.

SageMaker writes a file for every few calls, KServe's blob logger one for every side of a call.
Milliseconds of the processor per file, of a process that runs already: loaded at once, followed for
the first time, and the same records in a single file. Run in the folder of another commit, it
measures that.
"""

from __future__ import annotations

import base64
import json
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks._sheet import load
from ingest.following.places import followed_place
from ingest.sources import find
from monitors.config import Config
from monitors.follower import Follower, Following
from monitors.ingest_logs import IngestCounts, Options
from monitors.local_service import LocalService

FILES = 1_200
T = datetime(2026, 11, 10, tzinfo=UTC)
NOW = T + timedelta(days=90)
OPTIONS = Options(None, None, None, "auto", NOW)


def capture(number: int) -> tuple[str, object]:
    """Return the path and the content of a file of SageMaker's data capture."""
    at = T + timedelta(minutes=number)
    sides = {
        "endpointInput": ("INPUT", f"{number % 60},{number * 37 % 9000}.5,0.31,0"),
        "endpointOutput": ("OUTPUT", f"0.{number % 1000:03d}1"),
    }
    captured = {
        side: {"observedContentType": "text/csv", "mode": mode, "data": data, "encoding": "CSV"}
        for side, (mode, data) in sides.items()
    }
    meta = {"eventId": f"e-{number}", "inferenceTime": f"{at:%Y-%m-%dT%H:%M:%SZ}"}
    record = {"captureData": captured, "eventMetadata": meta, "eventVersion": "0"}
    return f"credit/AllTraffic/{at:%Y/%m/%d/%H}/{number:06d}.jsonl", record


def blob(number: int) -> tuple[str, object]:
    """Return the path and the content of a file of KServe's blob logger."""
    call, side = number // 2, ("request", "response")[number % 2]
    at = T + timedelta(minutes=call, milliseconds=number % 2 * 40)
    body = {"instances": [[call, 2.5]]} if side == "request" else {"predictions": [0]}
    record = {
        "bytes": base64.b64encode(json.dumps(body).encode()).decode(), "id": f"call-{call}",
        "contentType": "application/json", "reqType": f"org.kubeflow.serving.inference.{side}",
        "inferenceService": "credit", "namespace": "risk", "component": "predictor",
        "occurrenceTime": at.isoformat(),
    }  # fmt: skip
    return f"risk/credit/predictor/call-{call:06d}-{side}.json", record


def follow(service: LocalService, folder: Path) -> IngestCounts:
    """Follow a folder for one look."""
    place = followed_place(str(folder))
    how = Following(place=place, options=OPTIONS, settle=timedelta(seconds=60), every_s=0.0)
    follower = Follower(how)

    class Here:
        def __enter__(self) -> LocalService:
            return service

        def __exit__(self, *_: object) -> None:
            pass

    return follower.round(Here, NOW, lambda: None)  # type: ignore[arg-type]


def ingest(service: LocalService, folder: Path) -> IngestCounts:
    """Load a folder."""
    return service.ingest(find([str(folder)]), OPTIONS)


def spent_ms(take: Callable[[LocalService, Path], IngestCounts], folder: Path, calls: int) -> float:
    """Return the milliseconds of the processor that taking a folder into a new store costs."""
    with tempfile.TemporaryDirectory() as store:
        service = LocalService.open(Config(store=Path(store)), "benchmark", create=True)
        began = time.process_time()
        counts = take(service, folder)
        spent = time.process_time() - began
        service.store.close()
    if counts.stored.calls != calls:
        raise SystemExit(f"{counts.stored.calls} of {calls} calls were stored")
    return spent * 1e3


def main(n_files: int) -> None:
    """Measure, and print a table."""
    print(f"{n_files} files, load {load()}\n")
    print("| files | loaded, ms each | followed, ms each | the same in one file, ms in all |")
    print("|---|--:|--:|--:|")
    for name, make, calls in (("SageMaker", capture, n_files), ("KServe", blob, n_files // 2)):
        with tempfile.TemporaryDirectory() as base:
            folder, whole = Path(base) / "many", Path(base) / "one/credit/v/2026/11/10/00"
            whole.mkdir(parents=True)
            made = [make(number) for number in range(n_files)]
            for path, record in made:
                file = folder / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(json.dumps(record) + "\n", encoding="utf-8")
            lines = "".join(json.dumps(record) + "\n" for _, record in made)
            (whole / "all.jsonl").write_text(lines, encoding="utf-8")
            spent_ms(ingest, whole.parents[5], calls)  # loads code
            each = [spent_ms(take, folder, calls) / n_files for take in (ingest, follow)]
            print(f"| {name} | {each[0]:.2f} | {each[1]:.2f} | "
                  f"{spent_ms(ingest, whole.parents[5], calls):.0f} |")  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else FILES)
