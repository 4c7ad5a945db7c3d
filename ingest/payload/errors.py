"""Answers that are errors: how the servers spell them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ingest.exchange import Decoded
from ingest.payload.json_text import Json

_ANSWERS: Final = ("predictions", "outputs", "result", "data", "choices", "prediction")
_CODES: Final = ("code", "status", "status_code", "statusCode")


def error_in(body: Mapping[str, Json]) -> Decoded | None:
    """
    Return an answer's error, with the status where it tells one; None where it is no error.

    Parameters
    ----------
    body : mapping of str to object
    """
    if any(body.get(key) is not None for key in _ANSWERS):
        return None
    said = next((what for told in _TOLD if (what := told(body)) is not None), None)
    if said is None:
        return None
    facts = {} if (code := _code(body)) is None else {"status": code}
    return Decoded(0, facts=facts, error=str(said)[:200])


def _error(body: Mapping[str, Json]) -> Json:
    """TensorFlow Serving, KServe, MLServer, Triton, OpenAI."""
    said = body.get("error")
    return said if isinstance(said, str | dict) and said else None


def _detail(body: Mapping[str, Json]) -> Json:
    """FastAPI, LitServe: nothing else is in the object."""
    return body.get("detail") if tuple(body) == ("detail",) else None


def _error_code(body: Mapping[str, Json]) -> Json:
    """MLflow."""
    return body.get("message", "") if "error_code" in body else None


def _status(body: Mapping[str, Json]) -> Json:
    """Seldon."""
    status = body.get("status")
    if not isinstance(status, dict) or status.get("status") != "FAILURE":
        return None
    return status.get("info", "")


_TOLD: Final = (_error, _detail, _error_code, _status)


def _code(body: Mapping[str, Json]) -> int | None:
    inner = (body.get("error"), body.get("status"))
    for where in (body, *(value for value in inner if isinstance(value, dict))):
        for key in _CODES:
            code: Json = where.get(key)
            if type(code) is int and 400 <= code < 600:
                return code
    return None
