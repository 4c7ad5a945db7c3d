"""Every reason has a sentence in both languages, and every sentence a finding that fills it."""

from collections.abc import Mapping
from dataclasses import fields, replace

import numpy as np
import pytest

from detectors import chi2, completeness, forecast, ks, missing, psi
from detectors.ks_cells import CellTest
from domain.catalogue import LANGUAGES, names_in, say
from domain.finding import Calibration, Finding, Verdict
from domain.profile import ColumnKind, ColumnRole, Grid, GridKind, Profile, SortedColumn
from domain.texts.findings import TEXTS

FEATURE = ColumnRole.FEATURE
DETECTORS = ("psi", "ks", "chi2", "missing", "completeness", "forecast")
ATOMS = Grid(GridKind.ATOMS, np.array([1.0, 2.0]))
LABELS = Grid(GridKind.CATEGORIES, np.empty(0), ("a", "b"))


def profile(first, second=0, gone=0, unseen=0, grid=ATOMS):
    return Profile("x", grid, np.array([first, second, gone, unseen], dtype=np.int64))


def values(*numbers):
    return SortedColumn.from_values("x", np.array(numbers, dtype=float))


def compare(module, reference, current, **options):
    return module.detect(reference, current, kind=FEATURE, **options)


def two_samples(module):
    sides = {
        "drifted": (profile(500, 500), profile(900, 100)),
        "ok": (profile(500, 500), profile(500, 500)),
        "constant": (profile(500), profile(500)),
        "empty": (profile(500), profile(0)),
        "too_small": (profile(5, 5), profile(5, 5)),
        "all_missing": (profile(500, 5), profile(0, 0, 100)),
    }
    return {key: compare(module, *pair, alpha=0.01) for key, pair in sides.items()}


def by_ks():
    many = np.arange(100.0)
    pairs = {
        "drifted.higher": (values(*many), values(*(many + 60))),
        "drifted.lower": (values(*many), values(*(many - 60))),
        "ok": (values(*many), values(*many)),
        "constant": (values(*[5] * 50), values(*[5] * 50)),
        "empty": (values(*many), values()),
        "too_small": (values(*many), values(1, 2, 3)),
        "all_missing": (values(*many), values(np.nan, np.nan)),
        "infinite": (values(*many), values(*many, np.inf)),
    }
    return {key: compare(ks, *pair, alpha=0.01) for key, pair in pairs.items()}


def by_ks_cells():
    halves = Grid(GridKind.QUANTILES, np.arange(5.0, 100.0, 5.0))
    nothing = values()
    reference = values(*range(100)).profile(halves)
    return {
        key: CellTest.of(
            reference, values(*current).profile(halves), (nothing, nothing), FEATURE
        ).judge(ks.Limits(0.01))
        for key, current in {
            "drifted.higher": range(60, 160),
            "drifted.lower": range(-60, 40),
            "ok": range(100),
        }.items()
    }


def by_missing():
    pairs = {
        "drifted.more": (profile(1000), profile(900, 0, 100)),
        "drifted.less": (profile(900, 0, 100), profile(1000)),
        "ok": (profile(1000), profile(1000)),
        "empty": (profile(1000), profile(0)),
        "too_small": (profile(1000), profile(9)),
    }
    return {key: compare(missing, *pair, alpha=0.01) for key, pair in pairs.items()}


def by_completeness():
    full, words = profile(1000), profile(1000, grid=LABELS)
    category, number = ColumnKind.CATEGORY, ColumnKind.NUMBER
    return {
        "ok": compare(completeness, full, full),
        "absent": compare(completeness, full, None, n_current=50),
        "all_missing": compare(completeness, full, profile(0, 0, 50)),
        "nearly_all_missing": compare(completeness, full, profile(5, 0, 95)),
        "too_small": compare(completeness, profile(5, 0, 900), profile(0, 0, 5)),
        "changed_type.number": compare(completeness, full, full, type_now=category),
        "changed_type.category": compare(completeness, words, words, type_now=number),
        "never_present": compare(completeness, profile(0, 0, 9), full),
        "empty": compare(completeness, full, profile(0)),
    }


@pytest.fixture(scope="module")
def forecasts(normal_column, label_column, series):
    """Findings of every reason from real columns with the scores put in."""
    rng = np.random.default_rng(0)
    columns = [
        normal_column(rng, 24, column="sd"),
        label_column(rng, 24, column="mix"),
        series("constant", Grid(GridKind.ATOMS, np.ones(1)), np.tile([99, 0, 0], (24, 1))),
    ]
    calibration = forecast.calibrate(columns, None)
    scores = forecast.judge(calibration, columns, None)
    roles = {column.column: FEATURE for column in columns}

    def found(*, score, reading="shape", rows=500, visible):
        put = replace(
            scores,
            score=np.full_like(scores.score, score),
            reading=np.full_like(scores.reading, reading, dtype="<U20"),
            rows=np.full_like(scores.rows, rows),
        )
        return forecast.findings(put, 3, calibration, 4.0, visible, roles)

    seen = {"sd": 0.5, "mix": 0.1, "constant": 0.0}
    blind = dict.fromkeys(seen)
    answers = {}
    for reading in ("shape", "shape_sustained", "missing", "unseen"):
        answers[f"drifted.{reading}"] = found(score=5.0, reading=reading, visible=seen)[0]
    for i, unit in enumerate(seen):
        answers[f"ok.{unit}"] = found(score=1.0, visible=seen)[i]
        answers[f"blind.{unit}"] = found(score=1.0, visible=blind)[i]
    answers["empty"] = found(score=np.nan, rows=0, visible=seen)[0]
    answers["too_small"] = found(score=np.nan, rows=9, visible=seen)[0]
    return answers


