from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.calls import is_failed
from ingest.events import Defaults, events_of
from ingest.exchange import Decoded, Exchange, Payload
from ingest.exchange_rows import exchange_block
from ingest.mapping import Mapping, parse_mapping
from ingest.payload.outcomes import outcomes_of
from ingest.readers.block import Block
from tests.payload.spellings import spelled

FACTS = {"ts": "2026-11-22T08:00:00Z", "model": "credit", "status": 200, "latency_ms": 12.5}


def exchange(
    request: object = None,
    response: object = None,
    position: int = 1,
    raw: bytes = b"raw",
    **facts: object,
) -> Exchange:
    told = {name: value for name, value in (FACTS | facts).items() if value is not None}
    return Exchange(position, raw, told, side(request), side(response))


def side(value: object) -> Payload | Decoded | None:
    return value if value is None or isinstance(value, Payload | Decoded) else spelled(value)


def block_of(*exchanges: Exchange, mapping: Mapping | None = None) -> Block:
    return exchange_block(exchanges, (mapping or Mapping()).layout)


def column(block: Block, path: str) -> list[object]:
    return [block.columns[path].plain(row) for row in range(block.n_rows)]


def row_of(*exchanges: Exchange, mapping: Mapping | None = None) -> dict[str, object]:
    block = block_of(*exchanges, mapping=mapping)
    assert block.n_rows == 1
    row = {path: values.plain(0) for path, values in block.columns.items()}
    return {path: value for path, value in row.items() if path not in FACTS and value is not None}


ASKED = {"instances": [{"age": 41}, {"age": 57}]}
ANSWERED = {"predictions": [0, 1]}


def test_a_batch_is_one_call_of_several_predictions():
    block = block_of(exchange(ASKED, ANSWERED, request_id="r-1"))
    assert column(block, "features.age") == [41, 57]
    assert column(block, "prediction") == [0, 1]
    assert column(block, "prediction_id") == ["r-1-item-0", "r-1-item-1"]
    assert column(block, "request_id") == ["r-1", "r-1"]
    assert column(block, "latency_ms") == [12.5, 12.5]
    assert block.positions.tolist() == [1, 1]


def test_ids_of_predictions_come_before_those_of_calls():
    block = block_of(exchange(ASKED, ANSWERED, request_id="r-1", prediction_id="p-1"))
    assert column(block, "prediction_id") == ["p-1-item-0", "p-1-item-1"]
    assert column(block, "request_id") == ["r-1", "r-1"]
    one = row_of(exchange({"age": 1}, {"prediction": 1}, request_id="r-1"))
    assert (one["prediction_id"], one["request_id"]) == ("r-1", "r-1")


def test_the_rows_of_a_call_without_an_id_share_one_and_two_equal_calls_do_not():
    same = [exchange(ASKED, ANSWERED, position, b"same") for position in (1, 2)]
    other = exchange(ASKED, ANSWERED, 3, b"other")
    ids = column(block_of(*same, other), "request_id")
    assert ids[0::2] == ids[1::2]
    assert len(set(ids)) == 3
    assert column(block_of(*same, other), "request_id") == ids
    assert "request_id" not in row_of(exchange({"age": 1}, {"prediction": 1}))


def test_sides_that_differ_in_rows_are_never_joined():
    block = block_of(exchange({"instances": [1, 2, 3]}, ANSWERED, request_id="r"))
    assert block.n_rows == 1
    assert column(block, "tags.rows_differ") == ["3/2"]
    assert column(block, "status") == [200]
    assert not {"prediction", "features.f0"} & block.columns.keys()
    bare = exchange({"instances": [1, 2, 3]}, ANSWERED, status=None, latency_ms=None)
    assert [r.reason for r in block_of(bare).rejections] == ["rows_differ"]
    assert column(block_of(exchange(ASKED, {"predictions": []})), "tags.rows_differ") == ["2/0"]


