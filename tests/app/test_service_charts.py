"""Charts of latency, budgets, calls, replicas, versions and metrics, as the browser gets them."""

import json
import math
from datetime import timedelta
from itertools import pairwise

import pytest

from app import palette
from app.charts import budget, latency, metrics, replicas, shares, throughput
from app.queries import levels, performance, version_course, versions
from app.queries.lines import sides
from domain.finding import Verdict
from domain.window import Window
from tests.app import service_views as made

SPAN = made.span(2)
LOOKS = [(palette.LIGHT, "en"), (palette.DARK, "zh")]
HOUR_MS = 3_600_000


def course(**values):
    return levels.course([made.point(h, **values) for h in range(48)], 3600)


def drawn(fig):
    """The figure as the browser parses it; a NaN or an infinity would fail here."""
    return json.loads(fig.to_json(), parse_constant=lambda word: pytest.fail(f"{word} in a figure"))


def every_figure(look, language):
    points = [made.point(h, failed=h % 3) for h in range(400)]
    long = levels.course(points, 3600)
    span = Window(made.DAY_0, made.DAY_0 + timedelta(hours=400))
    days = 400
    many = made.versions(
        {
            v: [
                made.version_point(i, 1000 + i, measured=made.performance(roc_auc=0.7))
                for i in range(days)
            ]
            for v in ("2", "1")
        }
    )
    quality = made.performance_view(
        [(v, i, made.performance(roc_auc=0.7)) for v in ("2", "1") for i in range(days)],
        [("2", i, made.measured("roc_auc", 0.7)) for i in range(days)],
    )
    colours = sides(["2", "1"], "2", None)
    wide = Window(made.DAY_0, made.day(days).end)
    p99, p50 = versions.latency_lines(many, colours, language)
    (metric,) = performance.courses(quality, "2", colours, language)
    of_version = performance.of_version(quality, "2")
    bundle = [(f"pod-{i}", long) for i in range(12)]
    return {
        "slo": [
            latency.percentiles(long, span, look, language, limit_ms=100.0, logarithmic=True),
            throughput.calls(long, span, look, language),
            throughput.failures(long, span, look, language),
            budget.burn_down(
                levels.burn_down(made.objective([1] * 90, period_days=90)), wide, look, language
            ),
            replicas.replicas(bundle, span, look, language, blamed="pod-3"),
        ],
        "versions": [
            shares.shares(versions.shares(many), wide, colours, look, language),
            metrics.versions(p99, wide, look, language, unit=" ms", beneath=p50),
            metrics.versions(
                versions.metric_lines(many, "roc_auc", colours, language),
                wide,
                look,
                language,
                unit="",
            ),
        ],
        "performance": [
            metrics.arrivals(performance.arrivals(of_version), wide, look, language),
            metrics.metric(metric, wide, look, language),
        ],
    }


@pytest.mark.parametrize(("look", "language"), LOOKS)
def test_the_longest_charts_are_small_enough_for_the_wire(look, language):
    for page, figures in every_figure(look, language).items():
        texts = [fig.to_json() for fig in figures]
        assert sum(map(len, texts)) <= 200_000, page
        for fig in map(drawn, figures):
            for trace in fig["data"]:
                assert len(trace.get("y", ())) <= 2000, page


def test_percentiles_carry_their_unit_and_name_their_lines_and_the_limit():
    fig = drawn(latency.percentiles(course(), SPAN, palette.LIGHT, "en", limit_ms=8.0))
    band, *lines = fig["data"]
    assert band["hoverinfo"] == "skip"
    assert [t["name"] for t in lines] == ["p50", "p95", "p99"]
    assert all(t["hovertemplate"].endswith(" ms") for t in lines)
    assert all(t["dx"] == HOUR_MS for t in lines)
    said = {a["text"]: a for a in fig["layout"]["annotations"]}
    assert set(said) == {"objective 8.0 ms", "p50", "p95", "p99"}
    assert said["objective 8.0 ms"]["x"] == 0
    assert fig["layout"]["yaxis"]["ticksuffix"] == " ms"


def test_the_limit_is_always_inside_the_picture():
    for limit in (0.5, 8.0, 5000.0):
        for wide in (True, False):
            fig = drawn(
                latency.percentiles(
                    course(), SPAN, palette.LIGHT, "en", limit_ms=limit, logarithmic=wide
                )
            )
            low, high = fig["layout"]["yaxis"]["range"]
            at = math.log10(limit) if wide else limit
            assert at < high
            if limit >= 2.0:
                assert low <= at


def test_a_logarithmic_axis_has_readable_ticks_with_units():
    fig = drawn(
        latency.percentiles(course(p99=2500.0), SPAN, palette.LIGHT, "en", logarithmic=True)
    )
    axis = fig["layout"]["yaxis"]
    assert axis["type"] == "log"
    assert "10 ms" in axis["ticktext"]
    assert "1 s" in axis["ticktext"]


