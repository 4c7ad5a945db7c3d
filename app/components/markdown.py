"""Names from the logs inside Streamlit's markdown."""

from __future__ import annotations

import re
from typing import Final

_SPECIAL: Final = re.compile(r"([\\`*_\[\]$~<>#|]|:(?=[a-zA-Z+-]))")


def plain(text: str) -> str:
    """Escape a name or sentence, so that nothing in it is taken for markup."""
    return _SPECIAL.sub(r"\\\1", text.replace("\n", " "))


def code(name: str) -> str:
    """Write a column's name in code font; a backtick cannot stand inside and becomes a quote."""
    return f"`{name.replace('`', chr(0x2019)).replace(chr(10), ' ')}`"