def test_a_call_that_cannot_be_decoded_is_refused_and_yet_counted_where_it_can_be_told_again():
    broken = Payload(b'{"instances": [[1, 2], ', "application/json")
    block = block_of(exchange(broken, ANSWERED, request_id="r-1"))
    (refused,) = block.rejections
    assert refused.raw == b"raw"
    assert column(block, "request_id") == ["r-1"]
    assert column(block, "latency_ms") == [12.5]
    assert column(block, "tags.undecoded") == [refused.reason]
    assert not {"prediction", "prediction_id"} & block.columns.keys()
    # read again with its rows it would be a second call, or it tells nothing of a call
    for unfit in (exchange(broken), exchange(broken, status=None, latency_ms=None, request_id="r")):
        assert block_of(unfit).n_rows == 0
        assert len(block_of(unfit).rejections) == 1


@pytest.mark.parametrize("status", [0, 404, 422, 500, 503, "500"])
def test_a_failed_call_is_one_row_with_its_status(status: object):
    page = Payload(b"<html>not today</html>", "text/html")
    for answer in (page, {"error": "no"}, None, ANSWERED, Payload(b'{"broken')):
        block = block_of(exchange(ASKED, answer, status=status, prediction_id="p-1"))
        assert block.n_rows == 1
        assert column(block, "status") == [status]
        assert column(block, "request_id") == ["p-1"]  # a second try may have the same id
        assert not {"prediction", "features.age", "prediction_id"} & block.columns.keys()


def test_an_answer_that_is_an_error_is_no_prediction():
    row = row_of(exchange({"age": 1}, {"detail": "no"}, status=None))
    assert row.keys() <= {"latency_ms", "status"}
    told = exchange({"age": 1}, {"error": {"code": 429}}, status=None, latency_ms=None)
    assert column(block_of(told), "status") == [429]


def test_an_answered_error_of_which_no_code_is_told_is_a_failed_call():
    for answer in ({"error": "no"}, {"status": {"status": "FAILURE", "info": "no"}}):
        block = block_of(exchange({"age": 1}, answer, status=None, latency_ms=None))
        assert (block.rejections, column(block, "status")) == ((), [1])
        assert is_failed(1)
    # what the log says of it counts
    assert column(block_of(exchange({"age": 1}, {"error": "no"}, status=200)), "status") == [200]


def test_a_text_that_tells_no_prediction_leaves_the_call():
    for text in (b"Internal Server Error", b"<html></html>"):
        row = row_of(exchange({"age": 1}, Payload(text, "text/plain")))
        assert row == {"features.age": 1}


def test_a_picture_is_asked_and_the_answer_counts():
    row = row_of(
        exchange(Payload(b"\x89PNG\r\n\x1a\n\0\0\xff", "image/png"), {"prediction": "cat"})
    )
    assert row == {"prediction": "cat"}


def test_a_body_that_cannot_be_decoded_is_rejected_with_what_was_read():
    broken = exchange(Payload(b'{"instances": [[1,'), ANSWERED, 7, b"the line")
    good = exchange({"age": 1}, {"prediction": 1}, 8)
    block = block_of(broken, good)
    assert [(r.position, r.reason, r.raw) for r in block.rejections] == [
        (7, "bad_body", b"the line")
    ]
    assert block.positions.tolist() == [8]


def test_what_the_envelope_tells_counts_before_what_the_payload_tells():
    answer = {"model_name": "inner", "model_version": "9", "id": "x", "outputs": []}
    answer["outputs"] = [{"name": "y", "shape": [1], "datatype": "FP32", "data": [0.5]}]
    block = block_of(exchange({"age": 1}, answer, version="2"))
    assert column(block, "model") == ["credit"]
    assert column(block, "version") == ["2"]
    assert column(block, "request_id") == ["x"]
    assert column(block_of(exchange({"age": 1}, answer, model=None)), "model") == ["inner"]


def test_tags_of_envelope_and_bodies_stand_beside_each_other():
    def body(rows: object, tags: dict[str, object]) -> dict[str, object]:
        return {"data": {"ndarray": rows}, "meta": {"tags": tags}}

    call = exchange(
        body([[1, 2]], {"tenant": "a", "stage": "raw"}),
        body([[3]], {"arm": "b", "stage": "scored"}),
        tags={"namespace": "risk", "arm": "told"},
    )
    row = row_of(call)
    assert {path: value for path, value in row.items() if path.startswith("tags.")} == {
        "tags.tenant": "a",
        "tags.stage": "scored",
        "tags.arm": "told",
        "tags.namespace": "risk",
    }


