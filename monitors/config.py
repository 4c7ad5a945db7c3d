"""
`driftline.yaml`: what is watched, compared with what, and how many false incidents it may cost.

Every field has a default: without a file every model that the logs bring is watched.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from domain.slo import SLO
from domain.window import parse_time
from monitors.config_values import BUDGET, BUDGET_SCHEMA, Duration, Name, Share, Wait, WindowLength
from monitors.follow_config import FollowConfig
from monitors.model_patterns import closeness, matches
from monitors.pairing_config import PairingConfig
from monitors.privacy_config import PrivacyConfig, RejectedConfig, SecretConfig
from monitors.prometheus_config import PrometheusConfig
from monitors.source_config import SourceConfig
from monitors.tiers_config import ArchiveConfig, RetentionConfig
from monitors.trace_links import TraceURL


class Strict(BaseModel):
    """Frozen; a key that is not there is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SLOConfig(Strict):
    """An objective on the share of good calls."""

    name: str = Field(min_length=1, description=("Name of the objective, unique in its monitor."))
    target: Share = Field(
        gt=0, lt=1, description=("Share of calls that must be good, as 99.9% or 0.999.")
    )
    period: Duration = Field(
        default=timedelta(days=28),
        description=(
            "Rolling period the budget is for; whole weeks see each weekday equally often."
        ),
    )
    latency_ms: float | None = Field(
        default=None,
        gt=0,
        description=(
            "A call is good when it succeeded within this many milliseconds; absent: "
            "when it succeeded."
        ),
    )

    def objective(self) -> SLO:
        """Return the objective as the detectors know it."""
        return SLO(self.name, self.target, self.period / timedelta(days=1), self.latency_ms)


class SpanConfig(Strict):
    """What a window is compared with: a fixed span, a trailing span, a file, or another version."""

    window: tuple[str, str] | None = Field(
        default=None, description=("Fixed span [start, end), as two dates or times.")
    )
    trailing: Duration | None = Field(
        default=None, description=("Length of a span that moves along, renewed once a week.")
    )
    gap: Wait = Field(
        default=timedelta(days=10),
        description=(
            "Distance between a trailing span and the windows judged by it, so that a "
            "slow drift is not absorbed."
        ),
    )
    version: Name | None = Field(
        default=None,
        description=(
            "Compare with this version's rows; `previous` is the one before. Absent: "
            "a model's inputs with all its traffic, its outputs with the version's "
            "own."
        ),
    )
    file: Path | None = Field(
        default=None, description="A file (CSV, Parquet, NDJSON) of reference rows."
    )

    @model_validator(mode="after")
    def _one_form(self) -> SpanConfig:
        given = [n for n in ("window", "trailing", "file") if getattr(self, n) is not None]
        if len(given) > 1:
            raise ValueError(f"give one of window, trailing and file, not {' and '.join(given)}")
        if self.file is not None and self.version is not None:
            raise ValueError("give file or version, not both: a file's rows have no version")
        return self

    @field_validator("window", mode="before")
    @classmethod
    def _as_text(cls, raw: object) -> object:
        return tuple(str(part) for part in raw) if isinstance(raw, list | tuple) else raw


class BaselineConfig(SpanConfig):
    """What a model's windows are compared with, and columns that are compared with another."""

    columns: dict[str, SpanConfig] = Field(
        default_factory=dict[str, SpanConfig],
        description="Baselines of single columns, by name.",
    )

    def of(self, column: str | None) -> SpanConfig:
        """Return the baseline of one column that has its own, else the model's."""
        return self if column is None else self.columns.get(column, self)


class ColumnsConfig(Strict):
    """Which columns are judged."""

    include: tuple[str, ...] | None = Field(default=None, description="Only these; absent: all.")
    exclude: tuple[str, ...] = Field(default=(), description="Never these.")

    def chosen(self, name: str) -> bool:
        """Return whether the column is judged."""
        return name not in self.exclude and (self.include is None or name in self.include)


