"""What the address asks to see, checked against what is there; never silently something else."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from domain.errors import InvalidWindowError
from domain.links import page_keys
from domain.window import Window
from monitors.views.drift import Against
from monitors.views.fleet import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """
    What a page shows.

    Parameters
    ----------
    model, version : str
    window : Window or None
        None: the newest judged one.
    against : Against
        What a picture shows as its reference.
    """

    model: str
    version: str
    window: Window | None = None
    against: Against = Against.CONFIGURED

    def keys(self) -> dict[str, str]:
        """Return it as the keys of an address; what is usual is left out."""
        against = None if self.against is Against.CONFIGURED else self.against.value
        return page_keys(
            model=self.model, version=self.version, window=self.window, against=against
        )


@dataclass(frozen=True, slots=True)
class Notice:
    """
    The address asked for something that is not there.

    Parameters
    ----------
    what : {"model", "version", "window", "against", "column"}
    asked : str
    nearest : str or None
        The known name most like it; None where none is.
    shown : str
        What is shown instead; for a window ``""``: the newest.
    """

    what: str
    asked: str
    nearest: str | None
    shown: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """A selection, what is to be told about it, and the model it looks at."""

    selection: Selection
    target: Target
    notices: tuple[Notice, ...]


def parse(keys: Mapping[str, str], targets: Sequence[Target]) -> Parsed:
    """
    Read a selection from the keys of an address.

    Parameters
    ----------
    keys : mapping of str to str
        Unknown keys are a page's own and left alone.
    targets : sequence of Target
        At least one; the first is shown where no model is asked for.
    """
    notices: list[Notice] = []
    names = [target.model for target in targets]
    model = _known("model", keys.get("model"), names, notices)
    target = targets[names.index(model)]
    # a version of a model that is not there says nothing about the one shown instead
    wanted = None if notices else keys.get("version")
    version = _known("version", wanted, target.versions, notices)
    return Parsed(
        Selection(
            model=model,
            version=version,
            window=_window(keys.get("window"), target, notices),
            against=_against(keys.get("against"), notices),
        ),
        target,
        tuple(notices),
    )


def _known(what: str, asked: str | None, known: Sequence[str], notices: list[Notice]) -> str:
    if asked is None:
        return known[0]
    if asked in known:
        return asked
    close = nearest(asked, known)
    shown = close or known[0]
    notices.append(Notice(what, asked, close, shown))
    return shown


def nearest(asked: str, known: Iterable[str]) -> str | None:
    """Return the known name most like the one asked for; None where none is."""
    found = difflib.get_close_matches(asked, list(known), n=1, cutoff=0.5)
    return found[0] if found else None


def _window(asked: str | None, target: Target, notices: list[Notice]) -> Window | None:
    if asked is None or asked == "newest":
        return None
    try:
        window = Window.parse(asked)
    except InvalidWindowError:
        notices.append(Notice("window", asked, None, ""))
        return None
    if any(judged.window == window for judged in target.windows):
        return window
    closest = _closest(window, target)
    notices.append(Notice("window", asked, None, str(closest or "")))
    return closest


def _closest(window: Window, target: Target) -> Window | None:
    """Return the judged window that starts nearest to the one asked for."""
    starts = [judged.window for judged in target.windows]
    return min(starts, key=lambda w: abs(w.start - window.start), default=None)


def _against(asked: str | None, notices: list[Notice]) -> Against:
    known = [against.value for against in Against]
    return Against(_known("against", asked, known, notices))
