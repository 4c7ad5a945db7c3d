"""CSV: cells, types, quotes; what is refused and where."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.errors import InputError
from ingest.csv_exact import split_exactly
from ingest.csv_records import RECORD_LIMIT_BYTES, find_records, widths
from ingest.readers import csv as reader

TS = "2013-07-01T10:00:00Z"
SLOW = settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def table(header: str, *rows: str) -> bytes:
    lines = [f"model,ts,{header}", *(f"m,{TS},{row}" for row in rows)]
    return "\n".join(lines).encode()


def feature(read, *cells: str, **options) -> list[object]:
    rows = read(table("n,f", *(f"{i},{cell}" for i, cell in enumerate(cells))), **options).rows
    by_row = {row["features"].get("n"): row["features"].get("f") for row in rows}
    return [by_row[float(i)] for i in range(len(cells))]


def test_a_header_names_fields_and_the_rest_are_features(read):
    (row,) = read(
        table("version,prediction,score,latency_ms,status,tags,distance,carrier",
              '2.0,late,0.71,18.2,200,"{""tenant"":""a""}",1400,UA')
    ).rows  # fmt: skip
    assert row == {
        "model": "m",
        "ts": datetime(2013, 7, 1, 10, tzinfo=UTC),
        "version": "2.0",
        "prediction": "late",
        "score": 0.71,
        "latency_ms": 18.2,
        "status": 200,
        "tags": '{"tenant":"a"}',
        "features": {"distance": 1400.0, "carrier": "UA"},
    }


def test_numbers_and_json_agree_on_what_an_answer_is_called(read):
    rows = read(table("prediction,label", "1.0,1", "1,1.0", "late,0.50", "007,x")).rows
    assert [(row["prediction"], row["label"]) for row in rows] == [
        ("1", "1"), ("1", "1"), ("late", "0.5"), ("007", "x"),
    ]  # fmt: skip


def test_ids_stay_as_written(read):
    (row,) = read(table("prediction_id,request_id,trace_id,score", "0012,1.0,1e5,1")).rows
    assert (row["prediction_id"], row["request_id"], row["trace_id"]) == ("0012", "1.0", "1e5")


def test_a_column_of_numbers_is_numbers(read):
    assert feature(read, "1", "-2.5", "1e3", "", ".5") == [1.0, -2.5, 1000.0, None, 0.5]


def test_infinite_numbers_stay_infinite_and_nan_is_missing(read):
    kept = feature(read, "1", "inf", "-inf", "nan", "2")
    assert kept == [1.0, float("inf"), -float("inf"), None, 2.0]


def test_what_programs_write_for_a_missing_number_is_missing(read):
    assert feature(read, "1", "NA", "null", "3", "NaN", "\\N") == [1.0, None, None, 3.0, None, None]


def test_words_in_a_column_of_numbers_keep_their_rows_and_their_text(read):
    cells = [str(i) for i in range(30)] + ["broken", "N/A"]
    values = feature(read, *cells)
    assert values[:30] == [float(i) for i in range(30)]
    assert values[30:] == ["broken", None]


def test_a_column_that_is_mostly_words_is_text_throughout(read):
    assert feature(read, "1", "UA", "2", "NA") == ["1", "UA", "2", "NA"]


def test_codes_with_leading_zeros_are_text(read):
    assert feature(read, "00501", "10001", "94105") == ["00501", "10001", "94105"]


def test_true_and_false_are_booleans(read):
    assert feature(read, "true", "False", "", "TRUE") == [True, False, None, True]


def test_integers_that_a_double_cannot_hold_keep_their_digits(read):
    assert feature(read, "9007199254740993", "1", "2") == ["9007199254740993", 1.0, 2.0]


def test_a_mapping_says_what_codes_are(read):
    mapping = {"types": {"f": "text"}}
    assert feature(read, "501", "10001", mapping=mapping) == ["501", "10001"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_recognised(read, delimiter):
    log = delimiter.join(["model", "ts", "f", "g"]) + "\n" + delimiter.join(["m", TS, "1", "a,;b"])
    if delimiter in ",;":
        log = log.replace("a,;b", '"a,;b"')
    (row,) = read(log.encode()).rows
    assert row["features"] == {"f": 1.0, "g": "a,;b"}


def test_marks_returns_and_blank_lines_do_no_harm(read):
    log = b"\xef\xbb\xbf" + table("f", "1", "", "2").replace(b"\n", b"\r\n\r\n")
    outcome = read(log)
    assert [row["features"] for row in outcome.rows] == [{"f": 1.0}, {"f": 2.0}]
    assert outcome.reasons == ["no_substance"]
    assert outcome.positions == [5]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("1", "ragged_row"),
        ("1,2,3", "ragged_row"),
        ('1,"a"b', "bad_row"),
        ('1,"never closed', "bad_row"),
        ("1,a\rb", "bad_row"),
    ],
)
def test_a_row_that_cannot_be_split_is_refused_alone(read, row, reason):
    outcome = read(table("f,g", "1,a", row, "2,b") + b"\n")
    assert outcome.reasons == [reason]
    assert outcome.positions == [3]
    assert outcome.rejections[0].raw == f"m,{TS},{row}".encode()
    assert [r["features"]["g"] for r in outcome.rows] == ["a", "b"]


def test_letters_that_are_no_utf8_refuse_their_row_alone(read):
    outcome = read(table("f,g", "1,a", "2,?", "3,c").replace(b"?", b"\xe4"))
    assert (outcome.reasons, outcome.positions) == (["invalid_utf8"], [3])
    assert len(outcome.rows) == 2


def test_positions_count_lines_also_inside_quoted_cells(read):
    outcome = read(table("f", '"one\ntwo\nthree"', '"x"', ",,", "y"))
    assert (outcome.reasons, outcome.positions) == (["ragged_row"], [6])


def test_a_refused_row_can_be_read_again_from_what_was_kept(read):
    log = table("f,prediction", "1,late").replace(b"Z,", b",")
    (rejection,) = read(log).rejections
    assert rejection.reason == "naive_ts"
    (row,) = read(rejection.raw, {"ts_zone": "UTC"}).rows
    assert row == read(log, {"ts_zone": "UTC"}).rows[0]


def test_features_as_json_text_are_opened(read):
    cell = json.dumps({"a": 1, "b": "x"}).replace('"', '""')
    outcome = read(table("features", f'"{cell}"', "nonsense"))
    assert outcome.rows[0]["features"] == {"a": 1.0, "b": "x"}
    assert outcome.reasons == ["wrong_type"]


def test_a_header_alone_is_no_error(read):
    assert read(table("f")).rows == []


@pytest.mark.parametrize("empty", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_holds_nothing(read, empty):
    assert read(empty, name="log.csv").rows == []


def test_columns_without_a_name_or_with_the_same_name_are_all_kept(read):
    (row,) = read(b"model,ts,,a,a,a\nm," + TS.encode() + b",1,2,3,4\n").rows
    assert row["features"] == {"column_3": 1.0, "a": 2.0, "a.2": 3.0, "a.3": 4.0}


@pytest.mark.parametrize(
    ("log", "mapping", "said"),
    [
        (b"ts,a\n1,2\n", None, "no column 'model'; pass --model"),
        (b"model,time,a\nm,1,2\n", None, "COLUMN`, or `ts: {value: TIME}` for a log without times"),
        (b"model,when,a\nm,1,2\n", {"ts": "wen"}, "did you mean 'when'?"),
        (b"model,ts,a\nm,1,2\n", {"features": ["b"]}, "no column 'b'"),
        (b"\xff\xfem\x00o\x00", None, "UTF-16"),
    ],
)
def test_a_table_whose_header_cannot_fit_is_one_error(read, log, mapping, said):
    with pytest.raises(InputError, match=r"log\.csv") as error:
        read(log, mapping, name="log.csv")
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_one_row_for_every_record_in_a_file_of_many_blocks(read, monkeypatch):
    monkeypatch.setattr(reader, "BLOCK_BYTES", 100)
    rows = read(table("f,g", *(f'{i},"a\n{i}"' for i in range(100)))).rows
    expected = [{"f": float(i), "g": f"a\n{i}"} for i in range(100)]
    assert [row["features"] for row in rows] == expected


def test_a_quote_that_never_closes_costs_its_own_line_only(read):
    n_rows = RECORD_LIMIT_BYTES // 20
    outcome = read(table("f,g", '1,"open', *(f"{i},b" for i in range(n_rows))))
    assert outcome.reasons == ["bad_row"]
    assert len(outcome.rows) == n_rows


def test_a_quote_that_closes_far_away_was_a_mistake(read):
    n_rows = RECORD_LIMIT_BYTES // 20
    outcome = read(table("f,g", '1,"open', *(f"{i},b" for i in range(n_rows)), '2,close"', "3,c"))
    assert outcome.reasons == ["bad_row"]
    assert [row["features"].get("g") for row in outcome.rows][-2:] == ['close"', "c"]


def test_what_is_refused_behind_ragged_rows_keeps_its_own_line(read):
    log = table("f,score", "1,0.5", "ragged", "2,0.5", "3,high", "4,0.5")
    outcome = read(log)
    assert (outcome.reasons, outcome.positions) == (["ragged_row", "wrong_type"], [3, 5])


cells = st.text(st.sampled_from('ab1,;"\n\r é.'), max_size=5)
tables = st.integers(1, 3).flatmap(
    lambda width: st.lists(st.lists(cells, min_size=width, max_size=width), min_size=1, max_size=6)
)


@SLOW
@given(rows=tables, quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]))
def test_what_pythons_writer_wrote_is_split_as_it_was(rows, quoting):
    file = io.StringIO()
    csv.writer(file, quoting=quoting, lineterminator="\r\n").writerows(rows)
    content = file.getvalue().encode()
    records, used, _ = split_exactly(content, ",", last=True)
    assert [list(record.cells) for record in records] == rows
    assert used == len(content)
    found = find_records(content, ",", last=True)
    if found is not None:  # a return inside a cell is left to the exact way
        assert list(widths(content, found, ",")) == [len(row) for row in rows]
        assert list(found.lines) == [record.line for record in records]


noise = st.lists(
    st.sampled_from([b"a", b'"', b",", b"\n", b"\r\n", b"1", b"2.5", b"\xff", b" ", b"\r"])
    | st.just(b"m," + TS.encode() + b",1"),
    max_size=25,
).map(b"".join)  # fmt: skip


def outcome_of(read, log):
    outcome = read(log, name="log.csv")
    rows = [{**row, "features": sorted(row["features"].items())} for row in outcome.rows]
    return sorted(repr(sorted(row.items())) for row in rows), outcome.rejections


@SLOW
@given(body=noise)
def test_bulk_and_record_by_record_agree(read, body):
    log = b"model,ts,f\nm," + TS.encode() + b",1\n" + body
    bulk = outcome_of(read, log)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "find_records", lambda *_, **__: None)
        assert outcome_of(read, log) == bulk


@SLOW
@given(body=noise, block_bytes=st.integers(8, 40))
def test_the_size_of_the_blocks_changes_nothing(read, body, block_bytes):
    log = b"model,ts,f\nm," + TS.encode() + b",1\n" + body
    whole = outcome_of(read, log)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "BLOCK_BYTES", block_bytes)
        small = outcome_of(read, log)
    assert small[1] == whole[1]
    assert len(small[0]) == len(whole[0])
