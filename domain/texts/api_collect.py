"""Texts of what the collector answers to senders, in English and Chinese."""

from __future__ import annotations

TEXTS: dict[str, dict[str, str]] = {
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
    "api.cloudevents.events": {
        "en": "store the CloudEvents of KServe, Seldon, Azure ML, or others whose data are native "
        "events: one in binary mode, one structured, or a batch; a request and its answer may "
        "come apart",
        "zh": "存储 KServe、Seldon、Azure ML 的 CloudEvents，或数据为原生事件的其他 CloudEvents："
        "二进制模式、结构化模式或批量；请求和应答可以分开到达",
    },
    "api.cloudevents.media-type": {
        "en": "{value!r} is no CloudEvent; send a header ce-type (binary mode), or {known}",
        "zh": "{value!r} 不是 CloudEvent；请发送 ce-type 头（二进制模式），或 {known}",
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
        "en": "Content-Encoding {value!r} is not read; send gzip, deflate, zstd, or nothing packed",
        "zh": "不支持 Content-Encoding {value!r}；请使用 gzip、deflate 或 zstd，或不压缩",
    },
    "api.collect.packed": {
        "en": "the body is packed twice, or in a way that is not read; pack it once, with gzip",
        "zh": "请求体被重复压缩，或使用了不支持的压缩方式；请只用 gzip 压缩一次",
    },
    "api.collect.gzip": {
        "en": "the gzip is damaged ({value}); nothing is stored, send it again",
        "zh": "gzip 数据已损坏（{value}）；未存储任何内容，请重新发送",
    },
    "api.collect.zstd": {
        "en": "the zstd is damaged or cut off ({value}); nothing is stored, send it again",
        "zh": "zstd 数据已损坏或不完整（{value}）；未存储任何内容，请重新发送",
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
    "api.collect.codec": {
        "en": "Parquet packed with {value} is not read here; write it with Snappy, or not packed",
        "zh": "不支持以 {value} 压缩的 Parquet；请使用 Snappy，或不压缩",
    },
    "api.collect.column-type": {
        "en": "columns of the type {value} are not read here; write plain columns",
        "zh": "不支持 {value} 类型的列；请使用普通列",
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
        "en": "the body did not arrive; it may pause for {pause:.0f} s and take {value:.0f} s in "
        "all; nothing is stored",
        "zh": "请求体未完整到达：停顿不得超过 {pause:.0f} 秒，"
        "总时长不得超过 {value:.0f} 秒；未存储任何内容",
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