class DriftConfig(Strict):
    """Tests shown beside the calibrated detector; they decide where nothing is calibrated."""

    numeric: tuple[Literal["psi", "ks", "missing"], ...] = Field(
        default=("psi", "ks", "missing"), description="For numbers."
    )
    categorical: tuple[Literal["psi", "chi2", "missing"], ...] = Field(
        default=("psi", "chi2", "missing"), description="For categories."
    )
    psi: float = Field(
        default=0.1,
        gt=0,
        description=(
            "PSI in nats beyond its sampling part; 0.1 watch, 0.25 act in credit scoring's use."
        ),
    )
    ks: float = Field(
        default=0.1,
        gt=0,
        lt=1,
        description=(
            "Largest distance of the distribution functions; 0.1 is a shift of about "
            "a quarter of a standard deviation."
        ),
    )
    alpha: float = Field(
        default=0.01,
        gt=0,
        lt=1,
        description=(
            "Chance of a false alarm per run over all columns where nothing is calibrated."
        ),
    )


class FalseIncidents(Strict):
    """The budget of false incidents."""

    incidents: float = Field(gt=0, description="How many.")
    per: Duration = Field(description="In which time.")


def _budget(raw: object) -> object:
    if isinstance(raw, str):
        match = BUDGET.match(raw)
        if match is None:
            raise ValueError(f"{raw!r} is not of the form '1 per 90d'")
        return {"incidents": float(match[1]), "per": match[2]}
    return raw


class MonitorConfig(Strict):
    """How one model, or every model a pattern matches, is watched."""

    task: Literal["binary", "multiclass", "regression"] | None = Field(
        default=None, description=("Absent: guessed from predictions and labels.")
    )
    window: WindowLength = Field(
        default=timedelta(days=1), description="Length of a judged window."
    )
    grace: Wait = Field(
        default=timedelta(), description="Wait this long after a window's end for late rows."
    )
    owner: str | None = Field(default=None, description="Team whose model it is.")
    archive: ArchiveConfig | None = Field(
        default=None, description="Where old rows go, still read; absent: they stay in the store."
    )
    retention: RetentionConfig | None = Field(
        default=None, description="How long rows are kept; absent: for good."
    )
    source: SourceConfig | None = Field(
        default=None, description="Logs that are read where they lie; absent: the store's."
    )
    privacy: PrivacyConfig | None = Field(
        default=None, description="What is hashed or left out before it is stored; absent: nothing."
    )
    baseline: BaselineConfig = Field(
        default=BaselineConfig(trailing=timedelta(days=56)),
        description="What windows are compared with.",
    )
    columns: ColumnsConfig = Field(default=ColumnsConfig(), description="Which columns are judged.")
    drift: DriftConfig = Field(
        default=DriftConfig(), description="Tests beside the calibrated detector."
    )
    false_incidents: Annotated[
        FalseIncidents,
        BeforeValidator(_budget),
        WithJsonSchema(BUDGET_SCHEMA),
    ] = Field(
        default=FalseIncidents(incidents=1, per=timedelta(days=90)),
        description=("Budget of false drift incidents per deployment, as '1 per 90d'."),
    )
    score_change: float = Field(
        default=0.1,
        gt=0,
        description=(
            "Expected change of the mean score, in the score's unit, from which a "
            "drifted input is critical."
        ),
    )
    min_rows: int = Field(default=30, ge=1, description="Rows a window needs to be judged.")
    for_windows: int = Field(
        default=1, ge=1, description=("Bad windows in a row before an alert fires.")
    )
    slos: tuple[SLOConfig, ...] = Field(
        default=(SLOConfig(name="availability", target=0.999),), description="Objectives on calls."
    )
    slices: tuple[str, ...] = Field(
        default=(),
        description=(
            "Columns (or replica) whose values name parts of the traffic: where one of them is "
            "what drifted, the finding names it."
        ),
    )

    trace_url: TraceURL | None = Field(
        default=None, description="As for the whole file; absent: that."
    )

    @field_validator("slos")
    @classmethod
    def _unique_names(cls, slos: tuple[SLOConfig, ...]) -> tuple[SLOConfig, ...]:
        names = [slo.name for slo in slos]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two objectives are called {name!r}; rename one")
        return slos

    def fingerprint(self) -> str:
        """Return a short hash of everything that decides a verdict."""
        # a model without a source keeps the hash that its runs were stored with
        # and what is not stored decides nothing
        without = {"archive", "retention", "privacy", "trace_url"}
        without |= {"source"} if self.source is None else set()
        return hashlib.sha256(self.model_dump_json(exclude=without).encode()).hexdigest()[:12]


