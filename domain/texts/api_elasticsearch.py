"""Texts of the endpoints that answer as Elasticsearch does, in English and Chinese."""

from __future__ import annotations

TEXTS: dict[str, dict[str, str]] = {
    "api.elasticsearch.bulk": {
        "en": "Stores the documents of a bulk body: those of the Elastic Common Schema, and native "
        "events. For clients of Elasticsearch; /es stands for its address.",
        "zh": "存入 bulk 请求体中的文档：Elastic Common Schema 文档和原生事件。"
        "供 Elasticsearch 客户端使用，以 /es 作为其地址。",
    },
    "api.elasticsearch.index": {
        "en": "Name of an index; nothing depends on it.",
        "zh": "索引名；不影响任何结果。",
    },
    "api.elasticsearch.asked-first": {
        "en": "What clients of Elasticsearch ask before they send.",
        "zh": "Elasticsearch 客户端在发送之前会询问的内容。",
    },
    "api.elasticsearch.answer.200": {
        "en": "Each item, in the order of the request: 201 stored, 200 or 409 known before, "
        "400 refused with its reason, 403 not for this key.",
        "zh": "按请求中的顺序逐项说明：201 已存入，200 或 409 之前已有，"
        "400 被拒绝并附原因，403 该密钥无权。",
    },
    "api.elasticsearch.malformed": {
        "en": "Malformed action/metadata line [{line}]: before each document stands a line like "
        '{{"index": {{}}}}',
        "zh": '第 [{line}] 行不是操作行：每个文档之前应有一行，例如 {{"index": {{}}}}',
    },
    "api.elasticsearch.not-here": {
        "en": "no handler found for uri [{path}]: of Elasticsearch's API only _bulk is answered; "
        "switch off templates and lifecycle management in the shipper",
        "zh": "没有处理 [{path}] 的程序：这里只实现了 Elasticsearch 的 _bulk；"
        "请在采集器中关闭模板和生命周期管理",
    },
}
