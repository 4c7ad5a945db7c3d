"""Texts of the Fleet page, in English and Chinese."""

from __future__ import annotations

_CARDS: dict[str, dict[str, str]] = {
    "page_fleet.open": {"en": "Open incidents", "zh": "进行中的事件"},
    "page_fleet.open.note": {
        "en": "{critical} critical, {over} over",
        "zh": "{critical} 个严重，{over} 个已结束",
    },
    "page_fleet.open.help": {
        "en": "Alerts with one cause are one incident; it is over after some quiet windows.",
        "zh": "同一原因的告警合为一个事件；连续数个窗口恢复正常后事件结束。",
    },
    "page_fleet.columns": {"en": "Columns drifting", "zh": "正在漂移的列"},
    "page_fleet.columns.value": {"en": "{n} of {total}", "zh": "{n} / {total}"},
    "page_fleet.columns.note": {
        "en": "{blind} blind, {unjudged} not judged",
        "zh": "{blind} 列盲区，{unjudged} 列无法判定",
    },
    "page_fleet.columns.help": {
        "en": "In the newest window of every version that serves. Blind: no shift that matters "
        "would have been seen.",
        "zh": "各在役版本最新窗口的结果。盲区：即使发生重要偏移也看不到。",
    },
    "page_fleet.budget": {"en": "Worst error budget", "zh": "最差的错误预算"},
    "page_fleet.budget.note": {
        "en": "{objective} of {deployment}",
        "zh": "{deployment} 的 {objective}",
    },
    "page_fleet.budget.none": {"en": "no objective was measured", "zh": "没有可衡量的目标"},
    "page_fleet.budget.help": {
        "en": "What is left of the calls that may fail or be slow within an objective's period.",
        "zh": "在目标周期内允许失败或变慢的调用还剩多少。",
    },
    "page_fleet.predictions": {"en": "Predictions, newest window", "zh": "最新窗口的预测数"},
    "page_fleet.predictions.note": {
        "en": "{change} vs window before",
        "zh": "较上一窗口 {change}",
    },
    "page_fleet.predictions.none": {"en": "no window before", "zh": "没有上一窗口"},
    "page_fleet.predictions.help": {
        "en": "All models together. A rise or fall by itself is no verdict.",
        "zh": "所有模型合计。数量升降本身不构成判定。",
    },
}

_INCIDENTS: dict[str, dict[str, str]] = {
    "page_fleet.attention": {"en": "Needs attention", "zh": "需要关注"},
    "page_fleet.quiet.many": {
        "en": "Nothing needs attention: no incident is open, none of {n} judged columns drifts.",
        "zh": "一切正常：没有进行中的事件，{n} 个已判定的列均未漂移。",
    },
    "page_fleet.quiet.one": {
        "en": "Nothing needs attention: no incident is open, and the one judged column does not "
        "drift.",
        "zh": "一切正常：没有进行中的事件，唯一判定的列未漂移。",
    },
    "page_fleet.quiet.drift": {
        "en": "No incident is open; {n} of {total} judged columns are beyond their alarm line in "
        "the newest window.",
        "zh": "没有进行中的事件；最新窗口中 {total} 个已判定的列有 {n} 列越过告警线。",
    },
    "page_fleet.quiet.unjudged": {
        "en": "No incident is open, but nothing could be judged in the newest windows: no data, or "
        "too little of it.",
        "zh": "没有进行中的事件，但最新窗口无法判定：没有数据或数据太少。",
    },
    "page_fleet.quiet.failed": {
        "en": "No incident is open, but the newest run of {deployment} failed: {error}",
        "zh": "没有进行中的事件，但 {deployment} 最近一次运行失败：{error}",
    },
    "page_fleet.more.one": {"en": "1 more open incident", "zh": "另有 1 个进行中的事件"},
    "page_fleet.more.many": {"en": "{n} more open incidents", "zh": "另有 {n} 个进行中的事件"},
    "page_fleet.card.since": {"en": "open for {length}", "zh": "已持续 {length}"},
    "page_fleet.card.acknowledged": {"en": "acknowledged by {who}", "zh": "已由 {who} 确认"},
    "page_fleet.over": {"en": "Recent incidents that are over", "zh": "最近已结束的事件"},
    "page_fleet.click": {"en": "Click a row to investigate it.", "zh": "点击任意一行进行排查。"},
    "page_fleet.over.severity": {"en": "Severity", "zh": "严重程度"},
    "page_fleet.over.what": {"en": "What happened", "zh": "发生了什么"},
    "page_fleet.over.where": {"en": "Model version", "zh": "模型版本"},
    "page_fleet.over.lasted": {"en": "Lasted", "zh": "持续"},
    "page_fleet.over.over": {"en": "Last seen", "zh": "最后出现"},
}

_TABLE: dict[str, dict[str, str]] = {
    "page_fleet.all": {"en": "All versions", "zh": "全部版本"},
    "page_fleet.health": {"en": "Health", "zh": "状况"},
    "page_fleet.retired": {
        "en": "No traffic since {at:%-d %b %Y}",
        "zh": "{at:%Y年%-m月%-d日}之后无流量",
    },
    "page_fleet.deployment": {"en": "Model version", "zh": "模型版本"},
    "page_fleet.worst": {"en": "Worst column", "zh": "最严重的列"},
    "page_fleet.far": {"en": "How far", "zh": "变动幅度"},
    "page_fleet.far.help": {
        "en": "The column's reading as a multiple of its own alarm line; from 1× on it drifts. A "
        "column that is missing or changed its type has no multiple: its verdict stands here.",
        "zh": "该列读数与其自身告警线之比，达到 1× 即为漂移。"
        "缺失或类型改变的列没有倍数，此处显示其判定。",
    },
    "page_fleet.trend": {"en": "Windows, 0–3×", "zh": "各窗口（0–3×）"},
    "page_fleet.trend.help": {
        "en": "The furthest column of each of the last 30 windows, on one scale for all rows: a "
        "third of the height is the alarm line.",
        "zh": "最近 30 个窗口中变动最大的列，所有行同一刻度：高度的三分之一处为告警线。",
    },
    "page_fleet.p99": {"en": "p99", "zh": "p99"},
    "page_fleet.p99.trend": {"en": "p99, windows", "zh": "p99 走势"},
    "page_fleet.p99.help": {
        "en": "99 of 100 calls were faster. One scale for all rows.",
        "zh": "100 次调用中有 99 次快于此值。所有行同一刻度。",
    },
    "page_fleet.failed": {"en": "Failed", "zh": "失败率"},
    "page_fleet.left": {"en": "Budget", "zh": "预算"},
    "page_fleet.n": {"en": "Predictions", "zh": "预测数"},
}

TEXTS: dict[str, dict[str, str]] = {**_CARDS, **_INCIDENTS, **_TABLE}
