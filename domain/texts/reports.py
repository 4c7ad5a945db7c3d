"""Texts about reports: each in English and Chinese, side by side, so that neither is forgotten."""

from __future__ import annotations

from domain.texts import report_page

_WORDS: dict[str, dict[str, str]] = {
    "report.note.stale": {
        "en": "The monitor stands still: no window has been judged for two windows. "
        "Run 'driftline due'.",
        "zh": "监控已停滞：最近两个窗口都未检查。请运行 'driftline due'。",
    },
    "report.incidents.none": {"en": "no open incidents", "zh": "没有进行中的事件"},
    "report.label.model": {"en": "model", "zh": "模型"},
    "report.label.severity": {"en": "severity", "zh": "严重程度"},
    "report.label.state": {"en": "state", "zh": "状态"},
    "report.label.since": {"en": "since", "zh": "开始于"},
    "report.label.until": {"en": "until", "zh": "结束于"},
    "report.label.acknowledged": {"en": "acknowledged by", "zh": "确认人"},
    "report.severity.critical": {"en": "Critical", "zh": "严重"},
    "report.severity.warning": {"en": "Warning", "zh": "警告"},
    "report.severity.info": {"en": "Info", "zh": "提示"},
    "report.state_of.gone": {"en": "Missing", "zh": "缺失"},
    "report.state_of.changed-type": {"en": "Other type", "zh": "类型改变"},
    "report.state_of.emptier": {"en": "More missing", "zh": "缺失增多"},
    "report.state_of.new-values": {"en": "New values", "zh": "出现新值"},
    "report.state_of.drifted": {"en": "Drifted", "zh": "漂移"},
    "report.state_of.failed": {"en": "Failed", "zh": "判定失败"},
    "report.state_of.blind": {"en": "Blind", "zh": "盲区"},
    "report.state_of.unjudged": {"en": "Not judged", "zh": "无法判定"},
    "report.state_of.ok": {"en": "OK", "zh": "正常"},
    "report.state.pending": {"en": "pending", "zh": "待确认"},
    "report.state.firing": {"en": "open", "zh": "进行中"},
    "report.state.resolved": {"en": "over", "zh": "已结束"},
    "report.cause.traffic": {"en": "Traffic", "zh": "流量"},
    "report.cause.availability": {"en": "Availability", "zh": "可用性"},
    "report.cause.latency": {"en": "Latency", "zh": "延迟"},
    "report.cause.missing": {"en": "Missing values", "zh": "缺失值"},
    "report.cause.drift": {"en": "Drift", "zh": "漂移"},
    "report.cause.performance": {"en": "Performance", "zh": "模型效果"},
    "report.cause.monitor": {"en": "Monitor", "zh": "监控自身"},
    "report.slo.ok": {"en": "Holds", "zh": "达标"},
    "report.slo.burning-page": {"en": "Burning fast", "zh": "快速消耗"},
    "report.slo.burning-ticket": {"en": "Burning", "zh": "缓慢消耗"},
    "report.slo.exhausted": {"en": "Exhausted", "zh": "预算耗尽"},
    "report.slo.insufficient": {"en": "Too few calls", "zh": "调用太少"},
    "report.slo.no-data": {"en": "No data", "zh": "无数据"},
    "report.status.ok": {"en": "ok", "zh": "正常"},
    "report.status.violations": {"en": "violations", "zh": "有违规"},
    "report.status.insufficient": {"en": "insufficient data", "zh": "数据不足"},
    "report.status.failed": {"en": "failed", "zh": "失败"},
    "report.role.feature": {"en": "feature", "zh": "特征"},
    "report.role.prediction": {"en": "output", "zh": "输出"},
    "report.role.score": {"en": "output", "zh": "输出"},
    "report.role.label": {"en": "label", "zh": "标签"},
    "report.role.calls": {"en": "traffic", "zh": "流量"},
    "report.time.minute": {"en": "{at:%Y-%m-%d %H:%M} UTC", "zh": "{at:%Y-%m-%d %H:%M} UTC"},
    "report.time.day": {"en": "{at:%Y-%m-%d}", "zh": "{at:%Y-%m-%d}"},
    "report.time.month": {"en": "{at:%b %Y}", "zh": "{at:%Y年%-m月}"},
    "report.time.month_only": {"en": "{at:%b}", "zh": "{at:%-m月}"},
    "report.time.short": {"en": "{at:%-d %b}", "zh": "{at:%-m月%-d日}"},
    "report.time.hour": {"en": "{at:%-d %b %H:%M}", "zh": "{at:%-m月%-d日 %H:%M}"},
    "report.time.span": {"en": "{start} – {end}", "zh": "{start} 至 {end}"},
    "report.length.day": {"en": "{n} d", "zh": "{n} 天"},
    "report.length.hour": {"en": "{n} h", "zh": "{n} 小时"},
    "report.length.minute": {"en": "{n} min", "zh": "{n} 分钟"},
    "report.length.second": {"en": "{n} s", "zh": "{n} 秒"},
    "report.budget.left": {"en": "{share} left", "zh": "剩余 {share}"},
    "report.budget.overspent": {"en": "overspent {times}", "zh": "已超支至 {times}"},
    "report.deployment": {"en": "{model} v{version}", "zh": "{model} v{version}"},
    "report.list": {"en": ", ", "zh": "、"},
    "report.and_more": {"en": "{names} and {n} more", "zh": "{names} 等另外 {n} 项"},
    "report.facts": {"en": "{sentence}; {facts}", "zh": "{sentence}；{facts}"},
    "report.facts.join": {"en": "; ", "zh": "；"},
}

