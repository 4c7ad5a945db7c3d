"""Two files compared: what is seen, what cannot be judged, and what hides nothing."""

from __future__ import annotations

import weakref
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from domain.catalogue import LANGUAGES
from domain.errors import ConfigurationError
from domain.finding import Severity, Verdict
from domain.run import RunStatus
from domain.sentences import finding_sentence
from ingest.arrow_values import from_arrow
from ingest.mapping import Mapping, parse_mapping
from ingest.open_table import from_dataframe
from ingest.table import TableSource
from ingest.values import Values
from monitors.config import DriftConfig
from monitors.two_files import TwoFiles, check_tables

NOW = datetime(2026, 11, 22, tzinfo=UTC)
N = 2000


def check(reference, current, mapping=None, drift=None) -> TwoFiles:
    sides = (
        side if isinstance(side, TableSource) else from_dataframe(frame(side), name)
        for side, name in ((reference, "reference"), (current, "current"))
    )
    plan = mapping if isinstance(mapping, Mapping | None) else parse_mapping(mapping)
    config = drift or DriftConfig()
    return check_tables(*sides, plan, config, now=NOW, code_version="tests")


def frame(columns):
    return columns if isinstance(columns, pd.DataFrame | pa.Table) else pd.DataFrame(columns)


def normal(seed, n=N, mean=0.0):
    return np.random.default_rng(seed).normal(mean, 1, n)


def findings(found: TwoFiles, column, detector=None):
    every = [f for f in found.run.findings if f.column == column]
    return every if detector is None else next(f for f in every if f.detector == detector)


def worst(found: TwoFiles, column):
    return next(view.findings[0] for view in found.view.columns if view.column.name == column)


# --------------------------------------------------------------------------- what is seen


def test_one_column_of_a_hundred_that_drifts_is_seen():
    reference = {f"f{i}": normal(i) for i in range(100)}
    current = {f"f{i}": normal(1000 + i, mean=0.5 * (i == 63)) for i in range(100)}
    found = check(reference, current)
    assert found.drifted == ("f63",)
    assert found.run.status is RunStatus.VIOLATIONS


@pytest.mark.parametrize("side", ["reference", "current", "both"])
@pytest.mark.parametrize("extreme", [1e9, -1e300])
def test_one_extreme_value_hides_no_shift(side, extreme):
    reference, current = normal(1, 20_000), normal(2, 20_000, mean=0.5)
    if side != "current":
        reference = np.append(reference, extreme)
    if side != "reference":
        current = np.append(current, extreme)
    assert check({"x": reference}, {"x": current}).drifted == ("x",)


def test_one_extreme_value_makes_no_shift():
    assert check({"x": normal(1)}, {"x": np.append(normal(2), 1e9)}).drifted == ()


def test_the_distance_is_scipys_with_ties():
    rng = np.random.default_rng(4)
    reference, current = rng.poisson(3, 1500) / 4, rng.poisson(3.4, 900) / 4
    finding = findings(check({"x": reference}, {"x": current}), "x", "ks")
    expected = stats.ks_2samp(reference, current, method="asymp")
    assert finding.statistic == pytest.approx(expected.statistic, abs=1e-12)


def test_more_missing_values_are_seen():
    current = np.where(np.arange(N) % 20 == 0, np.nan, normal(2))
    finding = findings(check({"x": normal(1)}, {"x": current}), "x", "missing")
    assert finding.verdict is Verdict.DRIFTED
    assert finding.values["current_share"] == 0.05


def test_new_categories_are_named():
    rng = np.random.default_rng(1)
    reference = rng.choice(["DE", "FR"], N)
    current = rng.choice(["DE", "FR", "UK"], N, p=[0.48, 0.49, 0.03])
    finding = findings(check({"c": reference}, {"c": current}), "c", "unseen")
    assert finding.verdict is Verdict.DRIFTED
    assert "UK" in finding_sentence(finding)


@settings(max_examples=10)
@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(random):
    columns = {"x": list(normal(1, 300)), "c": list("abcab" * 60), "y_true": [0, 1] * 150}
    rows = list(range(300))
    random.shuffle(rows)
    shuffled = {name: [values[row] for row in rows] for name, values in columns.items()}
    current = {"x": normal(2, 300), "c": list("abbbb" * 60), "y_true": [0, 1, 1] * 100}
    assert check(columns, current).run.findings == check(shuffled, current).run.findings


def test_the_same_tables_give_the_same_run():
    sides = {"x": normal(1), "c": ["a", "b"] * 1000}, {"x": normal(2), "c": ["a", "c"] * 1000}
    first, second = check(*sides), check(*sides)
    assert replace(first.run, duration_s=0) == replace(second.run, duration_s=0)
    assert first.guess == second.guess


