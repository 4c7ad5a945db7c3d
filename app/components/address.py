"""Controls of one page that live in its address."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st


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
    asked = st.query_params.get(key, default)
    st.session_state[key] = asked if asked in options else default
    return st.selectbox(
        label, options, format_func=words, key=key, on_change=_chosen, args=(key, default)
    )


def _chosen(key: str, default: str) -> None:
    value = st.session_state[key]
    if value == default:
        st.query_params.pop(key, None)
    else:
        st.query_params[key] = value
