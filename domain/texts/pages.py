"""Texts of the frame around every page, in English and Chinese."""

from __future__ import annotations

_PAGES: dict[str, dict[str, str]] = {
    "pages.section.overview": {"en": "Overview", "zh": "总览"},
    "pages.section.investigate": {"en": "Investigate", "zh": "排查"},
    "pages.section.export": {"en": "Export", "zh": "导出"},
    "pages.fleet.title": {"en": "Fleet", "zh": "模型总览"},
    "pages.fleet.help": {
        "en": "How every model version stands, and what needs attention.",
        "zh": "各模型版本的状况，以及需要关注的问题。",
    },
    "pages.alerts.title": {"en": "Alerts", "zh": "告警"},
    "pages.alerts.help": {
        "en": "Incidents with their evidence; acknowledge them or accept a new normal.",
        "zh": "事件及其证据；可确认事件，或将变化接受为新常态。",
    },
    "pages.data.title": {"en": "Data", "zh": "数据"},
    "pages.data.help": {
        "en": "What is stored, how fresh it is, and where it came from.",
        "zh": "存了什么、是否最新、来自哪里。",
    },
    "pages.drift.title": {"en": "Drift", "zh": "漂移"},
    "pages.drift.help": {
        "en": "Which columns moved, how far, and since when.",
        "zh": "哪些列发生了变化、变化多大、始于何时。",
    },
    "pages.slo.title": {"en": "Latency & SLO", "zh": "延迟与服务目标"},
    "pages.slo.help": {
        "en": "Latency, failures, and what is left of the error budgets.",
        "zh": "延迟、失败率，以及错误预算的剩余情况。",
    },
    "pages.versions.title": {"en": "Versions", "zh": "版本对比"},
    "pages.versions.help": {
        "en": "The versions of a model side by side.",
        "zh": "并排比较同一模型的各个版本。",
    },
    "pages.performance.title": {"en": "Performance", "zh": "模型效果"},
    "pages.performance.help": {
        "en": "How good the predictions were, as far as labels have arrived.",
        "zh": "根据已到达的标签衡量预测质量。",
    },
    "pages.reports.title": {"en": "Reports", "zh": "报告"},
    "pages.reports.help": {
        "en": "Make a report to mail, attach or keep.",
        "zh": "生成可发送、附加或存档的报告。",
    },
}

_BAR: dict[str, dict[str, str]] = {
    "pages.bar.model": {"en": "Model", "zh": "模型"},
    "pages.bar.version": {"en": "Version", "zh": "版本"},
    "pages.bar.version.none": {"en": "(no version)", "zh": "（无版本）"},
    "pages.bar.window": {"en": "Window", "zh": "窗口"},
    "pages.bar.window.newest": {"en": "Newest: {window}", "zh": "最新：{window}"},
    "pages.bar.window.status": {"en": "{window} · {status}", "zh": "{window} · {status}"},
    "pages.bar.against": {"en": "Drawn against", "zh": "图中对照"},
    "pages.bar.against.help": {
        "en": "Changes the pictures only. The verdict is always the one made with the configured "
        "baseline.",
        "zh": "仅改变图示；判定始终以配置的基线为准。",
    },
    "pages.bar.language": {"en": "Language", "zh": "语言"},
    "pages.against.configured": {"en": "Baseline of the verdict", "zh": "判定所用基线"},
    "pages.against.previous": {"en": "Window before", "zh": "上一窗口"},
    "pages.against.week-before": {"en": "A week before", "zh": "一周前"},
    "pages.against.other-version": {"en": "Other version", "zh": "另一版本"},
    "pages.head.through": {"en": "data through {at}", "zh": "数据截至 {at}"},
    "pages.head.next": {"en": "next check {when}", "zh": "下次检查：{when}"},
    "pages.head.next.in": {"en": "in {length}", "zh": "{length}后"},
    "pages.head.next.due": {"en": "is due", "zh": "已到期"},
    "pages.head.predictions": {
        "en": "{n} predictions in the newest windows",
        "zh": "最新窗口共 {n} 条预测",
    },
    "pages.head.recorded": {
        "en": "recorded data, shown as of {at}",
        "zh": "历史录制数据，按 {at} 的时点展示",
    },
    "pages.ago": {"en": "{length} ago", "zh": "{length}前"},
    "pages.investigate": {"en": "Investigate", "zh": "排查"},
}

