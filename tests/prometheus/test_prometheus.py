"""What a real Prometheus knows of replicas, and whose it becomes."""

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from domain.run import Deployment
from domain.window import Window
from monitors.prometheus.asking import PrometheusAsker
from monitors.prometheus_config import PrometheusConfig
from monitors.views.resources import Asking
from tests.prometheus.conftest import N_POINTS, STEP_S, answered, cores, memory, until

STEP = timedelta(seconds=STEP_S)
OF = Deployment("credit", "2")


def asking(store, prometheus, **settings):
    told = {"url": prometheus.url, "look_back": "12h", **settings}
    return PrometheusAsker(store, PrometheusConfig.model_validate(told))


def course(store, start, n, of=OF):
    """Means of each minute by metric and replica, NaN where none is kept."""
    use = store.resource_use(of, Window(start, start + n * STEP), STEP_S)
    return {(one.metric.value, one.replica): one.mean for one in use.series}


def test_the_default_queries_tell_of_the_replicas_that_answered_and_of_no_other(store, prometheus):
    answered(store, prometheus.start, "pod-1", "pod-2")
    asker = asking(store, prometheus)
    asker.round(prometheus.end, lambda: None)
    found = course(store, prometheus.start, N_POINTS)
    assert {replica for _, replica in found} == {"pod-1", "pod-2"}
    assert {metric for metric, _ in found} == {"cpu", "memory"}
    wanted = [memory("pod-1", i) for i in range(N_POINTS)]
    assert found["memory", "pod-1"].tolist() == pytest.approx(wanted)
    # a rate needs two values: the first minute has none
    rates = found["cpu", "pod-1"]
    assert math.isnan(rates[0])
    assert not np.isnan(rates[1:]).any()
    # five minutes later the window lies inside of what there is
    assert rates[5:] == pytest.approx(cores("pod-1"))


def test_what_is_no_number_is_a_gap_and_the_rest_stays(store, prometheus):
    answered(store, prometheus.start, "pod-2", "pod-3")
    asking(store, prometheus).round(prometheus.end, lambda: None)
    found = course(store, prometheus.start, N_POINTS)
    for pod in ("pod-2", "pod-3"):
        wanted = np.array([memory(pod, i) for i in range(N_POINTS)])
        gaps = ~np.isfinite(wanted)
        assert gaps.sum() >= 4
        assert np.isnan(found["memory", pod]).tolist() == gaps.tolist()


def test_what_is_below_zero_is_a_gap(store, prometheus):
    answered(store, prometheus.start, "pod-1")
    query = 'sum by (pod) (container_memory_working_set_bytes{pod=~"{replica}"}) - 1.1e6'
    asking(store, prometheus, queries={"memory": query}).round(prometheus.end, lambda: None)
    found = course(store, prometheus.start, N_POINTS)["memory", "pod-1"]
    wanted = np.array([memory("pod-1", i) - 1.1e6 for i in range(N_POINTS)])
    assert np.isnan(found).tolist() == (wanted < 0).tolist()
    assert 0 < np.isnan(found).sum() < N_POINTS


def test_every_sample_is_what_prometheus_says_of_that_moment(store, prometheus):
    answered(store, prometheus.start, "pod-3")
    query = 'sum by (pod) (delta(container_memory_working_set_bytes{pod=~"{replica}"}[7m]))'
    asking(store, prometheus, queries={"memory": query}).round(prometheus.end, lambda: None)
    found = course(store, prometheus.start, N_POINTS)["memory", "pod-3"]
    plain = query.replace("{replica}", "pod-3")
    for i in (8, 9, 77, 200):
        told = prometheus.query(plain, prometheus.start + i * STEP).get("pod-3", math.nan)
        told = told if math.isfinite(told) and told >= 0 else math.nan
        assert found[i] == pytest.approx(told, nan_ok=True)


def test_what_was_asked_before_is_kept_once_and_what_is_missing_follows(store, prometheus):
    answered(store, prometheus.start, "pod-1")
    middle = prometheus.start + 100 * STEP
    asker = asking(store, prometheus)
    first = asker.round(middle, lambda: None)
    assert first == 101 + 100
    again = asker.round(middle, lambda: None)
    # five minutes are asked for again: other servers deliver late
    assert 0 < again <= 14
    asker.round(prometheus.end, lambda: None)
    # another process knows nothing of that, and asks for all of it
    assert asking(store, prometheus).round(prometheus.end, lambda: None) == 2 * N_POINTS - 1
    use = store.resource_use(OF, Window(prometheus.start, prometheus.end + STEP), STEP_S)
    assert {int(one.n.max()) for one in use.series} == {1}
    assert {int(one.n.sum()) for one in use.series} == {N_POINTS, N_POINTS - 1}


def test_a_replica_whose_calls_come_late_is_asked_about_from_its_first_hour(store, prometheus):
    answered(store, prometheus.start, "pod-1")
    asker = asking(store, prometheus)
    asker.round(prometheus.end, lambda: None)
    late = prometheus.end - timedelta(hours=2)
    answered(store, late, "pod-2")
    asker.round(prometheus.end, lambda: None)
    kept = course(store, prometheus.start, N_POINTS)["memory", "pod-2"]
    first = np.flatnonzero(~np.isnan(kept))[0]
    assert prometheus.start + int(first) * STEP == late.replace(minute=0, second=0)


