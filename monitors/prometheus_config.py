"""`prometheus:` a server that knows what the replicas of a deployment use."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Final

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from domain.resource import ResourceMetric, ResourceUnit
from monitors.config_values import Duration
from monitors.web_address import checked_address

# what its samples are kept under
SOURCE: Final = "prometheus"
# put in for the names of models and of replicas
MODEL: Final = "{model}"
REPLICA: Final = "{replica}"

# Kubernetes' own names: what kubelets tell of containers, and NVIDIA's exporter of cards
_CPU: Final = (
    'sum by (pod) (rate(container_cpu_usage_seconds_total{container!="",pod=~"{replica}"}[5m]))'
)
_MEMORY: Final = 'sum by (pod) (container_memory_working_set_bytes{container!="",pod=~"{replica}"})'
_GPU: Final = 'avg by (pod) (DCGM_FI_DEV_GPU_UTIL{pod=~"{replica}"}) / 100'
_GPU_MEMORY: Final = 'sum by (pod) (DCGM_FI_DEV_FB_USED{pod=~"{replica}"}) * 1048576'

# what each query's values are
MEANINGS: Final[Mapping[str, tuple[ResourceMetric, ResourceUnit]]] = {
    "cpu": (ResourceMetric.CPU, ResourceUnit.CORES),
    "cpu_share": (ResourceMetric.CPU, ResourceUnit.SHARE),
    "memory": (ResourceMetric.MEMORY, ResourceUnit.BYTES),
    "memory_share": (ResourceMetric.MEMORY, ResourceUnit.SHARE),
    "gpu": (ResourceMetric.GPU, ResourceUnit.SHARE),
    "gpu_memory": (ResourceMetric.GPU_MEMORY, ResourceUnit.BYTES),
    "gpu_memory_share": (ResourceMetric.GPU_MEMORY, ResourceUnit.SHARE),
    "replicas": (ResourceMetric.REPLICAS, ResourceUnit.COUNT),
}
_LEAST: Final = timedelta(seconds=1)


def _whole_seconds(length: timedelta) -> timedelta:
    if length < _LEAST or length % _LEAST:
        raise ValueError("write whole seconds, 1s or more")
    return length


def _names(raw: object) -> object:
    return (raw,) if isinstance(raw, str) else raw


Seconds = Annotated[Duration, AfterValidator(_whole_seconds)]
_LIST: Final = {"type": "array", "items": {"type": "string"}}
Labels = Annotated[
    tuple[str, ...],
    BeforeValidator(_names),
    WithJsonSchema({"anyOf": [_LIST, {"type": "string"}]}),
]


class QueriesConfig(BaseModel):
    """What is asked, in PromQL."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cpu: str | None = Field(default=_CPU, description="CPU in cores.")
    cpu_share: str | None = Field(default=None, description="CPU as a share: 1 is the limit.")
    memory: str | None = Field(default=_MEMORY, description="Memory in bytes.")
    memory_share: str | None = Field(default=None, description="Memory as a share of the limit.")
    gpu: str | None = Field(default=_GPU, description="Use of graphics cards as a share.")
    gpu_memory: str | None = Field(default=_GPU_MEMORY, description="Their memory in bytes.")
    gpu_memory_share: str | None = Field(default=None, description="Their memory as a share.")
    replicas: str | None = Field(
        default=None, description="How many there are; absent: those that tell of cpu or memory."
    )

    def asked(self) -> dict[str, str]:
        """Return the queries that are asked, by their names in `MEANINGS`."""
        told = {name: getattr(self, name) for name in MEANINGS}
        return {name: query for name, query in told.items() if query}


class LabelsConfig(BaseModel):
    """Which labels of a series tell whose it is; of several, the first that names something."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: Labels = Field(
        default=("model", "model_name", "app", "app_kubernetes_io_name", "service", "job"),
        description="Counts where its value is a model of the store, or stands in names.",
    )
    version: Labels = Field(
        default=("model_version", "version", "app_kubernetes_io_version"),
        description="Counts where its value is a version of that model.",
    )
    replica: Labels = Field(
        default=("pod", "kubernetes_pod_name", "instance"),
        description="As calls name their replicas.",
    )


class PrometheusConfig(BaseModel):
    """A Prometheus, or whatever answers as one: Thanos, Mimir, VictoriaMetrics."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: Annotated[str, AfterValidator(checked_address)] = Field(
        description="Its address, as http://prometheus:9090, with the path before /api if any."
    )
    user: str | None = Field(
        default=None, description="Given: the token is this user's password (basic)."
    )
    token: SecretStr | None = Field(
        default=None, description="Sent as a bearer token, from the environment: ${NAME}."
    )
    every: Seconds = Field(
        default=timedelta(seconds=60), description="From one time it is asked to the next."
    )
    step: Seconds = Field(
        default=timedelta(seconds=60), description="From one value of a series to the next."
    )
    look_back: Seconds = Field(
        default=timedelta(days=1),
        description="How far back it is asked for what is missing.",
    )
    queries: QueriesConfig = Field(
        default=QueriesConfig(),
        description="What is asked; {replica} stands for the replicas that answered calls, "
        "{model} for a model, each asked for by itself.",
    )
    labels: LabelsConfig = Field(
        default=LabelsConfig(), description="Which labels tell whose a series is."
    )
    names: dict[str, str] = Field(
        default_factory=dict[str, str],
        description="Models that are called otherwise there: its name to ours.",
    )

    @field_validator("url")
    @classmethod
    def _is_a_base(cls, url: str) -> str:
        if "?" in url or "#" in url:
            raise ValueError(f"{url!r} must end with a host, a port or a path")
        return url.rstrip("/")

    @model_validator(mode="after")
    def _fits_together(self) -> PrometheusConfig:
        if self.user is not None and self.token is None:
            raise ValueError("a user needs a token: its password")
        if self.look_back < self.step:
            raise ValueError("look_back is shorter than step; nothing could be asked for")
        return self
