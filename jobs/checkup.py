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
from monitors.service import Service
from monitors.views.fleet import StoreFacts

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
    if common.asked_server is not None:
        yield from _store(common, now)
        return
    try:
        config = common.load_config()
    except DriftlineError as error:
        yield Check("configuration", ok=False, says=str(error))
        return
    notices = "; ".join(config.notices())
    yield Check("configuration", ok=True, says=notices or f"{len(config.monitors)} monitors set")
    yield _disk(config)
    if (config.store / "driftline.duckdb").exists():
        yield from _store(common, now)
    else:
        says = f"none in {config.store} yet; load logs with 'driftline ingest PATH'"
        yield Check("store", ok=True, says=says)


def _disk(config: Config) -> Check:
    folder = config.store
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    says = f"{free / 1e9:.1f} GB free for {config.store}"
    return Check(
        "disk", ok=free >= LEAST_FREE, says=says if free >= LEAST_FREE else f"{says}; make room"
    )


def _store(common: Common, now: datetime) -> Iterator[Check]:
    try:
        with common.open_service() as service:
            facts = service.facts()
            size, models = facts.size_bytes / 1e6, len(facts.data_spans)
            says = f"version {facts.version}, {size:.1f} MB, {models} models"
            yield Check("store", ok=True, says=says)
            yield _clock(facts, now)
            yield _monitors(service, now)
    except DriftlineError as error:
        yield Check("store", ok=False, says=str(error))


def _clock(facts: StoreFacts, now: datetime) -> Check:
    newest = max((span.end for span in facts.data_spans.values() if span), default=None)
    if newest is not None and newest > now + timedelta(hours=1):
        says = (
            f"the newest event is of {iso(newest)}, now is {iso(now)}: check this machine's clock"
        )
        return Check("clock", ok=False, says=says)
    return Check("clock", ok=True, says=iso(now))


def _monitors(service: Service, now: datetime) -> Check:
    stale = service.stale(now)
    if not stale:
        return Check("monitors", ok=True, says="none stands still")
    names = ", ".join(f"{model} (since {iso(span.start)})" for model, span in sorted(stale.items()))
    return Check(
        "monitors", ok=False, says=f"not checked for two windows: {names}; run 'driftline due'"
    )