def test_features_may_have_any_name():
    names = {"ts": 1, "model": 2, "features.x": 3, "Age": 4, "age": 5, "": 6, "a.b": 7}
    row = row_of(exchange({"instances": [names]}, ANSWERED | {"predictions": [1]}))
    features = {p.removeprefix("features."): v for p, v in row.items() if p.startswith("features.")}
    assert features == names
    assert column(block_of(exchange({"instances": [names]}, None)), "model") == ["credit"]


def test_values_of_every_kind_keep_theirs():
    cells = {
        "flag": True,
        "none": None,
        "list": [1, None, {"a": True}],
        "big": 2**53 + 1,
        "o": {"x": 1},
    }
    row = row_of(exchange({"instances": [cells]}, None))
    assert row == {
        "features.flag": True,
        "features.list": [1, None, {"a": True}],
        "features.big": str(2**53 + 1),
        "features.o.x": 1,
    }


def test_nan_is_missing_wherever_it_stands():
    raw = b'{"instances": [{"a": NaN, "b": [1, NaN], "c": 1e999, "d": 2}]}'
    row = row_of(
        exchange(Payload(raw), Decoded(1, {"score": [float("inf")], "v": [[float("nan"), 1]]}))
    )
    assert row == {"features.b": [1, None], "features.d": 2, "outputs.v.1": 1}


def test_what_is_too_long_or_too_deep_is_left_out_and_said():
    deep = json.loads("[" * 40 + "1" + "]" * 40)
    asked = {
        "instances": [
            {"a": "x" * 70_000, "b": 1},
            {"a": "y", "b": [0.5] * 40_000},
            {"d": [deep, deep]},
        ]
    }
    block = block_of(exchange(asked, None))
    assert column(block, "features.a") == [None, "y", None]
    assert column(block, "features.b") == [1, None, None]
    assert column(block, "features.d") == [None, None, None]
    assert column(block, "tags.left_out") == ["features.a", "features.b", "features.d"]


def test_calls_with_different_columns_stand_in_one_block():
    calls = [
        exchange({"instances": [{"a": i}] * (1 + i % 3)}, {"predictions": [i] * (1 + i % 3)}, i)
        if i % 2
        else exchange({"b": i}, {"prediction": i, "score": i / 10}, i, replica="pod")
        for i in range(12)
    ]
    block = block_of(*calls)
    for row, position in enumerate(block.positions.tolist()):
        plain = {path: values.plain(row) for path, values in block.columns.items()}
        assert plain["prediction"] == position
        assert plain["features.a"] == (position if position % 2 else None)
        assert plain["features.b"] == (None if position % 2 else position)
        assert plain["replica"] == (None if position % 2 else "pod")
        assert block.raw(row) == b"raw"


def test_calls_that_unfold_together_are_refused_in_the_end():
    body = {"inputs": {"rows": [0] * 40_000} | {f"n{i}": 1 for i in range(100)}}
    payload = spelled(body)
    block = block_of(*(exchange(payload, None, position) for position in range(1, 6)))
    assert block.n_rows == 80_000
    assert {r.reason for r in block.rejections} == {"too_many_rows"}


def test_outputs_are_no_features_and_a_mapping_names_them():
    call = exchange({"age": 1}, {"risk": 0.25, "zone": "a"}, request_id="r")
    plain = events_of(block_of(call), Mapping(), Defaults(), "log").batches[0]
    assert plain.features.column_names == ["age"]
    assert "prediction" not in plain.events.column_names
    mapping = parse_mapping({"prediction": "outputs.zone", "score": "outputs.risk"})
    named = events_of(block_of(call, mapping=mapping), mapping, Defaults(), "log").batches[0]
    assert named.events["prediction"].to_pylist() == ["a"]
    assert named.events["score"].to_pylist() == [0.25]
    assert named.features.column_names == ["age"]


