"""Logs with the columns of other tools, as their documents name them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain.errors import ConfigurationError, InputError
from ingest.mapping import load_mapping, parse_mapping
from ingest.presets import PRESETS

# the example row of Arize's file upload
ARIZE = (
    b"prediction_id,prediction_ts,user_id,industry,prediction_score,actual_score,"
    b"prediction_label,actual_label\n"
    b"1fcd50f4689,1637538845,82256,education,0.07773696,0,Not Fraud,Fraud\n"
)
# NannyML's car loans, with their labels joined
NANNYML = b"""id,car_value,salary_range,y_pred_proba,y_pred,timestamp,repaid
50000,12638.0,0 - 20K EUR,0.99,1,2018-10-30 18:00:00.000,1
"""
# its credit cards: a probability for each class
NANNYML_CLASSES = b"""id,app_behavioral_score,y_pred_proba_prepaid_card,y_pred_proba_upmarket_card,\
y_pred,timestamp,y_true
7,1.5,0.25,0.75,upmarket_card,2020-05-02T02:01:30Z,prepaid_card
"""
EVIDENTLY = b"""datetime,age,prediction,target
2026-11-22T08:00:00Z,41,good,bad
"""
WHYLOGS = b"""dataset_timestamp,age,predictions,scores,targets
2026-11-22T08:00:00Z,41,good,0.75,bad
"""


@pytest.mark.parametrize(
    ("preset", "log", "more", "expected"),
    [
        (
            "arize", ARIZE, {},
            {
                "ts": datetime(2021, 11, 21, 23, 54, 5, tzinfo=UTC),
                "prediction_id": "1fcd50f4689", "prediction": "Not Fraud", "score": 0.07773696,
                "label": "Fraud", "features": {"user_id": 82256.0, "industry": "education"},
            },
        ),
        (
            "arize-regression", ARIZE, {},
            {
                "ts": datetime(2021, 11, 21, 23, 54, 5, tzinfo=UTC),
                "prediction_id": "1fcd50f4689", "prediction": "0.07773696", "label": "0",
                "features": {"user_id": 82256.0, "industry": "education"},
            },
        ),
        (
            "nannyml", NANNYML, {"ts_zone": "Europe/London", "label": "repaid"},
            {
                "ts": datetime(2018, 10, 30, 18, tzinfo=UTC), "prediction_id": "50000",
                "prediction": "1", "score": 0.99, "label": "1",
                "features": {"car_value": 12638.0, "salary_range": "0 - 20K EUR"},
            },
        ),
        (
            "nannyml", NANNYML_CLASSES, {},
            {
                "ts": datetime(2020, 5, 2, 2, 1, 30, tzinfo=UTC), "prediction_id": "7",
                "prediction": "upmarket_card", "label": "prepaid_card",
                "features": {"app_behavioral_score": 1.5},
            },
        ),
        (
            "evidently", EVIDENTLY, {},
            {
                "ts": datetime(2026, 11, 22, 8, tzinfo=UTC), "prediction": "good", "label": "bad",
                "features": {"age": 41.0},
            },
        ),
        (
            "whylogs", WHYLOGS, {},
            {
                "ts": datetime(2026, 11, 22, 8, tzinfo=UTC), "prediction": "good", "score": 0.75,
                "label": "bad", "features": {"age": 41.0},
            },
        ),
    ],
)  # fmt: skip
def test_a_preset_reads_what_the_tool_documents(read, preset, log, more, expected):
    outcome = read(log, {"preset": preset} | more, model="m")
    assert outcome.rows == [{"model": "m"} | expected]
    assert not outcome.rejections


def test_what_is_excluded_may_be_named_by_its_beginning_and_a_star_alone_is_everything(read):
    told = b'"ts": "2026-11-22T08:00:00Z", "score": 1, "pa": 1, "p_b": 2, "q": 3'
    row = b"{" + told + b', "features": {"p_c": 4}}'
    for exclude, kept in [(["p_*"], {"pa", "q"}), (["p*", "q"], set()), (["*"], set())]:
        (found,) = read(row, {"exclude": exclude}, model="m").rows
        assert found["features"].keys() == kept


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_can_be_named_and_is_a_mapping(name):
    mapping = load_mapping(name)
    assert mapping.optional
    assert mapping == parse_mapping({"preset": name})


def test_a_file_called_like_a_preset_does_not_hide_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "arize").write_text("ts: mine")
    assert load_mapping("arize").ts == "prediction_ts"
    assert load_mapping(tmp_path / "arize").ts == "mine"


def test_what_a_file_says_beside_its_preset_counts_first(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("preset: nannyml\nlabel: repaid\nts_zone: UTC\n")
    mapping = load_mapping(path)
    assert (mapping.label, mapping.ts_zone, mapping.ts) == ("repaid", "UTC", "timestamp")


def test_a_preset_that_is_none_is_told_which_there_are(tmp_path):
    every = ", ".join(PRESETS)
    with pytest.raises(ConfigurationError, match=f"arise cannot be read: .*presets are {every}"):
        load_mapping("arise")
    with pytest.raises(ConfigurationError, match=f"no preset 'arise'; presets are {every}"):
        parse_mapping({"preset": "arise"})
    with pytest.raises(ConfigurationError) as caught:
        load_mapping(tmp_path / "gone.yaml")
    assert "presets" not in str(caught.value)


def test_only_where_columns_are_optional_may_a_table_lack_one(read):
    with pytest.raises(InputError, match="no column 'y_pred', which the mapping names"):
        read(EVIDENTLY, {"ts": "datetime", "prediction": "y_pred"}, model="m")
    named = {"ts": "datetime", "prediction": "y_pred", "optional": True}
    assert read(EVIDENTLY, named, model="m").rows[0].get("prediction") is None
    with pytest.raises(InputError, match="no column 'timestamp'"):
        read(EVIDENTLY, {"preset": "nannyml"}, model="m")
