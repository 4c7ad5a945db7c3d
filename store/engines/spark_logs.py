"""The logs of one model as Spark sees them: views of its events, predictions, calls and labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from domain.calls import ANSWERED_FROM, SERVER_ERROR_FROM
from domain.column import Column
from domain.errors import UnknownNameError
from domain.profile import ColumnKind, ColumnRole
from domain.source import Source
from domain.window import Window
from store.engines.spark_fields import (
    EARLIEST_US,
    LATEST_US,
    Fields,
    as_number,
    literal,
    number_text,
)
from store.engines.spark_session import translated
from store.moments import to_microseconds
from store.outputs import MOST_CLASSES

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession, StructType

FAILED: Final = f"coalesce(status < {ANSWERED_FROM} or status >= {SERVER_ERROR_FROM}, false)"
# several lines of one call may lie so far apart, as where logs are loaded
SLACK_US: Final = 3_600_000_000

# The kind of an event, as a load decides it: 2 a prediction, 1 a call without an answer, 0 a label
# alone. What is no event (no time, another model's, nothing in it) is filtered before.
_EVENTS: Final = f"""
    select
        *,
        case
            when prediction is not null or score is not null then 2
            when any_feature and not {FAILED} then 2
            when any_feature or label is null or latency_ms is not null or status is not null then 1
            else 0
        end as kind
    from (
        select {{fields}}
        from logs
        where {{model}}
    )
    where us >= {EARLIEST_US}
      and us < {LATEST_US}
      and not coalesce(refused, false)
      and (prediction is not null or score is not null or label is not null
        or latency_ms is not null or status is not null or any_feature)
"""
_UNDECIDED: Final = f"""
    select count(*) as events
    from events
    where prediction is null
      and score is null
      and not {FAILED}
"""
_OUTPUTS: Final = """
    select
        count(prediction) as predictions,
        count(score) as scores,
        coalesce(bool_and(number is not null) filter (where prediction is not null), true) as parse,
        coalesce(bool_or(number <> floor(number)), false) as fractional
    from (
        select prediction, score, try_cast(prediction as double) as number
        from events
        where kind = 2
    )
"""
_CLASSES: Final = f"""
    select distinct prediction
    from events
    where kind = 2
      and prediction is not null
    limit {MOST_CLASSES + 1}
"""
# The worst status wins: a failed one over any other, then the highest.
_RANK: Final = "case when status < 100 or status >= 500 then 1000000 + status else status end"
_SINGLE: Final = """
    select us, version, request_id, latency_ms, status, replica, sampling_rate
    from events
    where kind > 0
"""
_CALLS: Final = f"""
    {_SINGLE}
      and request_id is null
      {{span}}
    union all
    select
        min(us) as us,
        version,
        request_id,
        max(latency_ms) as latency_ms,
        max_by(status, {_RANK}) as status,
        min(replica) as replica,
        min(sampling_rate) as sampling_rate
    from events
    where kind > 0
      and request_id is not null
      {{span}}
    group by version, request_id
