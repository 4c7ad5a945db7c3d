"""Which models and versions there are, for programs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final, TypedDict

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from api.endpoint import Answer, Endpoint, Parameter, grant_of
from api.parameters import Given, read
from api.problem import language_of
from api.reading import PAGING, USUAL, after, answer_page
from domain.errors import UnknownNameError
from domain.key import Grant, Scope
from domain.page import Mark
from domain.shapes import (
    PerformanceShape,
    WindowShape,
    performance_shape,
    window_shape,
)
from monitors.service import Service
from monitors.views.fleet import Target
from monitors.views.versions import VersionView

# names stand at no time; every cursor wants one
_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


class ModelShape(TypedDict):
    """A model, its versions and how far it was judged."""

    model: str
    versions: list[str]
    data: WindowShape | None
    judged_windows: int
    newest_window: WindowShape | None
    newest_status: str | None


class ModelsPage(TypedDict):
    """A page of models."""

    schema_version: int
    models: list[ModelShape]
    next_cursor: str | None


class VersionShape(TypedDict):
    """A version of a model and its newest judged window."""

    model: str
    version: str
    newest_window: WindowShape | None
    newest_status: str | None
    n_predictions: int | None
    n_shadow: int | None
    n_calls: int | None
    performance: PerformanceShape | None


class VersionsPage(TypedDict):
    """A page of versions."""

    schema_version: int
    versions: list[VersionShape]
    next_cursor: str | None


class Models:
    """
    The endpoints that list models and versions.

    Parameters
    ----------
    service : Service
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    def endpoints(self) -> list[Endpoint]:
        """Return the endpoints."""
        in_path = Parameter(name="model", about="api.parameter.model-in-path", place="path")
        return [
            Endpoint(
                method="GET",
                path="/v1/models",
                scope=Scope.READ,
                handler=self._answering(self._models),
                about="api.models",
                keeps_to_models=True,
                parameters=PAGING,
                answers={200: Answer(about="api.page", media={"application/json": ModelsPage})},
            ),
            Endpoint(
                method="GET",
                path="/v1/models/{model:path}/versions",
                scope=Scope.READ,
                handler=self._answering(self._versions),
                about="api.versions",
                parameters=(in_path, *PAGING),
                answers={200: Answer(about="api.page", media={"application/json": VersionsPage})},
            ),
        ]

    def _answering(
        self, find: Callable[[Request, Given], Response]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def handler(request: Request) -> Response:
            given = read(request, PAGING, self._service.config.timezone)
            return await to_thread.run_sync(find, request, given)

        return handler

    def _models(self, request: Request, given: Given) -> Response:
        grant, mark = grant_of(request), after(given, "models", language_of(request.headers))
        rest = [
            target
            for target in sorted(self._service.targets(), key=lambda one: one.model)
            if grant.allows_model(target.model) and (mark is None or target.model > mark.first)
        ]
        items = [(_model_shape(one), Mark(_NEVER, _NEVER, one.model)) for one in rest]
        return answer_page("models", items, given.number("limit", USUAL))

    def _versions(self, request: Request, given: Given) -> Response:
        model: str = request.path_params["model"]
        mark = after(given, "versions", language_of(request.headers))
        target = self._target(model, grant_of(request))
        judged = self._judged(target)
        items = [
            (_version_shape(model, version, judged.get(version)), Mark(_NEVER, _NEVER, version))
            for version in sorted(target.versions)
            if mark is None or version > mark.first
        ]
        return answer_page("versions", items, given.number("limit", USUAL))

    def _judged(self, target: Target) -> dict[str, VersionView]:
        if not target.windows:
            return {}
        return {view.version: view for view in self._service.versions(target.model).versions}

    def _target(self, model: str, grant: Grant) -> Target:
        seen = {one.model: one for one in self._service.targets() if grant.allows_model(one.model)}
        if model not in seen:
            raise UnknownNameError.nearest("model", model, seen)
        return seen[model]


def _model_shape(target: Target) -> ModelShape:
    newest = target.windows[-1] if target.windows else None
    return {
        "model": target.model,
        "versions": list(target.versions),
        "data": None if target.data_span is None else window_shape(target.data_span),
        "judged_windows": len(target.windows),
        "newest_window": None if newest is None else window_shape(newest.window),
        "newest_status": None if newest is None else newest.status.value,
    }


def _version_shape(model: str, version: str, view: VersionView | None) -> VersionShape:
    newest = None if view is None else view.newest
    performance = None if newest is None else newest.performance
    return {
        "model": model,
        "version": version,
        "newest_window": None if newest is None else window_shape(newest.window),
        "newest_status": None if newest is None else newest.status.value,
        "n_predictions": None if newest is None else newest.n_predictions,
        "n_shadow": None if newest is None else newest.n_shadow,
        "n_calls": None if newest is None else newest.n_calls,
        "performance": None if performance is None else performance_shape(performance),
    }
