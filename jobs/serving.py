"""
The server: the store's owner, the routes, the dashboard and the work in the background, together.

``serve`` is all of it in one process on one port, ``collect`` the owner without the dashboard,
``dashboard`` the dashboard alone, as a client of either.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import secrets
import signal
import socket
import sys
import threading
from collections.abc import AsyncGenerator, Callable, Collection, Generator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from domain.errors import DriftlineError, NothingToJudgeError
from domain.window import align
from jobs import following, listening, owner
from jobs.context import Common, code_version, now
from jobs.periodic import Periodic

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from api.actions import Actions
    from api.endpoint import Endpoint
    from api.guard import Guard
    from monitors.config import Config
    from monitors.local_service import LocalService
    from monitors.service import Service

SCRIPT: Final = Path(__file__).resolve().parents[1] / "streamlit_app.py"
# requests without an answer are looked for so often
HALVES_EVERY_S: Final = 15.0
# what is due is looked for so often; what loads changed is counted so often
DUE_EVERY_S: Final = 60.0
REFRESH_EVERY_S: Final = 10.0
# an hour that is still filling is counted anew each time, all of its rows in every column
COLUMNS_EVERY_S: Final = 600.0
# rows become a day older once a day
TIDY_EVERY_S: Final = 86_400.0
# a store into which nothing was loaded for so long is quiet: its file may be written anew
COMPACT_EVERY_S: Final = 60.0
# at 20,000 events a second the log grows by 3 MB between two looks
LOG_EVERY_S: Final = 0.5
# a monitor looks at recorded data this long after its end: nothing stands still yet
AFTER_THE_END: Final = timedelta(minutes=5)
# requests at work get so long to end; streams of pages are closed at once
_GRACE_S: Final = 10

Work = Callable[[Callable[..., None]], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """
    What a server does.

    Parameters
    ----------
    dashboard, collector, scheduler : bool
    as_of : datetime or None
        Pages take this as now: the data is a recording, and nothing becomes due.
    hosts : tuple of str
        Names beside loopback ones under which the dashboard may be asked for.
    """

    dashboard: bool = True
    collector: bool = True
    scheduler: bool = True
    as_of: datetime | None = None
    hosts: tuple[str, ...] = ()


def own_and_serve(config: Config, plan: Plan, host: str, port: int) -> None:
    """
    Own the store of a configuration and serve, until told to stop.

    Parameters
    ----------
    config : Config
    plan : Plan
    host : str
    port : int

    Raises
    ------
    UsageError
        If the address cannot be listened on.
    StoreError
        If the store has an owner, is in use, or is not there and nothing would fill it.
    """
    from monitors.local_service import LocalService

    # one name for it, wherever a client stands
    config = config.model_copy(update={"store": config.store.absolute()})
    owner.refuse_second(config.store, code_version())
    with (
        contextlib.closing(listening.listen(host, port)) as door,
        LocalService.open(config, code_version(), create=plan.collector) as service,
    ):
        serve(service, plan, door)


def serve(service: LocalService, plan: Plan, door: socket.socket) -> None:
    """
    Serve a store that is open, until told to stop.

    Parameters
    ----------
    service : LocalService
    plan : Plan
    door : socket
        Listening.
    """
    # Here, before any thread: the collector's first commit needs it while the dashboard is being
    # imported, and plotly takes hold of a pandas that another thread has half imported.
    importlib.import_module("pandas")

    from api.actions import Actions
    from api.guard import Guard
    from monitors.compacting import Compacting
    from monitors.views.data import StoreOwner

    key, judging = secrets.token_urlsafe(32), threading.Lock()
    url = listening.url_here(door)
    mine = owner.Owner(url, os.getpid(), key, now(), code_version())
    with ExitStack() as stack:
        stack.enter_context(owner.announced(service.config.store, mine))
        service.owner = StoreOwner(mine.url, mine.pid, mine.started_at)
        actions = Actions(service, spool=service.config.store, judging=judging)
        stack.enter_context(contextlib.closing(actions))
        guard = Guard(service, now, loopback=listening.is_loopback(door), owner_secret=key)
        answers = _routes(service, guard, actions, stack, collects=plan.collector)
        compacting = Compacting(service.store)
        background = [
            Periodic("halves", HALVES_EVERY_S, lambda _: service.give_up_halves(now())),
            Periodic("refresh", REFRESH_EVERY_S, lambda _: service.refresh()),
            Periodic("columns", COLUMNS_EVERY_S, lambda _: service.refresh_columns()),
            Periodic("log", LOG_EVERY_S, lambda _: service.keep_log_short()),
            Periodic("compaction", COMPACT_EVERY_S, lambda _: compacting.look()),
        ]
        if plan.as_of is None:
            background += following.owned(service)
            background += _resources(service)
        if plan.scheduler and plan.as_of is None:
            background.append(Periodic("due", DUE_EVERY_S, _due(service, judging)))
            background.append(Periodic("archive", TIDY_EVERY_S, _tidy(service)))
        app = _application(service, plan, door, answers, background)
        _run(app, door, lambda: _announce(service, plan, door))


def show(service: Service, plan: Plan, door: socket.socket) -> None:
    """
    Show a store that another process owns, until told to stop.

    Parameters
    ----------
    service : Service
    plan : Plan
    door : socket
        Listening.
    """
    app = _application(service, plan, door, [], [])
    _run(app, door, lambda: click.echo(f"Driftline's dashboard: {listening.url_here(door)}"))


def end_of_logs(service: Service) -> datetime:
    """Return a moment just behind the last window that the logs reach into, for a recording."""
    spans = [span for span in service.facts().data_spans.values() if span is not None]
    end, day = max(span.end for span in spans), timedelta(days=1)
    midnight = align(end, day, service.config.timezone)
    if midnight < end:
        midnight = align(midnight + 1.5 * day, day, service.config.timezone)
    return midnight + AFTER_THE_END


def provide_from_environment() -> None:
    """Give the pages their service where nobody has: under a plain ``streamlit run``."""
    from app.provided import is_provided, provide

    if not is_provided():
        provide(Common(None, None).open_service(), now, recorded=False)


# ------------------------------------------------------------------ what answers


def _routes(
    service: LocalService, guard: Guard, actions: Actions, stack: ExitStack, *, collects: bool
) -> list[BaseRoute]:
    from api.collect import endpoints
    from api.collector import Collector
    from api.meters import Meters
    from api.routes import routes, table
    from monitors.collect_logs import Collecting

    meters = Meters(service, now)
    others: list[Endpoint] = []
    parts: dict[str, Callable[[], bool]] = {}
    if collects:
        collector = Collector(Collecting(service.store), now)
        collector.start()
        stack.callback(collector.stop)
        meters.watch_collector(collector.facts)
        others, parts["writer"] = endpoints(collector), lambda: collector.facts().is_running
        parts["warm-up"] = lambda: collector.facts().is_warm
    told = table(service, meters, now, others=others, parts=parts)
    return routes([*told, *actions.endpoints()], guard, meters.count_request)


def _application(
    service: Service,
    plan: Plan,
    door: socket.socket,
    routes: list[BaseRoute],
    background: list[Periodic],
) -> Any:  # noqa: ANN401 (an ASGI application)
    @asynccontextmanager
    async def lifespan(_: object) -> AsyncGenerator[None]:
        with ExitStack() as stack:
            for one in background:
                stack.enter_context(one)
            yield

    if not plan.dashboard:
        from starlette.applications import Starlette

        from api.routes import unknown_path

        app = Starlette(routes=routes, lifespan=lifespan)
        app.router.default = unknown_path
        return app
    from app import server
    from app.provided import provide

    moment = plan.as_of
    clock = now if moment is None else lambda: moment
    provide(service, clock, recorded=moment is not None)
    server.warm()
    address = str(door.getsockname()[0])
    return server.build(
        SCRIPT,
        address=address,
        port=listening.port_of(door),
        routes=routes,
        lifespan=lifespan,
        hosts=_hosts(plan, loopback=listening.is_loopback(door)),
    )


def _hosts(plan: Plan, *, loopback: bool) -> Collection[str] | None:
    return plan.hosts if loopback or plan.hosts else None


def _due(service: Service, judging: threading.Lock) -> Work:
    def work(go_on: Callable[..., None]) -> None:
        with judging:
            at = now()
            # no logs yet: nothing is due
            with contextlib.suppress(NothingToJudgeError):
                service.execute(service.plan_due(at), at, go_on)

    return work


def _resources(service: LocalService) -> list[Periodic]:
    """Return what asks the configured Prometheus; without one, nothing."""
    if service.config.prometheus is None:
        return []
    from monitors.prometheus.asking import PrometheusAsker

    asker = service.prometheus = PrometheusAsker(service.store, service.config.prometheus)
    return [Periodic("prometheus", asker.every_s, lambda go_on: asker.round(now(), go_on))]


def _tidy(service: LocalService) -> Work:
    def work(go_on: Callable[..., None]) -> None:
        service.tidy(None, "driftline", now(), dry_run=False, go_on=go_on)

    return work


def _announce(service: LocalService, plan: Plan, door: socket.socket) -> None:
    url = listening.url_here(door)
    what = "dashboard and API" if plan.dashboard else "API"
    click.echo(f"Driftline owns {service.config.store}; {what}: {url}")
    if plan.dashboard and not listening.is_loopback(door):
        click.echo(
            "the dashboard has no login: whoever reaches this address reads everything in it, and "
            "can acknowledge and accept; put a proxy with a login in front, or run 'driftline "
            "collect' here",
            err=True,
        )
    if service.keys():
        return
    if listening.is_loopback(door):
        click.echo(
            "no key was made: whoever sits at this machine can send predictions and read; "
            "'driftline keys create NAME --scope ingest' changes that",
            err=True,
        )
    else:
        click.echo(
            "no key was made, and from other machines the API takes and tells nothing without one: "
            "'driftline keys create NAME --scope ingest'",
            err=True,
        )


# ------------------------------------------------------------------ running


def _run(app: Any, door: socket.socket, announce: Callable[[], object]) -> None:  # noqa: ANN401
    """Answer requests until SIGTERM (fine) or Ctrl-C (an interruption)."""
    import uvicorn

    from api.connections import Connection

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                announce()
                sys.stdout.flush()

    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",
        access_log=False,
        http=Connection,
        ws="websockets-sansio",
        timeout_graceful_shutdown=_GRACE_S,
        server_header=False,
    )
    server = Server(config)
    with _ends_well_on(signal.SIGTERM):
        server.run(sockets=[door])
    if not server.started:
        raise DriftlineError("the server did not start; the log above says why")


@contextmanager
def _ends_well_on(number: signal.Signals) -> Generator[None]:
    """Let a signal end the server and not the process: the rest is put away in order."""
    before = signal.signal(number, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(number, before)
