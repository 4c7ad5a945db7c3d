"""Texts of the report's page and tables, in English and Chinese."""

from __future__ import annotations

_SECTIONS: dict[str, dict[str, str]] = {
    "report.kicker": {"en": "Driftline report", "zh": "Driftline 报告"},
    "report.page_title": {"en": "{title}: Driftline report", "zh": "{title}：Driftline 报告"},
    "report.section.incidents": {"en": "Incidents", "zh": "事件"},
    "report.section.columns": {"en": "Columns", "zh": "列"},
    "report.section.objectives": {"en": "Objectives", "zh": "服务目标"},
    "report.section.performance": {"en": "Performance", "zh": "模型效果"},
    "report.section.traffic": {"en": "Traffic", "zh": "流量"},
    "report.section.judged": {"en": "How it was judged", "zh": "判定依据"},
    "report.no_incidents": {
        "en": "No incident in this span.",
        "zh": "本时段内没有事件。",
    },
    "report.earlier": {"en": "Earlier windows: {counts}", "zh": "更早的窗口：{counts}"},
    "report.note.stale": {
        "en": "The monitor stands still: no window has been judged for two windows or more. What "
        "follows is the last that is known.",
        "zh": "监控已停止：已有两个或更多窗口未被判定。以下是最后已知的状态。",
    },
    "report.note.uncounted": {
        "en": "Distributions are missing where an earlier version of Driftline judged the window. "
        "Judge it again to see them: 'driftline backfill --reprocess completed'.",
        "zh": "由旧版 Driftline 判定的窗口没有保存分布。如需查看，请重新判定："
        "'driftline backfill --reprocess completed'。",
    },
    "report.older_incidents": {"en": "Further incidents", "zh": "其他事件"},
    "report.no_columns": {
        "en": "No column was judged: there is no run with data in this span.",
        "zh": "没有判定任何列：本时段内没有带数据的运行。",
    },
    "report.quiet_columns": {
        "en": "{n} columns are quiet and not listed.",
        "zh": "{n} 列正常，未列出。",
    },
    "report.rows_more": {"en": "{n} more", "zh": "另有 {n} 项"},
    "report.run.title": {
        "en": "{model} v{version}, {window}: {status} ({predictions} predictions, {calls} calls, "
        "{coverage} of the window logged)",
        "zh": "{model} v{version}，{window}：{status}（{predictions} 条预测，{calls} 次调用，"
        "窗口日志覆盖 {coverage}）",
    },
    "report.made_at": {"en": "made {at}", "zh": "生成于 {at}"},
    "report.evidently.note": {
        "en": "Evidently's own report of this window and baseline. Its verdicts follow its own "
        "rules; those of Driftline are in the Driftline report.",
        "zh": "这是 Evidently 对同一窗口与基线生成的报告，判定遵循其自身规则；"
        "Driftline 的判定请见 Driftline 报告。",
    },
    "report.evidently.left_out": {
        "en": "Not in it, because one side has no value: {names}.",
        "zh": "因一侧没有任何值而未包含：{names}。",
    },
    "report.config_is": {"en": "configuration {hash}", "zh": "配置 {hash}"},
}

_CARDS: dict[str, dict[str, str]] = {
    "report.card.incidents": {"en": "Open incidents", "zh": "进行中的事件"},
    "report.card.incidents.note": {
        "en": "{critical} critical, {over} over",
        "zh": "{critical} 个严重，{over} 个已结束",
    },
    "report.card.columns": {"en": "Columns drifted", "zh": "漂移的列"},
    "report.card.columns.value": {"en": "{n} of {total}", "zh": "{n} / {total}"},
    "report.card.columns.note": {
        "en": "{blind} blind, {unjudged} not judged",
        "zh": "{blind} 列盲区，{unjudged} 列无法判定",
    },
    "report.card.budget": {"en": "Worst error budget", "zh": "最差的错误预算"},
    "report.card.budget.none": {"en": "no objective was measured", "zh": "没有可衡量的目标"},
    "report.card.predictions": {"en": "Predictions judged", "zh": "已判定的预测"},
    "report.card.predictions.note": {
        "en": "{window}, {coverage} logged",
        "zh": "{window}，日志覆盖 {coverage}",
    },
}

