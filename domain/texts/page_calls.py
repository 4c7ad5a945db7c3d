"""Texts of the table of single calls, in English and Chinese."""

from __future__ import annotations

TEXTS: dict[str, dict[str, str]] = {
    "page_calls.title": {"en": "Slowest and failed calls", "zh": "最慢与失败的调用"},
    "page_calls.note": {
        "en": "Of the shown span: the newest calls that failed, then the slowest of the rest; 20 "
        "at most.",
        "zh": "所示时段内：最近失败的调用，然后是其余调用中最慢的；最多 20 条。",
    },
    "page_calls.none": {
        "en": "No call of this span failed, and none has a latency.",
        "zh": "本时段没有失败的调用，也没有记录延迟的调用。",
    },
    "page_calls.gone": {
        "en": "The rows of these calls are not kept any more; their counts are.",
        "zh": "这些调用的明细已不再保留，仅保留计数。",
    },
    "page_calls.elsewhere": {
        "en": "Single calls are not read here: Spark counts the calls of this model where they "
        "lie.",
        "zh": "此处不读取单次调用：该模型的调用由 Spark 在原处统计。",
    },
    "page_calls.failed": {"en": "failed", "zh": "失败"},
    "page_calls.slow": {"en": "slow", "zh": "慢"},
    "page_calls.unlinked": {
        "en": "To open a trace from here, set `trace_url:` in driftline.yaml.",
        "zh": "如需从此处打开链路，请在 driftline.yaml 中设置 `trace_url:`。",
    },
    "page_calls.why": {"en": "Why", "zh": "原因"},
    "page_calls.at": {"en": "Time", "zh": "时间"},
    "page_calls.latency": {"en": "Latency", "zh": "延迟"},
    "page_calls.status": {"en": "Status", "zh": "状态码"},
    "call.no-answer": {"en": "no answer", "zh": "无应答"},
    "call.untold-error": {"en": "error without a code", "zh": "错误（无状态码）"},
    "page_calls.replica": {"en": "Replica", "zh": "副本"},
    "page_calls.trace": {"en": "Trace", "zh": "链路"},
    "page_calls.open": {"en": "Open trace", "zh": "打开链路"},
    "page_calls.unread": {"en": "Not read: {error}", "zh": "未能读取：{error}"},
}
