"""The sentence on top of a page."""

from __future__ import annotations

import streamlit as st

from app.components.chips import TONES
from app.components.markdown import plain
from reports.judgement import Tone


def banner(tone: Tone, claim: str, facts: str = "") -> None:
    """
    Draw the sentence that a page opens with: colour and icon by its tone, the claim in bold.

    Parameters
    ----------
    tone : Tone
    claim, facts : str
        Plain text.
    """
    icon = f":material/{TONES[tone][1]}:"
    text = f"**{plain(claim)}**" + (f"  \n{plain(facts)}" if facts else "")
    if tone is Tone.UNKNOWN:
        with st.container(border=True):
            st.markdown(f"{icon} {text}")
        return
    draw = {
        Tone.CRITICAL: st.error,
        Tone.WARNING: st.warning,
        Tone.INFO: st.info,
        Tone.OK: st.success,
    }
    draw[tone](text, icon=icon)
