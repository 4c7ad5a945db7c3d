"""Texts of the Data page about where data comes from and what of it could not be read."""

from __future__ import annotations

_SOURCES: dict[str, dict[str, str]] = {
    "page_data.sources": {"en": "What came in", "zh": "已接收的数据"},
    "page_data.sources.none": {"en": "Nothing was stored yet.", "zh": "尚未存入任何数据。"},
    "page_data.sources.first": {
        "en": "The {n} of {total} that came last.",
        "zh": "共 {total} 个来源，显示最近到达的 {n} 个。",
    },
    "page_data.source": {"en": "Source", "zh": "来源"},
    "page_data.source.help": {
        "en": "A file, what is followed, or http: what senders post, by protocol. The one that "
        "came last is first.",
        "zh": "文件、被跟踪的位置，或 http（发送方推送的数据，按协议区分）。最近到达的在前。",
    },
    "page_data.last_at": {"en": "Last came", "zh": "最近到达"},
    "page_data.last_at.help": {
        "en": "When something last came, new or not. A dash: before this was kept.",
        "zh": "最近一次收到数据的时间，无论是否为新数据。横线表示当时尚未记录。",
    },
    "page_data.new.predictions": {"en": "New predictions", "zh": "新增预测"},
    "page_data.new.calls": {"en": "New calls", "zh": "新增调用"},
    "page_data.new.labels": {"en": "New labels", "zh": "新增标签"},
    "page_data.duplicates": {"en": "Already stored", "zh": "重复"},
    "page_data.duplicates.help": {
        "en": "Events and labels that were there already: nothing is stored twice.",
        "zh": "此前已存入的事件和标签：不会重复存储。",
    },
    "page_data.passed_over": {"en": "Passed over", "zh": "已略过"},
    "page_data.passed_over.help": {
        "en": "Records that tell of no prediction or call, such as other spans and metrics. "
        "Counted each time they come; they are not kept.",
        "zh": "与预测和调用无关的记录，例如其他 span 和指标。每次到达都会计数，但不保存。",
    },
    "page_data.followed": {"en": "Followed sources", "zh": "跟踪的来源"},
    "page_data.followed.files": {"en": "Files", "zh": "文件数"},
    "page_data.followed.behind": {"en": "Behind", "zh": "尚未读取"},
    "page_data.followed.behind.help": {
        "en": "Bytes that were there at the last look and are not taken yet, packed files as they "
        "lie on disk.",
        "zh": "最近一次查看时已存在但尚未读取的字节数；压缩文件按磁盘大小计。",
    },
    "page_data.followed.taken": {"en": "Taken", "zh": "已读取"},
    "page_data.followed.looked_at": {"en": "Last look", "zh": "最近查看"},
    "page_data.following": {"en": "State", "zh": "状态"},
    "page_data.following.help": {
        "en": "Behind: something is not taken yet. Stopped: nobody has looked for minutes. "
        "Failing: something of it cannot be read. By schedule: each look is a run of its own.",
        "zh": "落后：仍有内容未读取。已停止：数分钟内无人查看。读取失败：部分内容无法读取。"
        "定时：每次查看都是一次独立运行。",
    },
    "page_data.following.failing": {"en": "Failing", "zh": "读取失败"},
    "page_data.following.stopped": {"en": "Stopped", "zh": "已停止"},
    "page_data.following.behind": {"en": "Behind", "zh": "落后"},
    "page_data.following.current": {"en": "Current", "zh": "正常"},
    "page_data.following.once": {"en": "By schedule", "zh": "定时"},
    "page_data.followed.failing": {
        "en": "Something of {source} cannot be read: its newest logs may be missing here.",
        "zh": "{source} 中有内容无法读取：最新的日志可能未包含在内。",
    },
    "page_data.followed.failing.many": {
        "en": "{n} followed sources are not taken as they should be, first {source}: their newest "
        "logs may be missing here.",
        "zh": "有 {n} 个来源未能正常读取，首先是 {source}：最新的日志可能未包含在内。",
    },
    "page_data.followed.stopped": {
        "en": "Nobody follows {source} any more: start 'driftline ingest --follow' again.",
        "zh": "已无进程跟踪 {source}：请重新启动 'driftline ingest --follow'。",
    },
    "page_data.followed.stopped.many": {
        "en": "Nobody follows {n} sources any more, first {source}: start 'driftline ingest "
        "--follow' again.",
        "zh": "已无进程跟踪 {n} 个来源，首先是 {source}：请重新启动 'driftline ingest --follow'。",
    },
    "page_data.followed.error": {
        "en": "{source}: {error}",
        "zh": "{source}：{error}",
    },
    "page_data.followed.error.many": {
        "en": "{source}: {n} files cannot be read; one of the reasons: {error}",
        "zh": "{source}：{n} 个文件无法读取，原因之一：{error}",
    },
    "page_data.halves.title": {"en": "Waiting for the other side", "zh": "等待另一方的记录"},
    "page_data.halves": {
        "en": "Requests without their answer: {requests}; answers without their request: "
        "{responses}; the oldest came {ago}. A request that has waited {wait} counts as a failed "
        "call; its answer may still come.",
        "zh": "{requests} 个请求在等待应答，{responses} 个应答在等待请求，最早到达于 {ago}。"
        "请求等待超过 {wait} 即记为失败的调用；此后应答到达仍会补上。",
    },
    "page_data.labels.title": {"en": "Labels and predictions", "zh": "标签与预测的对应"},
    "page_data.labels.pending": {"en": "Predictions without a label", "zh": "尚无标签的预测"},
    "page_data.labels.of": {"en": "Of all", "zh": "占比"},
    "page_data.labels.unmatched": {"en": "Labels without a prediction", "zh": "找不到预测的标签"},
    "page_data.labels.unmatched.help": {
        "en": "Labels that came early, or name an id that no prediction has.",
        "zh": "提前到达的标签，或其 ID 与任何预测都不匹配。",
    },
    "page_data.labels.many": {
        "en": "Counting what waits takes a pass over {n} predictions.",
        "zh": "统计需要扫描 {n} 条预测。",
    },
    "page_data.labels.count": {"en": "Count now", "zh": "立即统计"},
}