def test_a_mapping_finds_an_output_also_where_it_became_the_prediction():
    call = exchange({"age": 1}, {"risk": [[0.25]]})
    mapping = parse_mapping({"score": "outputs.risk"})
    assert column(block_of(call), "prediction") == [0.25]
    assert column(block_of(call, mapping=mapping), "outputs.risk") == [0.25]


def test_what_the_mapping_gives_itself_is_no_feature_under_its_own_name():
    call = exchange(ASKED, {"predictions": [0, 1]}, request_id="r", tags={"tenant": "a"})
    constants = {"model": "big", "version": "3", "ts": "2026-11-22T09:00:00Z", "status": "200"}
    mapping = parse_mapping(
        {field: {"value": value} for field, value in constants.items()}
        | {"prediction": "outputs.zone", "request_id": "features.call", "tags": "features.about"}
    )
    batch = events_of(block_of(call, mapping=mapping), mapping, Defaults(), "log").batches[0]
    assert batch.features.column_names == ["age"]
    assert batch.model == "big"
    assert batch.events["version"].to_pylist() == ["3", "3"]


@pytest.mark.parametrize(
    ("outputs", "named"),
    [
        ({"anything": [7]}, {"prediction": [7]}),
        ({"anything": [[7]]}, {"prediction": [7]}),
        ({"Prediction": ["a"], "PROBA": [0.5]}, {"prediction": ["a"], "score": [0.5]}),
        ({"predictions": [[0.2, 0.8]]}, {"prediction": [1], "score": [0.8]}),
        ({"predictions": [[0.7, 0.3]]}, {"prediction": [0], "score": [0.3]}),
        ({"output": [[0.1, 0.2, 0.7]]}, {"prediction": [2], "score": [0.7]}),
        ({"label": ["x"], "probabilities": [[0.7, 0.3]]}, {"prediction": ["x"], "score": [0.3]}),
        ({"classes": [["a", "b"]], "scores": [[0.4, 0.9]]}, {"prediction": ["b"], "score": [0.9]}),
        (
            {"classes": [["a", "b"], None], "scores": [[0.4, 0.9], None]},
            {"prediction": ["b", None], "score": [0.9, None]},
        ),
        (  # one row tells of classes, the other does not
            {"classes": [["a", "b"], "c"], "scores": [[0.4, 0.9], 0.5]},
            {"outputs.classes": [["a", "b"], "c"], "outputs.scores": [[0.4, 0.9], 0.5]},
        ),
        ({"cat": [0.9], "dog": [0.1]}, {"prediction": ["cat"], "score": [0.1]}),
        ({"t:0": [0.9], "t:1": [0.1]}, {"prediction": [0], "score": [0.1]}),
        ({"output": [[0.7, 0.7]]}, {"outputs.output.0": [0.7], "outputs.output.1": [0.7]}),
        ({"output": [[-0.5, 1.5]]}, {"outputs.output.0": [-0.5], "outputs.output.1": [1.5]}),
        ({"output": [[True, False]]}, {"outputs.output.0": [True], "outputs.output.1": [False]}),
        ({"a": [1], "b": [2]}, {"outputs.a": [1], "outputs.b": [2]}),
        ({"score": [0.4]}, {"score": [0.4]}),
        ({"prediction": [1], "embedding": [[0.5] * 65]}, None),
    ],
)
def test_outputs_get_the_names_of_the_rule(
    outputs: dict[str, list[object]], named: dict[str, list[object]] | None
):
    if named is None:  # a long vector is one value
        named = {"prediction": [1], "outputs.embedding": outputs["embedding"]}
    assert outcomes_of(outputs) == named


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(0.01, 1), min_size=2, max_size=9))
def test_a_distribution_is_its_likeliest_class(weights: list[float]):
    shares = [weight / sum(weights) for weight in weights]
    named = outcomes_of({"scores": [shares]})
    assert shares[named["prediction"][0]] == max(shares)
    assert named["score"] == [shares[1] if len(shares) == 2 else max(shares)]