LONG_TAIL = 1 / np.arange(1, 301) ** 1.1
NULL = {
    "normal": lambda rng, n: rng.normal(size=n),
    "rounded": lambda rng, n: rng.normal(size=n).round(1),
    "skewed": lambda rng, n: rng.exponential(size=n).round(1),
    "counts": lambda rng, n: rng.poisson(4, n),
    "few categories": lambda rng, n: rng.choice(list("abcde"), n, p=[0.6, 0.2, 0.1, 0.07, 0.03]),
    "a long tail of categories": lambda rng, n: rng.choice(
        np.arange(300).astype(str), n, p=LONG_TAIL / LONG_TAIL.sum()
    ),
}


@pytest.mark.parametrize("kind", NULL)
@pytest.mark.parametrize("sizes", [(120, 120), (150, 2000), (2000, 150)])
def test_columns_that_do_not_drift_raise_hardly_an_alarm(kind, sizes):
    rng, runs = np.random.default_rng(8), 25
    alarms = 0
    for _ in range(runs):
        reference, current = (
            pa.table({f"x{i}": NULL[kind](rng, n) for i in range(3)}) for n in sizes
        )
        alarms += bool(check(reference, current).drifted)
    # a run may alarm with 1 % split over the columns, by each of three tests of a column
    assert alarms <= stats.binom.ppf(0.999, runs, 0.03)


def test_the_chance_of_a_false_alarm_is_split_over_the_columns():
    rng = np.random.default_rng(9)
    x = rng.normal(size=(2, 400))
    x[1] += 0.28  # a shift whose p-value lies between 0.01 / 50 and 0.01
    p_value = stats.ks_2samp(*x).pvalue
    assert 0.01 / 50 < p_value < 0.01
    only_ks = DriftConfig(numeric=("ks",))
    alone = check({"x": x[0]}, {"x": x[1]}, drift=only_ks)
    others = {f"o{i}": normal(i, 400) for i in range(49)}
    among = check({"x": x[0], **others}, {"x": x[1], **others}, drift=only_ks)
    assert alone.drifted == ("x",)
    assert among.drifted == ()


# --------------------------------------------------------------------------- columns that differ


def test_a_column_that_is_gone_is_critical():
    found = check({"x": normal(1), "y2": normal(3)}, {"x": normal(2)})
    finding = worst(found, "y2")
    assert finding.severity is Severity.CRITICAL
    assert finding.reason == "finding.completeness.absent"


def test_a_column_that_holds_nothing_any_more_is_critical():
    found = check({"x": normal(1)}, {"x": [None] * N})
    assert worst(found, "x").severity is Severity.CRITICAL


def test_a_column_of_another_type_is_critical_and_says_both_types():
    found = check({"x": normal(1)}, {"x": [f"w{i % 5}" for i in range(N)]})
    finding = worst(found, "x")
    assert finding.severity is Severity.CRITICAL
    assert (finding.values["type_before"], finding.values["type_now"]) == ("number", "category")


def test_a_new_column_is_named_and_not_judged():
    found = check({"x": normal(1)}, {"x": normal(2), "fresh": normal(3)})
    finding = worst(found, "fresh")
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert "is new" in finding_sentence(finding)
    assert found.run.status is RunStatus.OK


def test_drift_alone_is_a_warning():
    found = check({"x": normal(1)}, {"x": normal(2, mean=3)})
    assert {f.severity for f in found.run.findings if f.severity} == {Severity.WARNING}


def test_critical_columns_come_first():
    found = check({"x": normal(1), "y2": normal(3)}, {"x": normal(2, mean=9)})
    assert found.drifted == ("y2", "x")


# --------------------------------------------------------------------------- what cannot be judged


@pytest.mark.parametrize(
    ("reference", "current"),
    [
        ([], []),
        ([1.5] * N, [1.5] * N),
        (["a"] * N, ["a"] * N),
        ([None] * N, [None] * N),
        ([1.5, 2.5, 9.1], [1.5, 2.5, 9.2]),
        (["a", "b", "c"], ["x", "y", "z"]),
        (normal(1), [*normal(2, 1990), *[np.inf] * 10]),
    ],
    ids=["empty", "constant", "one category", "no value", "few", "few words", "infinite"],
)
def test_what_cannot_be_judged_is_never_ok(reference, current):
    found = check({"x": reference}, {"x": current})
    assert found.run.status is RunStatus.INSUFFICIENT
    assert worst(found, "x").verdict is Verdict.INCONCLUSIVE


def test_tables_without_columns_are_not_judged():
    found = check(pd.DataFrame(), pd.DataFrame())
    assert found.run.status is RunStatus.INSUFFICIENT
    assert found.view.columns == ()


