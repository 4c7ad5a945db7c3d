"""Texts about alerts: each in English and Chinese, side by side, so that neither is forgotten."""

from __future__ import annotations

TEXTS: dict[str, dict[str, str]] = {
    "alert.headline": {"en": "{what} ({when})", "zh": "{what}（{when}）"},
    "alert.since": {"en": "since {since}", "zh": "自 {since} 起"},
    "alert.from-to": {"en": "{since} to {until}", "zh": "{since} 至 {until}"},
    "alert.on": {"en": "{day}", "zh": "{day}"},
    "alert.comma": {"en": ", ", "zh": "、"},
    "alert.and-more": {"en": "{names} and {more} more", "zh": "{names} 及另外 {more} 个"},
    # ------------------------------------------------------------------ columns
    "alert.headline.drift.one": {"en": "{names} drifts", "zh": "输入 {names} 发生漂移"},
    "alert.headline.drift.many": {
        "en": "{count} inputs drift: {names}",
        "zh": "{count} 个输入发生漂移：{names}",
    },
    "alert.headline.drift-columns.one": {
        "en": "the model's {names} drifts",
        "zh": "模型输出 {names} 发生漂移",
    },
    "alert.headline.drift-columns.many": {
        "en": "{count} columns drift: {names}",
        "zh": "{count} 列发生漂移：{names}",
    },
    "alert.headline.missing.one": {"en": "{names} is missing", "zh": "{names} 缺失"},
    "alert.headline.missing.many": {
        "en": "{count} columns are missing: {names}",
        "zh": "{count} 列缺失：{names}",
    },
    "alert.headline.more-missing.one": {
        "en": "{names} has more missing values than usual",
        "zh": "{names} 的缺失值多于往常",
    },
    "alert.headline.more-missing.many": {
        "en": "{count} columns have more missing values than usual: {names}",
        "zh": "{count} 列的缺失值多于往常：{names}",
    },
    "alert.headline.changed-type.one": {
        "en": "{names} changed its type",
        "zh": "{names} 的类型发生变化",
    },
    "alert.headline.changed-type.many": {
        "en": "{count} columns changed their type: {names}",
        "zh": "{count} 列的类型发生变化：{names}",
    },
    "alert.headline.performance.one": {
        "en": "the model got worse: {names} is {value}, usual is {usual}",
        "zh": "模型效果下降：{names} 为 {value}，通常为 {usual}",
    },
    "alert.headline.performance.many": {
        "en": "the model got worse: {names}",
        "zh": "模型效果下降：{names}",
    },
    # ------------------------------------------------------------------ calls
    "alert.headline.traffic": {"en": "traffic is lost", "zh": "流量丢失"},
    "alert.headline.silence": {"en": "calls stopped for a while", "zh": "调用一度中断"},
    "alert.headline.status": {"en": "{status}: ", "zh": "{status}："},
    "alert.headline.failed": {
        "en": "{share} of {calls:,} calls failed",
        "zh": "{calls:,} 次调用中 {share} 失败",
    },
    "alert.headline.failed.replica": {
        "en": "{share} of the {calls:,} calls of {replica} failed",
        "zh": "{replica} 的 {calls:,} 次调用中 {share} 失败",
    },
    "alert.headline.slow": {
        "en": "{share} of {calls:,} calls took longer than {limit} ms",
        "zh": "{calls:,} 次调用中 {share} 超过 {limit} 毫秒",
    },
    "alert.headline.slow.replica": {
        "en": "{replica} is slow: {share} of its {calls:,} calls took longer than {limit} ms",
        "zh": "{replica} 变慢：{calls:,} 次调用中 {share} 超过 {limit} 毫秒",
    },
    "alert.headline.also-failed": {"en": ", {failed:,} failed", "zh": "，{failed:,} 次失败"},
    "alert.headline.also-slow": {
        "en": ", {slow:,} took longer than {limit} ms",
        "zh": "，{slow:,} 次超过 {limit} 毫秒",
    },
    "alert.headline.or-failed": {"en": " or failed", "zh": "或失败"},
    "alert.headline.between": {
        "en": " between {since} and {until}",
        "zh": "，{since} 至 {until} 之间",
    },
    "alert.headline.burning": {
        "en": "{name} spends its error budget too fast",
        "zh": "{name} 的错误预算消耗过快",
    },
    "alert.headline.exhausted": {
        "en": "{name} has used up its error budget",
        "zh": "{name} 的错误预算已耗尽",
    },
    # ------------------------------------------------------------------ the monitor itself
    "alert.headline.monitor": {
        "en": "the monitor stands still: no run for {missed} windows",
        "zh": "监控已停止：连续 {missed} 个窗口没有运行",
    },
    "alert.monitor.stale": {
        "en": "No window has been judged since {last} UTC, {missed} windows ago: check the "
        "scheduler.",
        "zh": "自 {last}（UTC）起已有 {missed} 个窗口未被检查：请查看调度程序。",
    },
}
