"""What a deployment used, as pages and reports get it."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from api.wire import decode, encode
from domain.errors import UnknownNameError
from domain.resource import ResourceMetric, ResourceSample, ResourceUnit, ResourceUse
from domain.window import Window
from monitors.config import Config
from monitors.local_service import LocalService
from store.store import Store

START = datetime(2026, 11, 20, 10, 20, tzinfo=UTC)


@pytest.fixture
def service(tmp_path):
    with Store.open(tmp_path) as store:
        at = pa.array([START], pa.timestamp("us", tz="UTC"))
        events = pa.table({"ts": at, "version": ["2"], "score": [0.5], "replica": ["pod-1"]})
        store.load([("credit", events, pa.table({"x": [1.0]}))], "test")
        store.add_samples([sample(0, 0.5), sample(60, 1.5)])
        yield LocalService(store, Config(), code_version="test")


def sample(seconds, value):
    return ResourceSample(
        ts=START + timedelta(seconds=seconds),
        metric=ResourceMetric.MEMORY,
        unit=ResourceUnit.BYTES,
        value=value,
        source="test",
        replica="pod-1",
    )


def test_the_course_lies_over_the_hours_of_the_latency(service):
    span = Window(START, START + timedelta(hours=1))
    levels, use = (
        service.service_levels("credit", "2", span),
        service.resources("credit", "2", span),
    )
    assert [point.start.timestamp() for point in levels.points] == use.starts.tolist()
    assert use.bucket_s == levels.bucket_s
    (series,) = use.series
    assert (series.mean[0], series.highest[0], series.n.tolist()) == (1.0, 1.5, [2, 0])


def test_what_was_used_travels_with_its_gaps(service):
    use = service.resources("credit", "2", Window(START, START + timedelta(hours=1)))
    came = decode(encode(use, ResourceUse), ResourceUse)
    assert came.starts.tolist() == use.starts.tolist()
    assert np.isnan(came.series[0].mean).tolist() == [False, True]


def test_a_model_that_is_not_there_is_named(service):
    with pytest.raises(UnknownNameError, match="credit"):
        service.resources("credi", "2", Window(START, START + timedelta(hours=1)))


def test_samples_go_after_ninety_days_whatever_is_configured(service):
    service.tidy(None, "test", START + timedelta(days=89), dry_run=False)
    span = Window(START, START + timedelta(hours=1))
    assert service.resources("credit", "2", span).series
    late = START + timedelta(days=90, seconds=30)
    service.tidy(None, "test", late, dry_run=True)
    assert service.resources("credit", "2", span).series[0].n.sum() == 2
    service.tidy(None, "test", late, dry_run=False)
    assert service.resources("credit", "2", span).series[0].n.sum() == 1
