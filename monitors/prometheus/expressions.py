"""Queries as they are asked: with the names of replicas and models put in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from monitors.prometheus_config import MODEL, REPLICA

# of one question; a name of a pod has 40 letters
MOST_REPLICAS: Final = 200
_SPECIAL: Final = frozenset(r"\.+*?()|[]{}^$")


@dataclass(frozen=True, slots=True)
class Expression:
    """
    One question.

    Parameters
    ----------
    query : str
    model : str or None
        Whose series are asked for; None: their labels tell.
    """

    query: str
    model: str | None


def expressions(
    query: str, models: Mapping[str, Sequence[str]], replicas: Sequence[str]
) -> Iterator[Expression]:
    """
    Yield the questions of one query.

    Parameters
    ----------
    query : str
        May hold ``{model}`` and ``{replica}``, inside of a regular expression in quotes.
    models : mapping of str to sequence of str
        Our models, and what Prometheus calls them.
    replicas : sequence of str
        That have answered calls; without any, a query that names them asks for nothing.
    """
    asked = sorted(models) if MODEL in query else [None]
    parts = [replicas[i : i + MOST_REPLICAS] for i in range(0, len(replicas), MOST_REPLICAS)]
    for model in asked:
        named = query if model is None else query.replace(MODEL, one_of(models[model]))
        for part in parts if REPLICA in query else [()]:
            yield Expression(named.replace(REPLICA, one_of(part)), model)


def one_of(names: Sequence[str]) -> str:
    r"""
    Return a regular expression that matches some names, as it stands between quotes of PromQL.

    Parameters
    ----------
    names : sequence of str
        They come from logs: whatever they hold, they stay names.

    Examples
    --------
    >>> print(one_of(["pod-1", 'a.b"']))
    (pod-1|a\\.b\x22)
    """
    return f"({'|'.join(_quoted(_escaped(name)) for name in names)})"


def _escaped(name: str) -> str:
    return "".join("\\" + sign if sign in _SPECIAL else sign for sign in name)


def _quoted(text: str) -> str:
    # a quote of the other kind may not stand behind a backslash
    text = text.replace("\\", "\\\\").replace('"', "\\x22").replace("'", "\\x27")
    return text.replace("\n", "\\n").replace("\r", "\\r")
