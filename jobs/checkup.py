"""The checks of `driftline doctor`."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path

from domain.errors import DriftlineError, UsageError
from domain.window import iso
from jobs import leftovers, owner
from jobs.archive_checkup import Check, archive_checks
from jobs.context import Common, code_version
from monitors.config import Config
from monitors.service import Service
from monitors.views.fleet import SourceFacts, StoreFacts
from monitors.views.resources import Asking

LIBRARIES = ("duckdb", "pyarrow", "numpy", "scipy", "pandas", "evidently")
LEAST_FREE = 1 << 30


def checkup(
    common: Common, now: datetime, *, repair: bool = False, every_byte: bool = False
) -> list[Check]:
    """
    Look at everything that a working installation needs.

    Parameters
    ----------
    common : Common
    now : datetime
    repair : bool, default=False
        Remove what a dead owner and interrupted work left in the store's folder.
    every_byte : bool, default=False
        Read all of every archived file, also of those that were read within a month.

    Raises
    ------
    UsageError
        If another machine's files are to be mended.
    """
    if repair and common.asked_server is not None:
        raise UsageError(
            f"--repair removes files of this machine, and {common.asked_server} is a server; "
            "call it where its store lies, without DRIFTLINE_SERVER"
        )
    return list(_checks(common, now, repair=repair, every_byte=every_byte))


def _checks(common: Common, now: datetime, *, repair: bool, every_byte: bool) -> Iterator[Check]:
    installed = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    python = platform.python_version()
    yield Check(
        "versions", ok=True, says=f"driftline {code_version()}, Python {python}, {installed}"
    )
    if common.asked_server is not None:
        yield from _store(common, now, None, repair=False, every_byte=every_byte)
        return
    try:
        config = common.load_config()
    except DriftlineError as error:
        yield Check("configuration", ok=False, says=str(error))
        return
    notices = "; ".join(config.notices())
    yield Check("configuration", ok=True, says=notices or f"{len(config.monitors)} monitors set")
    yield _disk(config)
    yield from _leftovers(config.store, now, repair=repair)
    yield from _second_names(config.store, repair=repair)
    from monitors.sources import sources_of

    if (config.store / leftovers.STORE).exists() or sources_of(config):
        yield from _store(common, now, config.store, repair=repair, every_byte=every_byte)
    else:
        yield _no_store(config.store)


def _no_store(folder: Path) -> Check:
    kept = leftovers.kept_stores(folder)
    if not kept:
        says = f"none in {folder} yet; load logs with 'driftline ingest PATH'"
        return Check("store", ok=True, says=says)
    says = (
        f"a restore was interrupted and left none in {folder}; call it again, or put back what was "
        f"there before with 'driftline restore {kept[-1]}'"
    )
    return Check("store", ok=False, says=says)


def _disk(config: Config) -> Check:
    folder = config.store
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    file = config.store / leftovers.STORE
    size = file.stat().st_size if file.exists() else 0
    says = f"{free / 1e9:.1f} GB free for {config.store}"
    if free < LEAST_FREE:
        return Check("disk", ok=False, says=f"{says}; make room")
    if free < size:
        says += f", less than the {size / 1e9:.1f} GB of its file: no copy of it fits there"
    return Check("disk", ok=True, says=says)


def _leftovers(folder: Path, now: datetime, *, repair: bool) -> Iterator[Check]:
    """Tell of files that interrupted work left; of none, nothing."""
    found = leftovers.unfinished(folder, now)
    if not found:
        return
    names = ", ".join(path.name for path in found)
    size = sum(path.stat().st_size for path in found) / 1e6
    if not repair:
        says = f"interrupted work left {names} ({size:.1f} MB); 'driftline doctor --repair' removes"
        yield Check("leftovers", ok=False, says=f"{says} {'it' if len(found) == 1 else 'them'}")
        return
    leftovers.remove(found)
    yield Check("leftovers", ok=True, says=f"removed {names} ({size:.1f} MB)")


def _second_names(folder: Path, *, repair: bool) -> Iterator[Check]:
    """Tell of names that an interrupted restore gave the store; of none, nothing."""
    found = leftovers.second_names(folder)
    if not found:
        return
    names = ", ".join(path.name for path in found)
    if repair:
        leftovers.remove(found)
        yield Check("restore", ok=True, says=f"took {names} away, which was the store itself")
        return
    says = (
        f"an interrupted restore left the store under a second name: {names}; the backup is not in "
        "its place: call it again, or remove the name with 'driftline doctor --repair'"
    )
    yield Check("restore", ok=False, says=says)


def _dead_owner(folder: Path, *, repair: bool) -> Iterator[Check]:
    """Tell of the file of an owner that was killed: this process has the store open, not that."""
    path = folder / owner.FILE_NAME
    if not path.exists():
        return
    dead = owner.read(folder)
    who = f"process {dead.pid} (since {iso(dead.started_at)})" if dead else "a process"
    if repair:
        leftovers.remove([path])
        yield Check("owner", ok=True, says=f"removed {path} of {who}, which was killed")
        return
    says = (
        f"{who} owned the store and ended without putting {path.name} away; start it again, "
        "or remove that with 'driftline doctor --repair'"
    )
    yield Check("owner", ok=False, says=says)


def _store(
    common: Common, now: datetime, folder: Path | None, *, repair: bool, every_byte: bool
) -> Iterator[Check]:
    from monitors.local_service import LocalService

    try:
        with common.open_service() as service:
            if folder is not None and isinstance(service, LocalService):
                yield from _dead_owner(folder, repair=repair)
            # first: what else is asked may need a file that has to be set aside
            yield from archive_checks(service, now, repair=repair, every_byte=every_byte)
            facts = service.facts()
            size, models = facts.size_bytes / 1e6, len(facts.data_spans)
            says = f"version {facts.version}, {size:.1f} MB, {models} models"
            yield Check("store", ok=True, says=says)
            yield from _space(service, facts, repair=repair and folder is not None)
            yield _backup(facts, now)
            yield _clock(facts, now)
            yield from map(_source, facts.sources)
            yield from _slices(facts)
            yield from _prometheus(facts, now)
            yield _monitors(service, now)
    except DriftlineError as error:
        yield Check("store", ok=False, says=str(error))


def _source(found: SourceFacts) -> Check:
    """Tell what a model's logs are that are read where they lie."""
    name = f"source of {found.model}"
    for fault in found.faults:
        more = f" (and {len(found.faults) - 1} more)" if len(found.faults) > 1 else ""
        return Check(name, ok=False, says=f"{fault}{more}")
    said = [f"{found.files} files in {found.place}", f"{found.rows:,} rows"]
    if found.others:
        said.append(f"{found.others:,} of other models")
    if found.refused:
        reasons = ", ".join(f"{reason} {n:,}" for reason, n in sorted(found.refused.items()))
        said.append(f"{sum(found.refused.values()):,} that are no events ({reasons})")
    said.append("no event of the model" if found.span is None else f"events {found.span}")
    said.append(
        f"columns {', '.join(found.columns) or 'none'}; times without a zone are of {found.zone}"
    )
    return Check(name, ok=found.span is not None, says="; ".join(said))


