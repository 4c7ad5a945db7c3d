"""Samples of resource use: kept once, found by whoever may have used it."""

import math
import secrets
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.resource import ResourceMetric, ResourceSample, ResourceUnit
from domain.run import Deployment
from domain.window import Window

START = datetime(2026, 11, 20, 10, tzinfo=UTC)
HOUR = Window(START, START + timedelta(hours=1))
OF = Deployment("credit", "2")


def sample(seconds, value, **said):
    told = {
        "metric": ResourceMetric.CPU,
        "unit": ResourceUnit.CORES,
        "source": "test",
        "model": "credit",
        "version": "2",
        "replica": "pod-1",
    }
    return ResourceSample(ts=START + timedelta(seconds=seconds), value=value, **told | said)


def found(store, of=OF, span=HOUR, bucket_s=600):
    return {
        (one.metric.value, one.replica): one
        for one in store.resource_use(of, span, bucket_s).series
    }


def test_the_same_sample_sent_again_is_kept_once(store):
    samples = [sample(0, 0.5), sample(0, 0.5), sample(30, 0.7)]
    store.add_samples(samples)
    store.add_samples(samples)
    assert found(store)["cpu", "pod-1"].n.tolist() == [2, 0, 0, 0, 0, 0]


def test_nothing_measured_is_no_series_and_an_empty_bucket_is_no_zero(store):
    assert store.resource_use(OF, HOUR, 600).series == ()
    store.add_samples([sample(1300, 2.0)])
    use = store.resource_use(OF, HOUR, 600)
    assert use.starts.tolist() == [int(START.timestamp()) + 600 * i for i in range(6)]
    assert [math.isnan(mean) for mean in use.series[0].mean] == [True, True, False] + [True] * 3


