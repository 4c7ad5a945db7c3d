"""Texts of what describes the HTTP interface: its document and how it is, side by side."""

from __future__ import annotations

TEXTS: dict[str, dict[str, str]] = {
    # ------------------------------------------------------------------ parameters
    "api.expected.once": {
        "en": "it can be given only once",
        "zh": "该参数只能出现一次",
    },
    "api.expected.choice": {
        "en": "it is one of {names}",
        "zh": "可选值为 {names}",
    },
    "api.expected.whole": {
        "en": "it is a whole number from {least} to {most}",
        "zh": "应为 {least} 到 {most} 之间的整数",
    },
    "api.expected.moment": {
        "en": "it is a date or a time with its zone: 2013-07-01 or 2013-07-01T10:00:00Z",
        "zh": "应为日期或带时区的时间，例如 2013-07-01 或 2013-07-01T10:00:00Z",
    },
    "api.expected.cursor": {
        "en": "it is the next_cursor of an earlier answer of this very list",
        "zh": "应为同一列表先前响应中的 next_cursor",
    },
    "api.parameter.model": {
        "en": "Only this model; without it, all that the key is for.",
        "zh": "仅此模型；省略时为密钥适用的全部模型。",
    },
    "api.parameter.model-in-path": {
        "en": "The name of a model.",
        "zh": "模型名称。",
    },
    "api.parameter.version": {
        "en": "Only this version; empty: of logs that carry none.",
        "zh": "仅此版本；留空表示不带版本的日志。",
    },
    "api.parameter.from": {
        "en": "Only what ended after this: a date, or a time with its zone.",
        "zh": "仅返回在此之后结束的内容：日期，或带时区的时间。",
    },
    "api.parameter.to": {
        "en": "Only what began before this: a date, or a time with its zone.",
        "zh": "仅返回在此之前开始的内容：日期，或带时区的时间。",
    },
    "api.parameter.limit": {
        "en": "At most so many.",
        "zh": "最多返回的条数。",
    },
    "api.parameter.cursor": {
        "en": "The next_cursor of the page before.",
        "zh": "上一页的 next_cursor。",
    },
    "api.parameter.language": {
        "en": "Of the sentences; without it, what Accept-Language puts first.",
        "zh": "句子的语言；省略时取 Accept-Language 的首选语言。",
    },
    "api.parameter.openapi": {
        "en": "The version of OpenAPI; 3.0 for tools that know no newer one.",
        "zh": "OpenAPI 版本；3.0 供不支持新版本的工具使用。",
    },
    "api.parameter.status": {
        "en": "Only runs that ended so; may be repeated.",
        "zh": "仅返回以此状态结束的运行；可重复。",
    },
    "api.parameter.verdict": {
        "en": "Only this verdict; may be repeated.",
        "zh": "仅此判定；可重复。",
    },
    "api.parameter.state": {
        "en": "Only this state; may be repeated.",
        "zh": "仅此状态；可重复。",
    },
    "api.parameter.severity": {
        "en": "Only this severity; may be repeated.",
        "zh": "仅此严重程度；可重复。",
    },
    # ------------------------------------------------------------------ what can be read
    "api.models": {
        "en": "The models, in alphabetical order.",
        "zh": "全部模型，按字母顺序排列。",
    },
    "api.versions": {
        "en": "The versions of a model, in alphabetical order, and the newest judged window of "
        "each.",
        "zh": "某个模型的版本（按字母顺序），以及各版本最新的已判定窗口。",
    },
    "api.sources": {
        "en": "What came from which file or sender, how far followed logs are taken, which sides "
        "of calls wait for the other, and what could not be read: what the page Data shows. The "
        "first 50 sources and reasons.",
        "zh": "各文件或发送方带来了什么、跟踪的日志已读到哪里、哪些请求或应答还在等待另一半、"
        "哪些内容无法读取：即“数据”页面所示。最多列出 50 个来源和 50 种原因。",
    },
    "api.sources.ok": {
        "en": "How it stands now.",
        "zh": "当前状况。",
    },
    "api.runs": {
        "en": "Runs with all that they found, the newest window first.",
        "zh": "各次运行及其全部结果，最新的窗口在前。",
    },
    "api.findings": {
        "en": "What detectors said of columns, the newest window first.",
        "zh": "检测器对各列的判定，最新的窗口在前。",
    },
    "api.alerts": {
        "en": "Incidents with their alerts, the one that started last first; also monitors that "
        "stand still.",
        "zh": "事件及其告警，最近开始的在前；也包括停止运行的监控。",
    },
    "api.slos": {
        "en": "How objectives stood at the end of each window, the newest first.",
        "zh": "各目标在每个窗口结束时的状态，最新的在前。",
    },
    "api.page": {
        "en": "One page, and the cursor of the next one where there is one.",
        "zh": "一页结果，以及下一页的 cursor（如有）。",
    },
    # ------------------------------------------------------------------ how the server is
    "api.livez": {
        "en": "Whether the process lives; looks at nothing else.",
        "zh": "进程是否存活；不检查其他内容。",
    },
    "api.livez.ok": {"en": "It does.", "zh": "存活。"},
    "api.readyz": {
        "en": "Whether the server can do its work, and what is in its way.",
        "zh": "服务是否可以正常工作，以及受阻的原因。",
    },
    "api.readyz.ok": {"en": "It can.", "zh": "可以。"},
    "api.readyz.failed": {
        "en": "It cannot: `checks` says why.",
        "zh": "不可以：原因见 checks。",
    },
    "api.ready.store.ok": {"en": "the store answers", "zh": "存储可以访问"},
    "api.ready.store.failed": {
        "en": "the store does not answer; 'driftline doctor' says more",
        "zh": "存储无法访问；可用 'driftline doctor' 查看详情",
    },
    "api.ready.disk.ok": {"en": "the disk has room", "zh": "磁盘空间充足"},
    "api.ready.disk.failed": {
        "en": "the disk of the store is full or cannot be read; free some space",
        "zh": "存储所在磁盘已满或无法读取；请释放空间",
    },
    "api.ready.writer.ok": {"en": "events are being written", "zh": "事件写入正常"},
    "api.ready.writer.failed": {
        "en": "nothing is written any more; restart the server",
        "zh": "事件已无法写入；请重启服务",
    },
    "api.ready.warm-up.ok": {"en": "writing was tried and works", "zh": "写入试验成功"},
    "api.ready.warm-up.failed": {
        "en": "nothing was written yet; if this lasts longer than a few seconds, the log says why",
        "zh": "尚未完成首次写入；若持续数秒以上，请查看日志中的原因",
    },
    "api.metrics": {
        "en": "What the server has counted, for Prometheus. On loopback it needs no key.",
        "zh": "服务的各项计数，供 Prometheus 采集。在本机回环地址上无需密钥。",
    },
    "api.metrics.ok": {"en": "Prometheus' text format.", "zh": "Prometheus 文本格式。"},
    # ------------------------------------------------------------------ the document
    "api.title": {"en": "Driftline", "zh": "Driftline"},
    "api.description": {
        "en": "Watches models in production. Errors are problem+json (RFC 9457). Keys are made by "
        "'driftline keys create'; on loopback, sending and reading need none until the first "
        "one is made.",
        "zh": "监控生产环境中的模型。错误以 problem+json（RFC 9457）返回。密钥由 "
        "'driftline keys create' 创建；在本机回环地址上，创建第一个密钥之前，"
        "发送和读取都无需密钥。",
    },
    "api.openapi": {"en": "This document.", "zh": "本文档。"},
    "api.docs": {
        "en": "This document as a page; nothing on it comes from elsewhere.",
        "zh": "以网页形式呈现的本文档；页面不引用任何外部资源。",
    },
    "api.docs.asset": {"en": "A file of that page.", "zh": "该页面的文件。"},
    "api.done": {"en": "Done.", "zh": "成功。"},
    "api.error": {"en": "What went wrong.", "zh": "出错信息。"},
    "api.key-in-header": {
        "en": "A key, as 'Authorization: Bearer <key>'. The name behind it is the scope it needs.",
        "zh": "密钥，以 'Authorization: Bearer <密钥>' 发送；其后的名称为所需权限。",
    },
    "api.key-in-path": {
        "en": "An ingest key in the path, for senders that cannot set headers: {path}",
        "zh": "供无法设置请求头的发送方使用：将 ingest 密钥写在路径中：{path}",
    },
}
