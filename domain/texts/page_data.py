"""Texts of the Data page, in English and Chinese."""

from __future__ import annotations

_OPENING: dict[str, dict[str, str]] = {
    "page_data.silent": {
        "en": "{model} is silent: its newest event is {length} old, more than two of its windows.",
        "zh": "{model} 没有数据：最新事件已是 {length} 前，超过两个窗口。",
    },
    "page_data.silent.many": {
        "en": "{n} models are silent; the furthest behind is {model}, whose newest event is "
        "{length} old.",
        "zh": "{n} 个模型没有数据；落后最多的是 {model}，最新事件已是 {length} 前。",
    },
    "page_data.late": {
        "en": "{model} is late: its newest event is {length} old, more than one of its windows.",
        "zh": "{model} 数据延迟：最新事件已是 {length} 前，超过一个窗口。",
    },
    "page_data.late.many": {
        "en": "{n} models are late; the furthest behind is {model}, whose newest event is "
        "{length} old.",
        "zh": "{n} 个模型数据延迟；落后最多的是 {model}，最新事件已是 {length} 前。",
    },
    "page_data.ahead": {
        "en": "{model} has events in the future: the newest is {length} ahead of the clock. Check "
        "the clock and the time zone of whoever logs.",
        "zh": "{model} 有来自未来的事件：最新事件比当前时间早到 {length}。"
        "请检查日志写入方的时钟和时区。",
    },
    "page_data.ahead.many": {
        "en": "{n} models have events in the future; {model} is {length} ahead of the clock. Check "
        "the clocks and time zones of those who log.",
        "zh": "{n} 个模型有来自未来的事件；{model} 比当前时间超前 {length}。"
        "请检查日志写入方的时钟和时区。",
    },
    "page_data.holes": {
        "en": "Every model logs, but {missing} of the last {total} windows of {model} have no "
        "logs.",
        "zh": "所有模型都有新数据，但 {model} 最近 {total} 个窗口中有 {missing} 个没有日志。",
    },
    "page_data.nothing": {
        "en": "No event of any model has come yet, only labels.",
        "zh": "还没有任何模型的事件，只有标签。",
    },
    "page_data.current.one": {
        "en": "{model} logs: its newest event is {length} old, and every complete window since "
        "its first event, up to the last 30, has logs.",
        "zh": "{model} 数据正常：最新事件为 {length} 前；自首个事件以来的每个完整窗口"
        "（最多 30 个）都有日志。",
    },
    "page_data.current.one.judged": {
        "en": "{model} logs: its newest event is {length} old, and every one of its last windows "
        "that was judged has logs.",
        "zh": "{model} 数据正常：最新事件为 {length} 前；最近判定过的每个窗口都有日志。",
    },
    "page_data.current.many.judged": {
        "en": "All {n} models log: no newest event is older than a window, and every one of the "
        "last windows whose calls were counted has logs.",
        "zh": "全部 {n} 个模型数据正常：最新事件均在一个窗口之内；最近统计过调用的每个窗口"
        "都有日志。",
    },
    "page_data.current.many": {
        "en": "All {n} models log: no newest event is older than a window, and every complete "
        "window since a model's first event, up to the last 30, has logs.",
        "zh": "全部 {n} 个模型数据正常：最新事件均在一个窗口之内；自各模型首个事件以来的"
        "每个完整窗口（最多 30 个）都有日志。",
    },
}