_REJECTED: dict[str, dict[str, str]] = {
    "page_data.reasons": {"en": "Rejected lines", "zh": "被拒绝的行"},
    "page_data.reasons.none": {
        "en": "No line is rejected: everything that came could be read.",
        "zh": "没有被拒绝的行：收到的内容全部可读。",
    },
    "page_data.reason": {"en": "Reason", "zh": "原因"},
    "page_data.lines": {"en": "Lines", "zh": "行数"},
    "page_data.position": {"en": "Newest at", "zh": "最新位置"},
    "page_data.position.help": {
        "en": "Line of a text file, row of a table or item of a request, counted from 1.",
        "zh": "文本文件的行、表的记录或请求中的条目，从 1 起计。",
    },
    "page_data.message": {"en": "What was wrong with it", "zh": "问题说明"},
    "page_data.rejected.first": {
        "en": "{rest} more lines of other sources and reasons are not shown.",
        "zh": "另有 {rest} 行（其他来源或原因）未显示。",
    },
    "page_data.rejected.kept": {
        "en": "Lines are kept for {keep}, at most {most} of them. What stood in them is not shown "
        "here: 'driftline rejected list' does.",
        "zh": "每行最多保留 {keep}，总数不超过 {most}。此处不显示其内容："
        "请使用 'driftline rejected list'。",
    },
    "page_data.rejected.before": {
        "en": " Before: {read} were read later, {dropped} dropped as too old or too many.",
        "zh": "此前：{read} 行后来已读取，{dropped} 行因过旧或过多而删除。",
    },
    "page_data.retry": {"en": "Read rejected lines again", "zh": "重新读取被拒绝的行"},
    "page_data.retry.what": {
        "en": "The kept lines go through the readers once more. What can be read now is stored, "
        "once, and rejected no more; what cannot stays, with the reason that it has now.",
        "zh": "保留的行将再次解析。能读取的会存入（不会重复）并移出此列表；"
        "仍无法读取的保留，并更新原因。",
    },
    "page_data.retry.which": {"en": "Which lines", "zh": "哪些行"},
    "page_data.retry.all": {"en": "All {n} lines", "zh": "全部 {n} 行"},
    "page_data.retry.source": {"en": "{source}: {n}", "zh": "{source}：{n}"},
    "page_data.retry.reason": {"en": "{source}, {reason}: {n}", "zh": "{source}，{reason}：{n}"},
    "page_data.retry.mapping": {
        "en": "Mended mapping (YAML); empty: as each line was read then",
        "zh": "修正后的映射（YAML）；留空则沿用当时的读取方式",
    },
    "page_data.retry.do": {"en": "Read again", "zh": "重新读取"},
    "page_data.retry.doing": {"en": "Reading {n} lines again…", "zh": "正在重新读取 {n} 行…"},
    "page_data.retry.shell": {
        "en": "The same in a shell: driftline rejected retry --map FILE. A mapping that helps here "
        "is needed for the next logs, too.",
        "zh": "命令行方式：driftline rejected retry --map 文件。此处有效的映射，"
        "今后的日志同样需要。",
    },
    "page_data.retry.cannot": {
        "en": "None of these lines is kept whole, so none can be read again: ingest their logs "
        "once more.",
        "zh": "这些行均未完整保留，无法重新读取：请重新导入其日志。",
    },
    "page_data.retry.done": {
        "en": "{read} of {lines} lines were read. New: {predictions} predictions, {calls} calls, "
        "{labels} labels.",
        "zh": "共 {lines} 行，已读取 {read} 行。新增：{predictions} 条预测，{calls} 次调用，"
        "{labels} 条标签。",
    },
    "page_data.retry.none": {
        "en": "None of the {lines} lines could be read.",
        "zh": "{lines} 行均无法读取。",
    },
    "page_data.retry.still": {
        "en": "{n} are still rejected: {reasons}.",
        "zh": "仍有 {n} 行被拒绝：{reasons}。",
    },
    "page_data.retry.untried.cut": {
        "en": "{n} were not tried, for only a part of each is kept: ingest their log again.",
        "zh": "{n} 行只保留了一部分，未尝试：请重新导入其日志。",
    },
    "page_data.retry.untried.not_kept": {
        "en": "{n} were not tried, for what stood in them is not kept.",
        "zh": "{n} 行的内容未保留，未尝试。",
    },
    "page_data.retry.untried.unknown": {
        "en": "{n} were not tried, for it is not known how they were read: give a mapping.",
        "zh": "{n} 行当时的读取方式未知，未尝试：请提供映射。",
    },
    "page_data.retry.join": {"en": " ", "zh": ""},
}

TEXTS: dict[str, dict[str, str]] = {**_SOURCES, **_REJECTED}
