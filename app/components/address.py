"""Controls of one page that live in its address."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from app.components.markdown import plain
from domain.catalogue import say


def bound_select(
    key: str, label: str, options: Sequence[str], words: Callable[[str], str], default: str
) -> str:
    """
    Draw a choice whose value is a key of the address, and return it.

    Parameters
    ----------
    key : str
        Of the address, for example ``"span"``.
    label : str
    options : sequence of str
        What stands in the address, never a translated word.
    words : callable
        What the reader sees for an option.
    default : str
        Chosen, and left out of the address, where it asks for nothing that is there.
    """
    st.session_state[key] = _asked(key, options, default)
    return st.selectbox(
        label, options, format_func=words, key=key, on_change=_chosen, args=(key, default)
    )


def bound_segments(
    key: str, label: str, options: Sequence[str], words: Callable[[str], str], default: str
) -> str:
    """Draw a few choices side by side; parameters and value as of `bound_select`."""
    chosen = _asked(key, options, default)
    st.session_state[key] = chosen
    st.segmented_control(
        label,
        options,
        format_func=words,
        key=key,
        required=True,
        on_change=_chosen,
        args=(key, default),
    )
    return chosen


def warn_unknown(key: str, options: Sequence[str], shown: str, language: str) -> None:
    """
    Warn where the address asks for a choice that is not there, and say what is shown instead.

    Parameters
    ----------
    key : str
    options : sequence of str
        What stands in the address.
    shown : str
        In words.
    language : {"en", "zh"}
    """
    asked = st.query_params.get(key)
    if asked is None or asked in options:
        return
    instead = say("pages.unknown.instead", language, shown=shown)
    text = f"{say('pages.unknown.choice', language, asked=asked)} {instead}"
    st.warning(plain(text), icon=":material/search_off:")


def _asked(key: str, options: Sequence[str], default: str) -> str:
    asked = st.query_params.get(key, default)
    return asked if asked in options else default


def _chosen(key: str, default: str) -> None:
    value = st.session_state[key]
    if value is None or value == default:
        st.query_params.pop(key, None)
    else:
        st.query_params[key] = value
