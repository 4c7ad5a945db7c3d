"""What every command needs: its common options, the configuration, the service, the clock."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from monitors.config import Config
    from monitors.local_service import LocalService


@dataclass(frozen=True, slots=True)
class Common:
    """The options that every command has."""

    config: str | None
    store: str | None

    def load_config(self) -> Config:
        """Read the configuration; the store's folder is the option's, else the environment's."""
        from monitors.config_file import load_config

        config = load_config(self._file(), os.environ)
        chosen = self.store or os.environ.get("DRIFTLINE_STORE")
        return config.model_copy(update={"store": Path(chosen)}) if chosen else config

    def _file(self) -> Path | None:
        """Return the file given, else ``$DRIFTLINE_CONFIG``, else ``./driftline.yaml`` if there."""
        named = self.config or os.environ.get("DRIFTLINE_CONFIG")
        if named:
            return Path(named)
        usual = Path("driftline.yaml")
        return usual if usual.exists() else None

    @contextmanager
    def service(self, *, create: bool = False) -> Generator[LocalService]:
        """
        Open the store and yield the service on it.

        Parameters
        ----------
        create : bool, default=False
            Make the store where there is none.
        """
        from monitors.local_service import LocalService

        config = self.load_config()
        for notice in config.notices():
            click.echo(f"driftline: note: {notice}", err=True)
        with LocalService.open(config, code_version(), create=create) as service:
            yield service


def common_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--config`` and ``--store``, handed over as one `Common`."""

    def with_common(*args: Any, config: str | None, store: str | None, **options: Any) -> Any:  # noqa: ANN401 (click's own)
        return command(*args, common=Common(config, store), **options)

    with_common.__name__ = command.__name__
    with_common.__doc__ = command.__doc__
    with_common.__dict__.update(command.__dict__)
    decorated = click.option(
        "--store",
        metavar="DIR",
        help="Folder of the database. [env: DRIFTLINE_STORE; else the configuration's]",
    )(with_common)
    return click.option(
        "--config",
        metavar="FILE",
        help="Configuration. [env: DRIFTLINE_CONFIG; else ./driftline.yaml]",
    )(decorated)


json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
fail_on_option = click.option(
    "--fail-on",
    type=click.Choice(["critical", "warning", "info"]),
    default="critical",
    show_default=True,
    help="Exit with 1 from this severity on.",
)


language_option = click.option(
    "--language",
    type=click.Choice(["en", "zh"]),
    default="en",
    show_default=True,
    help="Language of sentences.",
)


def code_version() -> str:
    """Return the installed version."""
    try:
        return version("driftline")
    except PackageNotFoundError:
        return "unknown"


def now() -> datetime:
    """Read the clock; the only place that does."""
    return datetime.now(UTC)


def user_name() -> str:
    """Return who is asking; a container may run under a number without a name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return f"user {os.getuid()}"


def progress(label: str) -> Callable[[str, int, int], None]:
    """Return a function that shows how far it is, on a terminal only."""
    if not sys.stderr.isatty():
        return lambda *_: None

    def show(model: str, done: int, planned: int) -> None:
        end = "\n" if done >= planned else ""
        click.echo(f"\r{label} {model}: {done} of {planned} windows{end}", nl=False, err=True)

    return show
