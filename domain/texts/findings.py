"""Texts about findings: each in English and Chinese, side by side, so that neither is forgotten.

Every text can use ``column``, ``n_reference``, ``n_current``, ``statistic``, ``p_value`` and
``threshold`` of its finding (the last three only where the finding has them) and its `values`.
"""

from __future__ import annotations

_PSI = {
    "finding.psi.drifted": {
        "en": "{column}: its distribution moved by a PSI of {psi:.3f} (line {threshold:.3f} "
        "for {n_reference:,} and {n_current:,} rows, which give {sampling:.3f} by chance; "
        "p = {p_value:.2g}).",
        "zh": "{column}：分布变动的 PSI 为 {psi:.3f}（参考 {n_reference:,} 行、"
        "当前 {n_current:,} 行的界线为 {threshold:.3f}，抽样误差为 {sampling:.3f}；"
        "p = {p_value:.2g}）。",
    },
    "finding.psi.ok": {
        "en": "{column}: PSI {psi:.3f}, below the line of {threshold:.3f} for {n_reference:,} "
        "reference and {n_current:,} current rows (p = {p_value:.2g}).",
        "zh": "{column}：PSI 为 {psi:.3f}，低于参考 {n_reference:,} 行、当前 {n_current:,} 行的"
        "界线 {threshold:.3f}（p = {p_value:.2g}）。",
    },
    "finding.psi.constant": {
        "en": "{column}: holds one and the same value in all {n_reference:,} reference and "
        "{n_current:,} current rows, so there is no distribution to compare.",
        "zh": "{column}：参考 {n_reference:,} 行和当前 {n_current:,} 行都是同一个值，"
        "没有分布可比较。",
    },
}

_KS = {
    "finding.ks.drifted.higher": {
        "en": "{column}: its values lie higher than in the reference; the largest gap of the two "
        "distributions is {statistic:.1%} of the rows, at {at:.6g} (line {threshold:.1%}; "
        "p = {p_value:.2g}, {n_reference:,} and {n_current:,} rows).",
        "zh": "{column}：取值比参考偏高；两个分布的最大差距为 {statistic:.1%} 的行，"
        "位于 {at:.6g}（界线 {threshold:.1%}；p = {p_value:.2g}，"
        "参考 {n_reference:,} 行，当前 {n_current:,} 行）。",
    },
    "finding.ks.drifted.lower": {
        "en": "{column}: its values lie lower than in the reference; the largest gap of the two "
        "distributions is {statistic:.1%} of the rows, at {at:.6g} (line {threshold:.1%}; "
        "p = {p_value:.2g}, {n_reference:,} and {n_current:,} rows).",
        "zh": "{column}：取值比参考偏低；两个分布的最大差距为 {statistic:.1%} 的行，"
        "位于 {at:.6g}（界线 {threshold:.1%}；p = {p_value:.2g}，"
        "参考 {n_reference:,} 行，当前 {n_current:,} 行）。",
    },
    "finding.ks.ok": {
        "en": "{column}: the largest gap of the two distributions is {statistic:.1%} of the rows, "
        "below the line of {threshold:.1%} for {n_reference:,} reference and {n_current:,} current "
        "rows (p = {p_value:.2g}).",
        "zh": "{column}：两个分布的最大差距为 {statistic:.1%} 的行，低于参考 "
        "{n_reference:,} 行、当前 {n_current:,} 行的界线 {threshold:.1%}（p = {p_value:.2g}）。",
    },
    "finding.ks.cells.drifted.higher": {
        "en": "{column}: its values lie higher than in the reference; counts by cell certify that "
        "the largest gap of the two distributions is between {low:.1%} and {high:.1%} of the rows, "
        "near {at:.6g} (line {threshold:.1%}; p at most {p_value:.2g}, {n_reference:,} and "
        "{n_current:,} rows, too many to look at each).",
        "zh": "{column}：取值比参考偏高；按单元格计数可以确定，两个分布的最大差距在 {low:.1%} 到 "
        "{high:.1%} 的行之间，位于 {at:.6g} 附近（界线 {threshold:.1%}；p 不超过 {p_value:.2g}，"
        "参考 {n_reference:,} 行，当前 {n_current:,} 行，行数太多，未逐行比较）。",
    },
    "finding.ks.cells.drifted.lower": {
        "en": "{column}: its values lie lower than in the reference; counts by cell certify that "
        "the largest gap of the two distributions is between {low:.1%} and {high:.1%} of the rows, "
        "near {at:.6g} (line {threshold:.1%}; p at most {p_value:.2g}, {n_reference:,} and "
        "{n_current:,} rows, too many to look at each).",
        "zh": "{column}：取值比参考偏低；按单元格计数可以确定，两个分布的最大差距在 {low:.1%} 到 "
        "{high:.1%} 的行之间，位于 {at:.6g} 附近（界线 {threshold:.1%}；p 不超过 {p_value:.2g}，"
        "参考 {n_reference:,} 行，当前 {n_current:,} 行，行数太多，未逐行比较）。",
    },
    "finding.ks.cells.ok": {
        "en": "{column}: counts by cell certify that the largest gap of the two distributions is "
        "between {low:.1%} and {high:.1%} of the rows, below the line of "
        "{threshold:.1%} ({n_reference:,} and {n_current:,} rows, too many to look at each).",
        "zh": "{column}：按单元格计数可以确定，两个分布的最大差距在 {low:.1%} 到 {high:.1%} "
        "的行之间，低于界线 {threshold:.1%}（参考 {n_reference:,} 行，当前 {n_current:,} 行，"
        "行数太多，未逐行比较）。",
    },
    "finding.ks.constant": {
        "en": "{column}: holds one and the same value in all {n_reference:,} reference and "
        "{n_current:,} current rows, so there is no distribution to compare.",
        "zh": "{column}：参考 {n_reference:,} 行和当前 {n_current:,} 行都是同一个值，"
        "没有分布可比较。",
    },
    "finding.ks.infinite": {
        "en": "{column}: {infinite:,} infinite values among {n_reference:,} reference and "
        "{n_current:,} current rows; the finite ones show no drift, the others cannot be ranked.",
        "zh": "{column}：参考 {n_reference:,} 行与当前 {n_current:,} 行中有 {infinite:,} "
        "个无穷值；有限值没有显示漂移，无穷值无法排序。",
    },
}

