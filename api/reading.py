"""What was found, for programs: the same shapes as ``--json`` of the command line, page by page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, TypedDict

import orjson
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from api.cursor import read_cursor, write_cursor
from api.endpoint import Answer, Endpoint, Parameter, grant_of
from api.guard import RefusedError
from api.parameters import MOMENT, Given, choice, one_of, read, refused_parameter, whole
from api.problem import language_of, problem
from domain.catalogue import LANGUAGES, say
from domain.errors import UnknownNameError
from domain.finding import Severity, Verdict
from domain.incident import AlertState, Incident
from domain.key import Grant, Scope
from domain.page import FoundInRun, Mark, ObjectiveInRun, Wanted
from domain.run import Run, RunStatus
from domain.shapes import (
    SCHEMA_VERSION,
    FindingShape,
    IncidentShape,
    RunShape,
    SLOShape,
    WindowShape,
    finding_shape,
    incident_shape,
    run_shape,
    slo_shape,
    window_shape,
)
from domain.slo import SLOState
from domain.window import Window
from monitors.service import Service

MOST: Final = 1_000
USUAL: Final = 100
# more alerts than that on one page of runs are an accident of their own
_MOST_INCIDENTS: Final = 10_000


class RunsPage(TypedDict):
    """A page of runs."""

    schema_version: int
    runs: list[RunShape]
    next_cursor: str | None


class FoundShape(FindingShape):
    """A finding and the run it belongs to."""

    model: str
    version: str
    window: WindowShape


class FindingsPage(TypedDict):
    """A page of findings."""

    schema_version: int
    findings: list[FoundShape]
    next_cursor: str | None


class ObjectiveShape(SLOShape):
    """How an objective stood, and the run that judged it."""

    model: str
    version: str
    window: WindowShape


class ObjectivesPage(TypedDict):
    """A page of objectives."""

    schema_version: int
    slos: list[ObjectiveShape]
    next_cursor: str | None


class IncidentsPage(TypedDict):
    """A page of incidents."""

    schema_version: int
    incidents: list[IncidentShape]
    next_cursor: str | None


# a page's items as they are written, and where each stands
Items = Sequence[tuple[Mapping[str, Any], Mark]]
Find = Callable[[Wanted, str], Items]

_MODEL: Final = Parameter(name="model", about="api.parameter.model")
PAGING: Final = (
    Parameter(name="limit", about="api.parameter.limit", schema=whole(1, MOST, USUAL)),
    Parameter(name="cursor", about="api.parameter.cursor"),
)
_SPAN: Final = (
    _MODEL,
    Parameter(name="version", about="api.parameter.version"),
    Parameter(name="from", about="api.parameter.from", schema=MOMENT),
    Parameter(name="to", about="api.parameter.to", schema=MOMENT),
    *PAGING,
    Parameter(name="language", about="api.parameter.language", schema=one_of(LANGUAGES)),
)


def _choice(
    name: str, values: type[RunStatus | Verdict | AlertState | SLOState | Severity]
) -> Parameter:
    return Parameter(name=name, about=f"api.parameter.{name}", schema=choice([*values]))


class Reading:
    """
    The endpoints that show what runs found.

    Parameters
    ----------
    service : Service
    clock : callable
        Returns the time, aware: whether a monitor stands still follows from it.
    """

    def __init__(self, service: Service, clock: Callable[[], datetime]) -> None:
        self._service = service
        self._clock = clock

    def endpoints(self) -> list[Endpoint]:
        """Return the endpoints."""
        severity = _choice("severity", Severity)
        return [
            self._list("runs", self._runs, RunsPage, [_choice("status", RunStatus)]),
            self._list(
                "findings", self._findings, FindingsPage, [_choice("verdict", Verdict), severity]
            ),
            self._list(
                "alerts", self._incidents, IncidentsPage, [_choice("state", AlertState), severity]
            ),
            self._list("slos", self._slos, ObjectivesPage, [_choice("state", SLOState)]),
        ]

    def _list(self, name: str, find: Find, page: type, choices: Sequence[Parameter]) -> Endpoint:
        parameters = (*choices, *_SPAN)
        key = "incidents" if name == "alerts" else name

        async def handler(request: Request) -> Response:
            given = read(request, parameters, self._service.config.timezone)
            return await to_thread.run_sync(self._page, request, given, key, find)

        return Endpoint(
            method="GET",
            path=f"/v1/{name}",
            scope=Scope.READ,
            handler=handler,
            about=f"api.{name}",
            keeps_to_models=True,
            parameters=parameters,
            answers={200: Answer(about="api.page", media={"application/json": page})},
        )

    def _page(self, request: Request, given: Given, key: str, find: Find) -> Response:
        language = given.text("language") or language_of(request.headers)
        limit = given.number("limit", USUAL)
        wanted = Wanted(
            models=self._models(given.text("model"), grant_of(request), language),
            version=given.text("version"),
            start=given.moment("from"),
            end=given.moment("to"),
            states=_first(given, "status", "verdict", "state"),
            severities=given.choices("severity"),
            # one more tells whether there is another page
            limit=limit + 1,
            after=after(given, key, language),
        )
        if wanted.start is not None and wanted.end is not None:
            Window(wanted.start, wanted.end)
        return answer_page(key, find(wanted, language), limit)

    def _models(self, asked: str | None, grant: Grant, language: str) -> tuple[str, ...] | None:
        if asked is None:
            return None if grant.models is None else tuple(sorted(grant.models))
        if not grant.allows_model(asked):
            raise RefusedError(problem(403, "api.guard.wrong-model", language, model=asked))
        known = self._service.models()
        if asked not in known:
            # whoever may not see a model is not told its name either
            raise UnknownNameError.nearest("model", asked, filter(grant.allows_model, known))
        return (asked,)

    def _runs(self, wanted: Wanted, language: str) -> Items:
        runs = self._service.runs_page(wanted)
        incidents = self._incidents_of(runs, wanted)
        return [(run_shape(run, incidents, language), _mark(run)) for run in runs]

    def _incidents_of(self, runs: Sequence[Run], wanted: Wanted) -> list[Incident]:
        if not runs:
            return []
        around = replace(
            wanted,
            models=tuple({run.deployment.model for run in runs}),
            start=min(run.window.start for run in runs),
            end=max(run.window.end for run in runs),
            states=None,
            limit=_MOST_INCIDENTS,
            after=None,
        )
        return self._service.incidents_page(around, self._clock())

    def _findings(self, wanted: Wanted, language: str) -> Items:
        return [
            ({**_place(one), **finding_shape(one.finding, language)}, _mark(one, one.position))
            for one in self._service.findings_page(wanted)
        ]

    def _slos(self, wanted: Wanted, language: str) -> Items:
        return [
            ({**_place(one), **slo_shape(one.result, language)}, _mark(one, one.position))
            for one in self._service.slos_page(wanted)
        ]

    def _incidents(self, wanted: Wanted, language: str) -> Items:
        return [
            (incident_shape(one, language), Mark(one.started_at, one.started_at, one.incident_id))
            for one in self._service.incidents_page(wanted, self._clock())
        ]


def answer_page(key: str, items: Items, limit: int) -> Response:
    """
    Answer with one page.

    Parameters
    ----------
    key : str
        What the list is called.
    items : sequence of (shape, Mark)
        One more than `limit` where there is another page.
    limit : int
    """
    page = items[:limit]
    more = len(items) > limit
    body = {
        "schema_version": SCHEMA_VERSION,
        key: [shape for shape, _ in page],
        "next_cursor": write_cursor(key, page[-1][1]) if more else None,
    }
    headers = {"Cache-Control": "no-store"}
    return Response(orjson.dumps(body), headers=headers, media_type="application/json")


def after(given: Given, key: str, language: str) -> Mark | None:
    """
    Return where the page before ended; None for the first page.

    Raises
    ------
    RefusedError
        With 400 where the cursor is not one of the list `key`.
    """
    text = given.text("cursor")
    if text is None:
        return None
    mark = read_cursor(key, text)
    if mark is None:
        expected = say("api.expected.cursor", language)
        raise refused_parameter("parameter", language, "cursor", value=text, expected=expected)
    return mark


def _first(given: Given, *names: str) -> tuple[str, ...] | None:
    return next((found for name in names if (found := given.choices(name)) is not None), None)


def _place(one: FoundInRun | ObjectiveInRun) -> dict[str, Any]:
    return {
        "model": one.deployment.model,
        "version": one.deployment.version,
        "window": window_shape(one.window),
    }


def _mark(one: Run | FoundInRun | ObjectiveInRun, position: int = 0) -> Mark:
    of, window = one.deployment, one.window
    return Mark(window.start, window.end, of.model, of.version, position)
