"""Points of OpenTelemetry as samples of resource use."""

import pytest

from domain.resource import UNITS
from ingest.otlp.metrics import _RULES
from tests.ingest.otlp_made import RESOURCE, protobuf_metrics, read_all


def used(*points, resource=RESOURCE):
    """Return the samples of points (name, unit, value, attributes), and what was passed over."""
    content = protobuf_metrics(*((*point, "gauge") for point in points), resource=resource)
    read = read_all(content)
    assert read.rejections == ()
    return read.samples, read.passed_over


@pytest.mark.parametrize("name", sorted(_RULES))
def test_every_metric_is_measured_in_a_unit_that_it_can_have(name):
    rule = _RULES[name]
    assert rule.unit in UNITS[rule.metric]


def test_states_of_one_cpu_add_up_and_idling_is_no_use():
    name = "system.cpu.utilization"
    points = [
        (name, "1", share, {"cpu": cpu, "state": state})
        for cpu, shares in ((0, (0.2, 0.1, 0.7)), (1, (0.5, 0.1, 0.4)))
        for state, share in zip(("user", "system", "idle"), shares, strict=True)
    ]
    (sample,), _ = used(*points)
    assert sample.value == pytest.approx((0.3 + 0.6) / 2)
    assert (sample.metric, sample.unit, sample.replica) == ("cpu", "share", "pod-1")


@pytest.mark.parametrize("name", ["system.memory.usage", "system.memory.utilization"])
def test_of_the_system_s_memory_only_what_is_used_counts(name):
    """The states are those of the collector's hostmetrics under Linux."""
    states = ["used", "free", "buffered", "cached", "slab_reclaimable", "slab_unreclaimable"]
    unit = "By" if name.endswith("usage") else "1"
    values = [4.0, 2.0, 1.0, 0.5, 0.25, 0.125]
    points = [
        (name, unit, value, {"state": state}) for state, value in zip(states, values, strict=True)
    ]
    (sample,), _ = used(*points)
    assert sample.value == 4.0


def test_bytes_of_cards_add_up_and_their_shares_are_averaged():
    cards = [{"hw.id": "gpu-0"}, {"hw.id": "gpu-1"}]
    points = [
        *(("hw.gpu.memory.usage", "By", n, card) for n, card in zip((3, 4), cards, strict=True)),
        *(("hw.gpu.utilization", "1", n, card) for n, card in zip((0.2, 0.6), cards, strict=True)),
        ("hw.gpu.utilization", "1", 0.9, {"hw.id": "gpu-0", "hw.gpu.task": "encoder"}),
    ]
    samples, passed_over = used(*points)
    assert {one.metric.value: one.value for one in samples} == {
        "gpu_memory": 7.0,
        "gpu": pytest.approx(0.4),
    }
    assert passed_over == {"other_metric": 1}


@pytest.mark.parametrize(
    ("name", "unit", "value", "kept"),
    [
        ("container.cpu.usage", "{cpu}", 1.5, 1.5),
        ("process.cpu.utilization", "%", 25.0, 0.25),
        ("container.memory.working_set", "MiBy", 2.0, 2.0 * 1024 * 1024),
        ("k8s.deployment.available_pods", "{pod}", 3, 3.0),
    ],
)
def test_values_are_kept_in_one_unit(name, unit, value, kept):
    (sample,), _ = used((name, unit, value, {}))
    assert sample.value == kept


@pytest.mark.parametrize(
    ("point", "why"),
    [
        (("process.cpu.time", "s", 3.0, {}), "other_metric"),
        (("process.memory.usage", "furlong", 3.0, {}), "other_metric"),
        (("process.memory.usage", "By", float("nan"), {}), "unusable_point"),
        (("process.memory.usage", "By", -1, {}), "unusable_point"),
    ],
)
def test_what_is_no_use_of_a_resource_is_counted_and_no_error(point, why):
    samples, passed_over = used(point)
    assert (samples, passed_over) == ((), {why: 1})


def test_a_pod_that_knows_no_model_is_kept_under_its_name():
    (sample,), _ = used(
        ("k8s.pod.cpu.usage", "{cpu}", 1.0, {}), resource={"k8s.pod.name": "credit-7f"}
    )
    assert (sample.model, sample.replica) == (None, "credit-7f")
    assert used(("k8s.pod.cpu.usage", "{cpu}", 1.0, {}), resource={}) == ((), {"unusable_point": 1})


def test_the_number_of_replicas_belongs_to_none_of_them():
    (sample,), _ = used(("k8s.deployment.available_pods", "{pod}", 3, {}))
    assert (sample.model, sample.replica, sample.metric) == ("credit", None, "replicas")