def test_a_long_span_comes_in_pieces_without_a_seam(store, prometheus):
    answered(store, prometheus.start, "pod-1")
    fine = {"step": "6s", "queries": {"cpu": None, "gpu": None, "gpu_memory": None}}
    asked = []
    asking(store, prometheus, **fine).round(prometheus.end, lambda: asked.append(1))
    assert len(asked) == -(-12 * 600 // 500)
    span = Window(prometheus.start, prometheus.end)
    (series,) = store.resource_use(OF, span, 6).series
    wanted = [memory("pod-1", i // 10) for i in range((N_POINTS - 1) * 10)]
    assert series.mean.tolist() == pytest.approx(wanted)


def test_labels_tell_model_version_and_replica(store, prometheus):
    now = datetime.now(UTC)
    answered(store, now, "elsewhere")
    answered(store, now, "elsewhere", version="3")
    queries = {"cpu": None, "memory": "served_bytes", "gpu": "served_share", "gpu_memory": None}
    asker = asking(store, prometheus, queries=queries, every="1s", step="1s", look_back="60s")
    until(lambda: asker.round(datetime.now(UTC), lambda: None) > 4)
    hour = now.replace(minute=0, second=0, microsecond=0)

    def found(version):
        return course(store, hour, 180, Deployment("credit", version))

    (told,) = [key for key in found("2") if key[0] == "memory"]
    assert told[1].startswith("127.0.0.1:")
    assert np.nanmax(found("2")[told]) == 4096
    # two cards of one process: a share of what there is
    assert np.nanmax(found("2")["gpu", told[1]]) == 0.5
    # its version was named, that of the cards was not
    assert {key[0] for key in found("3")} == {"gpu"}


def test_a_query_may_be_asked_for_each_model_under_the_name_it_has_there(store, prometheus):
    answered(store, prometheus.start, "a", model="fraud")
    answered(store, prometheus.start, "b", model="credit.v1")
    query = 'sum(container_memory_working_set_bytes{pod=~"{model}-1"})'
    settings = {"queries": {"memory": query}, "names": {"pod": "fraud"}}
    asking(store, prometheus, **settings).round(prometheus.end, lambda: None)
    found = course(store, prometheus.start, N_POINTS, Deployment("fraud", "2"))
    assert found["memory", None][3] == pytest.approx(memory("pod-1", 3))
    assert course(store, prometheus.start, N_POINTS, Deployment("credit.v1", "2")) == {}


def test_a_name_in_a_log_stays_a_name_in_a_query(store, prometheus):
    odd = 'x"} or {pod="pod-1", a\\b|.*\'\n'
    # as an expression, "pod-." would be every pod
    answered(store, prometheus.start, odd, "pod-2", "pod-.")
    queries = {"memory": 'container_memory_working_set_bytes{pod=~"{replica}"}', "cpu": None}
    asker = asking(store, prometheus, queries={**queries, "gpu": None, "gpu_memory": None})
    asker.round(prometheus.end, lambda: None)
    assert (asker.view().series, asker.view().unmatched) == (2, 0)
    asker = asking(store, prometheus)
    asker.round(prometheus.end, lambda: None)
    assert asker.view().errors == {}
    assert {replica for _, replica in course(store, prometheus.start, N_POINTS)} == {"pod-2"}


def test_a_query_that_is_wrong_is_told_of_and_the_others_are_asked(store, prometheus):
    answered(store, prometheus.start, "pod-1")
    queries = {"cpu": "rate(up[", "memory": "container_memory_working_set_bytes"}
    asker = asking(store, prometheus, queries=queries)
    asker.round(prometheus.end, lambda: None)
    told = asker.view()
    assert told.asking is Asking.FAILING
    assert list(told.errors) == ["cpu"]
    assert "parse error" in told.errors["cpu"]
    assert {metric for metric, _ in course(store, prometheus.start, N_POINTS)} == {"memory"}


def test_how_it_stands_is_said(store, prometheus):
    asker = asking(store, prometheus)
    asker.round(prometheus.end, lambda: None)
    # nobody has answered a call, so there is nobody to ask about
    assert asker.view().asking is Asking.UNASKED
    alone = {"cpu": None, "gpu": None, "gpu_memory": None}
    everybody = asking(
        store, prometheus, queries={"memory": "container_memory_working_set_bytes", **alone}
    )
    everybody.round(prometheus.end, lambda: None)
    told = everybody.view()
    assert (told.asking, told.series, told.unmatched) == (Asking.UNMATCHED, 6, 6)
    answered(store, prometheus.start, "pod-1")
    everybody.round(prometheus.end, lambda: None)
    told = everybody.view()
    assert (told.asking, told.series, told.unmatched) == (Asking.CURRENT, 6, 4)
    assert (told.newest, told.asked_at) == (prometheus.end, prometheus.end)
    # two hours later its pods are gone
    everybody.round(prometheus.end + timedelta(hours=2), lambda: None)
    everybody.round(prometheus.end + timedelta(hours=2), lambda: None)
    told = everybody.view()
    assert told.asking is Asking.SILENT
    # a value counts for five minutes, as Prometheus has it
    assert prometheus.end <= told.newest <= prometheus.end + timedelta(minutes=5)
