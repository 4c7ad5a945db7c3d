"""Two files for a check: their columns as numbers or categories, and what they probably are."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from domain.errors import InputError, UnknownNameError, UsageError
from domain.profile import ColumnKind
from ingest.kinds import GuessedRole, guess_columns
from ingest.mapping import parse_mapping
from ingest.open_table import from_dataframe, open_table

N = 400
RANDOM = np.random.default_rng(7)
FRAME = pd.DataFrame(
    {
        "x": np.where(np.arange(N) % 7 == 0, np.nan, RANDOM.normal(size=N)),
        "n": RANDOM.integers(0, 9, N),
        "c": RANDOM.choice(["UA", "DL", None], N),
        "b": RANDOM.random(N) < 0.5,
    }
)


def as_parquet(path, frame):
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), path, row_group_size=150)


def as_csv(path, frame):
    frame.to_csv(path, index=False)


def as_ndjson(path, frame):
    rows = [{k: v for k, v in row.items() if not pd.isna(v)} for row in frame.to_dict("records")]
    path.write_text("\n".join(json.dumps(row, default=lambda v: v.item()) for row in rows))


WRITERS = {"a.parquet": as_parquet, "a.csv": as_csv, "a.ndjson": as_ndjson}


@pytest.fixture(params=[*WRITERS, "pandas", "arrow", "stream"])
def table(request, tmp_path):
    if request.param in WRITERS:
        WRITERS[request.param](tmp_path / request.param, FRAME)
        return open_table(tmp_path / request.param)
    arrow = pa.Table.from_pandas(FRAME, preserve_index=False)
    frames = {"pandas": FRAME, "arrow": arrow, "stream": arrow.to_reader()}
    return from_dataframe(frames[request.param])


def test_every_way_in_gives_the_same_columns(table):
    assert sorted(table.columns) == ["b", "c", "n", "x"]
    assert table.n_rows == N
    numbers = table.numbers("x")
    np.testing.assert_allclose(numbers.values, FRAME["x"].to_numpy(), rtol=1e-15)
    assert (numbers.missing, numbers.words) == (int(FRAME["x"].isna().sum()), 0)
    np.testing.assert_array_equal(table.numbers("n").values, FRAME["n"].to_numpy())


def test_categories_are_counted_the_most_frequent_first(table):
    expected = Counter(str(v) for v in FRAME["n"])
    counts = table.labels("n")
    assert dict(zip(counts.labels, counts.counts.tolist(), strict=True)) == expected
    assert sorted(counts.counts, reverse=True) == list(counts.counts)
    carriers = table.labels("c")
    assert carriers.missing == int(FRAME["c"].isna().sum())
    assert set(carriers.labels) == {"UA", "DL"}
    assert set(table.labels("b").labels) == {"true", "false"}


def test_codes_follow_the_rows(table):
    coded = table.coded("c")
    seen = [None if code < 0 else coded.labels[code] for code in coded.codes]
    assert seen == [None if pd.isna(v) else v for v in FRAME["c"]]


def test_an_unknown_column_names_the_nearest(table):
    with pytest.raises(UnknownNameError, match="known: b, c, n, x"):
        table.numbers("carrier_code_of_the_flight")


def test_the_events_of_a_log_show_their_features_by_name(tmp_path):
    event = {"model": "m", "ts": "2013-07-01T10:00:00Z", "features": {"a": 1}, "tags": {"t": "x"}}
    path = tmp_path / "log.ndjson"
    path.write_text(json.dumps(event) + "\nbroken\n")
    table = open_table(path)
    assert set(table.columns) == {"model", "ts", "a", "tags.t"}
    assert [rejection.reason for rejection in table.rejections] == ["bad_json"]
    ignored = {g.name for g in guess_columns(table) if g.role is GuessedRole.IGNORED}
    assert ignored == {"model", "tags.t"}


def test_a_structure_of_features_in_parquet_is_opened(tmp_path):
    features = pa.array([{"a": 1, "b": "x"}, {"a": 2, "b": "y"}])
    pq.write_table(pa.table({"features": features, "y": [0, 1]}), tmp_path / "a.parquet")
    table = open_table(tmp_path / "a.parquet")
    assert table.columns == ("a", "b", "y")
    assert table.numbers("a").values.tolist() == [1.0, 2.0]


def test_texts_that_are_no_utf8_are_categories_like_others_and_lists_of_them_one_line(tmp_path):
    texts = pa.array([b"a\xff", b"b", b"a\xff", b"c\xfe"], pa.binary()).view(pa.string())
    lists = pa.ListArray.from_arrays(pa.array([0, 1, 2, 3, 4], pa.int32()), texts)
    pq.write_table(pa.table({"c": texts}), tmp_path / "a.parquet")
    labelled = open_table(tmp_path / "a.parquet").labels("c")
    assert sorted(labelled.counts.tolist()) == [1, 1, 2]
    pq.write_table(pa.table({"c": lists}), tmp_path / "b.parquet")
    with pytest.raises(InputError, match="not a whole Parquet file"):
        open_table(tmp_path / "b.parquet").labels("c")


def test_a_column_of_objects_of_several_types_is_text():
    table = from_dataframe(pd.DataFrame({"m": [1, "x", None]}))
    assert table.labels("m").labels == ("1", "x")
    assert table.numbers("m").words == 2


def test_columns_of_one_name_in_a_frame_are_all_there():
    frame = pd.DataFrame([[1, 2]], columns=["a", "a"])
    assert from_dataframe(frame).columns == ("a", "a.1")


@pytest.mark.parametrize("content", [b"PAR1 torn", b""])
def test_a_torn_parquet_is_one_line(tmp_path, content):
    path = tmp_path / "a.parquet"
    path.write_bytes(content)
    if content:
        with pytest.raises(InputError, match="not a whole Parquet file"):
            open_table(path)
    with pytest.raises(InputError, match="no such file"):
        open_table(tmp_path / "gone.parquet")


def test_what_is_no_table_is_refused_with_its_type():
    with pytest.raises(UsageError, match="of type list"):
        from_dataframe([1, 2])


def guess(columns: dict, mapping: dict | None = None, current: dict | None = None):
    other = None if current is None else from_dataframe(pd.DataFrame(current))
    plan = None if mapping is None else parse_mapping(mapping)
    return {g.name: g for g in guess_columns(from_dataframe(pd.DataFrame(columns)), other, plan)}


IDS = [f"u{i}" for i in range(N)]


@pytest.mark.parametrize(
    ("name", "values", "role", "kind"),
    [
        ("age", RANDOM.integers(18, 90, N), "feature", "number"),
        ("amount", RANDOM.normal(size=N), "feature", "number"),
        ("vip", RANDOM.integers(0, 2, N), "feature", "category"),
        ("open", RANDOM.random(N) < 0.5, "feature", "category"),
        ("city", RANDOM.choice(["a", "b"], N), "feature", "category"),
        ("nothing", [None] * N, "feature", "category"),
        ("account", IDS, "ignored", None),
        ("Unnamed: 0", range(N), "ignored", None),
        ("order_id", RANDOM.permutation(N) * 7, "ignored", None),
        ("distance", RANDOM.permutation(N) * 7, "feature", "number"),
        ("remark", [f"says {i // 1.5}" for i in range(N)], "ignored", None),
        ("vector", [[1, 2]] * N, "ignored", None),
        ("seen", pd.date_range("2020", periods=N), "time", None),
        ("at", [f"2013-07-01T10:00:{i % 60:02d}.{i:03d}" for i in range(N)], "time", None),
        ("timestamp", 1372672800 + np.arange(N) // 3, "time", None),
        ("time", RANDOM.normal(size=N), "feature", "number"),
        ("Target", RANDOM.integers(0, 3, N), "label", "category"),
        ("y_true", RANDOM.normal(size=N), "label", "number"),
        ("y_pred", RANDOM.choice(["late", "on time"], N), "prediction", "category"),
        ("Prediction", RANDOM.integers(0, 10**6, N), "prediction", "number"),
        ("score", RANDOM.random(N), "score", "number"),
        ("score", RANDOM.choice(["A", "B"], N), "feature", "category"),
    ],
)
def test_a_column_is_guessed_from_its_name_and_its_values(name, values, role, kind):
    column = guess({name: values, "other": RANDOM.normal(size=N)})[name]
    assert (column.role, column.kind) == (role, kind)


def test_of_two_columns_that_could_be_the_label_one_is():
    guessed = guess({"target": [0, 1] * 50, "label": [0, 1] * 50})
    assert guessed["label"].role is GuessedRole.LABEL
    assert guessed["target"].role is GuessedRole.FEATURE


def test_the_mapping_outranks_the_guess():
    columns = {"target": [0, 1] * 50, "paid": [0, 1] * 50, "note": [1, 2] * 50, "a": [1, 2] * 50}
    guessed = guess(columns, {"label": "paid", "exclude": ["note"]})
    assert guessed["paid"].role is GuessedRole.LABEL
    assert guessed["target"].role is GuessedRole.FEATURE
    assert guessed["note"].role is GuessedRole.IGNORED
    assert guess(columns, {"features": ["a"]})["target"].why == "guess.name"


def test_a_column_of_numbers_here_and_words_there_is_compared_as_categories():
    column = guess({"f": [1.5, 2.5, 3.5]}, current={"f": ["a", "b", "c"]})["f"]
    assert (column.kind, column.why) == (ColumnKind.CATEGORY, "guess.differs")


def test_a_column_that_has_two_values_here_and_many_there_is_one_of_numbers():
    column = guess({"f": [0, 1, 1]}, current={"f": [0, 1, 2]})["f"]
    assert column.kind is ColumnKind.NUMBER


def test_a_column_that_only_the_current_table_has_is_listed():
    assert list(guess({"a": [1.5]}, current={"b": [2.5], "a": [1.5]})) == ["a", "b"]
