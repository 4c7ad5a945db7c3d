"""Fleet: how every deployment stands, and what needs attention."""

from __future__ import annotations

import streamlit as st

from app import fetch
from app.context import Context
from app.frame import show


def draw(context: Context) -> None:
    """Draw the page."""
    fleet = fetch.fleet(context)
    for deployment in fleet.deployments:
        st.write(deployment.deployment.model, deployment.deployment.version)


show(draw, needs="nothing")