class RouteConfig(Strict):
    """Where alerts of a severity go."""

    severity: Literal["critical", "warning", "info"] | None = Field(
        default=None, description="Absent: every severity."
    )
    owner: str | None = Field(default=None, description="Absent: every owner.")
    to: tuple[str, ...] = Field(
        min_length=1,
        description=("Targets, for example webhook:http://127.0.0.1:9093/api/v2/alerts."),
    )


class Defaults(Strict):
    """Values for every monitor that does not say otherwise."""

    window: WindowLength = Field(
        default=timedelta(days=1), description="Length of a judged window."
    )
    owner: str | None = Field(default=None, description="Team whose models they are.")


class Config(Strict):
    """The whole of `driftline.yaml`."""

    store: Path = Field(default=Path("driftline-store"), description="Folder of the database.")
    timezone: str = Field(
        default="UTC", description=("IANA zone of daily windows and of dates without a time.")
    )
    defaults: Defaults = Field(default=Defaults(), description="Values for every monitor.")
    monitors: dict[str, dict[str, Any]] = Field(
        default_factory=dict[str, dict[str, Any]],
        description=(
            "Settings by model name or pattern (* and ?); the closest match wins, key by key."
        ),
    )
    follow: tuple[FollowConfig, ...] = Field(
        default=(),
        description="Logs that the owner of the store takes by itself, as they are written.",
    )
    routes: tuple[RouteConfig, ...] = Field(default=(), description="Where alerts go.")
    trace_url: TraceURL | None = Field(
        default=None,
        description="Where a call's trace is shown: http://jaeger:16686/trace/{trace_id}; there "
        "are {span_id}, {start_ms} and {end_ms}, too.",
    )
    prometheus: PrometheusConfig | None = Field(
        default=None, description="A server that knows what replicas use; absent: none is asked."
    )
    pairing: PairingConfig = Field(
        default=PairingConfig(), description="Calls that two records tell."
    )
    privacy: SecretConfig = Field(default=SecretConfig(), description="The key of hashes.")
    rejected: RejectedConfig = Field(
        default=RejectedConfig(), description="How long lines that could not be read are kept."
    )

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(
                f"no time zone {name!r}; use an IANA name such as Europe/Berlin"
            ) from error
        return name

    @field_validator("monitors", mode="before")
    @classmethod
    def _valid_monitors(cls, raw: object) -> object:
        if not isinstance(raw, dict):
            return raw
        for pattern, settings in raw.items():
            if not isinstance(settings, dict | None):
                raise ValueError(f"settings of {pattern} must be keys, not {settings!r}")  # noqa: TRY004
        return {pattern: settings or {} for pattern, settings in raw.items()}

    def monitor(self, model: str) -> MonitorConfig:
        """
        Return the settings of one model: all matching patterns, the closest one winning key by key.

        Parameters
        ----------
        model : str
        """
        merged: dict[str, Any] = {
            "window": self.defaults.window,
            "owner": self.defaults.owner,
            "trace_url": self.trace_url,
        }
        for pattern in sorted((p for p in self.monitors if matches(p, model)), key=closeness):
            merged.update(self.monitors[pattern])
        return MonitorConfig.model_validate(merged)

    def baseline_times(self, baseline: SpanConfig) -> tuple[datetime, datetime] | None:
        """Return the fixed span of a baseline in UTC, or None where it moves."""
        if baseline.window is None:
            return None
        return parse_time(baseline.window[0], self.timezone), parse_time(
            baseline.window[1], self.timezone
        )

    def notices(self) -> list[str]:
        """Return what the file asks for and this version does not do, one line each."""
        return [
            "routes: alerts are stored and listed, but this version sends nothing to "
            + ", ".join(r.to)
            for r in self.routes
        ]


def json_schema() -> str:
    """Return the JSON Schema of `driftline.yaml`, for editors."""
    schema = Config.model_json_schema()
    monitor = MonitorConfig.model_json_schema(ref_template="#/$defs/{model}")
    schema.setdefault("$defs", {}).update(monitor.pop("$defs", {}))
    schema["$defs"]["MonitorConfig"] = monitor
    schema["properties"]["monitors"]["additionalProperties"] = {"$ref": "#/$defs/MonitorConfig"}
    schema["title"] = "driftline.yaml"
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
