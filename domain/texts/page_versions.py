"""Texts of the Versions page, in English and Chinese."""

from __future__ import annotations

_COURSES: dict[str, dict[str, str]] = {
    "page_versions.course.alone": {
        "en": "{version} has answered since {since}, at first {first} of the traffic, and alone "
        "since {alone}.",
        "zh": "{version} 自 {since} 起应答，起初占流量的 {first}；自 {alone} 起独自应答。",
    },
    "page_versions.course.beside-others": {
        "en": "{version} has answered since {since}, at first {first} of the traffic and {last} of "
        "it in the newest window.",
        "zh": "{version} 自 {since} 起应答，起初占流量的 {first}；最新窗口中占 {last}。",
    },
    "page_versions.course.at-once": {
        "en": "{version} has answered alone since {since}, when it came.",
        "zh": "{version} 自 {since} 上线起即独自应答。",
    },
    "page_versions.course.over": {
        "en": "{version} answered from {since} to {until} and nothing since.",
        "zh": "{version} 自 {since} 应答至 {until}，此后不再应答。",
    },
    "page_versions.course.stepped-back": {
        "en": "{version} answered from {since} to {until}; since then it runs in shadow only and "
        "answers nobody.",
        "zh": "{version} 自 {since} 应答至 {until}；此后只作影子运行，不再应答。",
    },
    "page_versions.course.first": {
        "en": "{version} has been there since the first judged window, {since}.",
        "zh": "{version} 自首个判定窗口 {since} 起一直存在。",
    },
    "page_versions.course.ahead": {
        "en": "{version} first saw traffic in shadow: {n} of its predictions ({shadow}) answered "
        "nobody.",
        "zh": "{version} 最初作影子运行：{n} 条预测（{shadow}）未用于应答。",
    },
    "page_versions.course.beside": {
        "en": "{n} more of its predictions ({shadow}) were made in shadow and answered nobody.",
        "zh": "另有 {n} 条预测（{shadow}）是影子预测，未用于应答。",
    },
    "page_versions.course.only": {
        "en": "{version} has run in shadow only, since {since}: its {n} predictions answered "
        "nobody.",
        "zh": "{version} 自 {since} 起只作影子运行：{n} 条预测均未用于应答。",
    },
    "page_versions.course.only-over": {
        "en": "{version} ran in shadow only ({shadow}): its {n} predictions answered nobody.",
        "zh": "{version} 只作影子运行（{shadow}）：{n} 条预测均未用于应答。",
    },
    "page_versions.course.between": {"en": " ", "zh": ""},
    "page_versions.starts": {"en": "{version} comes", "zh": "{version} 上线"},
    "page_versions.starts.shadow": {"en": "{version} in shadow", "zh": "{version} 影子运行"},
    "page_versions.shares": {"en": "Who answered", "zh": "各版本的应答占比"},
    "page_versions.shares.note": {
        "en": "Share of the answers in each judged window. Predictions in shadow answered nobody: "
        "they are left out and stand on the hover.",
        "zh": "每个判定窗口中各版本占应答的比例。影子预测未用于应答，不计入，悬停可见其数量。",
    },
    "page_versions.shares.hover": {"en": " · {n} in shadow", "zh": " · 影子 {n}"},
    "page_versions.shares.unknown": {
        "en": "Runs of {span} were stored before shadow predictions were counted; there every "
        "prediction stands as an answer. To count them: "
        "`driftline backfill --from {start} --to {end} --reprocess completed`",
        "zh": "{span} 的运行在统计影子预测之前已存储，其中所有预测都按应答计。重新统计："
        "`driftline backfill --from {start} --to {end} --reprocess completed`",
    },
}

