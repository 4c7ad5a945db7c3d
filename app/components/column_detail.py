"""What the Drift page shows of the selected column."""

from __future__ import annotations

import streamlit as st

from app import fetch
from app.charts.distribution import distribution
from app.charts.history import history
from app.charts.style import CONFIG
from app.components.column_table import state_chip
from app.components.markdown import plain
from app.components.slice_table import draw_slices
from app.context import Context
from app.queries.drift import ColumnDetail, baseline_words, detail
from app.queries.shading import shaded
from domain.window import Window
from monitors.column_names import name_of
from monitors.verdicts import unkept
from monitors.views.drift import Against, ColumnHistory, Distribution, DriftView
from reports import numbers
from reports.plain import printable


def draw_column(context: Context, view: DriftView, column: ColumnHistory) -> None:
    """Draw one column: its sentences, its numbers, its distribution and its history."""
    said = detail(column, view.run.window.end, context.language)
    chip = state_chip(said.state, context.language)
    since = "" if column.since is None else f" :gray[{plain(said.since)}]"
    st.markdown(f"### {plain(printable(said.name))} {chip}{since}")
    for sentence in said.sentences:
        st.markdown(plain(sentence))
    _draw_numbers(context, said)
    if said.slices is not None:
        draw_slices(context, said.slices)
    _draw_distribution(context, view, column)
    st.markdown(f"**{context.say('page_drift.section.history')}**")
    _draw_history(context, view, column)


def _draw_numbers(context: Context, said: ColumnDetail) -> None:
    def compared(value: str) -> str:
        return context.say("page_drift.from_reference", value=value)

    readings = " · ".join(f"{name} {value}" for name, value in said.beside)
    cells = (
        ("multiple", said.multiple, context.say("page_drift.line_at")),
        ("rows", said.n_current, compared(said.n_reference)),
        ("missing", said.missing_current, compared(said.missing_reference)),
        ("visible", said.visible, said.visible_note),
    )
    hints = {
        "multiple": context.say("page_drift.help.multiple"),
        "visible": context.say("page_drift.help.visible"),
    }
    if readings:
        hints["multiple"] += " " + context.say("page_drift.beside", readings=readings)
    grid = st.grid(len(cells), min_column_width=110, gap="small")
    for name, value, note in cells:
        grid.metric(
            context.say(f"page_drift.metric.{name}"),
            value,
            note,
            delta_color="gray",
            delta_arrow="off",
            help=hints.get(name),
        )


def _draw_distribution(context: Context, view: DriftView, column: ColumnHistory) -> None:
    against = context.selection.against
    shown = fetch.distribution(context, view.run.window, name_of(column.column), against)
    title = f"**{context.say('page_drift.section.distribution')}**"
    if against is Against.CONFIGURED:
        baseline = baseline_words(shown.reference_name, context.language)
        said = context.say("page_drift.against", name=baseline)
        st.markdown(f"{title} :gray[{plain(said)}]")
    else:
        st.markdown(title)
        said = context.say("page_drift.against.picture_only", name=_reference(context, shown))
        st.info(plain(said), icon=":material/compare:")
    fig = distribution(shown.reference, shown.current, context.palette, context.language)
    if unkept(column.findings, shown.current):
        st.info(context.say("report.note.uncounted"), icon=":material/history:")
    elif fig is None:
        st.markdown(f":gray[{context.say('page_drift.no_distribution')}]")
    if fig is not None:
        st.plotly_chart(fig, config=CONFIG, theme=None, key="drift-distribution")


def _reference(context: Context, shown: Distribution) -> str:
    """Name what the grey side is."""
    if shown.reference_window is None:
        return context.say("page_drift.against.nothing")
    return context.say(
        "page_drift.against.version",
        version=shown.reference_version or numbers.DASH,
        window=numbers.span(shown.reference_window, context.language),
    )


def _draw_history(context: Context, view: DriftView, column: ColumnHistory) -> None:
    span = Window(view.windows[0].start, view.windows[-1].end)
    name = name_of(column.column)
    incidents = [one for one in view.incidents if name in one.subjects]
    fig = history(
        view.windows,
        column.history,
        [window for window, _ in shaded(incidents, span)],
        context.palette,
        context.language,
    )
    if fig is None:
        st.markdown(f":gray[{context.say('page_drift.no_history')}]")
        return
    st.plotly_chart(fig, config=CONFIG, theme=None, key="drift-history")
