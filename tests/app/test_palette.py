"""One palette: the code, Streamlit's configuration and the report's style sheet agree."""

import re
import tomllib
from pathlib import Path

import pytest

from app.palette import DARK, LIGHT, of
from reports.heatmap import LEVELS

ROOT = Path(__file__).parents[2]
CONFIG = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
BOTH = pytest.mark.parametrize(("name", "palette"), [("light", LIGHT), ("dark", DARK)])
# a role of the palette, what config.toml calls it, what the report's style sheet calls it
IN_CONFIG = {
    "current": "primaryColor",
    "critical": "redColor",
    "warning": "orangeColor",
    "ok": "greenColor",
    "reference": "grayColor",
    "third": "violetColor",
    "text": "textColor",
    "border": "borderColor",
    "background": "backgroundColor",
    "surface": "secondaryBackgroundColor",
    "muted": "dataframeHeaderTextColor",
}
IN_REPORT = {
    "reference": "reference",
    "current": "current",
    "critical": "critical",
    "warning": "warning-mark",
    "text": "text",
    "muted": "muted",
    "grid": "grid",
    "border": "border",
    "background": "page",
    "surface": "raised",
    "third": "third",
}


def report_colours(name):
    """Return the variables of the report's style sheet in one scheme."""
    css = (ROOT / "reports" / "templates" / "report.css").read_text(encoding="utf-8")
    light, dark = re.findall(r":root \{(.*?)\}", css, re.DOTALL)[:2]
    return dict(re.findall(r"--([\w-]+): (#\w+);", light if name == "light" else dark))


def full(colour):
    """Write a colour of three digits with six, in capitals."""
    digits = colour.lstrip("#").upper()
    return "#" + ("".join(2 * digit for digit in digits) if len(digits) == 3 else digits)


def luminance(colour):
    """Return the relative luminance of WCAG 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    """Return the contrast ratio of WCAG 2.2, from 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@BOTH
def test_streamlit_is_configured_with_the_palette(name, palette):
    theme = CONFIG["theme"][name]
    expected = {key: getattr(palette, role) for role, key in IN_CONFIG.items()}
    assert {key: theme[key] for key in expected} == expected


@BOTH
def test_the_report_has_the_same_colours_for_the_same_roles(name, palette):
    css = report_colours(name)
    expected = {variable: getattr(palette, role) for role, variable in IN_REPORT.items()}
    assert {variable: full(css[variable]) for variable in expected} == expected


@BOTH
def test_the_steps_of_the_heatmap_are_the_reports(name, palette):
    css = report_colours(name)
    assert [full(css[f"heat-{level}"]) for level in LEVELS] == list(palette.heat)


@BOTH
def test_chips_have_the_reports_tints_and_words(name, palette):
    css, theme = report_colours(name), CONFIG["theme"][name]
    for colour, role in {
        "red": "critical",
        "orange": "warning",
        "green": "ok",
        "blue": "info",
        "gray": "unknown",
    }.items():
        assert theme[f"{colour}BackgroundColor"] == full(css[f"{role}-tint"]), colour
        assert theme[f"{colour}TextColor"] == full(css[role]), colour


@BOTH
def test_words_can_be_read_on_what_they_stand_on(name, palette):
    theme = CONFIG["theme"][name]
    for colour in ("red", "orange", "green", "blue", "gray"):
        tint = theme[f"{colour}BackgroundColor"]
        assert contrast(theme[f"{colour}TextColor"], tint) >= 4.5, colour
    for ground in (palette.background, palette.surface):
        assert contrast(palette.text, ground) >= 7
        assert contrast(palette.muted, ground) >= 4.5
        for mark in (palette.reference, palette.current, palette.ok, palette.warning):
            assert contrast(mark, ground) >= 2.9, mark


def test_before_the_browser_has_said_its_theme_it_is_light():
    assert of(None) is of("light") is LIGHT
    assert of("dark") is DARK


def test_both_themes_are_configured_in_full():
    # a key set in one scheme only would be the other's default there
    assert set(CONFIG["theme"]["light"]) == set(CONFIG["theme"]["dark"])


def test_nothing_is_reported_to_anybody_and_only_this_machine_is_served():
    assert CONFIG["browser"]["gatherUsageStats"] is False
    assert CONFIG["client"]["showErrorDetails"] == "none"
    assert CONFIG["server"]["address"] == "127.0.0.1"
