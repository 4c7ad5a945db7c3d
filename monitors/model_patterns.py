"""Patterns of model names in a configuration."""

from __future__ import annotations

import re


def matches(pattern: str, model: str) -> bool:
    """Return whether a model has a name of a pattern: ``*`` is any letters, ``?`` is one."""
    shape = "".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    return re.fullmatch(shape, model, re.DOTALL) is not None


def closeness(pattern: str) -> tuple[bool, int, str]:
    """Sort key: an exact name beats a pattern, more literal characters beat fewer."""
    literal = len(pattern.replace("*", "").replace("?", ""))
    return (literal == len(pattern), literal, pattern)
