"""
Points of OpenTelemetry's conventions for processes, containers, hosts and cards as samples.

https://opentelemetry.io/docs/specs/semconv/system/
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import Final, Literal

from domain.resource import ResourceMetric, ResourceSample, ResourceUnit
from ingest.json_columns import Cells
from ingest.otlp.naming import deployment_cells
from ingest.otlp.signals import Attributes, Point
from ingest.resource_lines import moment_of


@dataclass(frozen=True, slots=True)
class _Rule:
    """
    What a metric is.

    Its points differ by state (user, system, idle), which add up, and by part (a CPU, a card):
    shares of parts are averaged, the rest adds up.
    """

    metric: ResourceMetric
    unit: ResourceUnit
    over_parts: Literal["mean", "sum"] = "sum"


_CPU_SHARE: Final = _Rule(ResourceMetric.CPU, ResourceUnit.SHARE, "mean")
_CORES: Final = _Rule(ResourceMetric.CPU, ResourceUnit.CORES)
_BYTES: Final = _Rule(ResourceMetric.MEMORY, ResourceUnit.BYTES)
_MEMORY_SHARE: Final = _Rule(ResourceMetric.MEMORY, ResourceUnit.SHARE, "mean")
_GPU: Final = _Rule(ResourceMetric.GPU, ResourceUnit.SHARE, "mean")
_GPU_BYTES: Final = _Rule(ResourceMetric.GPU_MEMORY, ResourceUnit.BYTES)
_GPU_MEMORY_SHARE: Final = _Rule(ResourceMetric.GPU_MEMORY, ResourceUnit.SHARE, "mean")
_REPLICAS: Final = _Rule(ResourceMetric.REPLICAS, ResourceUnit.COUNT)

_RULES: Final[dict[str, _Rule]] = {
    "process.cpu.utilization": _CPU_SHARE,
    "system.cpu.utilization": _CPU_SHARE,
    "container.cpu.utilization": _CPU_SHARE,
    "k8s.container.cpu_limit_utilization": _CPU_SHARE,
    "k8s.container.cpu.limit.utilization": _CPU_SHARE,
    "k8s.pod.cpu_limit_utilization": _CPU_SHARE,
    "container.cpu.usage": _CORES,
    "k8s.pod.cpu.usage": _CORES,
    "process.memory.usage": _BYTES,
    "system.memory.usage": _BYTES,
    "container.memory.usage": _BYTES,
    "container.memory.working_set": _BYTES,
    "k8s.pod.memory.usage": _BYTES,
    "k8s.pod.memory.working_set": _BYTES,
    "process.memory.utilization": _MEMORY_SHARE,
    "system.memory.utilization": _MEMORY_SHARE,
    "k8s.container.memory_limit_utilization": _MEMORY_SHARE,
    "k8s.pod.memory_limit_utilization": _MEMORY_SHARE,
    "hw.gpu.utilization": _GPU,
    "hw.gpu.memory.usage": _GPU_BYTES,
    "hw.gpu.memory.utilization": _GPU_MEMORY_SHARE,
    "k8s.deployment.available_pods": _REPLICAS,
    "k8s.deployment.pod.available": _REPLICAS,
    "k8s.replicaset.available_pods": _REPLICAS,
    "k8s.replicaset.pod.available": _REPLICAS,
}
_SCALES: Final[dict[ResourceUnit, dict[str, float]]] = {
    ResourceUnit.SHARE: {"": 1.0, "1": 1.0, "%": 0.01},
    ResourceUnit.CORES: {"": 1.0, "1": 1.0, "{cpu}": 1.0},
    ResourceUnit.BYTES: {"": 1.0, "By": 1.0, "KiBy": 2.0**10, "MiBy": 2.0**20, "GiBy": 2.0**30},
}
_STATES: Final = (
    "cpu.mode",
    "cpu.state",
    "process.cpu.state",
    "system.cpu.state",
    "system.memory.state",
    "state",
)
# a CPU that waits, or works for another machine; of memory whatever is not called used
_IDLE: Final = frozenset({"idle", "iowait", "wait", "steal"})
_PARTS: Final = ("cpu.logical_number", "system.cpu.logical_number", "cpu", "hw.id")
# the rest of a card is counted under no task, or under `general`
_TASKS: Final = frozenset({"encoder", "decoder"})


class ResourcePoints:
    """Gathers the points of one request: those of all states and parts make one sample."""

    def __init__(self) -> None:
        self._sums: dict[tuple[object, ...], dict[tuple[object, ...], float]] = {}
        self._made: dict[tuple[object, ...], ResourceSample] = {}
        self.passed_over: Counter[str] = Counter()

    def add(self, point: Point) -> None:
        """
        Take a point, or count why it is none of resource use.

        Parameters
        ----------
        point : Point
        """
        rule = _RULES.get(point.metric)
        scale = _scale(rule, point.unit)
        if rule is None or scale is None or point.attributes.get("hw.gpu.task") in _TASKS:
            self.passed_over["other_metric"] += 1
            return
        sample = _sample(point, rule)
        if sample is None or not math.isfinite(point.value) or point.value < 0:
            self.passed_over["unusable_point"] += 1
            return
        key = (sample.ts, sample.source, sample.model, sample.version, sample.replica)
        self._made[key] = sample
        parts = self._sums.setdefault(key, defaultdict(float))
        part = tuple(point.attributes.get(name) for name in _PARTS)
        parts[part] += point.value * scale if _is_used(rule, point.attributes) else 0.0

    def samples(self) -> tuple[ResourceSample, ...]:
        """Return the samples."""
        return tuple(
            replace(one, value=_over_parts(self._sums[key], _RULES[one.source]))
            for key, one in self._made.items()
        )


def _scale(rule: _Rule | None, unit: str) -> float | None:
    """Return what a value is multiplied with; None: it is no number of what the rule says."""
    if rule is None or rule.unit is ResourceUnit.COUNT:
        return 1.0
    return _SCALES[rule.unit].get(unit)


def _over_parts(parts: dict[tuple[object, ...], float], rule: _Rule) -> float:
    total = sum(parts.values())
    return total / len(parts) if rule.over_parts == "mean" else total


def _sample(point: Point, rule: _Rule) -> ResourceSample | None:
    ts = moment_of(str(point.time_ns))
    cells = deployment_cells(point.origin, point.attributes)
    model, replica = _text(cells, "model"), _text(cells, "replica")
    if rule.metric is ResourceMetric.REPLICAS:
        replica = None  # of all of them
    if ts is None or (model is None and replica is None):
        return None
    return ResourceSample(
        ts=ts,
        metric=rule.metric,
        unit=rule.unit,
        value=0.0,
        source=point.metric,
        model=model,
        version=_text(cells, "version"),
        replica=replica,
    )


def _text(cells: Cells, name: str) -> str | None:
    value = cells.get(name)
    return None if value is None else str(value)


def _is_used(rule: _Rule, attributes: Attributes) -> bool:
    state = next((attributes[name] for name in _STATES if name in attributes), None)
    if rule.metric is ResourceMetric.MEMORY:
        return state in (None, "used")
    return state not in _IDLE