_STATES: dict[str, dict[str, str]] = {
    "pages.unknown.model": {
        "en": "There is no model “{asked}” here.",
        "zh": "这里没有名为“{asked}”的模型。",
    },
    "pages.unknown.version": {
        "en": "There is no version “{asked}” of this model.",
        "zh": "该模型没有版本“{asked}”。",
    },
    "pages.unknown.window": {
        "en": "The window “{asked}” was not judged.",
        "zh": "窗口“{asked}”没有判定记录。",
    },
    "pages.unknown.against": {
        "en": "“{asked}” is nothing to draw against.",
        "zh": "“{asked}”不是可用的对照。",
    },
    "pages.unknown.column": {
        "en": "There is no column “{asked}” in this window.",
        "zh": "此窗口内没有列“{asked}”。",
    },
    "pages.unknown.choice": {
        "en": "There is no “{asked}” here.",
        "zh": "这里没有“{asked}”。",
    },
    "pages.unknown.nearest": {
        "en": "The nearest is {shown}; it is shown.",
        "zh": "最接近的是 {shown}，现显示它。",
    },
    "pages.unknown.instead": {"en": "Shown instead: {shown}.", "zh": "现改为显示：{shown}。"},
    "pages.unknown.newest": {"en": "the newest window", "zh": "最新窗口"},
    "pages.empty.title": {"en": "No predictions yet", "zh": "还没有预测"},
    "pages.empty.why": {
        "en": "The store is empty. Send the first prediction, or load a log file; a minute later "
        "this page shows it when it is loaded again.",
        "zh": "数据库为空。请发送第一条预测，或载入日志文件；一分钟后刷新此页即可看到。",
    },
    "pages.empty.send": {"en": "Send one prediction", "zh": "发送一条预测"},
    "pages.empty.load": {"en": "Or load a log file", "zh": "或载入日志文件"},
    "pages.unjudged.title": {"en": "Nothing judged yet", "zh": "尚无判定"},
    "pages.unjudged.next": {
        "en": "Predictions of {model} have arrived, but no window of it is complete and judged. "
        "Next check: {when}.",
        "zh": "已收到 {model} 的预测，但还没有完整并判定过的窗口。下次检查：{when}。",
    },
    "pages.unjudged.run": {
        "en": "To judge what has arrived now:",
        "zh": "立即判定已到达的数据：",
    },
    "pages.stale": {
        "en": "The monitor of {model} stands still: nothing was judged since {since}. What is "
        "shown is the last that is known; 'driftline due' judges what is missing.",
        "zh": "{model} 的监控已停滞：自 {since} 起没有任何判定。以下是最后已知的状态；"
        "运行 'driftline due' 补齐缺失的判定。",
    },
    "pages.error.title": {"en": "This page could not be drawn", "zh": "此页无法显示"},
    "pages.error.unexpected": {
        "en": "Something unexpected went wrong; the details are in the log.",
        "zh": "发生意外错误，详情见日志。",
    },
    "pages.error.id": {
        "en": "Error {error_id}; the log of the server has it under this id.",
        "zh": "错误编号 {error_id}；可在服务器日志中按此编号查找。",
    },
    "pages.error.store": {"en": "The store does not answer", "zh": "数据库没有响应"},
    "pages.error.retry": {"en": "Try again", "zh": "重试"},
}

_HEALTH: dict[str, dict[str, str]] = {
    "pages.health.critical": {"en": "Critical", "zh": "严重"},
    "pages.health.failed": {"en": "Run failed", "zh": "运行失败"},
    "pages.health.warning": {"en": "Warning", "zh": "警告"},
    "pages.health.stale": {"en": "Stale", "zh": "停滞"},
    "pages.health.unjudged": {"en": "Not judged", "zh": "未判定"},
    "pages.health.retired": {"en": "No traffic", "zh": "无流量"},
    "pages.health.ok": {"en": "Healthy", "zh": "正常"},
}

TEXTS: dict[str, dict[str, str]] = {**_PAGES, **_BAR, **_STATES, **_HEALTH}
