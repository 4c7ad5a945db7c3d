"""Names from the logs inside Streamlit's markdown."""

from __future__ import annotations

import re
from typing import Final

_SPECIAL: Final = re.compile(r"([\\`*_\[\]$~<>#|]|:(?=[a-zA-Z+-]))")
# what becomes a link without any markup, also behind a backslash: an address, and one of mail
_LINK: Final = re.compile(
    r"(?:https?|mailto|xmpp)(?=:)|www(?=\.)|(?<=[\w.+-])(?=@[\w-]+\.)", re.IGNORECASE
)
_WORD_JOINER: Final = "\u2060"  # has no width and breaks no line


def plain(text: str) -> str:
    """Escape a name or sentence, so that nothing in it is taken for markup or a link."""
    unlinked = _LINK.sub(rf"\g<0>{_WORD_JOINER}", text.replace("\n", " "))
    return _SPECIAL.sub(r"\\\1", unlinked)


def code(name: str) -> str:
    """Write a column's name in code font; a backtick cannot stand inside and becomes a quote."""
    return f"`{name.replace('`', chr(0x2019)).replace(chr(10), ' ')}`"