@pytest.fixture(scope="module")
def findings(forecasts) -> Mapping[str, Finding]:
    rare = compare(chi2, profile(500, 1), profile(500, 1), alpha=0.01)
    return {
        **{f"finding.psi.{key}": one for key, one in two_samples(psi).items()},
        **{f"finding.chi2.{key}": one for key, one in two_samples(chi2).items()},
        "finding.chi2.rare": rare,
        **{f"finding.ks.{key}": one for key, one in by_ks().items()},
        **{f"finding.ks.cells.{key}": one for key, one in by_ks_cells().items()},
        **{f"finding.missing.{key}": one for key, one in by_missing().items()},
        **{f"finding.completeness.{key}": one for key, one in by_completeness().items()},
        **{f"finding.forecast.{key}": one for key, one in forecasts.items()},
    }


def own_texts():
    prefixes = tuple(f"finding.{name}." for name in DETECTORS)
    return {key: text for key, text in TEXTS.items() if key.startswith(prefixes)}


def test_every_situation_has_the_reason_it_should_have(findings):
    assert {key: one.reason for key, one in findings.items()} == {key: key for key in findings}


def test_every_reason_has_a_text_and_every_text_a_finding(findings):
    assert set(own_texts()) == set(findings)


def test_every_sentence_can_be_filled_by_its_finding(findings):
    for key, one in findings.items():
        own = {field.name: getattr(one, field.name) for field in fields(Finding)}
        for language in LANGUAGES:
            sentence = say(key, language, **{**own, **one.values})
            assert sentence.startswith(one.column)
            assert "{" not in sentence


def test_no_value_hides_a_field_of_the_finding(findings):
    names = {field.name for field in fields(Finding)}
    assert not {
        key: names & set(one.values) for key, one in findings.items() if names & set(one.values)
    }


def test_both_languages_tell_the_same_and_always_how_much_data_they_rest_on():
    for key, text in own_texts().items():
        assert set(text) == set(LANGUAGES)
        names = [names_in(text[language]) for language in LANGUAGES]
        assert names[0] == names[1], key
        assert {"column", "n_reference", "n_current"} <= names[0], key


def test_chinese_texts_are_chinese_and_english_ones_are_not():
    for key, text in own_texts().items():
        assert any("\u4e00" <= c <= "\u9fff" for c in text["zh"]), key
        assert not any("\u4e00" <= c <= "\u9fff" for c in text["en"]), key


# --------------------------------------------------------------------------- forecast findings


def test_the_verdict_is_drifted_from_the_line_on_then_blind_then_ok(forecasts):
    for key, one in forecasts.items():
        expected = key.split(".")[0] if "." in key else "inconclusive"
        assert one.verdict == Verdict(expected)


def test_a_finding_says_its_chance_its_line_and_its_calibration(forecasts):
    one = forecasts["drifted.shape"]
    assert (one.statistic, one.threshold, one.p_value) == (5.0, 4.0, pytest.approx(1e-5))
    assert one.values["once_in"] == pytest.approx(1e5)
    assert one.values["line_once_in"] == pytest.approx(1e4)
    assert one.values["k"] == 24
    assert (one.calibrated, one.decides) == (Calibration.FULL, True)
    assert (one.n_reference, one.n_current) == (24_000, 500)


def test_a_weakly_calibrated_finding_says_so_and_decides(normal_column):
    columns = [normal_column(np.random.default_rng(1), 15)]
    calibration = forecast.calibrate(columns, None)
    scores = forecast.judge(calibration, columns, None)
    one = forecast.findings(scores, 0, calibration, 9.0, {"x": 0.5}, {"x": FEATURE})[0]
    assert (one.calibrated, one.decides) == (Calibration.WEAK, True)


def test_no_score_is_told_as_rarer_than_the_tail_is_known(forecasts, normal_column):
    columns = [normal_column(np.random.default_rng(2), 24)]
    calibration = forecast.calibrate(columns, None)
    scores = replace(forecast.judge(calibration, columns, None), score=np.full((1, 24), 200.0))
    one = forecast.findings(scores, 0, calibration, 4.0, {"x": 0.5}, {"x": FEATURE})[0]
    assert one.values["once_in"] == 1e9
    assert 0 < one.p_value < 1e-100
