"""Texts of the Drift page, in English and Chinese."""

from __future__ import annotations

_VERDICT: dict[str, dict[str, str]] = {
    "page_drift.verdict.drifted.one": {
        "en": "1 of {total} columns drifts: {names}",
        "zh": "{total} 列中有 1 列漂移：{names}",
    },
    "page_drift.verdict.drifted.many": {
        "en": "{n} of {total} columns drift: {names}",
        "zh": "{total} 列中有 {n} 列漂移：{names}",
    },
    "page_drift.verdict.no_rows": {
        "en": "Nothing could be judged: this version made no prediction in this window",
        "zh": "无法判定：此版本在该窗口内没有任何预测",
    },
    "page_drift.verdict.no_baseline": {
        "en": "Nothing could be judged: there is no baseline to compare with yet",
        "zh": "无法判定：尚无可比较的基线",
    },
    "page_drift.verdict.too_little": {
        "en": "Nothing could be judged: {rows} rows are too few",
        "zh": "无法判定：只有 {rows} 行，数据太少",
    },
    "page_drift.fact.needed": {
        "en": "{n} earlier windows with data are needed before a column's own movement is known",
        "zh": "需要先有 {n} 个带数据的窗口，才能了解各列自身的波动",
    },
    "page_drift.fact.first": {
        "en": "first: {column}, since {since} ({length})",
        "zh": "最早：{column}，始于 {since}（已 {length}）",
    },
    "page_drift.fact.budget": {
        "en": "by chance at most {n} false incident in {per}",
        "zh": "误报预算：每 {per} 最多 {n} 次",
    },
    "page_drift.fact.coverage": {
        "en": "the logs reached only {coverage} of this window when it was judged",
        "zh": "判定时日志仅覆盖该窗口的 {coverage}",
    },
}

_TABLE: dict[str, dict[str, str]] = {
    "page_drift.group.outputs": {"en": "What the model answers", "zh": "模型输出"},
    "page_drift.group.inputs": {"en": "What it is fed", "zh": "模型输入"},
    "page_drift.col.column": {"en": "Column", "zh": "列"},
    "page_drift.col.state": {"en": "Verdict", "zh": "判定"},
    "page_drift.col.multiple": {"en": "× line", "zh": "× 告警线"},
    "page_drift.col.trend": {"en": "History", "zh": "历史"},
    "page_drift.col.since": {"en": "Since", "zh": "开始于"},
    "page_drift.help.multiple": {
        "en": "Multiple of the column's own alarm line: from 1× on it alarms. A dash: it is gone "
        "or of another type, or there is no line.",
        "zh": "该列自身告警线的倍数：达到 1× 即告警。横线表示该列消失、类型改变，或没有告警线。",
    },
    "page_drift.help.trend": {
        "en": "Multiples of the alarm line in the last {n} windows, every row from 0 to 3×.",
        "zh": "最近 {n} 个窗口的告警线倍数，每行刻度均为 0 至 3×。",
    },
    "page_drift.help.since": {
        "en": "Start of the unbroken row of windows that drifted.",
        "zh": "连续漂移窗口的起点。",
    },
    "page_drift.show_all": {"en": "Show all {n} columns", "zh": "显示全部 {n} 列"},
    "page_drift.table.outputs": {
        "en": "Outputs of the model, worst first",
        "zh": "模型输出，最严重的在前",
    },
    "page_drift.table.inputs": {
        "en": "Inputs of the model, worst first",
        "zh": "模型输入，最严重的在前",
    },
}

