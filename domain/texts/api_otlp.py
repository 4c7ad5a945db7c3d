"""Texts of what exporters of OpenTelemetry and of samples are told, in English and Chinese."""

from __future__ import annotations

TEXTS: dict[str, dict[str, str]] = {
    "api.otlp.logs": {
        "en": "store the predictions among OpenTelemetry log records (OTLP/HTTP); other records "
        "are accepted and not kept",
        "zh": "存储 OpenTelemetry 日志记录中的预测（OTLP/HTTP）；其他记录会被接受但不保存",
    },
    "api.otlp.traces": {
        "en": "store the calls among OpenTelemetry spans (OTLP/HTTP): those that answered a "
        "request; other spans are accepted and not kept",
        "zh": "存储 OpenTelemetry span 中的调用（OTLP/HTTP），即应答了请求的 span；"
        "其他 span 会被接受但不保存",
    },
    "api.otlp.metrics": {
        "en": "store what processes, containers and graphics cards use (OTLP/HTTP); other metrics "
        "are accepted and not kept",
        "zh": "存储进程、容器和显卡的资源用量（OTLP/HTTP）；其他指标会被接受但不保存",
    },
    "api.otlp.answer.200": {
        "en": "stored; partialSuccess tells how many were refused, which are not to be sent again",
        "zh": "已存储；partialSuccess 说明有多少被拒绝，被拒绝的请勿重发",
    },
    "api.otlp.unreadable": {
        "en": "the body is no OTLP request: {first}",
        "zh": "请求体不是 OTLP 请求：{first}",
    },
    "api.resources.samples": {
        "en": "store samples of what processes used: JSON lines, answered when they are on disk",
        "zh": "存储进程的资源用量样本：JSON 行，写入磁盘后才会应答",
    },
    "api.resources.answer.200": {
        "en": "all are stored: now, or before",
        "zh": "全部已存储：本次存入，或此前已有",
    },
    "api.otlp.refused": {
        "en": "{n} refused, the first because: {first}",
        "zh": "拒绝了 {n} 条，第一条的原因：{first}",
    },
}
