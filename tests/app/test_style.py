"""The house style: what every chart has in common, on whatever plotly is installed."""

import json
from datetime import UTC, datetime, timedelta

import plotly.graph_objects as go
import pytest

from app.charts import style
from app.palette import DARK, LIGHT
from domain.window import Window

START = datetime(2013, 7, 1, tzinfo=UTC)
SPAN = Window(START, START + timedelta(days=30))


def drawn(fig):
    """Return a figure as the browser gets it."""
    return json.loads(fig.to_json())


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_a_figure_takes_its_colours_from_the_palette_and_its_ground_from_the_page(palette):
    layout = drawn(style.figure(palette, 240))["layout"]
    assert layout["height"] == 240
    assert layout["font"]["color"] == palette.text
    assert layout["yaxis"]["gridcolor"] == palette.grid
    assert layout["paper_bgcolor"].replace(" ", "") == "rgba(0,0,0,0)"


def test_a_chart_is_to_be_read_and_not_to_be_dragged():
    layout = drawn(style.figure(LIGHT))["layout"]
    assert layout["dragmode"] is False
    assert layout["xaxis"]["fixedrange"] is layout["yaxis"]["fixedrange"] is True
    assert style.CONFIG["displayModeBar"] is False


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_time_axis_spans_what_was_asked_and_hovers_over_all_lines_at_once(language):
    fig = style.figure(LIGHT)
    style.time_axis(fig, SPAN, language)
    layout = drawn(fig)["layout"]
    assert layout["hovermode"] == "x unified"
    first, last = layout["xaxis"]["range"]
    assert first.startswith("2013-07-01")
    assert last.startswith("2013-07-31")
    assert "UTC" in layout["xaxis"]["hoverformat"]


def test_a_name_stands_at_the_end_of_its_line_in_its_colour():
    fig = style.figure(LIGHT, right=60)
    fig.add_trace(go.Scatter(x=[SPAN.start, SPAN.end], y=[1, 2]))
    style.name_line_end(fig, "p99", x=SPAN.end, y=2, color=LIGHT.current, shift_px=8)
    (note,) = drawn(fig)["layout"]["annotations"]
    assert (note["text"], note["y"], note["yshift"]) == ("p99", 2, 8)
    assert note["font"]["color"] == LIGHT.current
    assert drawn(fig)["layout"]["margin"]["r"] == 60


def test_a_threshold_is_drawn_and_named_once():
    fig = style.figure(LIGHT)
    style.line_at(fig, 100, "objective 100 ms", LIGHT.critical)
    layout = drawn(fig)["layout"]
    assert [shape["y0"] for shape in layout["shapes"]] == [100]
    assert [note["text"] for note in layout["annotations"]] == ["objective 100 ms"]


def test_incidents_are_shaded_beneath_the_lines_and_named_where_they_have_a_name():
    fig = style.figure(LIGHT)
    later = Window(START + timedelta(days=9), START + timedelta(days=10))
    style.shade(fig, [(SPAN, "outage"), (later, "")], LIGHT)
    layout = drawn(fig)["layout"]
    assert [shape["layer"] for shape in layout["shapes"]] == ["below", "below"]
    assert [note["text"] for note in layout["annotations"]] == ["outage"]


def test_a_moment_is_marked_over_the_whole_height():
    fig = style.figure(LIGHT)
    style.mark(fig, START, "v2", LIGHT)
    (shape,) = drawn(fig)["layout"]["shapes"]
    assert (shape["y0"], shape["y1"], shape["yref"]) == (0, 1, "paper")
