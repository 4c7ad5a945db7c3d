"""What the browser says of its reader: language and theme."""

from __future__ import annotations

import streamlit as st

from app import palette
from app.palette import Palette
from domain.catalogue import LANGUAGES


def language() -> str:
    """Return the language of the address (``lang``), else the browser's, else English."""
    asked = st.query_params.get("lang")
    if asked in LANGUAGES:
        return str(asked)
    return "zh" if (st.context.locale or "").lower().startswith("zh") else "en"


def colours() -> Palette:
    """Return the palette of the theme that the browser shows."""
    return palette.of(st.context.theme.type)
