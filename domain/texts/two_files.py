"""Texts about two compared files: each in English and Chinese, side by side."""

from __future__ import annotations

_FINDINGS: dict[str, dict[str, str]] = {
    "finding.completeness.new_column": {
        "en": "{column}: is new; the reference has no such column, so its {n_current:,} rows have "
        "nothing to be compared with.",
        "zh": "{column}：是新列；参考中没有此列，当前的 {n_current:,} 行没有可比较的对象。",
    },
    "finding.completeness.no_labels": {
        "en": "{column}: only one side has labels ({n_reference:,} and {n_current:,} rows), so "
        "performance cannot be compared.",
        "zh": "{column}：只有一边有标签（参考 {n_reference:,} 行，当前 {n_current:,} 行），"
        "无法比较模型效果。",
    },
    "finding.unseen.drifted": {
        "en": "{column}: {new_share:.1%} of its values are categories that the reference does not "
        "have ({new_categories:,}: {names}); by chance {expected_share:.1%} would be new (line "
        "{threshold:.3g} points more; p = {p_value:.2g}, {n_reference:,} and "
        "{n_current:,} rows).",
        "zh": "{column}：{new_share:.1%} 的值属于参考中没有的类别（{new_categories:,} 个："
        "{names}）；偶然出现的新类别约占 {expected_share:.1%}"
        "（界线为再多 {threshold:.3g} 个百分点；p = {p_value:.2g}，"
        "参考 {n_reference:,} 行，当前 {n_current:,} 行）。",
    },
    "finding.unseen.ok": {
        "en": "{column}: {new_share:.1%} of its values are categories that the reference does not "
        "have ({new_categories:,}: {names}), below the line of {threshold:.3g} points more than "
        "chance brings (p = {p_value:.2g}, {n_reference:,} and {n_current:,} rows).",
        "zh": "{column}：{new_share:.1%} 的值属于参考中没有的类别（{new_categories:,} 个："
        "{names}），低于比偶然多 {threshold:.3g} 个百分点的界线（p = {p_value:.2g}，"
        "参考 {n_reference:,} 行，当前 {n_current:,} 行）。",
    },
    "finding.unseen.none": {
        "en": "{column}: no category that the reference does not have ({n_reference:,} and "
        "{n_current:,} rows).",
        "zh": "{column}：没有参考中不存在的类别（参考 {n_reference:,} 行，"
        "当前 {n_current:,} 行）。",
    },
    "finding.unseen.empty": {
        "en": "{column}: no values to look for new categories in ({n_reference:,} and "
        "{n_current:,} rows).",
        "zh": "{column}：没有值，无法查找新类别（参考 {n_reference:,} 行，"
        "当前 {n_current:,} 行）。",
    },
    "finding.unseen.too_small": {
        "en": "{column}: too few values to tell new categories from rare ones ({n_reference:,} and "
        "{n_current:,} rows; {min_rows:,} with a value are needed on each side).",
        "zh": "{column}：值太少，无法区分新类别与少见类别（参考 {n_reference:,} 行，"
        "当前 {n_current:,} 行；两边各需至少 {min_rows:,} 个值）。",
    },
    "finding.performance.change.worse": {
        "en": "{metric} is {value:.4g} on {n_current:,} labels, worse than the "
        "{reference_value:.4g} of the reference by more than chance explains ({n_reference:,} "
        "labels; p = {p_value:.2g}).",
        "zh": "{metric} 为 {value:.4g}（{n_current:,} 个标签），差于参考的 {reference_value:.4g}"
        "（{n_reference:,} 个标签），超出偶然误差（p = {p_value:.2g}）。",
    },
    "finding.performance.change.ok": {
        "en": "{metric} is {value:.4g} on {n_current:,} labels, {reference_value:.4g} on the "
        "{n_reference:,} of the reference: not certainly worse (line {threshold:.4g}; "
        "p = {p_value:.2g}).",
        "zh": "{metric} 为 {value:.4g}（{n_current:,} 个标签），参考为 {reference_value:.4g}"
        "（{n_reference:,} 个标签）：不能确定变差（界线 {threshold:.4g}；p = {p_value:.2g}）。",
    },
    "finding.performance.change.too_few": {
        "en": "{metric} cannot be compared: {n_reference:,} labels that allow it in the reference, "
        "{n_current:,} now; {needed:,} are needed on each side.",
        "zh": "无法比较 {metric}：可用标签在参考中有 {n_reference:,} 个，当前有 {n_current:,} 个；"
        "两边各需至少 {needed:,} 个。",
    },
}

_TABLES: dict[str, dict[str, str]] = {
    "tables.reference": {"en": "reference", "zh": "参考"},
    "tables.current": {"en": "current", "zh": "当前"},
    "tables.rows": {"en": "{name}, {rows:,} rows", "zh": "{name}，{rows:,} 行"},
    "tables.unread": {
        "en": "{said}; {unread:,} more could not be read",
        "zh": "{said}；另有 {unread:,} 行无法读取",
    },
    "tables.role.label": {"en": "label", "zh": "标签"},
    "tables.role.prediction": {"en": "prediction", "zh": "预测"},
    "tables.role.score": {"en": "score", "zh": "分数"},
    "tables.role.feature.number": {"en": "numbers", "zh": "数值"},
    "tables.role.feature.category": {"en": "categories", "zh": "类别"},
    "tables.role.time": {"en": "time, by its name", "zh": "依据列名为时间"},
    "tables.role.left_out": {"en": "left out", "zh": "不比较"},
    "tables.only.reference": {"en": "only in the reference", "zh": "仅在参考中"},
    "tables.only.current": {"en": "only in the current", "zh": "仅在当前中"},
    "tables.of": {"en": "{n}: {names}", "zh": "{n} 个：{names}"},
    "tables.because": {"en": "{name} ({why})", "zh": "{name}（{why}）"},
    "tables.heading": {"en": "What the columns were taken for", "zh": "对各列的判断"},
    "tables.overrule": {
        "en": "Guessed from names and values; a mapping overrules it.",
        "zh": "依据列名和取值推测；可用映射文件更正。",
    },
    "tables.note.trained_on": {
        "en": "If the model was trained on the reference, a part of its lead there is no change; "
        "compare with rows that it has not seen.",
        "zh": "若模型是用参考数据训练的，参考上的优势有一部分并非真实变化；"
        "请与模型未见过的数据比较。",
    },
    "tables.quiet": {"en": "Quiet columns: {n}", "zh": "正常的列：{n}"},
    "tables.metric": {"en": "Metric", "zh": "指标"},
}

TEXTS: dict[str, dict[str, str]] = {**_FINDINGS, **_TABLES}
