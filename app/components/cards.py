"""Cards: key numbers in a row, and what stands where there is nothing to show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from app.components.chips import TONES
from app.components.markdown import plain
from reports.judgement import Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """
    One number of a row; all of a row have the same parts.

    Parameters
    ----------
    label, value, note : str
        The note says what the number hangs on, for example ``"2 critical"``.
    tone : Tone
        Of the note.
    help : str
        One sentence: how the number is made.
    """

    label: str
    value: str
    note: str
    tone: Tone = Tone.UNKNOWN
    help: str


def kpi_row(cards: Sequence[Kpi]) -> None:
    """Draw key numbers side by side: four, two or one in a row, as there is room."""
    grid = st.grid(len(cards), min_column_width=165)
    for card in cards:
        grid.metric(
            plain(card.label),
            plain(card.value),
            plain(card.note),
            delta_color=TONES[card.tone][0],  # pyright: ignore[reportArgumentType]
            delta_arrow="off",
            border=True,
            help=card.help,
            height="stretch",
        )


def empty_card(icon: str, title: str, why: str) -> None:
    """
    Say why there is nothing to show.

    Parameters
    ----------
    icon : str
        Name of a Material icon.
    title, why : str
        Plain text.
    """
    with st.container(border=True, horizontal_alignment="center", gap="small"):
        st.space("small")
        st.markdown(f"#### :material/{icon}: {plain(title)}", text_alignment="center")
        st.markdown(plain(why), text_alignment="center")
        st.space("small")