def _space(service: Service, facts: StoreFacts, *, repair: bool) -> Iterator[Check]:
    """Tell of bytes that should not be in the file any more; of few free ones, nothing."""
    if facts.holds_erased and repair:
        before, after = service.compact()
        says = f"wrote the file anew without what was erased: {_mb(before)}, now {_mb(after)}"
        yield Check("space", ok=True, says=says)
    elif facts.holds_erased:
        says = (
            "rows were erased and the file was not written anew since: their bytes may still be in "
            "it; run 'driftline compact' or 'driftline doctor --repair'"
        )
        yield Check("space", ok=False, says=says)
    elif facts.compacting_pays:
        says = (
            f"{_mb(facts.free_bytes)} of the file's {_mb(facts.size_bytes)} are free; loads fill "
            "them, 'driftline compact' gives them back"
        )
        yield Check("space", ok=True, says=says)


def _mb(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:.1f} MB"


def _backup(facts: StoreFacts, now: datetime) -> Check:
    if facts.last_backup is None:
        return Check("backup", ok=True, says="never made; 'driftline backup FILE' makes one")
    age = now - facts.last_backup
    span = f"{age.days} days" if age.days > 1 else f"{age / timedelta(hours=1):.0f} hours"
    return Check("backup", ok=True, says=f"made {span} ago, on {iso(facts.last_backup)}")


def _clock(facts: StoreFacts, now: datetime) -> Check:
    newest = max((span.end for span in facts.data_spans.values() if span), default=None)
    if newest is not None and newest > now + timedelta(hours=1):
        says = (
            f"the newest event is of {iso(newest)}, now is {iso(now)}: check this machine's clock"
        )
        return Check("clock", ok=False, says=says)
    return Check("clock", ok=True, says=iso(now))


def _slices(facts: StoreFacts) -> Iterator[Check]:
    """Tell of slices that cannot be counted; of none, nothing."""
    if facts.slice_faults:
        yield Check("slices", ok=False, says="; ".join(facts.slice_faults))


def _prometheus(facts: StoreFacts, now: datetime) -> Iterator[Check]:
    """Tell how the server stands that is asked what replicas use; of none, nothing."""
    view = facts.prometheus
    if view is None:
        return
    from app.queries.prometheus import standing

    fine = view.asking in {Asking.CURRENT, Asking.UNASKED}
    yield Check("prometheus", ok=fine, says=standing(view, now, "en"))


def _monitors(service: Service, now: datetime) -> Check:
    stale = service.stale(now)
    if not stale:
        return Check("monitors", ok=True, says="none stands still")
    names = ", ".join(f"{model} (since {iso(span.start)})" for model, span in sorted(stale.items()))
    return Check(
        "monitors", ok=False, says=f"not checked for two windows: {names}; run 'driftline due'"
    )
