"""Chips: what a colour means is always said by an icon and a word as well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from domain.catalogue import say
from domain.finding import Severity, Verdict
from domain.incident import AlertState
from monitors.views.fleet import Health
from reports.judgement import Tone

_SEVERITY: Final[Mapping[Severity, tuple[str, str]]] = {
    Severity.CRITICAL: ("red", "error"),
    Severity.WARNING: ("orange", "warning"),
    Severity.INFO: ("blue", "info"),
}
_VERDICT: Final[Mapping[Verdict, tuple[str, str]]] = {
    Verdict.DRIFTED: ("red", "trending_up"),
    Verdict.BLIND: ("gray", "visibility_off"),
    Verdict.INCONCLUSIVE: ("gray", "help"),
    Verdict.OK: ("green", "check_circle"),
}
_HEALTH: Final[Mapping[Health, tuple[str, str]]] = {
    Health.CRITICAL: ("red", "error"),
    Health.FAILED: ("red", "sync_problem"),
    Health.WARNING: ("orange", "warning"),
    Health.STALE: ("orange", "hourglass_disabled"),
    Health.UNJUDGED: ("gray", "help"),
    Health.OK: ("green", "check_circle"),
    Health.RETIRED: ("gray", "bedtime"),
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


def verdict_chip(verdict: Verdict, language: str) -> str:
    """Return the chip of a verdict, as markdown."""
    return _chip(_VERDICT[verdict], say(f"report.verdict.{verdict}", language))


def health_chip(health: Health, language: str) -> str:
    """Return the chip of a deployment's health, as markdown."""
    return _chip(_HEALTH[health], say(f"pages.health.{health}", language))


def state_chip(state: AlertState, language: str) -> str:
    """Return the chip of an incident's state, as markdown: colour is left to its severity."""
    icon = "check" if state is AlertState.RESOLVED else "schedule"
    return _chip(("gray", icon), say(f"report.state.{state}", language))


def health_colour(health: Health) -> str:
    """Return the colour of a health, for a table's column of chips."""
    return _HEALTH[health][0]


def severity_colours(language: str) -> dict[str, str]:
    """Return every word for a severity and its colour, for a table's column of chips."""
    return {
        say(f"report.severity.{key}", language): colour for key, (colour, _) in _SEVERITY.items()
    }


def verdict_colours(language: str) -> dict[str, str]:
    """Return every word for a verdict and its colour, for a table's column of chips."""
    return {say(f"report.verdict.{key}", language): colour for key, (colour, _) in _VERDICT.items()}


def _chip(look: tuple[str, str], word: str) -> str:
    colour, icon = look
    return f":{colour}-badge[:material/{icon}: {word}]"
