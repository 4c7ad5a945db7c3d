"""The pages of the dashboard, in the order of the navigation: a new one is one file and a line."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_FOLDER: Final = Path(__file__).parent / "pages"


@dataclass(frozen=True, slots=True)
class PageEntry:
    """
    One page of the navigation.

    Parameters
    ----------
    name : str
        As in `domain.links.PAGES`; its titles are ``pages.<name>.title`` and ``pages.<name>.help``.
    icon : str
    """

    name: str
    icon: str

    @property
    def path(self) -> Path:
        """Its file."""
        return _FOLDER / f"{self.name}.py"


SECTIONS: Final[Mapping[str, tuple[PageEntry, ...]]] = {
    "overview": (
        PageEntry("fleet", ":material/grid_view:"),
        PageEntry("alerts", ":material/notifications:"),
        PageEntry("data", ":material/database:"),
    ),
    "investigate": (
        PageEntry("drift", ":material/waves:"),
        PageEntry("slo", ":material/speed:"),
        PageEntry("versions", ":material/compare_arrows:"),
        PageEntry("performance", ":material/fact_check:"),
    ),
    "export": (PageEntry("reports", ":material/description:"),),
}
# the page that the script of this thread shows: set by `app.main`, read by `app.frame`
shown: ContextVar[PageEntry] = ContextVar("shown")


def entry(name: str) -> PageEntry:
    """Return a page by its name; a KeyError is a fault of the code."""
    return {page.name: page for pages in SECTIONS.values() for page in pages}[name]


def present() -> Mapping[str, tuple[PageEntry, ...]]:
    """Return the sections with the pages whose file is there."""
    found = {
        section: tuple(page for page in pages if page.path.exists())
        for section, pages in SECTIONS.items()
    }
    return {section: pages for section, pages in found.items() if pages}
