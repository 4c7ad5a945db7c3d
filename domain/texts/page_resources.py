"""Texts of what replicas used, in English and Chinese."""

from __future__ import annotations

TEXTS: dict[str, dict[str, str]] = {
    "page_resources.title": {"en": "Resource use", "zh": "资源使用"},
    "page_resources.note": {
        "en": "Mean over the replicas in blue, the highest of any replica in grey; buckets of "
        "{bucket}. Measured by {sources}.",
        "zh": "蓝线为各副本的平均值，灰线为任一副本的最高值；每 {bucket} 一个点。来源：{sources}。",
    },
    "page_resources.none": {
        "en": "No resource use was sent. Three ways: driftline_tap inside of the service, "
        "OpenTelemetry metrics to /v1/metrics, or `prometheus:` in driftline.yaml.",
        "zh": "尚未收到资源使用数据。三种方式：在服务内使用 driftline_tap、向 /v1/metrics 发送 "
        "OpenTelemetry 指标，或在 driftline.yaml 中配置 `prometheus:`。",
    },
    "page_resources.peaks": {"en": "Highest: {peaks}.", "zh": "最高值：{peaks}。"},
    "page_resources.peak": {
        "en": "{what} {value} ({replica}, {at})",
        "zh": "{what} {value}（{replica}，{at}）",
    },
    "page_resources.peak.together": {
        "en": "{what} {value} (all together, {at})",
        "zh": "{what} {value}（合计，{at}）",
    },
    "page_resources.semicolon": {"en": "; ", "zh": "；"},
    "page_resources.silent": {
        "en": "No resource use was told since {since}, while calls went on.",
        "zh": "自 {since} 起没有资源使用数据，而调用仍在继续。",
    },
    "page_resources.cores": {"en": "{n} cores", "zh": "{n} 核"},
    "page_resources.cpu": {"en": "CPU", "zh": "CPU"},
    "page_resources.memory": {"en": "Memory", "zh": "内存"},
    "page_resources.gpu": {"en": "GPU", "zh": "GPU"},
    "page_resources.gpu_memory": {"en": "GPU memory", "zh": "GPU 显存"},
    "page_resources.replicas": {"en": "Replicas", "zh": "副本数"},
    "page_resources.title.cores": {"en": "{what}, cores", "zh": "{what}（核）"},
    "page_resources.title.share": {"en": "{what}, share", "zh": "{what}（占比）"},
    "page_resources.title.bytes": {"en": "{what}", "zh": "{what}"},
    "page_resources.title.count": {"en": "{what}", "zh": "{what}"},
    "page_resources.prometheus.failing": {
        "en": "{errors}; newest value: {newest}",
        "zh": "{errors}；最新值：{newest}",
    },
    "page_resources.prometheus.unmatched": {
        "en": "{url} has {series} series, none of a replica or model that is known here; see "
        "prometheus.labels",
        "zh": "{url} 有 {series} 条序列，但都不属于此处已知的副本或模型；请查看 prometheus.labels",
    },
    "page_resources.prometheus.silent": {
        "en": "{url} answers, and has no series of the replicas that are known here; newest "
        "value: {newest}",
        "zh": "{url} 有应答，但没有此处已知副本的序列；最新值：{newest}",
    },
    "page_resources.prometheus.unasked": {
        "en": "{url} was not asked yet: 'driftline serve' and 'driftline collect' ask it, about "
        "replicas that have answered calls",
        "zh": "尚未查询 {url}：由 'driftline serve' 和 'driftline collect' 针对已应答过调用的"
        "副本查询",
    },
    "page_resources.prometheus.current": {
        "en": "{url}: {series} series, {unmatched} of them of nobody known here; newest value: "
        "{newest}",
        "zh": "{url}：{series} 条序列，其中 {unmatched} 条不属于此处已知的副本；最新值：{newest}",
    },
    "page_resources.mean": {"en": "mean", "zh": "平均"},
    "page_resources.highest": {"en": "max", "zh": "最高"},
}