"""


@dataclass(frozen=True, slots=True)
class SparkLogs:
    """
    Asks Spark about the events of one model.

    Parameters
    ----------
    session : SparkSession
        With the view ``events``.
    name : str
        Of the source, for messages.
    fields : Fields
    features : dict of str to (place, ColumnKind)
        Column of ``events`` and kind of each feature.
    """

    session: SparkSession
    name: str
    fields: Fields
    features: dict[str, tuple[str, ColumnKind]]

    def ask(self, sql: str) -> pa.Table:
        """
        Return the answer to a query.

        Raises
        ------
        StoreError
            If Spark cannot give it.
        """
        with translated(self.name):
            return self.session.sql(sql).toArrow()

    def value(self, column: Column) -> str:
        """
        Return the SQL of a column's value in ``events``, as double or as text.

        Raises
        ------
        UnknownNameError
            If there is no such column.
        """
        number = column.kind is ColumnKind.NUMBER
        if column.role is ColumnRole.SCORE:
            return "score" if number else number_text("score")
        if column.role is ColumnRole.PREDICTION:
            return as_number("prediction", "string") if number else "prediction"
        if column.name not in self.features:
            raise UnknownNameError.nearest("column", column.name, self.features)
        place, kind = self.features[column.name]
        if number:
            return place if kind is ColumnKind.NUMBER else as_number(place, "string")
        return number_text(place) if kind is ColumnKind.NUMBER else place

    def span(self, start: int, end: int) -> str:
        """Return the condition that an event lies in ``[start, end)``, in microseconds."""
        parts = [f"us >= {start}", f"us < {end}"]
        if self.fields.stored_time():  # the time as it is stored: what lies apart is not read
            parts += [f"at >= timestamp_micros({start})", f"at < timestamp_micros({end})"]
        return "".join(f"\n      and {part}" for part in parts)

    def calls(self, span: Window | None = None) -> str:
        """Return the SQL of the calls that began in `span`; None: all."""
        if span is None:
            return _CALLS.format(span="") if self.fields.has("request_id") else _SINGLE
        start, end = to_microseconds(span.start), to_microseconds(span.end)
        if not self.fields.has("request_id"):
            return _SINGLE + self.span(start, end)
        near = self.span(start - SLACK_US, end + SLACK_US)
        calls = _CALLS.format(span=near)
        return f"select * from ({calls}) where us >= {start} and us < {end}"

    def columns(self) -> tuple[Column, ...]:
        """Return the features in the order of the columns, then the outputs there are."""
        found = [Column(name, kind) for name, (_, kind) in self.features.items()]
        found += [Column(role.value, kind, role) for role, kind in self._outputs().items()]
        return tuple(found)

    def _outputs(self) -> dict[ColumnRole, ColumnKind]:
        told = self.ask(_OUTPUTS).to_pylist()[0]
        found: dict[ColumnRole, ColumnKind] = {}
        if told["predictions"]:
            many = told["fractional"] or self.ask(_CLASSES).num_rows > MOST_CLASSES
            numeric = told["parse"] and many
            found[ColumnRole.PREDICTION] = ColumnKind.NUMBER if numeric else ColumnKind.CATEGORY
        if told["scores"]:
            found[ColumnRole.SCORE] = ColumnKind.NUMBER
        return found


def open_logs(session: SparkSession, source: Source, model: str) -> SparkLogs:
    """
    Make the views of a model's events.

    Parameters
    ----------
    session : SparkSession
        Whose views they are.
    source : Source
    model : str
        Rows that name another one are not its; rows that name none are.

    Raises
    ------
    StoreError
        If the source is not there.
    InputError
        If it lacks a column that its map names.
    """
    with translated(source.name):
        frame = _read(session, source)
        types = _flat(frame.schema)
        partitions = _partitions(session, source, types)
        frame.createOrReplaceTempView("logs")
    fields = Fields(source, types, partitions)
    places: dict[str, tuple[str, ColumnKind]] = {}
    selected: list[str] = []
    for name, (sql, kind) in fields.features().items():
        places[name] = f"f{len(places)}", kind
        selected.append(f"{sql} as {places[name][0]}")
    logs = SparkLogs(session, source.name, fields, places)
    _make_events(logs, model, selected, "true" if places else "false")
    if places and logs.ask(_UNDECIDED).to_pylist()[0]["events"]:
        # only where some row has nothing else to tell: it costs reading every feature
        tells = " or ".join(f"{place} is not null" for place, _ in places.values())
        _make_events(logs, model, selected, f"({tells})")
    return logs


def _make_events(logs: SparkLogs, model: str, features: Sequence[str], any_feature: str) -> None:
    fields = logs.fields
    texts = ("version", "prediction_id", "request_id", "prediction", "replica", "label")
    selected = [
        f"{fields.time()} as us",
        *(f"{fields.text(name)} as {name}" for name in texts if name != "version"),
        f"coalesce({fields.text('version')}, '') as version",
        *(f"{fields.number(name)} as {name}" for name in ("score", "latency_ms", "sampling_rate")),
        f"cast({fields.number('status')} as int) as status",
        f"{fields.shadow()} as in_shadow",
        f"{_refused(fields)} as refused",
        *features,
    ]
    at = fields.stored_time()
    selected += [f"{at} as at"] if at else []
    inner = _EVENTS.replace("any_feature", any_feature)
    # `any_feature` reads columns of the inner query
    own = f"coalesce({fields.text('model')}, {literal(model)}) = {literal(model)}"
    sql = inner.format(fields=",\n            ".join(selected), model=own)
    with translated(logs.name):
        logs.session.sql(sql).createOrReplaceTempView("events")


def _refused(fields: Fields) -> str:
    latency, share = fields.number("latency_ms"), fields.number("sampling_rate")
    wrong = [
        f"{latency} < 0 or {latency} = double('Infinity')",
        f"{share} <= 0 or {share} > 1",
        *(fields.unreadable(name) for name in ("score", "latency_ms", "status", "sampling_rate")),
    ]
    told = [part for part in wrong if part != "false"]
    return " or ".join(f"coalesce({part}, false)" for part in told)


def _read(session: SparkSession, source: Source) -> DataFrame:
    if source.table is not None:
        return session.table(source.table)
    return session.read.parquet(_address(source.path or ""))


def _address(path: str) -> str:
    # what Hadoop calls S3
    return "s3a://" + path.removeprefix("s3://") if path.startswith("s3://") else path


def _flat(schema: StructType) -> dict[str, str]:
    """Return the type of each column by path; members of structs behind a point."""
    found: dict[str, str] = {}
    for field in schema.fields:
        kind = field.dataType.simpleString()
        if kind == "void":
            continue
        if kind.startswith("struct<"):
            members = _flat(field.dataType)  # type: ignore[arg-type]
            found |= {f"{field.name}.{path}": own for path, own in members.items()}
        else:
            found[field.name] = kind
    return found


def _partitions(session: SparkSession, source: Source, types: dict[str, str]) -> list[str]:
    if source.table is not None:
        columns = session.catalog.listColumns(source.table)
        return [column.name for column in columns if column.isPartition]
    # read this way, folders tell nothing
    alone = session.read.option("recursiveFileLookup", "true").parquet(_address(source.path or ""))
    return [path for path in types if path not in _flat(alone.schema)]
