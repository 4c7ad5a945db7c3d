"""Texts of what the HTTP interface answers, in English and Chinese."""

from __future__ import annotations

TEXTS: dict[str, dict[str, str]] = {
    # ------------------------------------------------------------------ problems
    "api.problem.unknown-path": {
        "en": "there is nothing at {path}; /openapi.json lists what there is",
        "zh": "{path} 处没有任何内容；可用的路径见 /openapi.json",
    },
    "api.problem.wrong-method": {
        "en": "{path} does not take {method}; use {allowed}",
        "zh": "{path} 不支持 {method}；请使用 {allowed}",
    },
    "api.problem.too-large": {
        "en": "the body is larger than {limit_bytes:,} bytes; send it in smaller parts",
        "zh": "请求体超过 {limit_bytes:,} 字节；请拆分后再发送",
    },
    "api.problem.failed": {
        "en": "something failed in the server; its log says what, under {reference}",
        "zh": "服务器内部出错；详情见其日志中的 {reference}",
    },
    "api.problem.parameter": {
        "en": "{name}={value!r} cannot be meant: {expected}",
        "zh": "{name}={value!r} 无法理解：{expected}",
    },
    "api.problem.unknown-parameter": {
        "en": "there is no parameter {name!r}{suggestion}",
        "zh": "没有名为 {name!r} 的参数{suggestion}",
    },
}
