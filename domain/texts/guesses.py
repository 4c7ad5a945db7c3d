"""Texts about guessed columns: each in English and Chinese, side by side."""

from __future__ import annotations

TEXTS: dict[str, dict[str, str]] = {
    "guess.mapped": {"en": "the mapping says so", "zh": "映射文件指定"},
    "guess.name": {"en": "its name", "zh": "依据列名"},
    "guess.numbers": {"en": "numbers, {distinct} different", "zh": "数值，{distinct} 个不同取值"},
    "guess.two_numbers": {"en": "numbers, but only {distinct}", "zh": "数值，但只有 {distinct} 种"},
    "guess.classes": {
        "en": "whole numbers, {distinct} different: classes",
        "zh": "整数，{distinct} 个不同取值：视为类别",
    },
    "guess.flags": {"en": "true or false", "zh": "真或假"},
    "guess.words": {"en": "text, {distinct} different", "zh": "文本，{distinct} 个不同取值"},
    "guess.differs": {
        "en": "numbers in one file, text in the other",
        "zh": "一个文件中是数值，另一个中是文本",
    },
    "guess.spelled": {
        "en": "numbers, which one file writes as text",
        "zh": "数值，其中一个文件写成文本",
    },
    "guess.mixed": {"en": "numbers and text mixed", "zh": "数值与文本混合"},
    "guess.empty": {"en": "holds nothing", "zh": "没有任何值"},
    "guess.identifier": {
        "en": "every value is different, as of an id",
        "zh": "每个值都不同，像是标识符",
    },
    "guess.free_text": {
        "en": "free text, {distinct} different of {rows} values",
        "zh": "自由文本，{rows} 个值中有 {distinct} 个不同",
    },
    "guess.row_number": {"en": "numbers the rows", "zh": "行号"},
    "guess.time": {"en": "times", "zh": "时间"},
    "guess.nested": {"en": "lists or objects", "zh": "列表或对象"},
    "guess.event_field": {
        "en": "fields of the event, not features",
        "zh": "事件字段，不是特征",
    },
    "guess.excluded": {
        "en": "by the mapping",
        "zh": "按映射文件",
    },
}
