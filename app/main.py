"""The entry of the dashboard: page configuration, navigation, and the page that was asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import streamlit as st

from app import site
from app.navigation import draw_navigation
from app.reader import language
from domain.catalogue import say
from domain.links import ROOT

ICON: Final = Path(__file__).parent / "assets" / "logo.svg"


def main() -> None:
    """Draw the page that the address names, with the navigation beside it."""
    words = language()
    pages = {
        entry: st.Page(
            entry.path,
            title=say(f"pages.{entry.name}.title", words),
            url_path=entry.name,
            default=entry.name == ROOT,
            help=say(f"pages.{entry.name}.help", words),
        )
        for entries in site.present().values()
        for entry in entries
    }
    # the links of the navigation are our own: Streamlit's drop what is chosen
    chosen = st.navigation(list(pages.values()), position="hidden")
    # a file, and no icon for the pages above: the browser would fetch one of Material's for its tab
    # from a foreign host
    st.set_page_config(page_icon=ICON, layout="wide", page_title=f"{chosen.title} · Driftline")
    site.shown.set(next(entry for entry, page in pages.items() if page == chosen))
    draw_navigation(words)
    chosen.run()