_CARDS: dict[str, dict[str, str]] = {
    "page_data.stored": {"en": "Predictions stored", "zh": "已存预测数"},
    "page_data.stored.note": {
        "en": "{calls} calls, {labels} labels",
        "zh": "{calls} 次调用，{labels} 条标签",
    },
    "page_data.stored.help": {
        "en": "Rows that are in the store now, all models together.",
        "zh": "数据库中现有的行数，所有模型合计。",
    },
    "page_data.behind": {"en": "Models behind", "zh": "数据落后的模型"},
    "page_data.behind.value": {"en": "{n} of {total}", "zh": "{n} / {total}"},
    "page_data.behind.note": {"en": "newest event {ago}", "zh": "最新事件：{ago}"},
    "page_data.behind.furthest": {"en": "{model}: {ago}", "zh": "{model}：{ago}"},
    "page_data.behind.none": {"en": "no event yet", "zh": "还没有事件"},
    "page_data.behind.help": {
        "en": "Models whose newest event is older than one of their windows and its grace.",
        "zh": "最新事件早于一个窗口（含宽限期）的模型。",
    },
    "page_data.rejected": {"en": "Rejected lines", "zh": "被拒绝的行"},
    "page_data.rejected.note": {"en": "most often {reason}", "zh": "最常见：{reason}"},
    "page_data.rejected.none": {"en": "every line was read", "zh": "所有行均已读取"},
    "page_data.rejected.help": {
        "en": "Lines, rows and items that could not be read; each is kept once with its reason.",
        "zh": "无法读取的行、记录或条目；每条连同原因保存一次。",
    },
    "page_data.size": {"en": "Size on disk", "zh": "磁盘占用"},
    "page_data.size.note": {"en": "{size} per prediction", "zh": "每条预测 {size}"},
    "page_data.size.none": {"en": "no prediction yet", "zh": "还没有预测"},
    "page_data.size.help": {
        "en": "The database file and its log, with everything that was judged.",
        "zh": "数据库文件及其日志，含全部判定结果。",
    },
    "page_data.backup": {"en": "Last backup", "zh": "最近备份"},
    "page_data.backup.never": {"en": "never", "zh": "从未"},
    "page_data.backup.none": {"en": "driftline backup FILE", "zh": "driftline backup 文件"},
    "page_data.backup.help": {
        "en": "When 'driftline backup' last copied this store; other copies are not known here.",
        "zh": "'driftline backup' 最近一次复制此数据库的时间；其他方式的备份无从得知。",
    },
}

_MODELS: dict[str, dict[str, str]] = {
    "page_data.models": {"en": "Models", "zh": "模型"},
    "page_data.models.note": {
        "en": "The one furthest behind first. Click a row for its calls.",
        "zh": "落后最多的在前。点击任意一行查看其调用情况。",
    },
    "page_data.models.judged": {
        "en": "Calls by day of {models} are counted when their windows are judged: days without a "
        "run are empty here. Rows and newest event are those the last run saw.",
        "zh": "{models} 的每日调用在窗口被判定时统计：没有运行的日子在此为空。"
        "行数与最新事件以最近一次运行所见为准。",
    },
    "page_data.freshness": {"en": "Logs", "zh": "日志"},
    "page_data.freshness.current": {"en": "Current", "zh": "正常"},
    "page_data.freshness.late": {"en": "Late", "zh": "延迟"},
    "page_data.freshness.silent": {"en": "Silent", "zh": "无数据"},
    "page_data.freshness.ahead": {"en": "In the future", "zh": "超前"},
    "page_data.freshness.empty": {"en": "No events", "zh": "无事件"},
    "page_data.freshness.help": {
        "en": "Current: the newest event is at most one window and its grace old. Silent: more "
        "than two.",
        "zh": "正常：最新事件不早于一个窗口（含宽限期）。无数据：早于两个窗口。",
    },
    "page_data.model": {"en": "Model", "zh": "模型"},
    "page_data.newest": {"en": "Newest event", "zh": "最新事件"},
    "page_data.newest.ahead": {"en": "{length} ahead", "zh": "超前 {length}"},
    "page_data.coverage": {"en": "Windows with logs", "zh": "有日志的窗口"},
    "page_data.coverage.value": {"en": "{n} of {total}", "zh": "{n} / {total}"},
    "page_data.coverage.new": {"en": "none complete", "zh": "尚无完整窗口"},
    "page_data.coverage.judged": {"en": "{n} of {total} judged", "zh": "已判定 {n} / {total}"},
    "page_data.coverage.unjudged": {"en": "none judged", "zh": "尚无判定窗口"},
    "page_data.coverage.help": {
        "en": "Of the last complete windows since the first event, at most 30 within 90 days: "
        "those in which any call was logged. Windows shorter than an hour are taken by the hour.",
        "zh": "自首个事件以来最近的完整窗口（90 天内最多 30 个）中，有调用日志的窗口数。"
        "短于一小时的窗口按小时计。",
    },
    "page_data.trend": {"en": "Calls per day, 90 d", "zh": "每日调用，90 天"},
    "page_data.trend.help": {
        "en": "Complete UTC days, each row from 0 to its own largest day; sampled logs are scaled "
        "up.",
        "zh": "完整的 UTC 日，每行从 0 到自身最大值；抽样日志已按比例放大。",
    },
    "page_data.predictions": {"en": "Predictions", "zh": "预测"},
    "page_data.calls": {"en": "Calls", "zh": "调用"},
    "page_data.labels": {"en": "Labels", "zh": "标签"},
    "page_data.bytes": {"en": "Size", "zh": "大小"},
    "page_data.bytes.help": {
        "en": "What the model's rows take in the file, about: its blocks are counted anew after "
        "growth by a twentieth. A dash: not yet moved from the log, or too many to count.",
        "zh": "该模型的行在文件中的大致占用：增长二十分之一后重新统计。"
        "横线表示仍在日志中，或数量太多未统计。",
    },
    "page_data.since": {"en": "First event", "zh": "首个事件"},
    "page_data.conflicts": {"en": "Features with two types", "zh": "类型不一致的特征"},
    "page_data.conflicts.note": {
        "en": "Each came with more than one type. It is judged as the type it had first; values "
        "of the other that cannot be read as it count as missing.",
        "zh": "以下特征出现过多种类型，按首次出现的类型判定；其他类型中无法转换的值按缺失计。",
    },
    "page_data.conflicts.feature": {"en": "Feature", "zh": "特征"},
    "page_data.conflicts.types": {"en": "Types, the first one first", "zh": "类型（按出现先后）"},
    "page_data.type.number": {"en": "number", "zh": "数值"},
    "page_data.type.text": {"en": "text", "zh": "文本"},
    "page_data.type.flag": {"en": "true or false", "zh": "布尔"},
}

