"""What replicas used, as the Latency and SLO page shows it."""

import json
from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest

from app import palette
from app.charts import resources as chart
from app.queries import levels, prometheus, resources
from domain.resource import ResourceMetric, ResourceSeries, ResourceUnit, ResourceUse
from domain.window import Window
from monitors.views.resources import Asking, PrometheusView
from tests.app import service_views as made

NAN = float("nan")
HOURS = 6
SPAN = Window(made.DAY_0, made.DAY_0 + timedelta(hours=HOURS))


def series(metric, values, highest=None, unit=ResourceUnit.CORES, source="test", replica="pod-1"):
    mean = np.array([NAN if v is None else v for v in values])
    top = mean if highest is None else np.array([NAN if v is None else v for v in highest])
    return ResourceSeries(
        metric=metric,
        unit=unit,
        source=source,
        replica=replica,
        n=(~np.isnan(mean)).astype(np.int64),
        mean=mean,
        highest=top,
    )


def cpu(values, highest=None, **said):
    return series(ResourceMetric.CPU, values, highest, **said)


def memory(values, **said):
    return series(ResourceMetric.MEMORY, values, **{"unit": ResourceUnit.BYTES, **said})


def use(*told):
    first = int(made.DAY_0.timestamp())
    starts = first + 3600 * np.arange(HOURS, dtype=np.int64)
    return ResourceUse(starts=starts, bucket_s=3600, series=tuple(told))


def test_the_mean_is_of_replicas_and_the_highest_of_any_of_them_at_any_time():
    one = cpu([1, 1, None, 0.5, 0.5, 0.5], [2, 4, None, 0.5, 0.5, 0.5])
    other = cpu([3, None, None, 0.5, 0.5, 0.5], replica="pod-2")
    shown = resources.course(use(one, other))
    (panel,) = shown.panels
    assert panel.mean == (2, 1, None, 0.5, 0.5, 0.5)
    assert panel.highest == (3, 4, None, 0.5, 0.5, 0.5)
    assert (panel.peak, panel.peak_replica) == (4, "pod-1")
    assert panel.peak_at == made.DAY_0 + timedelta(hours=1)
    assert resources.peaks(shown, "en") == "CPU 4 cores (pod-1, 2026-03-01 01:00 UTC)"


def test_replicas_are_counted_by_who_told_and_unknown_hours_are_no_zero():
    both = cpu([1, 1, None, None, 1, 1])
    late = memory([None, 2, None, None, 2, 2], replica="pod-2")
    assert resources.course(use(both, late)).replicas == (1, 2, None, None, 2, 2)
    told = series(ResourceMetric.REPLICAS, [3] * 6, unit=ResourceUnit.COUNT, replica=None)
    assert resources.course(use(both, told)).replicas == (3,) * 6


def test_of_several_sources_the_one_that_tells_most_is_shown_and_named():
    short = cpu([9, 9, 9, None, None, None], source="tap")
    long = cpu([1] * 6, source="prometheus")
    shown = resources.course(use(short, long, memory([5] * 6, source="tap")))
    assert [panel.peak for panel in shown.panels] == [1, 5]
    assert resources.sources(shown) in {"prometheus, tap", "tap, prometheus"}
    share = cpu([0.5] * 6, unit=ResourceUnit.SHARE)
    (panel,) = resources.course(use(cpu([4] * 6), share)).panels
    assert panel.unit is ResourceUnit.SHARE


def test_what_all_use_together_is_no_replica_beside_the_others():
    together = cpu([8] * 6, replica=None)
    (panel,) = resources.course(use(together, cpu([2] * 6), cpu([4] * 6, replica="b"))).panels
    assert (panel.peak, panel.mean[0], panel.n_replicas) == (4, 3, 2)
    alone = resources.course(use(together))
    assert alone.replicas == ()
    assert "all together" in resources.peaks(alone, "en")


def test_nothing_measured_is_no_course_and_a_number_of_replicas_alone_is_one():
    assert resources.course(use()) is None
    only = series(ResourceMetric.REPLICAS, [2] * 6, unit=ResourceUnit.COUNT, replica=None)
    shown = resources.course(use(only))
    assert (shown.panels, shown.replicas) == ((), (2,) * 6)


