"""Texts of the Alerts page, in English and Chinese."""

from __future__ import annotations

_LIST: dict[str, dict[str, str]] = {
    "page_alerts.filter.state": {"en": "Show", "zh": "显示"},
    "page_alerts.filter.state.open": {"en": "Open", "zh": "进行中"},
    "page_alerts.filter.state.all": {"en": "All", "zh": "全部"},
    "page_alerts.filter.severity": {"en": "Severity", "zh": "严重程度"},
    "page_alerts.filter.model": {"en": "Model", "zh": "模型"},
    "page_alerts.filter.model.all": {"en": "All models", "zh": "全部模型"},
    "page_alerts.col.severity": {"en": "Severity", "zh": "严重程度"},
    "page_alerts.col.what": {"en": "What", "zh": "事件"},
    "page_alerts.col.model": {"en": "Model version", "zh": "模型版本"},
    "page_alerts.col.since": {"en": "Since", "zh": "开始于"},
    "page_alerts.col.length": {"en": "For", "zh": "持续"},
    "page_alerts.col.state": {"en": "State", "zh": "状态"},
    "page_alerts.state.acknowledged": {"en": "acknowledged", "zh": "已确认"},
    "page_alerts.table": {
        "en": "Incidents, open ones first, the worst on top",
        "zh": "事件列表，进行中的在前，最严重的在最上",
    },
    "page_alerts.none_open": {
        "en": "No incident is open. Next check: {when}.",
        "zh": "没有进行中的事件。下次检查：{when}。",
    },
    "page_alerts.none_open.recorded": {
        "en": "No incident is open at the end of this recording.",
        "zh": "在这段录制数据的末尾，没有进行中的事件。",
    },
    "page_alerts.none_match": {"en": "No incident matches", "zh": "没有符合条件的事件"},
    "page_alerts.none_match.why": {
        "en": "None of {n} incidents is of this state, severity and model.",
        "zh": "{n} 个事件中没有符合此状态、严重程度和模型的。",
    },
    "page_alerts.unknown": {
        "en": "There is no incident {asked}.",
        "zh": "没有事件 {asked}。",
    },
    "page_alerts.unknown_model": {
        "en": "There is no model {asked}; incidents of all models are shown.",
        "zh": "没有模型 {asked}；现显示所有模型的事件。",
    },
}

_INCIDENT: dict[str, dict[str, str]] = {
    "page_alerts.began": {"en": "began {at}", "zh": "开始于 {at}"},
    "page_alerts.last_seen": {"en": "last seen {at}", "zh": "最后出现于 {at}"},
    "page_alerts.ended": {"en": "counted as over from {at}", "zh": "自 {at} 起视为结束"},
    "page_alerts.lasted": {"en": "lasting {length}", "zh": "持续 {length}"},
    "page_alerts.more": {"en": "{n} more", "zh": "另有 {n} 条"},
    "page_alerts.evidence": {"en": "Evidence", "zh": "证据"},
    "page_alerts.alerts": {"en": "At the trigger and now", "zh": "触发时与当前"},
    "page_alerts.alerts.table": {
        "en": "Alerts of this incident with their values at the trigger and now",
        "zh": "此事件的各告警及其触发时与当前的数值",
    },
    "page_alerts.col.subject": {"en": "Subject", "zh": "对象"},
    "page_alerts.col.trigger": {"en": "At the trigger", "zh": "触发时"},
    "page_alerts.col.now": {"en": "Now", "zh": "当前"},
    "page_alerts.col.windows": {"en": "Bad", "zh": "异常"},
    "page_alerts.help.windows": {"en": "Bad windows so far.", "zh": "目前的异常窗口数。"},
    "page_alerts.help.now": {
        "en": "In the newest judged window of this version.",
        "zh": "此版本最新判定窗口中的数值。",
    },
    "page_alerts.missing": {"en": "{share} missing", "zh": "缺失 {share}"},
    "page_alerts.bad": {"en": "{share} bad calls", "zh": "{share} 不合格"},
    "page_alerts.calls": {"en": "{n} calls", "zh": "{n} 次调用"},
    "page_alerts.chart.history": {
        "en": "{column}: multiples of its alarm line",
        "zh": "{column}：告警线的倍数",
    },
    "page_alerts.chart.latency": {
        "en": "Latency: p50 to p95 as a band, p99 as a line",
        "zh": "延迟：p50 至 p95 为色带，p99 为线",
    },
    "page_alerts.chart.availability": {"en": "Share of failed calls", "zh": "失败调用占比"},
    "page_alerts.chart.traffic": {"en": "Calls", "zh": "调用数"},
    "page_alerts.chart.performance": {"en": "{metric} by window", "zh": "各窗口的{metric}"},
    "page_alerts.no_chart": {
        "en": "Nothing to draw: it follows from the clock alone.",
        "zh": "没有可绘制的内容：此事件仅由时钟得出。",
    },
    "page_alerts.chart.nothing": {
        "en": "Nothing to draw: no numbers of that time are kept.",
        "zh": "没有可绘制的内容：没有保留那段时间的数据。",
    },
    "page_alerts.link.drift": {"en": "Drift of {column}", "zh": "{column} 的漂移"},
    "page_alerts.link.slo": {"en": "Latency & SLO", "zh": "延迟与服务目标"},
    "page_alerts.link.performance": {"en": "Performance", "zh": "模型效果"},
}

