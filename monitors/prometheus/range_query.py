"""`query_range` of Prometheus' HTTP interface: one question, and its answer as arrays."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final, Self

import httpx
import numpy as np
import orjson
from numpy.typing import NDArray

from domain.errors import InputError
from monitors.prometheus_config import PrometheusConfig

Float = NDArray[np.float64]
Int = NDArray[np.int64]

# Prometheus refuses more for one series
MOST_POINTS: Final = 11_000
MOST_BYTES: Final = 32 * 1024 * 1024
_CONNECT_S: Final = 5.0
_SILENCE_S: Final = 15.0
_WHOLE_S: Final = 30.0
# of what a server says about a query that it refuses
_QUOTED: Final = 300


class RefusedQueryError(InputError):
    """The server answers, and cannot answer this query."""


@dataclass(frozen=True, slots=True, eq=False)
class RangeSeries:
    """
    The values of one series over a span.

    Parameters
    ----------
    labels : mapping of str to str
    seconds : ndarray of float64, shape (n,)
        Since 1970, ascending; times without a value are left out.
    values : ndarray of float64, shape (n,)
        May hold NaN and infinities.
    """

    labels: Mapping[str, str]
    seconds: Float
    values: Float


class RangeQueries:
    """
    Asks one server; used by one thread, and closed at its end.

    Redirects are not followed: the token is for the address that was configured. Nothing is taken
    from the environment, proxies neither.

    Parameters
    ----------
    config : PrometheusConfig
    """

    def __init__(self, config: PrometheusConfig) -> None:
        self._url = config.url
        secret = None if config.token is None else config.token.get_secret_value()
        # an answer that is packed could unpack to any size
        headers = {"Accept-Encoding": "identity"}
        if secret is not None and config.user is None:
            headers["Authorization"] = f"Bearer {secret}"
        self._client = httpx.Client(
            headers=headers,
            auth=(config.user, secret) if config.user is not None and secret is not None else None,
            timeout=httpx.Timeout(_SILENCE_S, connect=_CONNECT_S),
            follow_redirects=False,
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def ask(self, query: str, start: datetime, end: datetime, step_s: int) -> list[RangeSeries]:
        """
        Return the series of a query.

        Parameters
        ----------
        query : str
            PromQL.
        start, end : datetime
            The times of the first value and of the last at most; `MOST_POINTS` fit between.
        step_s : int
            From one value to the next.

        Raises
        ------
        RefusedQueryError
            If the server cannot answer this query, or the answer is too large.
        InputError
            If nobody answers, or somebody who is no Prometheus.
        """
        form = {
            "query": query,
            "start": f"{start.timestamp():.3f}",
            "end": f"{end.timestamp():.3f}",
            "step": str(step_s),
            "timeout": f"{_SILENCE_S:.0f}s",
        }
        try:
            status, body = self._post(form)
        except httpx.HTTPError as error:
            why = str(error) or type(error).__name__
            raise InputError(f"Prometheus at {self._url} does not answer: {_said(why)}") from error
        if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
            raise InputError(
                f"{self._url} sends elsewhere (status {status}), which is not followed; set "
                "prometheus.url to where it leads"
            )
        return self._series(status, body)

    def _post(self, form: Mapping[str, str]) -> tuple[int, bytes]:
        until = time.monotonic() + _WHOLE_S
        body = bytearray()
        address = f"{self._url}/api/v1/query_range"
        with self._client.stream("POST", address, data=form) as response:
            if response.headers.get("content-encoding", "identity") != "identity":
                raise InputError(f"{self._url} packs its answers although it was asked not to")
            for part in response.iter_raw():
                body += part
                if len(body) > MOST_BYTES:
                    raise RefusedQueryError(
                        f"the answer is larger than {MOST_BYTES >> 20} MB: let the query name "
                        'fewer series, as with {pod=~"{replica}"}'
                    )
                if time.monotonic() > until:
                    raise InputError(f"{self._url} takes longer than {_WHOLE_S:.0f} s to answer")
        return response.status_code, bytes(body)

    def _series(self, status: int, body: bytes) -> list[RangeSeries]:
        try:
            told = orjson.loads(body)
        except orjson.JSONDecodeError:
            told = None
        if isinstance(told, dict) and told.get("status") == "error":
            why = f"{told.get('errorType')}: {told.get('error')}"
            raise RefusedQueryError(f"Prometheus refuses (status {status}): {_said(why)}")
        if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise InputError(
                f"{self._url} refuses the token (status {status}); see prometheus.token"
            )
        try:
            return [_one(series) for series in _matrix(told)]
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise InputError(
                f"{self._url} answers as no Prometheus does (status {status}); is its address "
                "complete, up to before /api?"
            ) from error


def _matrix(told: Any) -> list[Any]:  # noqa: ANN401 (JSON)
    if told["status"] != "success" or told["data"]["resultType"] != "matrix":
        raise ValueError
    found: list[Any] = told["data"]["result"]
    return found


def _one(series: Mapping[str, Any]) -> RangeSeries:
    """Read one series: pairs of seconds and a number as text."""
    labels = {str(name): str(value) for name, value in series["metric"].items()}
    # one of native histograms has no `values`
    pairs = series.get("values") or []
    seconds, values = zip(*pairs, strict=True) if pairs else ((), ())
    return RangeSeries(
        labels, np.array(seconds, np.float64), np.array(values, np.str_).astype(np.float64)
    )


def _said(text: str) -> str:
    """Return what a server said, on one line."""
    shown = "".join(sign if sign.isprintable() else " " for sign in text)
    return shown if len(shown) <= _QUOTED else shown[:_QUOTED] + "…"
