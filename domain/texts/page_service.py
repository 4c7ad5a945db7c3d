"""Texts of the Latency and SLO page, in English and Chinese."""

from __future__ import annotations

_BAR: dict[str, dict[str, str]] = {
    "page_service.span": {"en": "Span", "zh": "时间跨度"},
    "page_service.span.1d": {"en": "1 day", "zh": "1 天"},
    "page_service.span.7d": {"en": "7 days", "zh": "7 天"},
    "page_service.span.28d": {"en": "28 days", "zh": "28 天"},
    "page_service.span.90d": {"en": "90 days", "zh": "90 天"},
    "page_service.objective": {"en": "Objective", "zh": "目标"},
    "page_service.between": {"en": " ", "zh": ""},
    "page_service.subtitle.judged": {
        "en": "{span} · {calls} calls in judged windows; the rest of the span was not counted",
        "zh": "{span} · 已判定窗口内 {calls} 次调用；本时段其余部分未统计",
    },
    "page_service.subtitle": {"en": "{span} · {calls} calls", "zh": "{span} · {calls} 次调用"},
}

_VERDICTS: dict[str, dict[str, str]] = {
    "page_service.verdict.no_calls": {
        "en": "No call was logged in this span",
        "zh": "本时段没有任何调用记录",
    },
    "page_service.verdict.none_counted": {
        "en": "No call was counted in this span: calls of this model are counted when its windows "
        "are judged",
        "zh": "本时段没有统计到调用：该模型的调用在窗口被判定时统计",
    },
    "page_service.verdict.no_objective": {
        "en": "No objective is set, so nothing is judged: {calls} calls, {failed} of them failed, "
        "p99 {p99}",
        "zh": "未设置服务目标，因此不作判定：共 {calls} 次调用，其中 {failed} 失败，p99 为 {p99}",
    },
    "page_service.verdict.unjudged": {
        "en": "No run has judged an objective in this span yet: {calls} calls, {failed} of them "
        "failed, p99 {p99}",
        "zh": "本时段内尚无运行判定过服务目标：共 {calls} 次调用，其中 {failed} 失败，p99 为 {p99}",
    },
    "page_service.incidents": {"en": "Incidents in this span", "zh": "本时段内的事件"},
    "page_service.incidents.none": {
        "en": "No outage, lost traffic or burning objective in this span.",
        "zh": "本时段内没有服务中断、流量丢失或目标告警。",
    },
    "page_service.incidents.show": {"en": "Show", "zh": "查看"},
}