_DESK: dict[str, dict[str, str]] = {
    "page_alerts.history": {"en": "History", "zh": "处理记录"},
    "page_alerts.history.none": {
        "en": "Nobody has acknowledged it yet.",
        "zh": "尚无人确认。",
    },
    "page_alerts.history.acknowledged": {
        "en": "{at}: acknowledged by {who}{note}",
        "zh": "{at}：由 {who} 确认{note}",
    },
    "page_alerts.history.accepted": {
        "en": "{at}: {who} accepted {columns} as the new normal from {since}: {why}",
        "zh": "{at}：{who} 将 {columns} 自 {since} 起接受为新常态：{why}",
    },
    "page_alerts.history.all_columns": {"en": "all columns", "zh": "所有列"},
    "page_alerts.ack": {"en": "Acknowledge", "zh": "确认事件"},
    "page_alerts.ack.what": {
        "en": "Says that you have taken it on. It stays open until the data is quiet again; "
        "if it gets worse or another column joins, it asks anew.",
        "zh": "表示您已接手。事件会保持进行中，直到数据恢复正常；若加重或有新的列加入，"
        "会再次请求确认。",
    },
    "page_alerts.ack.done": {
        "en": "Acknowledged by {who}.",
        "zh": "已由 {who} 确认。",
    },
    "page_alerts.ack.monitor": {
        "en": "It follows from the clock alone and ends with the next run: 'driftline due'.",
        "zh": "此事件仅由时钟得出，下次运行后即结束：'driftline due'。",
    },
    "page_alerts.who": {"en": "Your name", "zh": "您的姓名"},
    "page_alerts.note": {"en": "Note (optional)", "zh": "备注（可选）"},
    "page_alerts.accept": {"en": "Accept as the new normal", "zh": "接受为新常态"},
    "page_alerts.accept.what": {
        "en": "From that moment on these columns are compared with what they are now, and their "
        "alerts end. Their baseline starts anew: until {n} windows have passed they are judged by "
        "fixed thresholds only, not calibrated. It is kept with your name and reason and cannot "
        "be undone.",
        "zh": "从该时刻起，这些列将与现在的状态比较，其告警随之结束。基线会重新积累："
        "在 {n} 个窗口之前，只能按固定阈值判定（未校准）。此操作连同姓名和原因会被记录，"
        "且无法撤销。",
    },
    "page_alerts.accept.columns": {"en": "Columns", "zh": "列"},
    "page_alerts.accept.since": {"en": "Since (UTC)", "zh": "自何时起（UTC）"},
    "page_alerts.accept.why": {"en": "Why is it normal?", "zh": "为什么这是正常的？"},
    "page_alerts.accept.sure": {
        "en": "I know that this cannot be undone",
        "zh": "我知道此操作无法撤销",
    },
    "page_alerts.accept.done": {
        "en": "Accepted by {who}: {columns} from {since} on.",
        "zh": "已由 {who} 接受：{columns} 自 {since} 起。",
    },
    "page_alerts.error": {"en": "That was not done", "zh": "操作未完成"},
    "page_alerts.error.who": {
        "en": "Your name is missing: the decision is kept with it.",
        "zh": "缺少姓名：该决定需要与姓名一同保存。",
    },
    "page_alerts.error.columns": {
        "en": "No column is chosen; choose those that have a new normal.",
        "zh": "未选择任何列；请选择具有新常态的列。",
    },
    "page_alerts.error.why": {
        "en": "The reason is missing: say why the shift is the new normal.",
        "zh": "缺少原因：请说明为什么这一变化是新常态。",
    },
    "page_alerts.error.since": {
        "en": "The moment from which it is normal is missing.",
        "zh": "缺少新常态的起始时刻。",
    },
    "page_alerts.error.sure": {
        "en": "Tick that you know that it cannot be undone.",
        "zh": "请勾选您知道此操作无法撤销。",
    },
}

TEXTS: dict[str, dict[str, str]] = {**_LIST, **_INCIDENT, **_DESK}
