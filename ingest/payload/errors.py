"""Answers that are errors: how the servers spell them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ingest.exchange import Decoded
from ingest.payload.json_text import Json

_ANSWERS: Final = ("predictions", "outputs", "result", "data", "choices", "prediction")
_CODES: Final = ("code", "status", "status_code", "statusCode")
# MLflow's scoring server answers its errors with these, and names them in the body
# (mlflow.exceptions); what it does not know is a 500, but others name errors of their own
_NAMED: Final = {
    "BAD_REQUEST": 400,
    "INVALID_PARAMETER_VALUE": 400,
    "RESOURCE_ALREADY_EXISTS": 400,
    "CUSTOMER_UNAUTHORIZED": 401,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "ENDPOINT_NOT_FOUND": 404,
    "NOT_FOUND": 404,
    "RESOURCE_DOES_NOT_EXIST": 404,
    "ABORTED": 409,
    "ALREADY_EXISTS": 409,
    "RESOURCE_CONFLICT": 409,
    "REQUEST_LIMIT_EXCEEDED": 429,
    "RESOURCE_EXHAUSTED": 429,
    "CANCELLED": 499,
    "DATA_LOSS": 500,
    "INTERNAL_ERROR": 500,
    "INVALID_STATE": 500,
    "NOT_IMPLEMENTED": 501,
    "TEMPORARILY_UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}


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
    """Seldon: its protocol names the flag, its Python wrapper numbers it, with the code -1."""
    status = body.get("status")
    if not isinstance(status, dict):
        return None
    flag: Json = status.get("status")
    failed = flag == "FAILURE" or (type(flag) is int and flag == 1)
    return status.get("info", "") if failed else None


_TOLD: Final = (_error, _detail, _error_code, _status)


def _code(body: Mapping[str, Json]) -> int | None:
    inner = (body.get("error"), body.get("status"))
    for where in (body, *(value for value in inner if isinstance(value, dict))):
        for key in _CODES:
            code: Json = where.get(key)
            if type(code) is int and 400 <= code < 600:
                return code
    named = body.get("error_code")
    return _NAMED.get(named) if isinstance(named, str) else None
