"""Chips: what a colour means is always said by an icon and a word as well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from domain.catalogue import say
from domain.finding import Severity
from domain.incident import AlertState
from monitors.views.fleet import Health
from reports.judgement import Tone

_SEVERITY: Final[Mapping[Severity, tuple[str, str]]] = {
    Severity.CRITICAL: ("red", "error"),
    Severity.WARNING: ("orange", "warning"),
    Severity.INFO: ("blue", "info"),
}
_HEALTH: Final[Mapping[Health, str]] = {
    Health.CRITICAL: "red",
    Health.FAILED: "red",
    Health.WARNING: "orange",
    Health.STALE: "orange",
    Health.UNJUDGED: "gray",
    Health.OK: "green",
    Health.RETIRED: "gray",
}
TONES: Final[Mapping[Tone, tuple[str, str]]] = {
    Tone.CRITICAL: ("red", "error"),
    Tone.WARNING: ("orange", "warning"),
    Tone.INFO: ("blue", "info"),
    Tone.OK: ("green", "check_circle"),
    Tone.UNKNOWN: ("gray", "help"),
}


def severity_chip(severity: Severity, language: str) -> str:
    """Return the chip of a severity, as markdown."""
    return _chip(_SEVERITY[severity], say(f"report.severity.{severity}", language))


def state_chip(state: AlertState, language: str) -> str:
    """Return the chip of an incident's state, as markdown: colour is left to its severity."""
    icon = "check" if state is AlertState.RESOLVED else "schedule"
    return _chip(("gray", icon), say(f"report.state.{state}", language))


def health_colour(health: Health) -> str:
    """Return the colour of a health, for a table's column of chips."""
    return _HEALTH[health]


def severity_colours(language: str) -> dict[str, str]:
    """Return every word for a severity and its colour, for a table's column of chips."""
    return {
        say(f"report.severity.{key}", language): colour for key, (colour, _) in _SEVERITY.items()
    }


def _chip(look: tuple[str, str], word: str) -> str:
    colour, icon = look
    return f":{colour}-badge[:material/{icon}: {word}]"
