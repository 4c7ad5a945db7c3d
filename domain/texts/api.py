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
    # ------------------------------------------------------------------ who may ask
    "api.guard.no-key": {
        "en": "this needs a key: send 'Authorization: Bearer <key>'; 'driftline keys create' "
        "makes one",
        "zh": "需要密钥：请发送 'Authorization: Bearer <密钥>'；可用 'driftline keys create' 创建",
    },
    "api.guard.no-admin-key": {
        "en": "this needs the local key of the store's owner, or one that 'driftline keys create "
        "NAME --scope admin' makes",
        "zh": "需要存储所有者的本地密钥，或用 'driftline keys create NAME --scope admin' "
        "创建的密钥",
    },
    "api.guard.dead-key": {
        "en": "this key is unknown, expired or revoked; 'driftline keys list' shows which are in "
        "use",
        "zh": "该密钥未知、已过期或已吊销；可用 'driftline keys list' 查看在用的密钥",
    },
    "api.guard.wrong-scope": {
        "en": "this needs a key with the scope {scope}; the one that was sent has: {has}",
        "zh": "需要具有 {scope} 权限的密钥；所用密钥的权限为：{has}",
    },
    "api.guard.path-key": {
        "en": "a key in the path may be seen on its way, so it has to have the scope ingest and "
        "no other; send this one in the header Authorization",
        "zh": "路径中的密钥可能在传输途中被看到，因此只能具有 ingest 权限；"
        "请改用 Authorization 请求头发送该密钥",
    },
    "api.guard.all-models": {
        "en": "this speaks of every model, and the key that was sent is for some only",
        "zh": "该请求涉及所有模型，而所用密钥只适用于部分模型",
    },
    "api.guard.wrong-model": {
        "en": "the key that was sent is not for the model {model!r}",
        "zh": "所用密钥不适用于模型 {model!r}",
    },
    "api.guard.foreign-host": {
        "en": "without a key only 127.0.0.1, localhost and [::1] are answered; ask one of these, "
        "or send a key",
        "zh": "没有密钥时只能通过 127.0.0.1、localhost 或 [::1] 访问；请使用这些地址，或发送密钥",
    },
    "api.guard.foreign-page": {
        "en": "a page of another site may not ask this without a key",
        "zh": "没有密钥时，其他网站的页面不能发起该请求",
    },
    # ------------------------------------------------------------------ our own client
    "api.service": {
        "en": "one use case for Driftline's own client; both sides have the same version",
        "zh": "供 Driftline 自带的客户端使用；两端版本须一致",
    },
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
    # ------------------------------------------------------------------ events and labels
    "api.collect.predictions": {
        "en": "store predictions, failed calls and what else a serving log tells; answered when "
        "they are on disk",
        "zh": "存储预测、失败的调用等服务日志内容；写入磁盘后才会应答",
    },
    "api.collect.labels": {
        "en": "store true outcomes, also of predictions that nobody knows yet; answered when they "
        "are on disk",
        "zh": "存储真实结果，对应的预测可以尚未到达；写入磁盘后才会应答",
    },
    "api.collect.default-model": {
        "en": "the model of events that name none",
        "zh": "未写明模型的事件所属的模型",
    },
    "api.collect.default-version": {
        "en": "the version of events that name none",
        "zh": "未写明版本的事件所属的版本",
    },
    "api.collect.answer.200": {
        "en": "all are stored: now, or before",
        "zh": "全部已存储：本次存入，或此前已有",
    },
    "api.collect.answer.201": {"en": "one event is stored", "zh": "一个事件已存储"},
    "api.collect.answer.207": {
        "en": "some are stored and some are refused, each with its reason; do not send the refused "
        "ones again",
        "zh": "部分已存储，部分被拒绝并附有原因；请勿重发被拒绝的部分",
    },
    "api.collect.answer.400": {
        "en": "the body cannot be read; nothing is stored",
        "zh": "请求体无法读取；未存储任何内容",
    },
    "api.collect.answer.403": {
        "en": "the key is not for these models",
        "zh": "所用密钥不适用于这些模型",
    },
    "api.collect.answer.408": {
        "en": "the body did not arrive in time",
        "zh": "请求体未能及时到达",
    },
    "api.collect.answer.413": {
        "en": "the body is beyond a limit",
        "zh": "请求体超出限制",
    },
    "api.collect.answer.415": {
        "en": "the media type or the encoding is none that is read",
        "zh": "不支持该媒体类型或编码",
    },
    "api.collect.answer.422": {
        "en": "none of it can be an event; nothing is stored",
        "zh": "其中没有任何内容可以成为事件；未存储任何内容",
    },
    "api.collect.answer.429": {
        "en": "send more slowly: try again after Retry-After seconds",
        "zh": "请放慢发送：在 Retry-After 秒后重试",
    },
    "api.collect.answer.503": {
        "en": "nothing can be taken now: try again after Retry-After seconds",
        "zh": "暂时无法接收：请在 Retry-After 秒后重试",
    },
    "api.collect.media-type": {
        "en": "Content-Type {value!r} is not read; send {known}",
        "zh": "不支持 Content-Type {value!r}；请使用 {known}",
    },
    "api.collect.charset": {
        "en": "the charset {value!r} is not read; send UTF-8",
        "zh": "不支持字符集 {value!r}；请使用 UTF-8",
    },
    "api.collect.encoding": {
        "en": "Content-Encoding {value!r} is not read; send gzip, or nothing packed",
        "zh": "不支持 Content-Encoding {value!r}；请使用 gzip，或不压缩",
    },
    "api.collect.packed": {
        "en": "the body is packed twice, or otherwise than with gzip; pack it once, with gzip",
        "zh": "请求体被重复压缩，或使用了 gzip 以外的压缩方式；请只用 gzip 压缩一次",
    },
    "api.collect.gzip": {
        "en": "the gzip is damaged ({value}); nothing is stored, send it again",
        "zh": "gzip 数据已损坏（{value}）；未存储任何内容，请重新发送",
    },
    "api.collect.cut-off": {
        "en": "the gzip ends too early; nothing is stored, send it again",
        "zh": "gzip 数据提前结束；未存储任何内容，请重新发送",
    },
    "api.collect.empty": {
        "en": "the body is empty; send an event",
        "zh": "请求体为空；请发送事件",
    },
    "api.collect.unpacked": {
        "en": "the body is larger than {limit_bytes:,} bytes when it is unpacked; send it in "
        "smaller parts",
        "zh": "请求体解压后超过 {limit_bytes:,} 字节；请拆分后再发送",
    },
    "api.collect.document": {
        "en": "the JSON document is larger than {limit_bytes:,} bytes; send JSON lines "
        "(application/x-ndjson)",
        "zh": "JSON 文档超过 {limit_bytes:,} 字节；请改用 JSON Lines（application/x-ndjson）",
    },
    "api.collect.compressed-arrow": {
        "en": "the buffers of the Arrow stream are compressed; write it without compression and "
        "send it with Content-Encoding gzip",
        "zh": "Arrow 流的缓冲区已压缩；请不压缩地写出，并以 Content-Encoding gzip 发送",
    },
    "api.collect.swollen": {
        "en": "the table holds more than {limit_bytes:,} bytes when it is decoded; send it in "
        "smaller parts",
        "zh": "表格解码后超过 {limit_bytes:,} 字节；请拆分后再发送",
    },
    "api.collect.damaged": {
        "en": "the {format} data are damaged; nothing is stored, send them again",
        "zh": "{format} 数据已损坏；未存储任何内容，请重新发送",
    },
    "api.collect.long-name": {
        "en": "?{name}= has more than {limit:,} characters",
        "zh": "?{name}= 超过 {limit:,} 个字符",
    },
    "api.collect.too-many": {"en": "{value}", "zh": "{value}"},
    "api.collect.too-many-rows": {
        "en": "the body holds more than {limit:,} events; send it in several requests",
        "zh": "请求体包含的事件超过 {limit:,} 个；请分多次发送",
    },
    "api.collect.slow-down": {
        "en": "more is sent than can be stored; try again in {value} s",
        "zh": "发送速度超过存储速度；请在 {value} 秒后重试",
    },
    "api.collect.full": {
        "en": "nothing more can be taken now; try again in {value} s",
        "zh": "暂时无法接收更多数据；请在 {value} 秒后重试",
    },
    "api.collect.timeout": {
        "en": "the body did not arrive within {value:.0f} s; nothing is stored",
        "zh": "请求体未在 {value:.0f} 秒内到达；未存储任何内容",
    },
    "api.collect.refused-one": {"en": "{first}", "zh": "{first}"},
    "api.collect.refused": {
        "en": "none of {n:,} items could be stored; the first: {first}",
        "zh": "{n:,} 项均无法存储；第一项：{first}",
    },
    "api.collect.missing-model": {
        "en": "no model; write it in the event, or for all of them: ?model=NAME",
        "zh": "没有模型名；请写在事件中，或用 ?model=名称 统一指定",
    },
    "api.collect.missing-ts": {
        "en": "no time in ts; write when the request came, for example 2026-11-22T10:00:00Z",
        "zh": "ts 中没有时间；请写明请求的时间，例如 2026-11-22T10:00:00Z",
    },
}