_VERDICT: dict[str, dict[str, str]] = {
    "report.fact.window": {"en": "window {window}", "zh": "窗口 {window}"},
    "report.fact.worst": {
        "en": "worst: {column}, {far}",
        "zh": "最严重：{column}，{far}",
    },
    "report.fact.critical": {
        "en": "gone or of another type: {names}",
        "zh": "消失或类型改变：{names}",
    },
    "report.fact.more_open.one": {"en": "1 more incident is open", "zh": "另有 1 个事件进行中"},
    "report.fact.more_open.many": {
        "en": "{n} more incidents are open",
        "zh": "另有 {n} 个事件进行中",
    },
    "report.fact.over.one": {
        "en": "1 incident of this span is over",
        "zh": "本时段内 1 个事件已结束",
    },
    "report.fact.over.many": {
        "en": "{n} incidents of this span are over",
        "zh": "本时段内 {n} 个事件已结束",
    },
    "report.fact.blind.one": {
        "en": "1 column is blind: no shift that matters would be seen",
        "zh": "1 列处于盲区：即使发生重要偏移也看不到",
    },
    "report.fact.blind.many": {
        "en": "{n} columns are blind: no shift that matters would be seen",
        "zh": "{n} 列处于盲区：即使发生重要偏移也看不到",
    },
    "report.fact.unjudged.one": {"en": "1 column could not be judged", "zh": "1 列无法判定"},
    "report.fact.unjudged.many": {
        "en": "{n} columns could not be judged",
        "zh": "{n} 列无法判定",
    },
    "report.fact.failed": {
        "en": "the run of {window} failed: {error}",
        "zh": "{window} 的运行失败：{error}",
    },
    "report.far.line": {"en": "{times} its alarm line", "zh": "告警线的 {times}"},
    "report.sure.counted": {
        "en": "counted, not estimated",
        "zh": "逐一计数，非估计",
    },
    "report.sure.labels": {"en": "over {n} labelled predictions", "zh": "基于 {n} 条有标签的预测"},
    "report.sure.calibrated": {
        "en": "calibrated on {n} baseline windows",
        "zh": "由 {n} 个基线窗口校准",
    },
    "report.sure.weak": {
        "en": "only weakly calibrated ({n} baseline windows): a hint, not proof",
        "zh": "仅弱校准（{n} 个基线窗口）：是线索而非证据",
    },
    "report.sure.none": {
        "en": "not calibrated: judged by fixed, size-aware thresholds",
        "zh": "未校准：按与样本量相关的固定阈值判定",
    },
    "report.verdict.columns": {
        "en": "{n} of {total} columns drifted: {names}",
        "zh": "{total} 列中有 {n} 列漂移：{names}",
    },
    "report.verdict.failed": {"en": "The run failed: {error}", "zh": "运行失败：{error}"},
    "report.verdict.no_runs": {
        "en": "Nothing was judged: there is no run in this span",
        "zh": "没有任何判定：此时段内没有运行记录",
    },
    "report.verdict.unjudged": {
        "en": "Nothing could be judged: no data, or too little of it",
        "zh": "无法判定：没有数据或数据太少",
    },
    "report.verdict.quiet.one": {
        "en": "The one column that was judged did not drift, and no objective is in danger",
        "zh": "判定的 1 列未漂移，各项目标均无风险",
    },
    "report.verdict.quiet.many": {
        "en": "None of {n} columns drifted, and no objective is in danger",
        "zh": "{n} 列均未漂移，各项目标均无风险",
    },
    "report.verdict.quiet_columns.one": {
        "en": "The one column that was judged did not drift",
        "zh": "判定的 1 列未漂移",
    },
    "report.verdict.quiet_columns.many": {
        "en": "None of {n} columns drifted",
        "zh": "{n} 列均未漂移",
    },
    "report.verdict.quiet_slos": {
        "en": "No objective is in danger; no column was judged",
        "zh": "各项目标均无风险；没有判定任何列",
    },
}

TEXTS: dict[str, dict[str, str]] = {**_WORDS, **_VERDICT, **report_page.TEXTS}
