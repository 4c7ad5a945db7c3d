"""What objectives and reports ask about calls, and predictions beside their labels."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from domain.calls import CallBuckets
from domain.outcome import Outcomes
from domain.window import Window
from store.engines.spark_fields import literal
from store.engines.spark_logs import FAILED, SparkLogs
from store.engines.spark_windows import hull, place
from store.moments import from_microseconds, to_microseconds
from store.scan import check_order

Float = NDArray[np.float64]
Int = NDArray[np.int64]

_BUCKETS: Final = f"""
    select
        bucket,
        replica,
        sum(weight) as total,
        sum(weight) filter (where status is not null) as with_status,
        sum(weight) filter (where failed) as failed,
        sum(weight) filter (where failed or latency_ms is not null) as with_latency{{slow}}
    from (
        select
            (us - {{start}}) div {{width}} as bucket,
            coalesce(replica, '') as replica,
            case when sampling_rate > 0 then 1 / sampling_rate else 1.0D end as weight,
            status,
            {FAILED} as failed,
            latency_ms
        from ({{calls}})
        where version = {{version}}
    )
    group by bucket, replica
"""
_SLOW: Final = (
    ",\n        sum(weight) filter (where failed or latency_ms > double('{limit!r}')) as slow_{i}"
)
_COUNTED: Final = ("total", "with_status", "failed", "with_latency")
# a request that two versions answered (shadow) is one request; a call without an id is its own
_REQUESTS: Final = """
    select
        (us - {start}) div {width} as bucket,
        count(distinct request_id) + count_if(request_id is null) as requests
    from ({calls})
    group by bucket
"""
# Of several labels of one prediction the newest counts; of two at one moment the last by its text.
_TOLD: Final = """
    with served as (
        select us, {place} as w, prediction_id, request_id, prediction, score, label
        from events
        where kind = 2{span}
    ),
    known as (
        select prediction_id, request_id, kind, struct(us, label) as told
        from events
        where label is not null
          and {known}
    ),
    of_prediction as (
        select prediction_id, max(told) as told
        from known
        where prediction_id is not null
        group by prediction_id
    ),
    of_request as (
        select request_id, max(told) as told
        from known
        where prediction_id is null
          and kind = 0
          and request_id is not null
        group by request_id
    )
    select
        w,
        prediction,
        score,
        greatest(
            case when prediction_id is null and label is not null and {known}
            then struct(us, label) end,
            of_prediction.told,
            of_request.told
        ) as told
    from served
    left join of_prediction using (prediction_id)
    left join of_request using (request_id)
    where w is not null
"""


def call_buckets(
    logs: SparkLogs, version: str, span: Window, bucket_s: int, thresholds_ms: Sequence[float]
) -> CallBuckets:
    """Count calls in equal buckets, by replica; see `Engine.call_buckets`."""
    start, end = to_microseconds(span.start), to_microseconds(span.end)
    width = bucket_s * 1_000_000
    limits = [float(limit) for limit in thresholds_ms]
    slow = "".join(_SLOW.format(limit=limit, i=i) for i, limit in enumerate(limits))
    table = logs.ask(
        _BUCKETS.format(
            start=start, width=width, calls=logs.calls(span), version=literal(version), slow=slow
        )
    )
    names, replica = np.unique(
        np.array(table.column("replica").to_pylist(), np.str_), return_inverse=True
    )
    shape = (len(names), -(-(end - start) // width))
    bucket = table.column("bucket").to_numpy()

    def dense(name: str) -> Float:
        counted = np.zeros(shape)
        counted[replica, bucket] = table.column(name).fill_null(0.0).to_numpy()
        return counted

    tables = [dense(f"slow_{i}") for i in range(len(limits))]
    return CallBuckets(
        starts=(start + np.arange(shape[1], dtype=np.int64) * width) // 1_000_000,
        bucket_s=bucket_s,
        replicas=tuple(str(name) for name in names),
        thresholds_ms=tuple(limits),
        slow=np.stack(tables) if tables else np.zeros((0, *shape)),
        **{name: dense(name) for name in _COUNTED},
    )


def request_counts(logs: SparkLogs, span: Window, bucket_s: int) -> Int:
    """Count distinct requests in equal buckets; see `Engine.request_counts`."""
    start, end = to_microseconds(span.start), to_microseconds(span.end)
    width = bucket_s * 1_000_000
    table = logs.ask(_REQUESTS.format(start=start, width=width, calls=logs.calls(span)))
    counts = np.zeros(-(-(end - start) // width), np.int64)
    counts[table.column("bucket").to_numpy()] = table.column("requests").to_numpy()
    return counts


def outcomes(
    logs: SparkLogs, version: str, windows: Sequence[Window], known_by: datetime | None
) -> list[Outcomes]:
    """Return the labelled predictions of every window; see `Engine.outcomes`."""
    check_order(windows)
    if not windows:
        return []
    known = "true" if known_by is None else f"us <= {to_microseconds(known_by)}"
    table = logs.ask(
        _TOLD.format(
            place=place(windows, (version,) * len(windows)),
            span=logs.span(*hull(windows)),
            known=known,
        )
    )
    index = table.column("w").to_numpy()
    return [_outcome(table.filter(pa.array(index == i)), w) for i, w in enumerate(windows)]


def _outcome(served: pa.Table, window: Window) -> Outcomes:
    labelled = served.filter(served.column("told").is_valid())
    told = labelled.column("told").combine_chunks().flatten()
    return Outcomes(
        window=window,
        predictions=labelled.column("prediction").fill_null("").to_numpy().astype(np.str_),
        labels=told[1].to_numpy(zero_copy_only=False).astype(np.str_),
        scores=labelled.column("score").fill_null(np.nan).to_numpy(),
        pending=served.num_rows - labelled.num_rows,
        newest_label_at=from_microseconds(max(told[0].to_pylist())) if len(told[0]) else None,
    )
