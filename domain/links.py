"""Addresses of the dashboard's pages, for the pages themselves and for messages about alerts."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from domain.window import Window

PAGES: Final = (
    "fleet",
    "alerts",
    "data",
    "drift",
    "slo",
    "versions",
    "performance",
    "reports",
)
ROOT: Final = "fleet"


def page_keys(**keys: str | Window | None) -> dict[str, str]:
    """
    Write the keys of an address as text.

    Parameters
    ----------
    **keys
        ``model``, ``version``, ``window``, ``against``, ``lang``, and what a page has besides, for
        example ``column``. None leaves a key out.

    Examples
    --------
    >>> page_keys(model="flight-delay", version="2", window=None)
    {'model': 'flight-delay', 'version': '2'}
    """
    return {name: str(value) for name, value in keys.items() if value is not None}


def page_url(page: str, **keys: str | Window | None) -> str:
    """
    Return the address of a page, from the dashboard's root.

    Parameters
    ----------
    page : str
        One of `PAGES`; the fleet is the root itself.
    **keys
        As in `page_keys`.

    Raises
    ------
    KeyError
        If there is no such page: a fault of the code.

    Examples
    --------
    >>> page_url("drift", model="flight-delay", version="2", column="temp")
    '/drift?model=flight-delay&version=2&column=temp'
    """
    if page not in PAGES:
        raise KeyError(page)
    query = urlencode(page_keys(**keys), safe="/:")
    return ("/" if page == ROOT else f"/{page}") + (f"?{query}" if query else "")