def test_names_of_lines_that_end_together_do_not_cover_each_other():
    fig = drawn(latency.percentiles(course(p50=8.9, p95=9.0, p99=9.1), SPAN, palette.LIGHT, "en"))
    pixel = fig["layout"]["yaxis"]["range"][1] / (latency.HEIGHT - 50)
    heights = [a["y"] / pixel + a["yshift"] for a in fig["layout"]["annotations"]]
    assert min(b - a for a, b in pairwise(heights)) > 12


def test_an_hour_without_latencies_is_a_gap():
    points = [made.point(h, p99=None if h == 3 else 9.0) for h in range(6)]
    fig = latency.percentiles(levels.course(points, 3600), SPAN, palette.LIGHT, "en")
    assert drawn(fig)["data"][3]["y"][3] is None
    assert fig.data[3].connectgaps is False


def test_the_band_breaks_where_nothing_was_called_instead_of_filling_the_night():
    points = [made.point(h) for h in range(5)]
    points[2] = made.point(2, calls=0.0, p50=None, p95=None, p99=None)
    seen = levels.course(points, 3600)
    band = drawn(latency.percentiles(seen, SPAN, palette.LIGHT, "en"))["data"][0]
    assert band["fill"] == "toself"
    # two hours up and back, a break, two hours up and back
    assert band["y"] == [2.0, 2.0, 5.0, 5.0, None, 2.0, 2.0, 5.0, 5.0, None]
    hours = [at and at[11:13] for at in band["x"]]
    assert hours == ["00", "01", "01", "00", None, "03", "04", "04", "03", None]


def test_a_name_near_the_right_end_stands_left_of_its_incident():
    end = SPAN.end
    late = (Window(end - timedelta(hours=3), end), "late")
    early = (Window(SPAN.start, SPAN.start + timedelta(hours=3)), "early")
    fig = drawn(latency.percentiles(course(), SPAN, palette.LIGHT, "en", incidents=[late, early]))
    sides = {a["text"]: a["xanchor"] for a in fig["layout"]["annotations"]}
    assert (sides["late"], sides["early"]) == ("right", "left")


def test_logs_without_latencies_draw_no_latency():
    nothing = course(p50=None, p95=None, p99=None)
    assert latency.percentiles(nothing, SPAN, palette.LIGHT, "en") is None
    bundle = [("pod-1", nothing)]
    assert replicas.replicas(bundle, SPAN, palette.LIGHT, "en", blamed=None) is None


def test_incidents_are_shaded_where_they_were():
    incident = (Window(made.DAY_0, made.DAY_0 + timedelta(hours=5)), "pod-3")
    fig = drawn(latency.percentiles(course(), SPAN, palette.LIGHT, "en", incidents=[incident]))
    (box,) = [s for s in fig["layout"]["shapes"] if s["type"] == "rect"]
    assert box["x0"].startswith("2026-03-01T00:00")
    assert box["x1"].startswith("2026-03-01T05:00")
    assert "pod-3" in [a["text"] for a in fig["layout"]["annotations"]]


def test_a_budget_overspent_eight_times_is_clipped_and_says_when_it_was_exhausted():
    down = levels.burn_down(made.objective([20, 80, 60]))
    fig = drawn(budget.burn_down(down, made.span(3), palette.LIGHT, "en"))
    assert min(v for t in fig["data"] for v in t["y"]) == -1.0
    assert "exhausted by 3 Mar 00:00" in [a["text"] for a in fig["layout"]["annotations"]]
    left = next(t for t in fig["data"] if t["name"] == "Budget left")
    assert min(left["y"]) == 0
    hover = next(t for t in fig["data"] if t.get("customdata"))
    # the hover tells the truth beneath the clipping
    assert hover["customdata"][-1] == "-433%"


def test_a_budget_that_lasts_has_no_overspent_part_and_no_mark():
    down = levels.burn_down(made.objective([1, 1, 1]))
    fig = drawn(budget.burn_down(down, made.span(3), palette.LIGHT, "en"))
    assert "Overspent" not in [t["name"] for t in fig["data"]]
    assert not fig["layout"].get("annotations")


def test_failed_shares_keep_a_floor_so_that_one_failure_is_no_mountain():
    calm = drawn(throughput.failures(course(), SPAN, palette.LIGHT, "en"))
    assert calm["layout"]["yaxis"]["range"][1] == 0.01
    outage = drawn(throughput.failures(course(failed=61.0), SPAN, palette.LIGHT, "en"))
    assert 0.61 < outage["layout"]["yaxis"]["range"][1] <= 1.05
    assert outage["data"][0]["hovertemplate"].startswith("%{y:.2%}")