_STORE: dict[str, dict[str, str]] = {
    "page_data.store": {"en": "The store", "zh": "数据库"},
    "page_data.store.owner": {"en": "Owner", "zh": "所有者"},
    "page_data.store.owner.server": {
        "en": "process {pid}, since {at}, at {url}",
        "zh": "进程 {pid}，自 {at} 起，地址 {url}",
    },
    "page_data.store.owner.none": {
        "en": "no server: this dashboard has opened the file itself, and nothing is collected",
        "zh": "无服务进程：此仪表板直接打开了文件，不接收新数据",
    },
    "page_data.store.file": {"en": "File and its log", "zh": "文件及其日志"},
    "page_data.store.version": {"en": "Version of its tables", "zh": "表结构版本"},
    "page_data.store.prometheus": {"en": "Prometheus", "zh": "Prometheus"},
    "page_data.store.backup": {"en": "Last backup", "zh": "最近备份"},
    "page_data.store.backup.never": {
        "en": "no backup was ever made here; 'driftline backup FILE' makes one while loads go on",
        "zh": "这里从未备份过；'driftline backup 文件' 可在写入期间完成备份",
    },
    "page_data.store.backup.at": {"en": "{at} ({ago})", "zh": "{at}（{ago}）"},
}

_TIERS: dict[str, dict[str, str]] = {
    "page_data.tiers": {"en": "Old rows", "zh": "历史数据的去向"},
    "page_data.tiers.archive": {"en": "Archive", "zh": "归档"},
    "page_data.tiers.archived": {"en": "Archived", "zh": "已归档"},
    "page_data.tiers.kept": {"en": "Kept", "zh": "保留"},
    "page_data.tiers.dropped": {"en": "Dropped", "zh": "已删除"},
    "page_data.tiers.stay": {"en": "stay in the store", "zh": "留在数据库中"},
    "page_data.tiers.to": {"en": "after {days} days to {to}", "zh": "{days} 天后移至 {to}"},
    "page_data.tiers.archived.value": {"en": "{n} rows, {size}", "zh": "{n} 行，{size}"},
    "page_data.tiers.forever": {"en": "for good", "zh": "永久"},
    "page_data.tiers.and": {"en": ", ", "zh": "，"},
    "page_data.tiers.days": {"en": "{days} days", "zh": "{days} 天"},
    "page_data.tiers.size": {"en": "up to {size}", "zh": "不超过 {size}"},
    "page_data.tiers.dropped.value": {"en": "before {day}", "zh": "{day} 之前"},
    "page_data.tiers.none": {
        "en": "Every row stays in the store for good: no monitor has an archive or a retention.",
        "zh": "所有数据永久保留在数据库中：没有监控配置归档或保留期限。",
    },
    "page_data.tiers.note": {
        "en": (
            "Archived rows are still read by every question. Runs, findings and hourly counts stay "
            "when rows are dropped."
        ),
        "zh": "已归档的数据仍可查询。数据删除后，检查记录、结论与每小时计数仍保留。",
    },
    "page_data.tiers.damaged": {
        "en": (
            "{n} archived files with {rows} rows are missing or damaged: windows over them are "
            "insufficient, hourly counts still tell of them. 'driftline doctor' names them."
        ),
        "zh": "{n} 个归档文件（{rows} 行）缺失或损坏：涉及的时间窗口数据不足，"
        "每小时计数仍包含这些行；'driftline doctor' 会列出。",
    },
}

TEXTS: dict[str, dict[str, str]] = {
    **_OPENING,
    **_CARDS,
    **_MODELS,
    **_STORE,
    **_TIERS,
}