_TABLES: dict[str, dict[str, str]] = {
    "report.title.column": {"en": "Column", "zh": "列"},
    "report.title.verdict": {"en": "Verdict", "zh": "判定"},
    "report.title.far": {"en": "How far", "zh": "变动幅度"},
    "report.title.said": {"en": "What was seen", "zh": "观察结果"},
    "report.title.n_reference": {"en": "Reference rows", "zh": "参考行数"},
    "report.title.n_current": {"en": "Current rows", "zh": "当前行数"},
    "report.title.distribution": {"en": "Distribution", "zh": "分布"},
    "report.title.history": {"en": "History", "zh": "历史"},
    "report.title.beside": {"en": "Beside", "zh": "辅助读数"},
    "report.title.rows_judged": {"en": "Rows", "zh": "行数"},
    "report.title.visible": {"en": "Visible shift", "zh": "可见偏移"},
    "report.title.objective": {"en": "Objective", "zh": "目标"},
    "report.title.state": {"en": "State", "zh": "状态"},
    "report.title.sli": {"en": "Good calls", "zh": "合格调用"},
    "report.title.target": {"en": "Target", "zh": "目标值"},
    "report.title.budget": {"en": "Error budget", "zh": "错误预算"},
    "report.title.windows": {"en": "Windows", "zh": "窗口"},
    "report.title.factor": {"en": "Fires at", "zh": "触发倍数"},
    "report.title.long": {"en": "Long", "zh": "长窗口"},
    "report.title.short": {"en": "Short", "zh": "短窗口"},
    "report.title.burn": {
        "en": "Burn rates at the end of the window",
        "zh": "窗口结束时的消耗速率",
    },
    "report.title.version": {"en": "Version", "zh": "版本"},
    "report.title.window": {"en": "Window", "zh": "窗口"},
    "report.title.labelled": {"en": "Labelled", "zh": "有标签"},
    "report.title.pending": {"en": "Pending", "zh": "待标签"},
    "report.title.status": {"en": "Status", "zh": "状态"},
    "report.title.baseline": {"en": "Compared with", "zh": "比较对象"},
    "report.title.coverage": {"en": "Logged", "zh": "日志覆盖"},
    "report.title.data": {"en": "First to last event", "zh": "首末事件时间"},
    "report.title.config": {"en": "Configuration", "zh": "配置"},
    "report.title.code": {"en": "Driftline", "zh": "Driftline"},
    "report.title.generated": {"en": "Made", "zh": "生成时间"},
    "report.title.span": {"en": "Span", "zh": "时段"},
    "report.title.rows": {"en": "Predictions, calls", "zh": "预测数，调用数"},
    "report.by_replica": {"en": "By replica", "zh": "按副本"},
    "report.burn.firing": {"en": "fires", "zh": "触发"},
    "report.burn.unreachable": {"en": "can never fire", "zh": "永不触发"},
    "report.burn.quiet": {"en": "quiet", "zh": "正常"},
    "report.burn.untold": {"en": "too few calls", "zh": "调用太少"},
    "report.burn.unknown": {"en": "no calls", "zh": "无调用"},
    "report.target.of": {
        "en": "{target} over {period} d",
        "zh": "{period} 天内 {target}",
    },
    "report.target.latency": {
        "en": "{target} within {limit} over {period} d",
        "zh": "{period} 天内 {target} 在 {limit} 以内",
    },
    "report.points": {"en": "{n} pp", "zh": "{n} 个百分点"},
    "report.visible.sd": {"en": "{shift} sd", "zh": "{shift} 个标准差"},
    "report.visible.mix": {"en": "{share} of rows", "zh": "{share} 的行"},
    "report.visible.constant": {"en": "any change", "zh": "任何变化"},
    "report.visible.blind": {"en": "blind", "zh": "盲区"},
    "report.visible.unknown": {"en": "unknown", "zh": "未知"},
    "report.baseline.windows": {"en": "{baseline} ({n} windows)", "zh": "{baseline}（{n} 个窗口）"},
    "report.incident.over": {
        "en": "{since} to {until}, {length}",
        "zh": "{since} 至 {until}，共 {length}",
    },
    "report.incident.open": {"en": "since {since}, {length}", "zh": "始于 {since}，已 {length}"},
    "report.incident.acknowledged": {"en": "acknowledged by {who}", "zh": "已由 {who} 确认"},
    "report.incident.versions": {"en": "version {versions}", "zh": "版本 {versions}"},
    "report.metric.accuracy": {"en": "Accuracy", "zh": "准确率"},
    "report.metric.roc_auc": {"en": "ROC AUC", "zh": "ROC AUC"},
    "report.metric.log_loss": {"en": "Log loss", "zh": "对数损失"},
    "report.metric.mae": {"en": "MAE", "zh": "MAE"},
    "report.metric.rmse": {"en": "RMSE", "zh": "RMSE"},
}