def test_calls_that_go_on_without_samples_are_told_of_once_it_is_more_than_late():
    points = [made.point(hour, calls=5.0) for hour in range(HOURS)]
    calls = levels.course(points, 3600)
    one = resources.course(use(cpu([1, 1, 1, 1, 1, None])))
    assert resources.silence(one, calls) is None
    two = resources.course(use(cpu([1, 1, 1, 1, None, None])))
    assert resources.silence(two, calls) == made.DAY_0 + timedelta(hours=4)
    quiet = [made.point(hour, calls=5.0 if hour < 4 else 0.0) for hour in range(HOURS)]
    assert resources.silence(two, levels.course(quiet, 3600)) is None


def figure(shown, look=palette.LIGHT, language="en", incidents=()):
    drawn = chart.resource_use(shown, SPAN, look, language, incidents)
    return json.loads(drawn.to_json(), parse_constant=lambda word: pytest.fail(f"{word} drawn"))


@pytest.mark.parametrize(("look", "language"), [(palette.LIGHT, "en"), (palette.DARK, "zh")])
def test_rows_share_one_time_axis_and_do_not_overlap(look, language):
    shown = resources.course(use(cpu([1, 2, None, 1, 1, 1]), memory([5e8] * 6)))
    drawn = figure(shown, look, language)
    axes = {key: axis for key, axis in drawn["layout"].items() if key.startswith("yaxis")}
    assert set(axes) == {"yaxis", "yaxis2", "yaxis3"}
    domains = [axes[key]["domain"] for key in ("yaxis", "yaxis2", "yaxis3")]
    assert domains[0][1] <= 1
    assert all(upper[0] > lower[1] for upper, lower in pairwise(domains))
    assert domains[-1][0] == 0
    assert drawn["layout"]["xaxis"]["anchor"] == "y3"
    assert {trace.get("yaxis", "y") for trace in drawn["data"]} == {"y", "y2", "y3"}
    assert all(trace["dx"] == 3_600_000 for trace in drawn["data"])
    assert all(not trace["connectgaps"] for trace in drawn["data"])


def test_units_stand_on_the_axes_and_a_share_near_the_whole_shows_the_whole():
    share = cpu([0.6] * 6, [0.7] * 6, unit=ResourceUnit.SHARE)
    drawn = figure(resources.course(use(share, memory([5e8] * 6))))
    layout = drawn["layout"]
    assert layout["yaxis"]["tickformat"] == ".0%"
    assert layout["yaxis"]["range"][1] > 1
    assert layout["yaxis2"]["ticksuffix"] == "B"
    names = [trace["name"] for trace in drawn["data"]]
    # of memory the highest is the mean: one line
    assert names == ["CPU, max", "CPU, mean", "Memory, mean", "Replicas"]
    low = figure(resources.course(use(cpu([0.1] * 6, unit=ResourceUnit.SHARE))))
    assert low["layout"]["yaxis"]["range"][1] < 0.2


def test_incidents_are_shaded_through_all_rows():
    window = Window(made.DAY_0, made.DAY_0 + timedelta(hours=2))
    drawn = figure(resources.course(use(cpu([1] * 6))), incidents=[(window, "pod-1")])
    (shape,) = drawn["layout"]["shapes"]
    assert (shape["yref"], shape["y0"], shape["y1"]) == ("paper", 0, 1)
    assert shape["x0"].startswith("2026-03-01")


def test_use_of_nothing_is_drawn_flat():
    drawn = figure(resources.course(use(cpu([0] * 6))))
    assert drawn["layout"]["yaxis"]["range"][1] > 0


def asked(asking, **told):
    values = {"asked_at": None, "newest": None, "series": 0, "unmatched": 0, "errors": {}}
    return PrometheusView(url="http://p:9090", asking=asking, **{**values, **told})


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("asking", list(Asking))
def test_how_prometheus_stands_is_said_in_both_languages(asking, language):
    error = "Prometheus at http://p:9090 does not answer: refused"
    view = asked(asking, errors={"": error} if asking is Asking.FAILING else {}, series=3)
    said = prometheus.standing(view, made.DAY_0, language)
    assert "http://p:9090" in said
    assert "{" not in said


def test_the_age_of_the_newest_value_and_series_of_nobody_are_told():
    newest = made.DAY_0 - timedelta(hours=3)
    view = asked(Asking.CURRENT, newest=newest, series=12, unmatched=4)
    said = prometheus.standing(view, made.DAY_0, "en")
    assert said == "http://p:9090: 12 series, 4 of them of nobody known here; newest value: 3 h ago"
    failing = asked(Asking.FAILING, errors={"cpu": "parse error", "memory": "too large"})
    said = prometheus.standing(failing, made.DAY_0, "en")
    assert said == "cpu: parse error; memory: too large; newest value: —"
