"""Trace and span ids as W3C writes them, however a log spelled them."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

_TRACE_DIGITS: Final = 32
_SPAN_DIGITS: Final = 16
_HEX: Final = re.compile(r"[0-9a-f]+")
_DECIMAL: Final = re.compile(r"[0-9]+")


def trace_id_of(text: str) -> str | None:
    """
    Return a trace id as 32 hexadecimal digits in lower case; None where it is none.

    Parameters
    ----------
    text : str
        As `hex_id` takes it. Half an id, as B3 has it, is filled up with zeros.

    Examples
    --------
    >>> trace_id_of("0AF7651916CD43DD8448EB211C80319C")
    '0af7651916cd43dd8448eb211c80319c'
    >>> trace_id_of("0" * 32) is None
    True
    """
    return hex_id(text, _TRACE_DIGITS)


def span_id_of(text: str) -> str | None:
    """
    Return a span id as 16 hexadecimal digits in lower case; None where it is none.

    Examples
    --------
    >>> span_id_of("16289263992897695594")  # BentoML writes decimal numbers
    'e20f174c1d3a6f6a'
    """
    return hex_id(text, _SPAN_DIGITS)


def hex_id(text: str, n_digits: int) -> str | None:
    """
    Return an id of `n_digits` hexadecimal digits.

    Parameters
    ----------
    text : str
        Hexadecimal, of that length or shorter; a decimal number that is longer or has no half of
        that length; or base64, as protobuf's own JSON mapping writes bytes.
    n_digits : int

    Returns
    -------
    str or None
        None where it is none of these, or all zeros, which means that there is none.
    """
    lower = text.strip().lower()
    digits = _spelled(lower, n_digits) or _of_bytes(text.strip(), n_digits)
    if digits is None or len(digits) > n_digits or not digits.strip("0"):
        return None
    return digits.rjust(n_digits, "0")


def _spelled(lower: str, n_digits: int) -> str | None:
    if _DECIMAL.fullmatch(lower) and len(lower) not in {n_digits, n_digits // 2}:
        return f"{int(lower):x}" if len(lower) <= 2 * n_digits else None
    return lower if _HEX.fullmatch(lower) and len(lower) <= n_digits else None


def _of_bytes(text: str, n_digits: int) -> str | None:
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return content.hex() if len(content) * 2 == n_digits else None