_CHARTS: dict[str, dict[str, str]] = {
    "report.chart.distribution": {
        "en": "{column}: shares of the rows, reference as grey bars, current as a blue line",
        "zh": "{column}：各区间行数占比，灰色柱为参考，蓝色线为当前",
    },
    "report.chart.categories": {
        "en": "{column}: shares of the categories, reference as hollow dots, current as blue dots",
        "zh": "{column}：各类别占比，空心点为参考，蓝点为当前",
    },
    "report.chart.history": {
        "en": "{column}: the deciding reading over time, in multiples of its alarm line",
        "zh": "{column}：判定读数随时间的变化，以告警线的倍数表示",
    },
    "report.chart.heatmap": {
        "en": "When each column moved, in multiples of its own alarm line",
        "zh": "各列何时变动，以各自告警线的倍数表示",
    },
    "report.chart.calls": {"en": "Calls in each window", "zh": "每个窗口的调用数"},
    "report.chart.shares": {"en": "Share of the calls by version", "zh": "各版本的调用占比"},
    "report.chart.errors": {"en": "Share of failed calls", "zh": "失败调用占比"},
    "report.chart.latency": {
        "en": "Latency: p50 to p95 as a band, p99 as a line",
        "zh": "延迟：p50 至 p95 为色带，p99 为线",
    },
    "report.chart.latency_of": {"en": "Latency of {version}", "zh": "{version} 的延迟"},
    "report.chart.performance": {"en": "{metric} by version", "zh": "各版本的{metric}"},
    "report.columns.last": {
        "en": "Version {version}, last judged {window}",
        "zh": "版本 {version}，最后判定于 {window}",
    },
    "report.chart.alarm_line": {"en": "alarm line", "zh": "告警线"},
    "report.chart.objective": {"en": "objective {limit}", "zh": "目标 {limit}"},
    "report.chart.missing": {"en": "missing", "zh": "缺失"},
    "report.chart.unseen": {"en": "new", "zh": "新值"},
    "report.chart.other": {"en": "others", "zh": "其他"},
    "report.caption.distribution": {"en": "Distribution", "zh": "分布"},
    "report.caption.history": {"en": "Multiples of the alarm line", "zh": "告警线的倍数"},
    "report.legend.reference": {"en": "reference", "zh": "参考"},
    "report.legend.current": {"en": "current", "zh": "当前"},
    "report.legend.quiet": {"en": "quiet", "zh": "正常"},
    "report.legend.near": {"en": "close to its line", "zh": "接近告警线"},
    "report.legend.drift": {"en": "drifted", "zh": "漂移"},
    "report.legend.drift2": {"en": "at 2×", "zh": "达 2 倍"},
    "report.legend.drift3": {"en": "at 3× and more", "zh": "达 3 倍及以上"},
    "report.legend.none": {"en": "not judged", "zh": "无法判定"},
}

TEXTS: dict[str, dict[str, str]] = {**_SECTIONS, **_CARDS, **_TABLES, **_CHARTS}