_CHI2 = {
    "finding.chi2.drifted": {
        "en": "{column}: the shares of its categories changed by a Cramér's V of {statistic:.3f} "
        "(line {threshold:.3f} for {n_reference:,} and {n_current:,} rows; "
        "chi-square {chi2:.1f} on {df} degrees of freedom, p = {p_value:.2g}).",
        "zh": "{column}：各类别占比变化的 Cramér's V 为 {statistic:.3f}（参考 {n_reference:,} 行、"
        "当前 {n_current:,} 行的界线为 {threshold:.3f}；卡方 {chi2:.1f}，自由度 {df}，"
        "p = {p_value:.2g}）。",
    },
    "finding.chi2.ok": {
        "en": "{column}: the shares of its categories differ by a Cramér's V of {statistic:.3f}, "
        "below the line of {threshold:.3f} for {n_reference:,} and {n_current:,} rows "
        "(p = {p_value:.2g}).",
        "zh": "{column}：各类别占比的 Cramér's V 为 {statistic:.3f}，低于参考 {n_reference:,} 行、"
        "当前 {n_current:,} 行的界线 {threshold:.3f}（p = {p_value:.2g}）。",
    },
    "finding.chi2.constant": {
        "en": "{column}: holds one and the same category in all {n_reference:,} reference and "
        "{n_current:,} current rows, so there are no shares to compare.",
        "zh": "{column}：参考 {n_reference:,} 行和当前 {n_current:,} 行都是同一个类别，"
        "没有占比可比较。",
    },
    "finding.chi2.rare": {
        "en": "{column}: besides one category, all others are too rare in {n_reference:,} "
        "reference and {n_current:,} current rows to compare shares.",
        "zh": "{column}：除一个类别外，其余类别在参考 {n_reference:,} 行和当前 {n_current:,} "
        "行中都太少，无法比较占比。",
    },
}

