"""Texts of the Reports page, in English and Chinese."""

from __future__ import annotations

TEXTS: dict[str, dict[str, str]] = {
    "page_reports.intro": {
        "en": "A report is one file that needs nothing else: mail it, attach it to a ticket, keep "
        "it. It says what the incidents, runs and columns of its span say here.",
        "zh": "报告是一个自足的文件：可发送、附在工单上或存档。"
        "内容与此处该时段的事件、运行和各列一致。",
    },
    "page_reports.span": {"en": "Span", "zh": "时段"},
    "page_reports.span.newest": {"en": "Newest window", "zh": "最新窗口"},
    "page_reports.span.week": {"en": "Last 7 days", "zh": "最近 7 天"},
    "page_reports.span.month": {"en": "Last 28 days", "zh": "最近 28 天"},
    "page_reports.span.all": {"en": "Everything judged", "zh": "全部已判定"},
    "page_reports.span.window": {"en": "Chosen window", "zh": "所选窗口"},
    "page_reports.format": {"en": "Format", "zh": "格式"},
    "page_reports.format.html": {"en": "HTML, to read", "zh": "HTML（阅读）"},
    "page_reports.format.json": {"en": "JSON, to process", "zh": "JSON（程序处理）"},
    "page_reports.format.csv": {"en": "CSV, findings as a table", "zh": "CSV（结果表格）"},
    "page_reports.format.md": {"en": "Markdown, for a ticket", "zh": "Markdown（工单）"},
    "page_reports.format.junit": {"en": "JUnit XML, for CI", "zh": "JUnit XML（持续集成）"},
    "page_reports.language": {"en": "Language of the report", "zh": "报告语言"},
    "page_reports.covers": {"en": "Covers {span}", "zh": "涵盖 {span}"},
    "page_reports.make": {"en": "Generate", "zh": "生成"},
    "page_reports.download": {"en": "Download", "zh": "下载"},
    "page_reports.making": {"en": "Generating the report", "zh": "正在生成报告"},
    "page_reports.gathering": {
        "en": "Gathering runs, incidents and distributions",
        "zh": "收集运行、事件和分布",
    },
    "page_reports.writing": {"en": "Writing the file", "zh": "写入文件"},
    "page_reports.made": {"en": "{name}, {size}", "zh": "{name}，{size}"},
    "page_reports.nothing": {
        "en": "Nothing was judged in this span; choose a longer one.",
        "zh": "此时段内没有任何判定，请选择更长的时段。",
    },
    "page_reports.preview": {"en": "Preview", "zh": "预览"},
    "page_reports.preview.part": {
        "en": "The first {n} lines; the file has all.",
        "zh": "仅显示前 {n} 行，文件中为全部内容。",
    },
    "page_reports.command": {
        "en": "The same from the command line, for cron, CI or mail",
        "zh": "用命令行得到同样的报告，可用于定时任务、持续集成或邮件",
    },
    "page_reports.command.more": {
        "en": "It also writes `text`, and `evidently`: Evidently's own report of the newest "
        "window, which needs the optional package and takes a while.",
        "zh": "命令行还可输出 `text` 和 `evidently`：后者是 Evidently 对最新窗口的报告，"
        "需要安装可选包，且耗时较长。",
    },
}
