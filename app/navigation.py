"""The sidebar: sections of pages, whose links carry what is chosen."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import streamlit as st

from app import site
from domain.catalogue import LANGUAGES, say

# what every link carries from the address; a page's own keys stay behind
CARRIED: Final = ("model", "version", "window", "against", "lang")
_NAMES: Final = {"en": "English", "zh": "中文"}
_ASSETS: Final = Path(__file__).parent / "assets"


def carried(keys: Mapping[str, str]) -> dict[str, str]:
    """Return the keys of an address that a link to another page takes along."""
    return {name: keys[name] for name in CARRIED if name in keys}


def draw_navigation(language: str) -> None:
    """Draw the sidebar."""
    keys = carried(st.query_params)
    st.logo(_ASSETS / "wordmark.svg", icon_image=_ASSETS / "logo.svg", size="large")
    with st.sidebar:
        for section, entries in site.present().items():
            st.markdown(f":gray[{say(f'pages.section.{section}', language)}]")
            for entry in entries:
                st.page_link(entry.path, icon=entry.icon, query_params=keys, width="stretch")
        _choose_language(language)


def _choose_language(language: str) -> None:
    st.session_state["language"] = language
    st.segmented_control(
        say("pages.bar.language", language),
        LANGUAGES,
        format_func=_NAMES.__getitem__,
        key="language",
        required=True,
        label_visibility="collapsed",
        on_change=_language_chosen,
    )


def _language_chosen() -> None:
    st.query_params["lang"] = st.session_state["language"]
