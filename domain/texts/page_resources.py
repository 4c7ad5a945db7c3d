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
    "page_resources.mean": {"en": "mean", "zh": "平均"},
    "page_resources.highest": {"en": "max", "zh": "最高"},
}
