"""The OpenAPI document, and a page that shows it with what lies in our own packages."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Final

import orjson
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from api.endpoint import Answer, Endpoint, Parameter
from api.openapi import document, older
from api.parameters import one_of, read
from api.problem import language_of, problem
from domain.catalogue import LANGUAGES

_STYLE, _SCRIPT, _START = "swagger-ui.css", "swagger-ui-bundle.js", "start.js"
_MEDIA: Final = {
    _STYLE: "text/css; charset=utf-8",
    _SCRIPT: "text/javascript; charset=utf-8",
    _START: "text/javascript; charset=utf-8",
    "favicon-32x32.png": "image/png",
}
# swagger-ui writes styles into its elements and carries its pictures in itself
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_PAGE: Final = f"""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Driftline API</title>
<link rel="icon" href="docs/favicon-32x32.png">
<link rel="stylesheet" href="docs/{_STYLE}">
</head>
<body>
<div id="api"></div>
<script src="docs/{_SCRIPT}"></script>
<script src="docs/{_START}"></script>
</body>
</html>
"""
# the swagger-ui of the package knows OpenAPI 3.0; without null it asks a foreign validator
_BEGIN: Final = """\
SwaggerUIBundle({
  url: "openapi.json?openapi=3.0",
  dom_id: "#api",
  validatorUrl: null,
  deepLinking: true,
  defaultModelsExpandDepth: 0,
});
"""
_SAFE: Final = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class Docs:
    """
    The endpoints that tell what there is.

    Parameters
    ----------
    endpoints : sequence of Endpoint
        All others.
    code_version : str
    """

    def __init__(self, endpoints: Sequence[Endpoint], code_version: str) -> None:
        self._endpoints = [*endpoints, *self.endpoints()]
        self._code_version = code_version

    def endpoints(self) -> list[Endpoint]:
        """Return the endpoints."""
        return [
            Endpoint(
                method="GET",
                path="/openapi.json",
                scope=None,
                handler=self._document,
                about="api.openapi",
                parameters=_DOCUMENT,
                answers={200: Answer(about="api.done", media={"application/json": {}})},
            ),
            Endpoint(
                method="GET",
                path="/docs",
                scope=None,
                handler=_page,
                about="api.docs",
                answers={200: Answer(about="api.done", media={"text/html": {}})},
            ),
            Endpoint(
                method="GET",
                path="/docs/{asset}",
                scope=None,
                handler=_asset,
                about="api.docs.asset",
                parameters=(
                    Parameter(
                        name="asset", about="api.docs.asset", place="path", schema=one_of([*_MEDIA])
                    ),
                ),
                answers={200: Answer(about="api.done")},
            ),
        ]

    async def _document(self, request: Request) -> Response:
        given = read(request, _DOCUMENT, "UTC")
        language = given.text("language") or language_of(request.headers)
        found = document(self._endpoints, self._code_version, language)
        if given.text("openapi") == "3.0":
            found = older(found)
        return Response(orjson.dumps(found), media_type="application/json", headers=_SAFE)


async def _page(request: Request) -> Response:
    del request
    return Response(_PAGE, media_type="text/html", headers=_SAFE)


async def _asset(request: Request) -> Response:
    name: str = request.path_params["asset"]
    if name not in _MEDIA:
        return problem(404, "api.problem.unknown-path", path=request.url.path)
    content = await to_thread.run_sync(_content, name)
    headers = {**_SAFE, "Cache-Control": "max-age=86400"}
    return Response(content, media_type=_MEDIA[name], headers=headers)


@cache
def _content(name: str) -> bytes:
    if name == _START:
        return _BEGIN.encode()
    vendored = resources.files("swagger_ui_bundle") / "vendor"
    # one folder, named after the version
    folder = next(one for one in vendored.iterdir() if one.name.startswith("swagger-ui-"))
    return (folder / name).read_bytes()


_DOCUMENT: Final = (
    Parameter(name="openapi", about="api.parameter.openapi", schema=one_of(["3.0", "3.1"])),
    Parameter(name="language", about="api.parameter.language", schema=one_of(LANGUAGES)),
)
