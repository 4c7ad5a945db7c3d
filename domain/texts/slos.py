"""Texts about objectives, traffic and performance, in English and Chinese side by side."""

from __future__ import annotations

TEXTS: dict[str, dict[str, str]] = {
    # ------------------------------------------------------------------ objectives
    "slo.budget.left": {
        "en": "{share:.0%} of the error budget is left",
        "zh": "错误预算剩余 {share:.0%}",
    },
    "slo.budget.overspent": {
        "en": "{times:.1f} times the error budget is spent",
        "zh": "已用掉 {times:.1f} 倍的错误预算",
    },
    "slo.ok": {
        "en": "{name} holds: over {period_days:g} days {sli:.3%} of calls were good (target "
        "{target_share}); {budget}.",
        "zh": "{name} 达标：{period_days:g} 天内 {sli:.3%} 的调用合格（目标 {target_share}），"
        "{budget}。",
    },
    "slo.ok.below": {
        "en": "{name} is below its target so far: {sli:.3%} of calls were good (target "
        "{target_share}), with logs of {coverage:.0%} of the {period_days:g} days; nothing burns "
        "fast enough to alert.",
        "zh": "{name} 目前低于目标：{sli:.3%} 的调用合格（目标 {target_share}），"
        "日志覆盖 {period_days:g} 天中的 {coverage:.0%}；消耗速度尚未达到告警条件。",
    },
    "slo.behind": {"en": "{said} {untold}", "zh": "{said}{untold}"},
    "slo.untold": {
        "en": "Within {untold_h:g} h {untold_bad:,} of {untold_of:,} calls were bad: too little "
        "traffic to tell that from chance, so it raised no alert.",
        "zh": "{untold_h:g} 小时内 {untold_of:,} 次调用中有 {untold_bad:,} 次不合格："
        "流量太少，无法与偶然区分，因此没有告警。",
    },
    "slo.burning-page": {
        "en": "{name} is failing fast: {window_good:,} of {window_total:,} calls were good in this "
        "window; over {period_days:g} days {sli:.3%} were (target {target_share}), and "
        "{budget}.",
        "zh": "{name} 正在快速恶化：本窗口 {window_total:,} 次调用中 {window_good:,} 次合格；"
        "{period_days:g} 天内 {sli:.3%} 合格（目标 {target_share}），"
        "{budget}。",
    },
    "slo.burning-ticket": {
        "en": "{name} spends its error budget too fast: {window_good:,} of {window_total:,} calls "
        "were good in this window; over {period_days:g} days {sli:.3%} were (target "
        "{target_share}), and {budget}.",
        "zh": "{name} 的错误预算消耗过快：本窗口 {window_total:,} 次调用中 {window_good:,} 次合格；"
        "{period_days:g} 天内 {sli:.3%} 合格（目标 {target_share}），"
        "{budget}。",
    },
    "slo.exhausted": {
        "en": "{name} has used up its error budget: over {period_days:g} days {sli:.3%} of calls "
        "were good (target {target_share}); {window_good:,} of {window_total:,} were in this "
        "window.",
        "zh": "{name} 的错误预算已耗尽：{period_days:g} 天内 {sli:.3%} 的调用合格"
        "（目标 {target_share}）；本窗口 {window_total:,} 次调用中 {window_good:,} 次合格。",
    },
    "slo.insufficient": {
        "en": "{name} cannot be judged: with {window_total:,} calls in this window even an outage "
        "would prove nothing.",
        "zh": "{name} 无法判断：本窗口仅有 {window_total:,} 次调用，即使全部失败也证明不了什么。",
    },
    "slo.insufficient.untold": {
        "en": "{name} has too little traffic to tell: {bad:,} of {total:,} calls were bad over "
        "{period_days:g} days, which chance alone may do at a target of {target_share}.",
        "zh": "{name} 流量太少，无法判断：{period_days:g} 天内 {total:,} 次调用中有 {bad:,} 次"
        "不合格；目标为 {target_share} 时，仅凭偶然也可能如此。",
    },
    "slo.no-data": {
        "en": "{name} cannot be judged: there were no calls in this window.",
        "zh": "{name} 无法判断：本窗口没有任何调用。",
    },
    "slo.unreachable": {
        "en": "objective {name}: with a target of {target:.10g} the alert over {long_h:g} hours "
        "can never fire, it would need {needed:.0%} bad calls; choose a target above {least:.4g}",
        "zh": "目标 {name}：目标值为 {target:.10g} 时，{long_h:g} 小时窗口的告警永远不会触发，"
        "因为它需要 {needed:.0%} 的调用失败；请选择高于 {least:.4g} 的目标",
    },
    # ------------------------------------------------------------------ traffic
    "finding.traffic.ok": {
        "en": "{calls} calls, {expected:.0f} were expected.",
        "zh": "共 {calls} 次调用，预期为 {expected:.0f} 次。",
    },
    "finding.traffic.high": {
        "en": "{calls} calls, far more than the {expected:.0f} that were expected.",
        "zh": "共 {calls} 次调用，远多于预期的 {expected:.0f} 次。",
    },
    "finding.traffic.low": {
        "en": (
            "Traffic is lost: {calls} calls where {expected:.0f} were expected; no baseline "
            "window fell this far short."
        ),
        "zh": "流量丢失：预期 {expected:.0f} 次调用，实际仅 {calls} 次；"
        "基线中没有任何窗口低到这个程度。",
    },
    "finding.traffic.lost": {
        "en": "Traffic is lost: not one call where {expected:.0f} were expected.",
        "zh": "流量丢失：预期 {expected:.0f} 次调用，实际一次也没有。",
    },
    "finding.traffic.not-calibrated": {
        "en": (
            "{calls} calls; what is usual is not known yet: {windows} baseline windows, "
            "{needed} are needed."
        ),
        "zh": "共 {calls} 次调用；尚不清楚正常水平：基线只有 {windows} 个窗口，"
        "至少需要 {needed} 个。",
    },
    "finding.silence.ok": {
        "en": "No stretch without calls is longer than usual.",
        "zh": "没有异常长的无调用时段。",
    },
    "finding.silence.silent": {
        "en": (
            "Not one call for {minutes:.0f} minutes from {since} to {until} UTC, where "
            "{expected:.0f} were expected."
        ),
        "zh": (
            "从 {since} 到 {until}（UTC）连续 {minutes:.0f} 分钟没有任何调用，"
            "而预期应有 {expected:.0f} 次。"
        ),
    },
    "finding.silence.not-calibrated": {
        "en": (
            "Silence cannot be judged: {windows} baseline windows have traffic, {needed} are "
            "needed."
        ),
        "zh": "无法判断是否静默：基线中只有 {windows} 个窗口有流量，至少需要 {needed} 个。",
    },
    # ------------------------------------------------------------------ performance
    "finding.performance.ok": {
        "en": (
            "{metric} is {value:.4g} on {labelled} labels; baseline windows had {usual:.4g} on "
            "average."
        ),
        "zh": "{metric} 为 {value:.4g}（{labelled} 个标签）；基线窗口平均为 {usual:.4g}。",
    },
    "finding.performance.blind": {
        "en": (
            "{metric} is {value:.4g} on {labelled} labels: blind. Even a model that guesses "
            "({no_skill:.4g}) would not stand out from what windows vary by; the alarm line is "
            "{threshold:.4g}."
        ),
        "zh": (
            "{metric} 为 {value:.4g}（{labelled} 个标签）：盲区。"
            "即使模型完全随机（{no_skill:.4g}），也淹没在窗口的正常波动之中；"
            "报警线为 {threshold:.4g}。"
        ),
    },
    "finding.performance.drifted": {
        "en": (
            "{metric} is {value:.4g} on {labelled} labels, worse than the {usual:.4g} of baseline "
            "windows by more than they vary and chance explains."
        ),
        "zh": (
            "{metric} 为 {value:.4g}（{labelled} 个标签），差于基线窗口的 {usual:.4g}，"
            "超出其正常波动与偶然误差。"
        ),
    },
    "finding.performance.not-calibrated": {
        "en": (
            "{metric} is {value:.4g} on {labelled} labels; how much it varies is not known yet: "
            "{windows} baseline windows with labels, {needed} are needed."
        ),
        "zh": (
            "{metric} 为 {value:.4g}（{labelled} 个标签）；尚不清楚其正常波动："
            "有标签的基线窗口只有 {windows} 个，至少需要 {needed} 个。"
        ),
    },
    "finding.performance.too-few-labels": {
        "en": "{metric} cannot be judged: {labelled} labels have arrived, {needed} are needed.",
        "zh": "无法判断 {metric}：目前只有 {labelled} 个标签，至少需要 {needed} 个。",
    },
    "finding.performance.no-metric": {
        "en": "{metric} cannot be computed from the {labelled} labels that have arrived.",
        "zh": "无法用已到达的 {labelled} 个标签计算 {metric}。",
    },
}