_MISSING = {
    "finding.missing.drifted.more": {
        "en": "{column}: {current_share:.1%} of {n_current:,} rows are missing, "
        "{reference_share:.1%} of {n_reference:,} were in the reference: {statistic:.1f} points "
        "more (line {threshold:.3g}; p = {p_value:.2g}).",
        "zh": "{column}：当前 {n_current:,} 行缺失 {current_share:.1%}，参考 {n_reference:,} "
        "行缺失 {reference_share:.1%}，增加 {statistic:.1f} 个百分点"
        "（界线 {threshold:.3g}；p = {p_value:.2g}）。",
    },
    "finding.missing.drifted.less": {
        "en": "{column}: {current_share:.1%} of {n_current:,} rows are missing, "
        "{reference_share:.1%} of {n_reference:,} were in the reference: {statistic:.1f} points "
        "fewer (line {threshold:.3g}; p = {p_value:.2g}).",
        "zh": "{column}：当前 {n_current:,} 行缺失 {current_share:.1%}，参考 {n_reference:,} "
        "行缺失 {reference_share:.1%}，减少 {statistic:.1f} 个百分点"
        "（界线 {threshold:.3g}；p = {p_value:.2g}）。",
    },
    "finding.missing.ok": {
        "en": "{column}: {current_share:.1%} of {n_current:,} rows are missing, "
        "{reference_share:.1%} of {n_reference:,} were in the reference; a change below the "
        "line of {threshold:.3g} points for so many rows (p = {p_value:.2g}).",
        "zh": "{column}：当前 {n_current:,} 行缺失 {current_share:.1%}，参考 {n_reference:,} "
        "行缺失 {reference_share:.1%}；变化低于此行数的界线 {threshold:.3g} 个百分点"
        "（p = {p_value:.2g}）。",
    },
}

_COMPLETENESS = {
    "finding.completeness.ok": {
        "en": "{column}: present, and of the type it had, in {n_current:,} rows "
        "({statistic:.1%} missing; {reference_share:.1%} of {n_reference:,} before).",
        "zh": "{column}：{n_current:,} 行中存在且类型未变（缺失 {statistic:.1%}；"
        "此前 {n_reference:,} 行缺失 {reference_share:.1%}）。",
    },
    "finding.completeness.absent": {
        "en": "{column}: absent now: none of the {n_current:,} rows has such a column; the "
        "reference had it in {n_reference:,} rows, {reference_share:.1%} of them missing.",
        "zh": "{column}：当前的 {n_current:,} 行中没有此列；参考的 {n_reference:,} "
        "行中有，缺失 {reference_share:.1%}。",
    },
    "finding.completeness.all_missing": {
        "en": "{column}: missing in all {n_current:,} rows; in the reference {reference_share:.1%} "
        "of {n_reference:,} rows were.",
        "zh": "{column}：{n_current:,} 行全部缺失；参考的 {n_reference:,} 行中缺失 "
        "{reference_share:.1%}。",
    },
    "finding.completeness.nearly_all_missing": {
        "en": "{column}: missing in {missing:,} of {n_current:,} rows; in the reference "
        "{reference_share:.1%} of {n_reference:,} rows were.",
        "zh": "{column}：{n_current:,} 行中缺失 {missing:,} 行；参考的 {n_reference:,} 行中缺失 "
        "{reference_share:.1%}。",
    },
    "finding.completeness.changed_type.number": {
        "en": "{column}: held numbers in {n_reference:,} reference rows and holds text in the "
        "{n_current:,} current rows.",
        "zh": "{column}：参考的 {n_reference:,} 行为数值，当前的 {n_current:,} 行变为文本。",
    },
    "finding.completeness.changed_type.category": {
        "en": "{column}: held text in {n_reference:,} reference rows and holds numbers in the "
        "{n_current:,} current rows.",
        "zh": "{column}：参考的 {n_reference:,} 行为文本，当前的 {n_current:,} 行变为数值。",
    },
    "finding.completeness.too_small": {
        "en": "{column}: missing in all {n_current:,} rows, which so few rows can be by chance "
        "({reference_share:.1%} of {n_reference:,} reference rows are missing).",
        "zh": "{column}：{n_current:,} 行全部缺失，但行数太少，可能只是偶然"
        "（参考的 {n_reference:,} 行缺失 {reference_share:.1%}）。",
    },
    "finding.completeness.never_present": {
        "en": "{column}: the reference holds no value of it in {n_reference:,} rows, so nothing "
        "can be said of its {n_current:,} rows now.",
        "zh": "{column}：参考的 {n_reference:,} 行中没有任何值，无法判断当前的 {n_current:,} 行。",
    },
}

