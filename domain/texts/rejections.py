"""Texts about rejections: each in English and Chinese, so that neither is forgotten."""

from __future__ import annotations

TEXTS: dict[str, dict[str, str]] = {
    "rejection.bad_json": {
        "en": "not a JSON object: {value}",
        "zh": "不是 JSON 对象：{value}",
    },
    "rejection.duplicate_key": {
        "en": "the key {field} is there twice; which of the two counts is not known",
        "zh": "键 {field} 出现了两次，无法判断以哪一个为准",
    },
    "rejection.not_finite": {
        "en": "{field} is {value}; JSON has no such number, write null for a missing value",
        "zh": "{field} 为 {value}；JSON 没有这样的数，缺失值请写 null",
    },
    "rejection.too_deep": {
        "en": "nested deeper than {value} levels",
        "zh": "嵌套超过 {value} 层",
    },
    "rejection.too_large": {
        "en": "{field} is longer than {value} bytes",
        "zh": "{field} 超过 {value} 字节",
    },
    "rejection.too_many_columns": {
        "en": "{value} keys that no line had before, of {limit} that a log may have; "
        "ids and times belong into values, not into keys",
        "zh": "有 {value} 个之前未出现的键，而一份日志最多 {limit} 个；"
        "ID 和时间应写在值里，而不是键里",
    },
    "rejection.invalid_utf8": {
        "en": "not UTF-8 at byte {value}; save the log as UTF-8",
        "zh": "第 {value} 个字节不是 UTF-8；请将日志存为 UTF-8",
    },
    "rejection.truncated": {
        "en": "the file ends here too early ({value}); fetch it again, the lines before are stored",
        "zh": "文件在此处提前结束（{value}）；请重新获取，之前的行已存入",
    },
    "rejection.ragged_row": {
        "en": "{value} cells under a header of {expected}",
        "zh": "该行有 {value} 个单元格，而表头有 {expected} 个",
    },
    "rejection.bad_row": {
        "en": "cannot be split into cells: {value}",
        "zh": "无法拆分为单元格：{value}",
    },
    "rejection.not_a_cloudevent": {
        "en": "no CloudEvent: it has neither type and specversion nor headers with ce-type",
        "zh": "不是 CloudEvent：既没有 type 和 specversion，也没有带 ce-type 的 headers",
    },
    "rejection.unknown_event": {
        "en": "an event of type '{value}', and its data are no prediction event: known are the "
        "types of KServe, Seldon and Azure ML, and native events as data",
        "zh": "类型为“{value}”的事件，其数据不是预测事件：已知的有 KServe、Seldon 和 "
        "Azure ML 的类型，以及以原生事件为数据的事件",
    },
    "rejection.missing_event_id": {
        "en": "{field} is missing: without it nobody knows which answer belongs to which request",
        "zh": "缺少 {field}：没有它就无法判断哪个应答属于哪个请求",
    },
    "rejection.part_of_data": {
        "en": "only a part of the data is in this record ({value}); let the collector log smaller "
        "payloads, or log the model's inputs and outputs instead of the raw request",
        "zh": "此记录只含部分数据（{value}）；请让采集器记录较小的载荷，"
        "或记录模型的输入输出而非原始请求",
    },
    "rejection.blob_without_time": {
        "en": "no occurrenceTime: KServe's logger writes it into JSON only, and since 0.17; give "
        "all records a time in a mapping file, `ts: {{value: 2026-11-22T08:00:00Z}}`, or add a "
        "column occurrenceTime",
        "zh": "没有 occurrenceTime：KServe 日志器自 0.17 起只写入 JSON；请在映射文件中为所有记录"
        "指定时间 `ts: {{value: 2026-11-22T08:00:00Z}}`，或添加 occurrenceTime 列",
    },
    "rejection.data_elsewhere": {
        "en": "the data are in a blob of their own, which is not fetched; log payloads below 4 MB",
        "zh": "数据存放在单独的 blob 中，不会被读取；请记录小于 4 MB 的载荷",
    },
    "rejection.missing_model": {
        "en": "no model; pass --model or name it in the mapping file",
        "zh": "没有模型名；请使用 --model，或在映射文件中指定",
    },
    "rejection.missing_ts": {
        "en": "no time in {field}; `ts: COLUMN` in the mapping file names where it is",
        "zh": "{field} 中没有时间；请在映射文件中用 `ts: 列名` 指明",
    },
    "rejection.bad_ts": {
        "en": "{field} {value} is not a time; write ISO 8601 with its zone "
        "(2013-07-01T10:00:00Z) or give ts_format in the mapping file",
        "zh": "{field} {value} 不是时间；请写成带时区的 ISO 8601（2013-07-01T10:00:00Z），"
        "或在映射文件中给出 ts_format",
    },
    "rejection.naive_ts": {
        "en": "{field} {value} has no zone; write it with one (…Z, …+02:00) or add, for example, "
        "`ts_zone: America/New_York` to the mapping file",
        "zh": "{field} {value} 没有时区；请写明时区（…Z、…+08:00），"
        "或在映射文件中加入例如 `ts_zone: Asia/Shanghai`",
    },
    "rejection.ambiguous_ts": {
        "en": "{field} {value} happens twice in {zone}, when clocks are set back; write it in UTC "
        "or add `ts_fold: earlier` or `later` to the mapping file",
        "zh": "{field} {value} 在 {zone} 因时钟回拨出现两次；请改用 UTC，"
        "或在映射文件中加入 `ts_fold: earlier` 或 `later`",
    },
    "rejection.skipped_ts": {
        "en": "{field} {value} does not exist in {zone}, where clocks are set forward",
        "zh": "{field} {value} 在 {zone} 因时钟拨快而不存在",
    },
    "rejection.past_ts": {
        "en": "{field} {value} is before 1990: is the unit or the clock wrong?",
        "zh": "{field} {value} 早于 1990 年：单位或时钟有误？",
    },
    "rejection.future_ts": {
        "en": "{field} {value} is more than a day ahead: is the unit or the clock wrong?",
        "zh": "{field} {value} 超前一天以上：单位或时钟有误？",
    },
    "rejection.wrong_type": {
        "en": "{field} is {value}, where {expected} is expected",
        "zh": "{field} 为 {value}，此处应为 {expected}",
    },
    "rejection.out_of_range": {
        "en": "{field} is {value}; it must be {expected}",
        "zh": "{field} 为 {value}；取值必须是 {expected}",
    },
    "rejection.negative_latency": {
        "en": "{field} is {value}; a latency below zero comes from clocks that differ",
        "zh": "{field} 为 {value}；延迟为负说明时钟不一致",
    },
    "rejection.no_substance": {
        "en": "none of features, prediction, score, label, latency_ms, status: nothing to watch",
        "zh": "没有 features、prediction、score、label、latency_ms、status 中的任何一项，无可监测",
    },
    "rejection.missing_label": {
        "en": "no label in {field}",
        "zh": "{field} 中没有标签",
    },
    "rejection.missing_id": {
        "en": "neither prediction_id nor request_id: the label belongs to nothing",
        "zh": "既没有 prediction_id 也没有 request_id，标签无所归属",
    },
    "rejection.wrong_model": {
        "en": "the key that was sent is not for the model {value}",
        "zh": "所用密钥不适用于模型 {value}",
    },
    "rejection.logged_elsewhere": {
        "en": "the logs of the model {value} are read where they lie, so none are sent here",
        "zh": "模型 {value} 的日志在其存放位置直接读取，不在此接收",
    },
    "rejected.concealed": {
        "en": "what the line says is not kept: it may be of a model with `privacy:` rules",
        "zh": "该行内容未保留：它可能属于设有 `privacy:` 规则的模型",
    },
    "rejection.too_many_rows": {
        "en": "one call of {value} instances; {limit} are the most that are read",
        "zh": "一次调用含 {value} 个实例，最多读取 {limit} 个",
    },
    "rejection.uneven_rows": {
        "en": "{value} values stand beside {expected}: which belong together is not known",
        "zh": "{value} 个值与 {expected} 个值并列，无法判断哪些对应",
    },
    "rejection.rows_differ": {
        "en": "{value} instances asked and answered, and nothing else is told of the call",
        "zh": "请求与应答的实例数不同（{value}），且该调用没有其他信息",
    },
    "rejection.bad_body": {
        "en": "the body of the call cannot be decoded: {value}",
        "zh": "无法解码该调用的正文：{value}",
    },
    "rejection.no_call": {
        "en": "no recorded call: it has neither request nor response; if the log is of another "
        "format, say so with --format",
        "zh": "不是记录的调用：既没有 request 也没有 response；"
        "若日志是其他格式，请用 --format 指明",
    },
    "rejection.no_blob_record": {
        "en": "no record of KServe's logger: {field} is missing; if the log is of another format, "
        "say so with --format",
        "zh": "不是 KServe 日志器的记录：缺少 {field}；若日志是其他格式，请用 --format 指明",
    },
    "rejection.bad_tensor": {
        "en": "the tensor {field} does not hold what its shape and type say: {value}",
        "zh": "张量 {field} 的内容与其形状和类型不符：{value}",
    },
    "rejection.bad_checksum": {
        "en": "the record is damaged: it does not have the checksum that was written behind it",
        "zh": "记录已损坏：与其后写入的校验和不符",
    },
    "rejection.bad_frame": {
        "en": "at byte {value} the length of a record is damaged, so the rest cannot be read; "
        "fetch the file again, the records before are stored",
        "zh": "第 {value} 字节处的记录长度已损坏，其后内容无法读取；请重新获取文件，"
        "之前的记录已存入",
    },
    "rejection.bad_message": {
        "en": "not a {value} message: was the file written by another program?",
        "zh": "不是 {value} 消息：文件是否由其他程序写成？",
    },
    "rejection.unread_call": {
        "en": "a call of the kind {value} is not read: it has no rows of a table",
        "zh": "不读取 {value} 类调用：其中没有表格行",
    },
    "rejection.not_an_action": {
        "en": "no line of a bulk body that says what to do; "
        'before each document stands one like {{"index": {{}}}}',
        "zh": '不是 bulk 请求体中的操作行；每个文档之前应有一行，例如 {{"index": {{}}}}',
    },
    "rejection.elasticsearch_update": {
        "en": "an update of a document, and events are not changed; "
        "an outcome that is known later is a label",
        "zh": "这是对文档的更新，而事件不会被修改；之后才知道的真实结果请作为标签发送",
    },
    "rejection.elasticsearch_delete": {
        "en": "a deletion of a document; `driftline erase` removes events",
        "zh": "这是对文档的删除；删除事件请使用 `driftline erase`",
    },
    "rejection.unknown_roles": {
        "en": "no schema of the monitor says which of its columns are features: keep the folder "
        "`schema` beside `data`, or name features and prediction in a mapping file",
        "zh": "监控器没有 schema 说明哪些列是特征：请将 `schema` 文件夹与 `data` 放在一起，"
        "或在映射文件中指明特征和预测",
    },
    "rejection.bad_otlp": {
        "en": "not a request of OpenTelemetry's protocol",
        "zh": "不是 OpenTelemetry 协议的请求",
    },
    "rejection.untold_roles": {
        "en": "no record before it tells which columns of {value} are features; "
        "set meta_sample_rate to 1.0 in BentoML's monitoring options",
        "zh": "此前没有记录说明 {value} 的哪些列是特征；"
        "请在 BentoML 的监控选项中将 meta_sample_rate 设为 1.0",
    },
    "rejection.no_time_of_day": {
        "en": "Triton's traces hold durations and no time of day; give the file one in a mapping "
        "file: `ts: {{value: 2026-11-22T08:00:00Z}}`",
        "zh": "Triton 的跟踪文件只有时长，没有时刻；请在映射文件中为整个文件指定："
        "`ts: {{value: 2026-11-22T08:00:00Z}}`",
    },
}