_DETAIL: dict[str, dict[str, str]] = {
    "page_drift.metric.multiple": {"en": "× its line", "zh": "告警线倍数"},
    "page_drift.metric.rows": {"en": "Rows", "zh": "行数"},
    "page_drift.metric.missing": {"en": "Missing", "zh": "缺失"},
    "page_drift.metric.visible": {"en": "Visible shift", "zh": "可见偏移"},
    "page_drift.from_reference": {"en": "reference {value}", "zh": "参考 {value}"},
    "page_drift.line_at": {"en": "alarms from 1×", "zh": "达 1× 告警"},
    "page_drift.visible.sd": {"en": "{shift} sd", "zh": "{shift} sd"},
    "page_drift.visible.sd.note": {"en": "in ten windows", "zh": "标准差"},
    "page_drift.visible.mix": {"en": "{share}", "zh": "{share}"},
    "page_drift.visible.mix.note": {"en": "of the rows", "zh": "的行"},
    "page_drift.visible.constant": {"en": "any", "zh": "任何"},
    "page_drift.visible.constant.note": {"en": "change at all", "zh": "变化"},
    "page_drift.visible.blind": {"en": "none", "zh": "无"},
    "page_drift.visible.blind.note": {"en": "is sure: blind", "zh": "盲区"},
    "page_drift.visible.unknown": {"en": "?", "zh": "?"},
    "page_drift.visible.unknown.note": {"en": "not calibrated", "zh": "未校准"},
    "page_drift.help.visible": {
        "en": "The smallest lasting shift that would surely be seen within ten windows. Blind: the "
        "column moves so much by itself that no shift that matters would be.",
        "zh": "十个窗口内必能发现的最小持续偏移。盲区：该列自身波动太大，"
        "任何重要偏移都可能看不到。",
    },
    "page_drift.section.distribution": {"en": "Distribution", "zh": "分布"},
    "page_drift.section.slices": {"en": "Where in the traffic: by {by}", "zh": "变化位置：按 {by}"},
    "page_drift.table.slices": {
        "en": "Parts of the traffic by {by}, those that make most of the change first",
        "zh": "按 {by} 划分的流量，对变化贡献最大的在前",
    },
    "page_drift.col.part": {"en": "Of the change", "zh": "占变化"},
    "page_drift.col.psi_inside": {"en": "PSI", "zh": "PSI"},
    "page_drift.col.rows_before": {"en": "Rows before", "zh": "之前占比"},
    "page_drift.col.rows_now": {"en": "Rows now", "zh": "现在占比"},
    "page_drift.help.part": {
        "en": "Share of the column's PSI that this part makes, by its moved share of the rows and "
        "by what changed inside of it; one that went against the change is at 0.",
        "zh": "该部分在此列 PSI 中所占的份额，包括其行数占比的变动和内部的变化；方向相反的记为 0。",
    },
    "page_drift.help.psi_inside": {
        "en": "PSI of the column inside of this part, less what sampling gives; a dash: too few "
        "rows.",
        "zh": "该部分内部此列的 PSI，已减去抽样误差；横线表示行数太少。",
    },
    "page_drift.slice.missing": {"en": "(no value)", "zh": "（无值）"},
    "page_drift.slice.other": {"en": "(rarer values)", "zh": "（其他少见取值）"},
    "page_drift.section.history": {
        "en": "Since when: multiples of its alarm line",
        "zh": "从何时开始：告警线的倍数",
    },
    "page_drift.section.heatmap": {
        "en": "All columns over time",
        "zh": "所有列随时间的变化",
    },
    "page_drift.against": {"en": "Grey: {name}", "zh": "灰色：{name}"},
    "page_drift.against.picture_only": {
        "en": "The grey side is {name}. That changes this picture only: the verdict, the history "
        "and every number were made with the configured baseline.",
        "zh": "灰色为{name}。这只改变此图；判定、历史和所有数字均以配置的基线为准。",
    },
    "page_drift.against.version": {
        "en": "version {version}, {window}",
        "zh": "版本 {version}，{window}",
    },
    "page_drift.against.nothing": {"en": "not there", "zh": "不存在"},
    "page_drift.not_this_version": {
        "en": "This version was not judged in this window",
        "zh": "此版本在该窗口没有判定记录",
    },
    "page_drift.no_distribution": {
        "en": "There is nothing to draw: neither side has rows in this window.",
        "zh": "没有可绘制的内容：两边在此窗口内都没有数据。",
    },
    "page_drift.no_history": {
        "en": "There is no history yet: no window of this column was measured against an alarm "
        "line.",
        "zh": "尚无历史：该列还没有任何窗口以告警线衡量过。",
    },
    "page_drift.no_columns": {
        "en": "No column was judged in this window",
        "zh": "此窗口内没有判定任何列",
    },
    "page_drift.beside": {
        "en": "Readings beside the verdict: {readings}",
        "zh": "辅助读数：{readings}",
    },
}

_CHARTS: dict[str, dict[str, str]] = {
    "page_drift.chart.other": {"en": "all others", "zh": "其他"},
    "page_drift.chart.missing": {"en": "missing", "zh": "缺失"},
    "page_drift.chart.unseen": {"en": "new values", "zh": "新值"},
    "page_drift.chart.reference": {"en": "reference", "zh": "参考"},
    "page_drift.chart.current": {"en": "current", "zh": "当前"},
    "page_drift.chart.bar": {
        "en": "<b>{label}</b><br>reference {reference}<br>current {current}",
        "zh": "<b>{label}</b><br>参考 {reference}<br>当前 {current}",
    },
    "page_drift.chart.line": {"en": "alarm line", "zh": "告警线"},
    "page_drift.chart.times": {"en": "{times} its line", "zh": "告警线的 {times}"},
    "page_drift.chart.hard": {
        "en": "missing, or of another type",
        "zh": "缺失或类型改变",
    },
    "page_drift.chart.alarmed": {"en": "{far}, alarmed", "zh": "{far}，已告警"},
    "page_drift.chart.psi": {"en": "PSI {psi}", "zh": "PSI {psi}"},
    "page_drift.chart.unjudged": {
        "en": "not judged: no run, no rows, or too few",
        "zh": "未判定：没有运行、没有数据或数据太少",
    },
    "page_drift.chart.no_line": {
        "en": "no alarm line yet: not calibrated",
        "zh": "尚无告警线：未校准",
    },
    "page_drift.chart.blind_row": {"en": "{name} (blind)", "zh": "{name}（盲区）"},
}

TEXTS: dict[str, dict[str, str]] = {**_VERDICT, **_TABLE, **_DETAIL, **_CHARTS}
