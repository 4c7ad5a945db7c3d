"""Stores of a made-up service, judged through the Service as the commands do it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

from domain.incident import Incident
from domain.run import Run
from domain.window import Window
from monitors.config import Config
from monitors.local_service import LocalService
from monitors.run import Planned, Reprocess
from tests.golden.logs import Service, batch

NOW = datetime(2024, 12, 1, tzinfo=UTC)
# calibrated after a month: the default trailing span of eight weeks would need longer logs
SETTINGS = {"baseline": {"trailing": "28d", "gap": "3d"}}


def opened(
    folder: Path, settings: dict[str, object] | None = None, **config: object
) -> LocalService:
    """A service on a store in `folder`, every model watched with `settings`."""
    monitors = {"*": SETTINGS if settings is None else settings}
    made = Config.model_validate({"store": folder, "monitors": monitors, **config})
    return LocalService.open(made, "test", create=True)


def load(service: LocalService, events: pa.Table, model: str = "parcel") -> None:
    """Store events of one model."""
    service.store.load([batch(events, model)], "made")


def load_labels(service: LocalService, labels: pa.Table, model: str = "parcel") -> None:
    """Store labels of one model."""
    service.store.load_labels([(model, labels.drop_columns(["model"]))], "made")


def judge(
    service: LocalService, windows: Sequence[Window], model: str = "parcel", now: datetime = NOW
) -> list[Run]:
    """Judge some windows in one go."""
    return service.execute([Planned(model, tuple(windows))], now, lambda *_: None)


def judge_days(service: LocalService, made: Service, first: int, end: int) -> list[Run]:
    """Judge days [first, end)."""
    return judge(service, [made.window(day) for day in range(first, end)], made.model)


def backfill(service: LocalService, reprocess: Reprocess = Reprocess.NONE) -> list[Run]:
    """Judge what the logs hold."""
    planned = service.plan_backfill(None, None, None, reprocess, NOW)
    return service.execute(planned, NOW, lambda *_: None)


def result(runs: Iterable[Run]) -> list[str]:
    """What runs found, to the last digit; not when they ran, nor how far the logs reached then."""
    return [
        repr(replace(run, started_at=NOW, duration_s=0.0, coverage=1.0))
        for run in sorted(runs, key=lambda r: (r.window, r.deployment.version))
    ]


def stored(service: LocalService) -> tuple[list[str], list[str]]:
    """What the store holds of runs and incidents."""
    return result(service.store.runs()), [repr(i) for i in service.store.incidents()]


def told(incidents: Iterable[Incident]) -> list[tuple[str, str, str]]:
    """Cause, first day and subjects of incidents, oldest first."""
    by_time = sorted(incidents, key=lambda i: (i.started_at, i.incident_id))
    return [(i.cause.value, f"{i.started_at:%m-%d}", ",".join(i.subjects)) for i in by_time]


def finding_of(run: Run, column: str, detector: str):
    """The finding of one detector about one column."""
    (found,) = [f for f in run.findings if (f.column, f.detector) == (column, detector)]
    return found