def test_only_the_replica_at_fault_has_a_colour_of_its_own():
    bundle = [("pod-1", course()), ("pod-3", course(p99=400.0)), ("pod-2", course())]
    fig = drawn(replicas.replicas(bundle, SPAN, palette.LIGHT, "en", blamed="pod-3"))
    colours = {t["name"]: t["line"]["color"] for t in fig["data"]}
    assert colours == {
        "pod-1": palette.LIGHT.reference,
        "pod-2": palette.LIGHT.reference,
        "pod-3": palette.LIGHT.critical,
    }
    # drawn last, so on top
    assert fig["data"][-1]["name"] == "pod-3"


def test_no_replica_is_coloured_where_nobody_was_blamed():
    fig = drawn(
        replicas.replicas(
            [("a", course()), ("b", course())], SPAN, palette.LIGHT, "en", blamed=None
        )
    )
    assert {t["line"]["color"] for t in fig["data"]} == {palette.LIGHT.reference}


def test_failing_replicas_are_drawn_by_what_failed():
    fig = drawn(
        replicas.replicas(
            [("a", course(failed=50.0))], SPAN, palette.LIGHT, "en", blamed="a", failures=True
        )
    )
    assert set(fig["data"][0]["y"]) == {0.5}
    assert "%" in fig["data"][0]["hovertemplate"]


def test_shares_are_stacked_with_their_counts_on_the_hover():
    view = made.versions(
        {
            "2": [made.version_point(1, 1000, shadow=900)],
            "1": [made.version_point(i, 900) for i in (0, 1)],
        }
    )
    fig = drawn(
        shares.shares(
            versions.shares(view),
            SPAN,
            sides(["2", "1"], "2", None),
            palette.LIGHT,
            "en",
            marks=version_course.starts(view, "en"),
        )
    )
    assert [(t["name"], t["y"], t["customdata"]) for t in fig["data"]] == [
        ("v1", [1.0, 0.9], [[900, ""], [900, ""]]),
        ("v2", [0.0, 0.1], [[0, ""], [100, " · 900 in shadow"]]),
    ]
    assert {t["stackgroup"] for t in fig["data"]} == {"all"}
    assert "v2 comes" in [a["text"] for a in fig["layout"]["annotations"]]


def test_windows_judged_worse_are_marked_on_their_metric():
    worse = made.measured("roc_auc", 0.6, verdict=Verdict.DRIFTED)
    view = made.performance_view([("1", 0, made.performance(roc_auc=0.6))], [("1", 0, worse)])
    (one,) = performance.courses(view, "1", sides(["1"], "1", None), "en")
    fig = drawn(metrics.metric(one, SPAN, palette.LIGHT, "en"))
    marked = next(t for t in fig["data"] if t["name"] == "judged worse")
    assert (marked["mode"], marked["y"]) == ("markers", [0.6])
    assert {"usual", "alarm line"} <= {t["name"] for t in fig["data"]}


def test_nothing_to_draw_is_no_figure():
    assert metrics.versions((), SPAN, palette.LIGHT, "en", unit=" ms") is None


def test_labels_that_came_and_labels_that_lack_are_bars_upon_each_other():
    view = made.performance_view([("1", 0, made.performance(7, 3, roc_auc=0.6))])
    known = performance.arrivals(performance.of_version(view, "1"))
    fig = drawn(metrics.arrivals(known, SPAN, palette.LIGHT, "en"))
    assert [(t["name"], t["y"]) for t in fig["data"]] == [("Arrived", [7]), ("Pending", [3])]
    assert fig["layout"]["barmode"] == "stack"


def test_names_from_the_logs_are_no_markup_in_a_chart():
    # plotly takes <i> for italics, and <a> for a link that a reader would click
    name = '<a href="http://evil.example">2</a>'
    look, day = palette.LIGHT, made.day(0).start
    many = made.versions({name: [made.version_point(i, 9) for i in range(3)]})
    colours = sides([name], name, None)
    p99, _ = versions.latency_lines(many, colours, "en")
    figures = [
        replicas.replicas([(name, course(failed=1))], SPAN, look, "en", blamed=name, failures=True),
        metrics.versions(p99, SPAN, look, "en", unit=" ms", marks=[(day, name)]),
        shares.shares(versions.shares(many), SPAN, colours, look, "en", marks=[(day, name)]),
        throughput.failures(course(failed=1), SPAN, look, "en", [(SPAN, name)]),
    ]
    for fig in figures:
        names = [trace.get("name") or "" for trace in drawn(fig)["data"]]
        texts = [a["text"] for a in drawn(fig)["layout"].get("annotations", ())]
        assert any("evil" in text for text in (*names, *texts))
        assert not any("<a" in text for text in (*names, *texts))
