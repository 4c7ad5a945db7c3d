"""The checks of `driftline doctor`."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version

from domain.errors import DriftlineError
from domain.window import iso
from jobs.context import Common, code_version
from monitors.config import Config
from monitors.local_service import LocalService

LIBRARIES = ("duckdb", "pyarrow", "numpy", "scipy", "pandas", "evidently")
LEAST_FREE = 1 << 30


@dataclass(frozen=True, slots=True)
class Check:
    """
    One thing looked at.

    Parameters
    ----------
    name : str
    ok : bool
    says : str
        What was found and, if it is bad, what to do.
    """

    name: str
    ok: bool
    says: str


def checkup(common: Common, now: datetime) -> list[Check]:
    """
    Look at everything that a working installation needs.

    Parameters
    ----------
    common : Common
    now : datetime
    """
    return list(_checks(common, now))


def _checks(common: Common, now: datetime) -> Iterator[Check]:
    installed = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    python = platform.python_version()
    yield Check(
        "versions", ok=True, says=f"driftline {code_version()}, Python {python}, {installed}"
    )
    try:
        config = common.load_config()
    except DriftlineError as error:
        yield Check("configuration", ok=False, says=str(error))
        return
    notices = "; ".join(config.notices())
    yield Check("configuration", ok=True, says=notices or f"{len(config.monitors)} monitors set")
    yield _disk(config)
    yield from _store(config, now)


def _disk(config: Config) -> Check:
    folder = config.store
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    says = f"{free / 1e9:.1f} GB free for {config.store}"
    return Check(
        "disk", ok=free >= LEAST_FREE, says=says if free >= LEAST_FREE else f"{says}; make room"
    )


def _store(config: Config, now: datetime) -> Iterator[Check]:
    if not (config.store / "driftline.duckdb").exists():
        says = f"none in {config.store} yet; load logs with 'driftline ingest PATH'"
        yield Check("store", ok=True, says=says)
        return
    try:
        with LocalService.open(config, code_version(), create=False) as service:
            size = service.store.size_bytes() / 1e6
            names = service.store.models()
            says = f"version {service.store.version()}, {size:.1f} MB, {len(names)} models"
            yield Check("store", ok=True, says=says)
            yield _clock(service, now)
            yield _monitors(service, now)
    except DriftlineError as error:
        yield Check("store", ok=False, says=str(error))


def _clock(service: LocalService, now: datetime) -> Check:
    spans = [s for s in map(service.store.data_span, service.store.models()) if s is not None]
    newest = max((span.end for span in spans), default=None)
    if newest is not None and newest > now + timedelta(hours=1):
        says = (
            f"the newest event is of {iso(newest)}, now is {iso(now)}: check this machine's clock"
        )
        return Check("clock", ok=False, says=says)
    return Check("clock", ok=True, says=iso(now))


def _monitors(service: LocalService, now: datetime) -> Check:
    stale = service.stale(now)
    if not stale:
        return Check("monitors", ok=True, says="none stands still")
    names = ", ".join(f"{model} (since {iso(span.start)})" for model, span in sorted(stale.items()))
    return Check(
        "monitors", ok=False, says=f"not checked for two windows: {names}; run 'driftline due'"
    )
