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

from domain.errors import StoreLockedError

if TYPE_CHECKING:
    from api.client import RemoteService
    from monitors.config import Config
    from monitors.local_service import LocalService
    from monitors.service import Service


@dataclass(frozen=True, slots=True)
class Common:
    """
    The options that every command has.

    Parameters
    ----------
    config, store, server : str or None
    """

    config: str | None
    store: str | None
    server: str | None = None

    @property
    def asked_server(self) -> str | None:
        """The server to ask instead of a store: the option's, else the environment's."""
        return self.server or os.environ.get("DRIFTLINE_SERVER") or None

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
    def service(self, *, create: bool = False) -> Generator[Service]:
        """
        Yield the service: of a server that was named, of the store's owner, else on the store.

        Parameters
        ----------
        create : bool, default=False
            Make the store where there is none.
        """
        with self.open_service(create=create) as service:
            for notice in service.config.notices():
                click.echo(f"driftline: note: {notice}", err=True)
            yield service

    def open_service(self, *, create: bool = False) -> LocalService | RemoteService:
        """
        Return the service as `service` yields it, without saying what it leaves undone.

        Parameters
        ----------
        create : bool, default=False
            Make the store where there is none.

        Raises
        ------
        StoreError
            If there is no store, another process has it open, or the owner does not answer.
        """
        from jobs import owner

        server = self.asked_server
        if server is not None:
            return owner.require(server, os.environ.get("DRIFTLINE_KEY"), code_version())
        config = self.load_config()
        found = owner.find(config.store, code_version())
        return self._open(config, create=create) if found is None else self._of_owner(config, found)

    def _open(self, config: Config, *, create: bool) -> LocalService | RemoteService:
        from jobs import owner
        from monitors.local_service import LocalService

        try:
            return LocalService.open(config, code_version(), create=create)
        except StoreLockedError:
            # somebody was quicker; if that is an owner, it can be asked, and if it was one that
            # ends, the store is free by now
            found = owner.wait_for(config.store, code_version())
            if found is not None:
                return self._of_owner(config, found)
            return LocalService.open(config, code_version(), create=create)

    @staticmethod
    def _of_owner(config: Config, service: RemoteService) -> RemoteService:
        """Say so where the owner judges by another configuration than the one at hand."""
        here, there = (
            c.model_dump(mode="json", exclude={"store"}) for c in (config, service.config)
        )
        if here != there:
            click.echo(
                "driftline: note: the owner of the store judges by the configuration that it was "
                "started with, which is another; start it again for a change to count",
                err=True,
            )
        return service


def store_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--config`` and ``--store``, handed over as one `Common`."""
    return _with_common(command, _config_option, _store_option)


def common_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--config``, ``--store`` and ``--server``, handed over as one `Common`."""
    return _with_common(command, _config_option, _store_option, _server_option)


def _with_common(
    command: Callable[..., Any], *options: Callable[..., Callable[..., Any]]
) -> Callable[..., Any]:
    def with_common(
        *args: Any,  # noqa: ANN401 (click's own)
        config: str | None,
        store: str | None,
        server: str | None = None,
        **others: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        return command(*args, common=Common(config, store, server), **others)

    with_common.__name__ = command.__name__
    with_common.__doc__ = command.__doc__
    with_common.__dict__.update(command.__dict__)
    decorated: Callable[..., Any] = with_common
    for option in reversed(options):
        decorated = option(decorated)
    return decorated


_config_option = click.option(
    "--config",
    metavar="FILE",
    help="Configuration. [env: DRIFTLINE_CONFIG; else ./driftline.yaml]",
)
_store_option = click.option(
    "--store",
    metavar="DIR",
    help="Folder of the database. [env: DRIFTLINE_STORE; else the configuration's]",
)
_server_option = click.option(
    "--server",
    metavar="URL",
    help="Ask this Driftline instead of a store. [env: DRIFTLINE_SERVER; key: DRIFTLINE_KEY]",
)
allow_host_option = click.option(
    "--allow-host",
    metavar="NAME",
    multiple=True,
    help="A name under which a proxy asks for the dashboard; may be given again.",
)


def address_options(port: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add ``--host`` and ``--port`` with its default."""

    def with_address(command: Callable[..., Any]) -> Callable[..., Any]:
        numbered = click.option(
            "--port",
            type=click.IntRange(0, 65535),
            default=port,
            show_default=True,
            help="0: any that is free.",
        )(command)
        return click.option(
            "--host",
            default="127.0.0.1",
            show_default=True,
            help="Address to listen on; 0.0.0.0 is every address of this machine.",
        )(numbered)

    return with_address


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
