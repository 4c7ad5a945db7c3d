"""Texts about where in the traffic a change sits, in English and Chinese."""

from __future__ import annotations

TEXTS: dict[str, dict[str, str]] = {
    "slice.behind": {"en": "{said} {located}", "zh": "{said}{located}"},
    "slice.within": {
        "en": "It is mostly in {slice_name} ({slice_share:.1%} of the rows): PSI {slice_psi:.2f} "
        "there, {rest_psi:.2f} elsewhere.",
        "zh": "变化主要集中在 {slice_name}（占 {slice_share:.1%} 的行）：其中 PSI 为 "
        "{slice_psi:.2f}，其余部分为 {rest_psi:.2f}。",
    },
    "slice.mix": {
        "en": "Mostly the mix of {slice_by} changed, not the column inside of it: {slice_name} is "
        "{slice_share:.1%} of the rows, was {slice_share_reference:.1%}.",
        "zh": "主要是 {slice_by} 的构成变了，而不是各部分内部的变化：{slice_name} 现占 "
        "{slice_share:.1%} 的行，之前为 {slice_share_reference:.1%}。",
    },
    "slice.everywhere": {
        "en": "It is not in one part of {slice_by} alone: {slice_name} ({slice_share:.1%} of the "
        "rows) makes most of it, {slice_part:.0%}.",
        "zh": "变化不只出现在 {slice_by} 的某一部分：{slice_name}（占 {slice_share:.1%} 的行）"
        "贡献最多，为 {slice_part:.0%}。",
    },
    "slice.unclear": {
        "en": "In which part of {slice_by} cannot be said: too few rows, or too small a change.",
        "zh": "无法判断出现在 {slice_by} 的哪一部分：行数太少，或变化太小。",
    },
    "slice.name.value": {"en": "{by}={value}", "zh": "{by}={value}"},
    "slice.name.missing": {"en": "rows without {by}", "zh": "没有 {by} 的行"},
    "slice.name.other": {"en": "the rarer values of {by}", "zh": "{by} 的其他少见取值"},
}
