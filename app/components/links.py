"""Links from page to page: they carry what they point at, so that they can be shared."""

from __future__ import annotations

import streamlit as st

from app import site
from domain.links import page_keys
from domain.window import Window


def page_link(label: str, page: str, *, primary: bool = False, **keys: str | Window | None) -> None:
    """
    Draw a link to a page.

    Parameters
    ----------
    label : str
    page : str
        One of `domain.links.PAGES`.
    primary : bool, default=False
        The one thing to do on a card.
    **keys
        What it points at: `model` and `version` always, `window` unless it is the newest, and the
        page's own, as in `domain.links.page_keys`.
    """
    text = f"**:primary[{label}]**" if primary else label
    st.page_link(
        site.entry(page).path,
        label=text,
        icon=":material/arrow_forward:",
        icon_position="right",
        help="",
        query_params=with_language(page_keys(**keys)),
    )


def go(page: str, **keys: str | Window | None) -> None:
    """Go to a page at once, for example to the one that a clicked row stands for."""
    st.switch_page(site.entry(page).path, query_params=with_language(page_keys(**keys)))


def with_language(keys: dict[str, str]) -> dict[str, str]:
    """Add the language that the address asks for, so that it stays."""
    lang = st.query_params.get("lang")
    return {**keys, "lang": lang} if lang else keys
