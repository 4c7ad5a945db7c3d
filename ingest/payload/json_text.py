"""JSON as servers write it: with NaN, with integers of any length, with JSON inside its texts."""

from __future__ import annotations

import json
from typing import Any, Final

import orjson

from ingest.json_columns import NESTING_LIMIT
from ingest.json_exact import UnfitError

# What a parser gives.
Json = Any

# An integer starts behind one of these; of a fraction the digits stand behind a point.
_SHAPES: Final = bytes.maketrans(b"123456789 \t\r\n[:-", b"000000000,,,,,,,")


_DIGITS_OF_64_BITS: Final = 19


def holds_integer(content: bytes, n_digits: int) -> bool:
    """
    Return whether a text may hold an integer of so many digits or more.

    Parameters
    ----------
    content : bytes
        JSON or CSV.
    n_digits : int

    Examples
    --------
    >>> holds_integer(b"[1, 12345]", 5), holds_integer(b"[1, 0.12345]", 5)
    (True, False)
    """
    return b"," + b"0" * n_digits in b"," + content.translate(_SHAPES)


def parse_json(content: bytes) -> Json:
    """
    Parse a body; of a key that is there twice the last counts, as it does for the server.

    Parameters
    ----------
    content : bytes

    Returns
    -------
    object
        Integers of any length are exact; NaN and the infinities, which are no JSON but which
        servers take and give, are None.

    Raises
    ------
    UnfitError
        If it is no JSON.
    """
    # the quick parser makes a float of an integer beyond 64 bits
    if not holds_integer(content, _DIGITS_OF_64_BITS):
        try:
            return orjson.loads(content)
        except orjson.JSONDecodeError:
            pass  # NaN, half of a surrogate pair, or no JSON at all: the other parser tells
    try:
        value = json.loads(content.decode("utf-8-sig"), parse_constant=_none)
        if b"\\u" in content:
            json.dumps(value, ensure_ascii=False).encode()
    except _FAULTS as error:
        raise _unfit(error) from error
    return value


def parse_record(line: bytes) -> Json:
    """
    Parse a line or an item of a log, as `parse_json` does a body.

    Parameters
    ----------
    line : bytes

    Raises
    ------
    UnfitError
        If it is no JSON.
    """
    try:
        return parse_json(line)
    except UnfitError as unfit:
        if unfit.reason != "bad_body":
            raise
        raise UnfitError("bad_json", **unfit.values) from unfit


def _none(_: str) -> None:
    return None


# of ValueError itself: an integer of thousands of digits
_FAULTS: Final = (UnicodeError, RecursionError, ValueError)


def _unfit(error: Exception) -> UnfitError:
    if isinstance(error, UnicodeDecodeError):
        return UnfitError("invalid_utf8", value=error.start + 1)
    if isinstance(error, UnicodeEncodeError):
        return UnfitError("bad_body", value="half of a surrogate pair")
    if isinstance(error, RecursionError):
        return UnfitError("too_deep", value=NESTING_LIMIT)
    return UnfitError("bad_body", value=str(error))


def opened(texts: list[str]) -> list[Json]:
    """
    Return the values of texts that are all JSON objects or lists; other texts as they are.

    Parameters
    ----------
    texts : list of str
    """
    if not all(text.lstrip().startswith(("{", "[")) for text in texts):
        return list(texts)
    try:
        return [parse_json(text.encode()) for text in texts]
    except (UnfitError, UnicodeEncodeError):
        return list(texts)