_CARDS: dict[str, dict[str, str]] = {
    "page_service.card.sli": {"en": "Good calls, {period} d", "zh": "合格调用，{period} 天"},
    "page_service.card.sli.above": {"en": "target {target}", "zh": "目标 {target}"},
    "page_service.card.sli.below": {"en": "below target {target}", "zh": "低于目标 {target}"},
    "page_service.card.sli.unknown": {
        "en": "no calls; target {target}",
        "zh": "无调用；目标 {target}",
    },
    "page_service.card.sli.help": {
        "en": "Share of good calls in the objective's period: {goal}.",
        "zh": "目标周期内合格调用的占比：{goal}。",
    },
    "page_service.card.budget": {"en": "Error budget", "zh": "错误预算"},
    "page_service.card.budget.note": {
        "en": "{bad} bad of {total} calls",
        "zh": "{total} 次调用中 {bad} 次不合格",
    },
    "page_service.card.budget.help": {
        "en": "What the target allows to go wrong in its period, less what went wrong.",
        "zh": "目标在其周期内允许的不合格调用，减去已发生的部分。",
    },
    "page_service.card.burn": {"en": "Fastest burn rate", "zh": "最高消耗速率"},
    "page_service.card.burn.firing": {
        "en": "over {length}; fires from {factor}",
        "zh": "过去 {length}；达 {factor} 即告警",
    },
    "page_service.card.burn.quiet": {
        "en": "over {length}; would fire at {factor}",
        "zh": "过去 {length}；告警线为 {factor}",
    },
    "page_service.card.burn.untold": {
        "en": "over {length}; too few calls to tell",
        "zh": "过去 {length}；调用太少，无法判断",
    },
    "page_service.card.burn.past": {
        "en": "over {length}; not over the last {short}",
        "zh": "过去 {length}；最近 {short} 已恢复",
    },
    "page_service.card.burn.unknown": {"en": "no calls to measure", "zh": "没有可衡量的调用"},
    "page_service.card.burn.help": {
        "en": "At 1× the budget lasts exactly its period; at 2× half as long. Measured at the end "
        "of the newest judged window.",
        "zh": "1× 表示预算恰好用满整个周期，2× 表示只够一半时间。在最新判定窗口结束时测得。",
    },
    "page_service.card.p99": {"en": "p99 latency", "zh": "p99 延迟"},
    "page_service.card.p99.within": {
        "en": "within {limit}; p50 {p50}",
        "zh": "在 {limit} 以内；p50 {p50}",
    },
    "page_service.card.p99.beyond": {
        "en": "over {limit}; p50 {p50}",
        "zh": "超过 {limit}；p50 {p50}",
    },
    "page_service.card.p99.median": {"en": "p50 {p50}", "zh": "p50 {p50}"},
    "page_service.card.p99.none": {"en": "no latencies logged", "zh": "日志中没有延迟"},
    "page_service.card.p99.help": {
        "en": "99 of 100 answered calls of the shown span took at most this long (within 2%).",
        "zh": "所示时段内 99% 的已应答调用不超过此时长（误差 2% 以内）。",
    },
    "page_service.card.p50": {"en": "p50 latency", "zh": "p50 延迟"},
    "page_service.card.p50.note": {"en": "median of the span", "zh": "本时段中位数"},
    "page_service.card.p50.help": {
        "en": "Half of the answered calls of the shown span took at most this long (within 2%).",
        "zh": "所示时段内一半的已应答调用不超过此时长（误差 2% 以内）。",
    },
    "page_service.card.calls": {"en": "Calls", "zh": "调用"},
    "page_service.card.calls.help": {
        "en": "Requests in the shown span; a batch of rows is one call.",
        "zh": "所示时段内的请求数；一批多行计为一次调用。",
    },
    "page_service.card.replicas": {"en": "from {n} replicas", "zh": "来自 {n} 个副本"},
    "page_service.card.replicas.none": {"en": "no replica named", "zh": "未标明副本"},
    "page_service.card.failed": {"en": "Failed", "zh": "失败"},
    "page_service.card.failed.note": {
        "en": "{failed} of {calls} calls",
        "zh": "{calls} 次调用中 {failed} 次",
    },
    "page_service.card.failed.help": {
        "en": "Calls that got a server error or no answer at all; a client's own errors do not "
        "count.",
        "zh": "返回服务端错误或没有应答的调用；客户端自身的错误不计入。",
    },
}