_FORECAST = {
    "finding.forecast.drifted.shape": {
        "en": "{column}: its shape is further from its forecast than {k} baseline windows were "
        "from theirs, by what happens by chance about once in {once_in:,.0f} column-windows "
        "(alarm line: once in {line_once_in:,.0f}; {n_current:,} rows, baseline {n_reference:,}).",
        "zh": "{column}：分布形状偏离预测，超过 {k} 个基线窗口各自的偏离；这种偏离约每 "
        "{once_in:,.0f} 个列窗口才会偶然出现一次（告警线：每 {line_once_in:,.0f} 个一次；"
        "当前 {n_current:,} 行，基线 {n_reference:,} 行）。",
    },
    "finding.forecast.drifted.shape_sustained": {
        "en": "{column}: its shape, sustained, is further from its forecast than {k} baseline "
        "windows were from theirs, by what happens by chance about once in {once_in:,.0f} "
        "column-windows (alarm line: once in {line_once_in:,.0f}; {n_current:,} rows, baseline "
        "{n_reference:,}).",
        "zh": "{column}：分布形状连续多个窗口偏离预测，超过 {k} 个基线窗口各自的偏离；"
        "这种偏离约每 {once_in:,.0f} 个列窗口才会偶然出现一次"
        "（告警线：每 {line_once_in:,.0f} 个一次；当前 {n_current:,} 行，"
        "基线 {n_reference:,} 行）。",
    },
    "finding.forecast.drifted.missing": {
        "en": "{column}: its share of missing values lies above its forecast by more than {k} "
        "baseline windows' did, by what happens by chance about once in {once_in:,.0f} "
        "column-windows (alarm line: once in {line_once_in:,.0f}; {n_current:,} rows, baseline "
        "{n_reference:,}).",
        "zh": "{column}：缺失值占比高于预测，超过 {k} 个基线窗口的偏离；这种偏离约每 "
        "{once_in:,.0f} 个列窗口才会偶然出现一次（告警线：每 {line_once_in:,.0f} 个一次；"
        "当前 {n_current:,} 行，基线 {n_reference:,} 行）。",
    },
    "finding.forecast.drifted.unseen": {
        "en": "{column}: its share of values never seen before lies above its forecast by more "
        "than {k} baseline windows' did, by what happens by chance about once in {once_in:,.0f} "
        "column-windows (alarm line: once in {line_once_in:,.0f}; {n_current:,} rows, baseline "
        "{n_reference:,}).",
        "zh": "{column}：从未见过的取值占比高于预测，超过 {k} 个基线窗口的偏离；这种偏离约每 "
        "{once_in:,.0f} 个列窗口才会偶然出现一次（告警线：每 {line_once_in:,.0f} 个一次；"
        "当前 {n_current:,} 行，基线 {n_reference:,} 行）。",
    },
    "finding.forecast.ok.sd": {
        "en": "{column}: as near to its forecast as {k} baseline windows were to theirs (once in "
        "{once_in:,.0f} column-windows, alarm line once in {line_once_in:,.0f}; {n_current:,} "
        "rows, baseline {n_reference:,}); a lasting shift of {visible_shift:g} standard "
        "deviations would be seen within ten windows.",
        "zh": "{column}：与预测的偏离和 {k} 个基线窗口相当（约每 {once_in:,.0f} 个列窗口一次，"
        "告警线每 {line_once_in:,.0f} 个一次；当前 {n_current:,} 行，基线 {n_reference:,} 行）；"
        "若持续偏移 {visible_shift:g} 个标准差，十个窗口内可以发现。",
    },
    "finding.forecast.ok.mix": {
        "en": "{column}: as near to its forecast as {k} baseline windows were to theirs (once in "
        "{once_in:,.0f} column-windows, alarm line once in {line_once_in:,.0f}; {n_current:,} "
        "rows, baseline {n_reference:,}); a lasting move of {visible_shift:.0%} of the rows to "
        "other categories would be seen within ten windows.",
        "zh": "{column}：与预测的偏离和 {k} 个基线窗口相当（约每 {once_in:,.0f} 个列窗口一次，"
        "告警线每 {line_once_in:,.0f} 个一次；当前 {n_current:,} 行，基线 {n_reference:,} 行）；"
        "若持续有 {visible_shift:.0%} 的行转到其他类别，十个窗口内可以发现。",
    },
    "finding.forecast.ok.constant": {
        "en": "{column}: constant, as in {k} baseline windows (once in {once_in:,.0f} "
        "column-windows, alarm line once in {line_once_in:,.0f}; {n_current:,} rows, baseline "
        "{n_reference:,}); another value in its place would be seen within ten windows.",
        "zh": "{column}：保持不变，与 {k} 个基线窗口一样（约每 {once_in:,.0f} 个列窗口一次，"
        "告警线每 {line_once_in:,.0f} 个一次；当前 {n_current:,} 行，基线 {n_reference:,} 行）；"
        "若换成其他值，十个窗口内可以发现。",
    },
    "finding.forecast.blind.sd": {
        "en": "{column}: blind. It moves so much by itself in {k} baseline windows "
        "({n_reference:,} rows, {n_current:,} now) that not even a lasting shift of "
        "{largest_tried:g} standard deviations would surely be seen within ten windows; "
        "no alarm does not mean no drift.",
        "zh": "{column}：无法看清。它在 {k} 个基线窗口（{n_reference:,} 行，当前 {n_current:,} "
        "行）中自身波动太大，即使持续偏移 {largest_tried:g} 个标准差，十个窗口内也不一定能发现；"
        "没有告警不等于没有漂移。",
    },
    "finding.forecast.blind.mix": {
        "en": "{column}: blind. It moves so much by itself in {k} baseline windows "
        "({n_reference:,} rows, {n_current:,} now) that not even a lasting move of "
        "{largest_tried:.0%} of the rows to other categories would surely be seen within ten "
        "windows; no alarm does not mean no drift.",
        "zh": "{column}：无法看清。它在 {k} 个基线窗口（{n_reference:,} 行，当前 {n_current:,} "
        "行）中自身波动太大，即使持续有 {largest_tried:.0%} 的行转到其他类别，"
        "十个窗口内也不一定能发现；没有告警不等于没有漂移。",
    },
    "finding.forecast.blind.constant": {
        "en": "{column}: blind. Even if another value took the place of its constant one, that "
        "would not surely be seen within ten windows of {n_current:,} rows ({k} baseline windows, "
        "{n_reference:,} rows).",
        "zh": "{column}：无法看清。即使它的常值被其他值取代，在 {n_current:,} 行的窗口中，"
        "十个窗口内也不一定能发现（{k} 个基线窗口，{n_reference:,} 行）。",
    },
}