_PAGE: dict[str, dict[str, str]] = {
    "page_versions.base": {"en": "Base", "zh": "对照版本"},
    "page_versions.pair": {"en": "{base} beside {candidate}", "zh": "{base} 与 {candidate} 对比"},
    "page_versions.pair.same": {
        "en": "Both in the window {window}. Differences are numbers, not verdicts.",
        "zh": "同一窗口 {window}。差值仅为数字，不是判定。",
    },
    "page_versions.pair.apart": {
        "en": "They were never judged in one window: {base} stands at {base_window}, {candidate} "
        "at {candidate_window}. Different traffic; read differences with care.",
        "zh": "两者从未在同一窗口中被判定：{base} 取 {base_window}，{candidate} 取 "
        "{candidate_window}。流量不同，请谨慎解读差值。",
    },
    "page_versions.row.predictions": {"en": "Predictions", "zh": "预测数"},
    "page_versions.row.shadow": {"en": "Of them in shadow", "zh": "其中影子预测"},
    "page_versions.row.failed": {"en": "Failed calls", "zh": "失败调用"},
    "page_versions.row.p50": {"en": "p50 latency", "zh": "p50 延迟"},
    "page_versions.row.p95": {"en": "p95 latency", "zh": "p95 延迟"},
    "page_versions.row.p99": {"en": "p99 latency", "zh": "p99 延迟"},
    "page_versions.row.drifting": {
        "en": "Drifting, newest run",
        "zh": "最新运行漂移列",
    },
    "page_versions.rows.calls": {"en": "{n} calls", "zh": "{n} 次调用"},
    "page_versions.rows.labels": {"en": "{n} labels", "zh": "{n} 个标签"},
    "page_versions.both": {"en": "{base} / {candidate}", "zh": "{base} / {candidate}"},
    "page_versions.column.metric": {"en": "Metric", "zh": "指标"},
    "page_versions.column.change": {"en": "Difference", "zh": "差值"},
    "page_versions.column.rests_on": {"en": "Rests on", "zh": "依据"},
    "page_versions.overlay": {"en": "Distribution in both", "zh": "两版本的分布"},
    "page_versions.overlay.column": {"en": "Column", "zh": "列"},
    "page_versions.overlay.current": {
        "en": "Blue: {version} in {window}, n = {n}.",
        "zh": "蓝色：{version}，窗口 {window}，n = {n}。",
    },
    "page_versions.overlay.reference": {
        "en": "Grey: {version} in {window}, n = {n}.",
        "zh": "灰色：{version}，窗口 {window}，n = {n}。",
    },
    "page_versions.overlay.none": {
        "en": "No counts of {column} are kept for {version} in {window}: its run did not judge it.",
        "zh": "{version} 在窗口 {window} 没有保留 {column} 的计数：其运行未判定该列。",
    },
    "page_versions.latency": {"en": "Latency of the versions", "zh": "各版本的延迟"},
    "page_versions.latency.note": {
        "en": "p99 as a line, p50 dotted, of each judged window.",
        "zh": "每个判定窗口的 p99（实线）与 p50（点线）。",
    },
    "page_versions.latency.none": {
        "en": "The logs of these versions carry no latencies.",
        "zh": "这些版本的日志中没有延迟。",
    },
    "page_versions.performance": {"en": "{metric} of the versions", "zh": "各版本的 {metric}"},
    "page_versions.performance.note": {
        "en": "Of each judged window, over the labels that have arrived.",
        "zh": "每个判定窗口，基于已到达的标签。",
    },
    "page_versions.performance.none": {
        "en": "No labels have arrived for these versions, so nothing can be said of how good "
        "their predictions are.",
        "zh": "这些版本还没有任何标签，无法衡量预测质量。",
    },
    "page_versions.incidents": {"en": "Incidents of these versions", "zh": "这些版本的事件"},
    "page_versions.one.title": {"en": "One version only", "zh": "只有一个版本"},
    "page_versions.one.why": {
        "en": "Only {version} of {model} was judged so far. As soon as a second version logs "
        "predictions, both stand here side by side.",
        "zh": "{model} 目前只判定过 {version}。一旦有第二个版本记录预测，两者将在此并排显示。",
    },
}

TEXTS: dict[str, dict[str, str]] = {**_COURSES, **_PAGE}
