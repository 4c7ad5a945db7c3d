"""Texts of the Performance page, in English and Chinese."""

from __future__ import annotations

_VERDICTS: dict[str, dict[str, str]] = {
    "page_performance.unjudged": {
        "en": "No run has judged how good this window's predictions were",
        "zh": "尚无运行判定过此窗口的预测质量",
    },
    "page_performance.arriving": {
        "en": "labels are still arriving: {labelled} of {total}, too few to decide",
        "zh": "标签仍在到达：{labelled} / {total}，不足以判定",
    },
    "page_performance.window_without": {
        "en": "No label has arrived for {window} yet; the newest window with labels is {newest}",
        "zh": "{window} 还没有任何标签；最近有标签的窗口是 {newest}",
    },
    "page_performance.version_without": {
        "en": "No label has arrived for {version} yet",
        "zh": "{version} 还没有任何标签",
    },
}

_CARDS: dict[str, dict[str, str]] = {
    "page_performance.card.arrived": {"en": "Labels arrived", "zh": "已到标签"},
    "page_performance.card.arrived.note": {
        "en": "{share} of {n} predictions",
        "zh": "占 {n} 条预测的 {share}",
    },
    "page_performance.card.arrived.help": {
        "en": "Labels of this version's judged windows in which any has arrived.",
        "zh": "该版本中已有标签的判定窗口内到达的标签数。",
    },
    "page_performance.card.pending": {"en": "Labels pending", "zh": "待到标签"},
    "page_performance.card.pending.note": {
        "en": "{n} in {window}",
        "zh": "{window} 有 {n} 个",
    },
    "page_performance.card.pending.help": {
        "en": "Predictions without a label. Some may never get one.",
        "zh": "尚无标签的预测；其中一些可能永远不会有。",
    },
    "page_performance.card.lag": {"en": "Label lag", "zh": "标签延迟"},
    "page_performance.card.lag.note": {
        "en": "after the end of {window}",
        "zh": "在 {window} 结束之后",
    },
    "page_performance.card.lag.unknown": {"en": "labels carry no time", "zh": "标签不带时间"},
    "page_performance.card.lag.help": {
        "en": "How long after its window's end the newest label that was counted came.",
        "zh": "所计入的最新标签在其窗口结束多久之后到达。",
    },
    "page_performance.card.metric.note": {"en": "usually {usual}", "zh": "通常为 {usual}"},
    "page_performance.card.metric.unknown": {
        "en": "what is usual is not known",
        "zh": "通常水平未知",
    },
    "page_performance.card.metric.help": {
        "en": "The metric that decides, in {window}; usual is the mean of the baseline's windows.",
        "zh": "用于判定的指标，窗口 {window}；通常水平为基线各窗口的平均值。",
    },
}

_SECTIONS: dict[str, dict[str, str]] = {
    "page_performance.labels": {"en": "Labels", "zh": "标签"},
    "page_performance.labels.note": {
        "en": "Predictions of {version} in each window by whether their label has arrived.",
        "zh": "{version} 每个窗口的预测，按标签是否到达区分。",
    },
    "page_performance.labels.arrived": {"en": "Arrived", "zh": "已到"},
    "page_performance.labels.pending": {"en": "Pending", "zh": "待到"},
    "page_performance.metrics": {"en": "Metrics over time", "zh": "指标变化"},
    "page_performance.metrics.note": {
        "en": "Usual and alarm line are those of {version}.",
        "zh": "“通常水平”与“告警线”针对 {version}。",
    },
    "page_performance.line.usual": {"en": "usual", "zh": "通常水平"},
    "page_performance.line.alarm": {"en": "alarm line", "zh": "告警线"},
    "page_performance.line.worse": {"en": "judged worse", "zh": "判定变差"},
    "page_performance.line.beyond": {"en": "beyond its line, reading only", "zh": "越线，仅供参考"},
    "page_performance.newest": {
        "en": "{window} beside what is usual",
        "zh": "{window} 与通常水平对比",
    },
    "page_performance.column.metric": {"en": "Metric", "zh": "指标"},
    "page_performance.column.value": {"en": "Window", "zh": "本窗口"},
    "page_performance.column.usual": {"en": "Usual", "zh": "通常"},
    "page_performance.column.alarm": {"en": "Alarms", "zh": "告警条件"},
    "page_performance.column.labels": {"en": "Labels", "zh": "标签数"},
    "page_performance.column.state": {"en": "Judged", "zh": "判定"},
    "page_performance.alarm.below": {"en": "below {value}", "zh": "低于 {value}"},
    "page_performance.alarm.above": {"en": "above {value}", "zh": "高于 {value}"},
    "page_performance.state.usual": {"en": "as usual", "zh": "正常"},
    "page_performance.state.worse": {"en": "worse", "zh": "变差"},
    "page_performance.state.blind": {"en": "blind", "zh": "盲区"},
    "page_performance.state.beside": {"en": "reading only", "zh": "仅供参考"},
    "page_performance.state.unjudged": {"en": "not judged", "zh": "无法判定"},
    "page_performance.worse.none": {
        "en": "No window of {version} was judged worse than usual.",
        "zh": "{version} 没有窗口被判定为变差。",
    },
    "page_performance.worse.unjudged": {
        "en": "No window of {version} could be judged so far: what is usual is not known.",
        "zh": "{version} 目前没有任何窗口可以判定：尚不了解通常水平。",
    },
    "page_performance.incidents": {"en": "Incidents of performance", "zh": "模型效果事件"},
    "page_performance.none.title": {"en": "No labels yet", "zh": "还没有标签"},
    "page_performance.none.why": {
        "en": "How good predictions were is known once the true outcomes arrive. Send them with "
        "the prediction's id, at any time, in any order.",
        "zh": "只有真实结果到达后才能衡量预测质量。请随预测的 id 发送标签，时间与顺序不限。",
    },
    "page_performance.none.file": {"en": "Load a file", "zh": "载入文件"},
    "page_performance.none.send": {"en": "Or send one", "zh": "或发送一个"},
}

TEXTS: dict[str, dict[str, str]] = {**_VERDICTS, **_CARDS, **_SECTIONS}