def test_a_column_that_cannot_be_judged_hides_no_other():
    reference = {"flat": [1.0] * N, "x": normal(1)}
    found = check(reference, {"flat": [1.0] * N, "x": normal(2, mean=2)})
    assert found.drifted == ("x",)
    assert worst(found, "flat").verdict is Verdict.INCONCLUSIVE


# --------------------------------------------------------------------------- what is left out


@pytest.mark.parametrize(
    ("reference", "current", "why"),
    [
        ([[1, 2]] * 60, [[2, 3]] * 60, "guess.nested"),
        ([{"a": 1}] * 60, [{"a": 2}] * 60, "guess.nested"),
        (pd.date_range("2020", periods=60), pd.date_range("2021", periods=60), "guess.time"),
        ([date(2020, 1, 1)] * 60, [date(2021, 1, 1)] * 60, "guess.time"),
        (["2020-01-01", "2020-01-02"] * 30, ["2021-01-01"] * 60, "guess.time"),
        (np.arange(60) + 10, np.arange(60) + 10_000, "guess.row_number"),
        ([f"id-{i}" for i in range(60)], [f"id-{i}" for i in range(99, 159)], "guess.identifier"),
    ],
    ids=["lists", "objects", "times", "dates", "written dates", "row numbers", "ids"],
)
def test_what_is_no_quantity_and_no_category_is_left_out_with_a_reason(reference, current, why):
    found = check({"x": reference}, {"x": current})
    assert [(g.kind, g.why) for g in found.guess] == [(None, why)]
    assert found.view.columns == ()


def test_a_mapping_overrules_the_guess():
    sides = {"a": normal(1), "b": normal(2), "zip": [94105, 94107] * 1000}
    plan = {"exclude": ["b"], "types": {"zip": "text"}, "rename": {"a": "amount"}}
    found = check(sides, sides, plan)
    kinds = {g.name: (g.role.value, g.kind) for g in found.guess}
    assert kinds == {
        "amount": ("feature", "number"),
        "b": ("ignored", None),
        "zip": ("feature", "category"),
    }


def test_a_new_name_brings_the_columns_of_two_files_together():
    found = check({"amount": normal(1)}, {"amt": normal(2, mean=4)}, {"rename": {"amt": "amount"}})
    assert found.drifted == ("amount",)


def test_two_columns_of_one_new_name_are_refused():
    with pytest.raises(ConfigurationError, match="two columns 'b'"):
        check({"a": [1], "b": [2]}, {"b": [1]}, {"rename": {"a": "b"}})


# --------------------------------------------------------------------------- performance


def served(seed, noise, n=N):
    rng = np.random.default_rng(seed)
    score = rng.random(n)
    label = (rng.random(n) < np.clip(score + rng.normal(0, noise, n), 0, 1)).astype(int)
    return {"y_true": label, "y_pred": (score > 0.5).astype(int), "score": score}


def brute_force_auc(label, score):
    pairs = score[label == 1][:, None] - score[label == 0][None, :]
    return float((pairs > 0).mean() + (pairs == 0).mean() / 2)


def test_performance_on_both_sides_is_measured_and_its_drop_judged():
    reference, current = served(1, 0.0), served(2, 3.0)
    found = check(reference, current)
    finding = next(f for f in found.run.findings if f.detector == "performance" and f.decides)
    before, now = (brute_force_auc(s["y_true"], s["score"]) for s in (reference, current))
    assert finding.values["reference_value"] == pytest.approx(before)
    assert finding.values["value"] == pytest.approx(now)
    assert finding.verdict is Verdict.DRIFTED
    assert finding.severity is Severity.WARNING
    accuracy = (current["y_true"] == current["y_pred"]).mean()
    assert found.run.performance.metrics["accuracy"] == pytest.approx(accuracy)
    assert found.view.notes == ("tables.note.trained_on",)


def test_performance_that_is_no_worse_says_so():
    found = check(served(1, 0.5), served(2, 0.5))
    finding = next(f for f in found.run.findings if f.detector == "performance" and f.decides)
    assert finding.verdict is Verdict.OK
    assert found.view.notes == ()


def test_errors_of_a_regression_are_measured():
    truth = normal(1)
    said = truth + normal(2) / 10
    found = check(
        {"target": truth, "prediction": said}, {"target": truth, "prediction": said + 0.5}
    )
    metrics = found.run.performance.metrics
    assert found.run.performance.task == "regression"
    assert metrics["rmse"] == pytest.approx(np.sqrt(((said + 0.5 - truth) ** 2).mean()))
    assert metrics["mae"] == pytest.approx(np.abs(said + 0.5 - truth).mean())


