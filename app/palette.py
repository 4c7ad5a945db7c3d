"""The dashboard's colours in one place; `.streamlit/config.toml` and the report have the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Palette:
    """
    Colours by what they mean; a meaning never rests on colour alone.

    Parameters
    ----------
    reference, reference_fill : str
        The baseline: lines and filled bars.
    current, current_fill : str
        What is judged: lines and bands.
    ok, warning, critical : str
        Marks of a judgement. Words on a tint take Streamlit's own text colours.
    text, muted, grid, border, background, surface : str
    third : str
        A third series.
    heat : tuple of 5 str
        Steps of a reading from quiet to three times its alarm line, as `reports.heatmap.LEVELS`.
    """

    reference: str
    reference_fill: str
    current: str
    current_fill: str
    ok: str
    warning: str
    critical: str
    text: str
    muted: str
    grid: str
    border: str
    background: str
    surface: str
    third: str
    heat: tuple[str, str, str, str, str]


LIGHT: Final = Palette(
    reference="#8C93A1",
    reference_fill="rgba(140, 147, 161, 0.32)",
    current="#0B62C4",
    current_fill="rgba(11, 98, 196, 0.14)",
    ok="#15867E",
    warning="#B87D00",
    critical="#A8123E",
    text="#1B2430",
    muted="#5A6675",
    grid="#E8ECF0",
    border="#DDE2E8",
    background="#FFFFFF",
    surface="#F7F8FA",
    third="#7A4FBF",
    heat=("#E9EDF2", "#F0D9A4", "#DC7F97", "#BF3A5F", "#7D0C2E"),
)
DARK: Final = Palette(
    reference="#8B93A3",
    reference_fill="rgba(139, 147, 163, 0.34)",
    current="#5EB0FF",
    current_fill="rgba(94, 176, 255, 0.17)",
    ok="#7FDCD2",
    warning="#FFC042",
    critical="#FF7D95",
    text="#E6E9EE",
    muted="#A9B3C1",
    grid="#272D36",
    border="#313843",
    background="#14171C",
    surface="#1A1E25",
    third="#B795F0",
    heat=("#222831", "#5B4715", "#8A2F46", "#C7405F", "#FF7D95"),
)


def of(theme_type: str | None) -> Palette:
    """Return the palette of a theme: ``"dark"``, or ``"light"`` and before the browser has said."""
    return DARK if theme_type == "dark" else LIGHT