@given(
    values=st.lists(
        st.tuples(st.integers(0, 3599), st.floats(0, 1e12)),
        min_size=1,
        max_size=40,
        unique_by=lambda v: v[0],
    )
)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_mean_and_highest_are_those_of_a_plain_recount(store, values):
    model = secrets.token_hex(8)
    store.add_samples([sample(seconds, value, model=model) for seconds, value in values])
    series = found(store, Deployment(model, "2"))["cpu", "pod-1"]
    for bucket in range(6):
        inside = [value for seconds, value in values if seconds // 600 == bucket]
        assert series.n[bucket] == len(inside)
        if inside:
            assert series.mean[bucket] == pytest.approx(np.mean(inside))
            assert series.highest[bucket] == max(inside)


@given(
    values=st.lists(
        st.tuples(st.integers(0, 3599), st.sampled_from(["7", "8", "9"]), st.floats(0, 1e12)),
        min_size=1,
        max_size=40,
        unique_by=lambda v: v[:2],
    ),
    unit=st.sampled_from([ResourceUnit.CORES, ResourceUnit.SHARE]),
)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_processes_of_a_replica_use_at_one_moment_is_added_and_shares_are_averaged(
    store, values, unit
):
    model = secrets.token_hex(8)
    told = {"model": model, "unit": unit}
    store.add_samples([sample(at, value, process=who, **told) for at, who, value in values])
    store.add_samples([sample(at, value, process=who, **told) for at, who, value in values])
    series = found(store, Deployment(model, "2"))["cpu", "pod-1"]
    assert series.source == "test"
    together = np.sum if unit is ResourceUnit.CORES else np.mean
    for bucket in range(6):
        moments = {at for at, _, _ in values if at // 600 == bucket}
        use = [together([v for when, _, v in values if when == at]) for at in moments]
        assert series.n[bucket] == len(moments)
        if use:
            assert series.mean[bucket] == pytest.approx(np.mean(use))
            assert series.highest[bucket] == pytest.approx(max(use))


def test_a_sample_that_names_its_model_and_one_that_does_not_are_not_added(store):
    answer(store, v2="pod-1")
    nobody = {"model": None, "version": None}
    store.add_samples([sample(0, 2.0), sample(0, 2.0, **nobody)])
    assert found(store)["cpu", "pod-1"].mean[0] == 2.0


def test_the_end_of_a_span_belongs_to_the_next_one(store):
    store.add_samples([sample(-1, 1.0), sample(0, 2.0), sample(3599, 3.0), sample(3600, 4.0)])
    series = found(store)["cpu", "pod-1"]
    assert series.n.sum() == 2
    assert (series.mean[0], series.mean[5]) == (2.0, 3.0)


def test_units_and_sources_are_series_of_their_own(store):
    share = {"unit": ResourceUnit.SHARE}
    store.add_samples([sample(0, 3.0), sample(0, 0.75, **share), sample(0, 0.7, source="other")])
    assert len(store.resource_use(OF, HOUR, 600).series) == 3


def test_a_sample_without_a_version_counts_for_every_version(store):
    store.add_samples([sample(0, 1.0, version=None), sample(0, 5.0, version="1", replica="old")])
    assert set(found(store)) == {("cpu", "pod-1")}
    assert set(found(store, Deployment("credit", "1"))) == {("cpu", "pod-1"), ("cpu", "old")}
    assert found(store, Deployment("other", "2")) == {}


def test_a_sample_without_a_model_counts_where_its_replica_answered(store):
    call = {
        "ts": pa.array([START], pa.timestamp("us", tz="UTC")),
        "version": ["2"],
        "replica": ["pod-7"],
        "latency_ms": [3.0],
        "status": pa.array([200], pa.int32()),
    }
    store.load([("credit", pa.table(call), pa.table({"x": [1.0]}))], "test")
    store.refresh_call_hours("credit")
    nobody = {"model": None, "version": None}
    store.add_samples(
        [sample(5, 1.5, replica="pod-7", **nobody), sample(5, 9.0, replica="pod-8", **nobody)]
    )
    assert set(found(store)) == {("cpu", "pod-7")}


def answer(store, **replica_of):
    """Store a call of each version, answered by its replica."""
    calls = {
        "ts": pa.array([START] * len(replica_of), pa.timestamp("us", tz="UTC")),
        "version": [version.removeprefix("v") for version in replica_of],
        "replica": list(replica_of.values()),
        "latency_ms": [3.0] * len(replica_of),
    }
    store.load([("credit", pa.table(calls), pa.table({"x": [1.0] * len(replica_of)}))], "test")
    store.refresh_call_hours("credit")


def test_of_two_versions_a_replica_counts_where_it_answered(store):
    answer(store, v1="old", v2="new")
    store.add_samples(
        [sample(0, 1.0, version=None, replica=name) for name in ("old", "new", "quiet", None)]
    )
    # who answered nobody yet, and what all use together, may be of either
    assert set(found(store)) == {("cpu", "new"), ("cpu", "quiet"), ("cpu", None)}
    old = found(store, Deployment("credit", "1"))
    assert set(old) == {("cpu", "old"), ("cpu", "quiet"), ("cpu", None)}


def test_replicas_are_known_from_the_hour_of_their_first_call(store):
    assert store.replicas_since(START) == {}
    answer(store, v1="old", v2="new")
    assert store.replicas_since(START) == {"old": START, "new": START}
    assert store.replicas_since(START + timedelta(minutes=59)) == {"old": START, "new": START}
    assert store.replicas_since(START + timedelta(hours=1)) == {}


def test_the_newest_sample_is_that_of_its_source(store):
    assert store.newest_sample("test") is None
    store.add_samples([sample(60, 1.0), sample(0, 1.0), sample(90, 1.0, source="other")])
    assert store.newest_sample("test") == START + timedelta(seconds=60)


def test_what_is_old_goes_and_the_rest_stays(store):
    store.add_samples([sample(0, 1.0), sample(60, 2.0)])
    assert store.forget_samples(START + timedelta(seconds=60)) == 1
    assert found(store)["cpu", "pod-1"].mean[0] == 2.0
