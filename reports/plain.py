"""Text that comes from the logs, made harmless for terminals, XML, tables and spreadsheets."""

from __future__ import annotations

import unicodedata

# control, format (bidirectional overrides, zero widths), surrogates, line and paragraph separators
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def printable(text: str) -> str:
    r"""
    Replace what is invisible or steers a terminal by its visible escape.

    A column may be called ``\x1b[2J`` (clears the screen) or carry a right-to-left override
    that makes a name read as another one.

    Examples
    --------
    >>> printable("a\x1b[2J")
    'a\\x1b[2J'
    """
    if text.isprintable():
        return text
    return "".join(_visible(character) for character in text)


def width(text: str) -> int:
    """
    Return how many cells of a terminal a text takes; Chinese characters take two.

    Examples
    --------
    >>> width("drift"), width("漂移")
    (5, 4)
    """
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def shortened(text: str, cells: int) -> str:
    """Cut a text to so many terminal cells; an ellipsis marks the cut."""
    if width(text) <= cells:
        return text
    kept = ""
    for character in text:
        if width(kept + character) > cells - 1:
            break
        kept += character
    return kept + "…"


def _visible(character: str) -> str:
    if unicodedata.category(character) not in _HIDDEN:
        return character
    return character.encode("unicode_escape").decode("ascii")
