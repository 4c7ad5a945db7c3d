"""What the replicas of a deployment used, beneath its latency."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app import fetch
from app.charts import resources as chart
from app.charts.style import CONFIG
from app.components.markdown import plain
from app.context import Context
from app.queries import resources
from app.queries.levels import Course
from domain.window import Window
from reports import numbers


def draw_resources(
    context: Context, span: Window, calls: Course, shades: Sequence[tuple[Window, str]]
) -> None:
    """
    Draw CPU, memory, graphics cards and the number of replicas; without any, how to send them.

    Parameters
    ----------
    context : Context
    span : Window
        As the charts of calls have it.
    calls : Course
    shades : sequence of (Window, str)
        Incidents.
    """
    language = context.language
    shown = resources.course(fetch.resources(context, span))
    if shown is None:
        st.subheader(context.say("page_resources.title"), anchor=False)
        st.markdown(f":gray[{context.say('page_resources.none')}]")
        return
    said = context.say(
        "page_resources.note",
        bucket=numbers.length(shown.step_s, language),
        sources=resources.sources(shown),
    )
    st.subheader(context.say("page_resources.title"), anchor=False, help=plain(said))
    if shown.panels:
        told = context.say("page_resources.peaks", peaks=resources.peaks(shown, language))
        st.markdown(f":gray[{plain(told)}]")
    since = resources.silence(shown, calls)
    if since is not None:
        told = context.say("page_resources.silent", since=numbers.moment(since, language))
        st.markdown(f":material/warning: {plain(told)}")
    if shown.panels or shown.replicas:
        figure = chart.resource_use(shown, span, context.palette, language, shades)
        st.plotly_chart(figure, config=CONFIG, theme=None, key="slo-resources")