_SECTIONS: dict[str, dict[str, str]] = {
    "page_service.latency": {"en": "Latency", "zh": "延迟"},
    "page_service.latency.note": {
        "en": "p50 to p95 as a band, p99 bold; buckets of {bucket}.",
        "zh": "色带为 p50 至 p95，粗线为 p99；每 {bucket} 一个点。",
    },
    "page_service.latency.note.log": {
        "en": "p50 to p95 as a band, p99 bold; buckets of {bucket}; logarithmic scale.",
        "zh": "色带为 p50 至 p95，粗线为 p99；每 {bucket} 一个点；对数刻度。",
    },
    "page_service.latency.none": {"en": "No latencies in the logs", "zh": "日志中没有延迟"},
    "page_service.latency.none.why": {
        "en": "The calls of this span carry no latency_ms. Log it with each prediction to see "
        "percentiles and to set a latency objective.",
        "zh": "本时段的调用没有 latency_ms。请随每条预测记录该值，即可查看分位数并设置延迟目标。",
    },
    "page_service.calls": {"en": "Calls per {bucket}", "zh": "每 {bucket} 的调用数"},
    "page_service.failures": {"en": "Failed calls", "zh": "失败调用占比"},
    "page_service.failures.known": {
        "en": "No call of this span failed.",
        "zh": "本时段没有失败的调用。",
    },
    "page_service.failures.unknown": {
        "en": "The calls of this span carry no status, so failures cannot be seen. Log it with "
        "each prediction.",
        "zh": "本时段的调用没有 status，因此无法看到失败。请随每条预测记录该值。",
    },
    "page_service.budget": {"en": "Error budget of {name}", "zh": "{name} 的错误预算"},
    "page_service.budget.note": {
        "en": "Over the {period} days that end with {window}.",
        "zh": "截至 {window} 的 {period} 天。",
    },
    "page_service.budget.left": {"en": "Budget left", "zh": "剩余预算"},
    "page_service.budget.overspent": {"en": "Overspent", "zh": "超支"},
    "page_service.budget.even": {"en": "Even spend", "zh": "均匀消耗"},
    "page_service.budget.exhausted": {"en": "exhausted by {when}", "zh": "{when} 前已耗尽"},
    "page_service.burn": {"en": "Burn rates", "zh": "消耗速率"},
    "page_service.burn.note": {
        "en": "A row fires while both its windows are above its factor, and the bad calls of the "
        "long one are too many to be chance. Measured at {at}.",
        "zh": "长短两个窗口都超过倍数，且长窗口内的不合格调用多到不可能是偶然时，该行告警。"
        "测量时间 {at}。",
    },
    "page_service.burn.unreachable": {
        "en": "“{state}”: with this target not even an outage would reach the factor. Choose a "
        "higher target.",
        "zh": "“{state}”：在此目标下即使服务完全中断也达不到该倍数，请提高目标。",
    },
    "page_service.objectives": {"en": "Objectives", "zh": "服务目标"},
    "page_service.objectives.none": {"en": "No objective is set", "zh": "未设置服务目标"},
    "page_service.objectives.how": {
        "en": "Set one in driftline.yaml; the next run judges it.",
        "zh": "请在 driftline.yaml 中设置；下次运行即会判定。",
    },
    "page_service.column.objective": {"en": "Objective", "zh": "目标"},
    "page_service.column.goal": {"en": "Goal", "zh": "要求"},
    "page_service.column.windows": {"en": "Long / short window", "zh": "长 / 短窗口"},
    "page_service.replicas": {"en": "Replicas", "zh": "副本"},
    "page_service.replicas.p99": {"en": "p99 of each replica.", "zh": "各副本的 p99。"},
    "page_service.replicas.failed": {
        "en": "Share of failed calls of each replica.",
        "zh": "各副本的失败调用占比。",
    },
    "page_service.replicas.blamed": {
        "en": "Named by the runs as the one at fault: {replica}.",
        "zh": "运行判定的故障副本：{replica}。",
    },
    "page_service.replicas.drawn": {
        "en": "The first {n} of {total} are drawn.",
        "zh": "图中仅绘出 {total} 个中的前 {n} 个。",
    },
    "page_service.replicas.none": {"en": "No replica is named", "zh": "日志未标明副本"},
    "page_service.replicas.none.why": {
        "en": "Log a replica with each prediction, and a slow or failing one is found by name.",
        "zh": "随每条预测记录 replica，即可按名称找出变慢或失败的副本。",
    },
    "page_service.column.replica": {"en": "Replica", "zh": "副本"},
    "page_service.column.at_fault": {"en": "Found", "zh": "判定"},
    "page_service.at_fault": {"en": "at fault", "zh": "故障"},
    "page_service.column.calls": {"en": "Calls", "zh": "调用"},
    "page_service.column.failed": {"en": "Failed", "zh": "失败"},
}

TEXTS: dict[str, dict[str, str]] = {**_BAR, **_VERDICTS, **_CARDS, **_SECTIONS}