def test_a_probability_that_is_called_prediction_is_a_score():
    sides = served(1, 0.5), served(2, 0.5)
    found = check(*({"target": s["y_true"], "prediction": s["score"]} for s in sides))
    expected = brute_force_auc(sides[1]["y_true"], sides[1]["score"])
    assert found.run.performance.metrics["roc_auc"] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("truth", "said"),
    [
        (lambda y: y == 1, lambda p: p),
        (lambda y: np.where(y == 1, "true", "false"), lambda p: p.astype(float)),
        (lambda y: y.astype(float), lambda p: p == 1),
    ],
)
def test_classes_are_one_however_they_are_written(truth, said):
    side = served(1, 0.5)
    columns = {"label": truth(side["y_true"]), "pred": said(side["y_pred"])}
    performance = check(columns, columns).run.performance
    assert performance.task == "binary"
    assert performance.metrics["accuracy"] == (side["y_true"] == side["y_pred"]).mean()


def test_predictions_in_other_words_than_the_labels_give_no_accuracy():
    side = served(1, 0.5)
    columns = {**side, "y_pred": np.where(side["y_pred"] == 1, "late", "on time")}
    metrics = check(columns, columns).run.performance.metrics
    assert set(metrics) == {"roc_auc", "log_loss"}


@pytest.mark.parametrize("labels", [None, "nothing", "ten"])
def test_labels_that_have_not_arrived_are_no_fault(labels):
    reference, current = served(1, 0.5), served(2, 0.5)
    if labels is None:
        del current["y_true"]
    else:
        kept = 0 if labels == "nothing" else 10
        current["y_true"] = np.where(np.arange(N) < kept, current["y_true"], np.nan)
    found = check(reference, current)
    assert found.run.status is RunStatus.OK
    assert worst(found, "y_true").verdict is Verdict.INCONCLUSIVE


# --------------------------------------------------------------------------- inputs nobody expects


def test_names_may_be_anything():
    names = ["<script>", "\x1b[2J", "出发 机场", "", "{{ 7*7 }}", "a|b", "x" * 300]
    reference = {name: normal(i) for i, name in enumerate(names)}
    current = {name: normal(50 + i, mean=2) for i, name in enumerate(names)}
    assert set(check(reference, current).drifted) == set(names)


def test_columns_of_one_name_are_compared_by_place():
    sides = [pd.DataFrame(np.stack((normal(i), normal(i + 5)), axis=1)) for i in (1, 2)]
    sides[1][1] += 2
    for side in sides:
        side.columns = ["a", "a"]
    assert check(*sides).drifted == ("a.1",)


@pytest.mark.parametrize(
    "values",
    [
        np.random.default_rng(1).integers(2**60, 2**60 + 5, N),
        np.random.default_rng(1).integers(0, 2**64 - 1, N, dtype=np.uint64) // 2**62,
        pd.Categorical(["a", "b"] * 1000),
        pd.array([1, None, 3, 4] * 500, dtype="Int64"),
        pd.array(["a", None] * 1000, dtype="string"),
        pd.to_timedelta(np.arange(N) % 7, unit="s"),
        pd.arrays.SparseArray([0, 0, 0, 1, 2] * 400),
        [1, "x", None, 2.5] * 500,
        [True, None] * 1000,
    ],
    ids=["huge", "unsigned", "category", "nullable", "text", "spans", "sparse", "mixed", "flags"],
)
def test_every_kind_of_column_equals_itself(values):
    found = check({"x": values}, {"x": values})
    assert found.drifted == ()
    assert findings(found, "x")


def test_every_finding_reads_well_in_both_languages():
    reference = {
        **served(1, 0.0),
        "x": normal(1),
        "gone": normal(2),
        "c": ["a", "b"] * 1000,
        "flat": 1,
    }
    current = {**served(2, 3.0), "x": [None] * N, "new": 1.0, "c": ["a", "z"] * 1000, "flat": 1}
    for finding in check(reference, current).run.findings:
        said = {language: finding_sentence(finding, language) for language in LANGUAGES}
        assert all("{" not in sentence for sentence in said.values())
        assert said["en"] != said["zh"]


class Tracked(Values):
    """Values whose end can be watched."""


def test_memory_holds_one_column_of_each_table_at_a_time():
    alive: weakref.WeakSet[Tracked] = weakref.WeakSet()
    most = 0

    def load(column):
        nonlocal most
        values = Tracked(N, number=pa.array(normal(int(column[1:]))))
        alive.add(values)
        most = max(most, len(alive))
        return [values]

    names = [f"c{i}" for i in range(8)]
    head = {name: from_arrow(pa.array(normal(1))) for name in names}
    tables = [TableSource(n, dict.fromkeys(names, "double"), N, load, lambda: head) for n in "ab"]
    assert check(*tables).run.status is RunStatus.OK
    assert most <= 2