_EMPTY = {
    "en": "{column}: nothing to compare: {n_reference:,} reference rows, {n_current:,} rows now.",
    "zh": "{column}：没有可比较的数据：参考 {n_reference:,} 行，当前 {n_current:,} 行。",
}

_TOO_SMALL = {
    "en": "{column}: too few rows to judge: {n_reference:,} in the reference, {n_current:,} now; "
    "at least {min_rows:,} that can be compared are needed on each side.",
    "zh": "{column}：行数太少，无法判断：参考 {n_reference:,} 行，当前 {n_current:,} 行；"
    "两边各需至少 {min_rows:,} 行可比较的数据。",
}

_ALL_MISSING = {
    "en": "{column}: one side has no value at all ({n_reference:,} reference rows, "
    "{n_current:,} rows now), so there is no distribution to compare.",
    "zh": "{column}：有一边完全没有值（参考 {n_reference:,} 行，当前 {n_current:,} 行），"
    "没有分布可比较。",
}

_JUDGING = {
    "finding.failed": {
        "en": "{column}: could not be judged ({error}); the other columns were. This is a fault of "
        "Driftline: please report it.",
        "zh": "{column}：判定时出错（{error}），其余列已照常判定。这是 Driftline 的缺陷，请报告。",
    },
    "finding.rows-lost": {
        "en": "{column}: not judged, for archived rows of {missing_share:.1%} of this window are "
        "missing or damaged.",
        "zh": "{column}：未作判断，因为该窗口 {missing_share:.1%} 的时段内，归档的行缺失或已损坏。",
    },
}

_LACKS = {
    "empty": (_EMPTY, ("psi", "ks", "chi2", "missing", "completeness", "forecast")),
    "too_small": (_TOO_SMALL, ("psi", "ks", "chi2", "missing", "forecast")),
    "all_missing": (_ALL_MISSING, ("psi", "ks", "chi2")),
}

TEXTS: dict[str, dict[str, str]] = {
    **{
        f"finding.{detector}.{lack}": text
        for lack, (text, detectors) in _LACKS.items()
        for detector in detectors
    },
    **_PSI,
    **_KS,
    **_CHI2,
    **_MISSING,
    **_COMPLETENESS,
    **_FORECAST,
    **_JUDGING,
}
