"""What senders are answered: over a real socket, by a collector in its own process."""

import gzip
import io
import json
import struct
import zlib

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from domain.catalogue import texts
from store.store import Store
from tests.api.sending import LINES, TS, arrow_stream, event, lines, serving

JSON = {"content-type": "application/json"}


def zstd(content: bytes) -> bytes:
    return pa.compress(content, codec="zstd", asbytes=True)


PACKED = LINES | {"content-encoding": "gzip"}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("store")) as running:
        yield running


@pytest.fixture
def client(server):
    with server.client() as client:
        yield client


def table(n=3, **more):
    columns = {"model": ["t"] * n, "ts": [TS] * n, "score": [i / 7 for i in range(n)]}
    return pa.table(columns | more)


def counts(answer):
    content = answer.json()
    return content["accepted"], content["duplicates"], content["rejected"]


def test_one_event_is_created_once_and_known_the_second_time(client):
    sent = [client.post("/v1/predictions", json=event(1, model="one")) for _ in range(2)]

    assert [answer.status_code for answer in sent] == [201, 200]
    assert [counts(answer) for answer in sent] == [(1, 0, 0), (0, 1, 0)]


@pytest.mark.parametrize(
    ("headers", "content"),
    [
        (JSON, json.dumps([event(i, model="array") for i in range(3)]).encode()),
        (JSON, json.dumps([event(i, model="indented") for i in range(3)], indent=1).encode()),
        (JSON, lines([event(i, model="lines-as-json") for i in range(3)])),
        (LINES, lines([event(i, model="lines") for i in range(3)])),
        (LINES, b"\xef\xbb\xbf" + lines([event(i, model="bom") for i in range(3)])),
        (LINES, lines([event(i, model="crlf") for i in range(3)]).replace(b"\n", b"\r\n\r\n")),
        (PACKED, gzip.compress(lines([event(i, model="gzip") for i in range(3)]))),
        (LINES, gzip.compress(lines([event(i, model="gzip-unsaid") for i in range(3)]))),
        (PACKED, gzip.compress(lines([event(0, model="two")]) + b"\n")
         + gzip.compress(lines([event(i, model="two") for i in (1, 2)]))),
        (LINES | {"content-encoding": "deflate"},
         zlib.compress(lines([event(i, model="deflate") for i in range(3)]))),
        (LINES, zlib.compress(lines([event(i, model="deflate-unsaid") for i in range(3)]), 1)),
        (LINES | {"content-encoding": "deflate"},  # a proxy has unpacked it
         lines([event(i, model="deflate-undone") for i in range(3)])),
        (LINES | {"content-encoding": "zstd"},
         zstd(lines([event(i, model="zstd") for i in range(3)]))),
        (LINES, zstd(lines([event(0, model="zstd-unsaid")]) + b"\n")
         + zstd(lines([event(i, model="zstd-unsaid") for i in (1, 2)]))),
        ({"content-type": "text/csv"},  # begins as what deflate packs may begin
         b"x^2,model,ts,score\n"
         + b"".join(b"%d,csv-x,%s,0.%d\n" % (i, TS.encode(), i) for i in range(3))),
        ({"content-type": "application/vnd.apache.arrow.stream"}, arrow_stream(table())),
        ({"content-type": "application/octet-stream"}, arrow_stream(table(x=[1, 2, 3]))),
        ({"content-type": "text/csv; charset=utf-8"},
         b"model,ts,score\n" + b"".join(b"csv,%s,0.%d\n" % (TS.encode(), i) for i in range(3))),
    ],
)  # fmt: skip
def test_events_come_in_every_form(client, headers, content):
    answer = client.post("/v1/predictions", content=content, headers=headers)

    assert (answer.status_code, counts(answer)) == (200, (3, 0, 0)), answer.text
    again = client.post("/v1/predictions", content=content, headers=headers)
    assert (again.status_code, counts(again)) == (200, (0, 3, 0))


def test_parquet_is_read(client):
    sink = io.BytesIO()
    pq.write_table(table(carrier=["UA", "AA", "DL"]), sink)
    headers = {"content-type": "application/vnd.apache.parquet"}

    answer = client.post("/v1/predictions", content=sink.getvalue(), headers=headers)

    assert (answer.status_code, counts(answer)) == (200, (3, 0, 0))


def test_a_body_may_come_in_chunks(client):
    sent = iter(
        [json.dumps(event(2, model="chunks")).encode()[i : i + 7] for i in range(0, 200, 7)]
    )

    assert client.post("/v1/predictions", content=sent, headers=JSON).status_code == 201


def test_model_and_version_may_stand_in_the_address(client):
    bare = {"ts": TS, "score": 0.25}
    answer = client.post("/v1/predictions?model=address&version=7", json=bare)

    assert answer.status_code == 201
    # the event's own words count more
    own = bare | {"model": "address", "version": "7"}
    assert client.post("/v1/predictions?model=x&version=y", json=own).json()["duplicates"] == 1


def test_of_many_events_the_bad_ones_are_told_with_their_place(client):
    bad = ["{bad", json.dumps({"model": "m"}), json.dumps(event(4, ts="2026-11-22T10:00:00"))]
    content = "\n".join([json.dumps(event(3)), *bad, "", json.dumps(event(5))])

    answer = client.post("/v1/predictions", content=content, headers=LINES)

    assert (answer.status_code, counts(answer)) == (207, (2, 0, 3))
    told = [(error["index"], error["reason"]) for error in answer.json()["errors"]]
    assert told == [(1, "bad_json"), (2, "missing_ts"), (3, "naive_ts")]
    assert all(error["message"] for error in answer.json()["errors"])


def test_a_bad_item_of_an_array_is_told_by_its_index(client):
    answer = client.post("/v1/predictions", json=[event(6), {"ts": TS}, event(7)])

    assert answer.status_code == 207
    assert [error["index"] for error in answer.json()["errors"]] == [1]


def test_of_many_errors_some_are_shown_and_that_there_are_more_is_said(client):
    content = b"\n".join([b"x"] * 150 + lines([event(8)]).splitlines())

    answer = client.post("/v1/predictions", content=content, headers=LINES).json()

    assert answer["rejected"] == 150
    assert len(answer["errors"]) == 100
    assert answer["errors_truncated"] is True


@pytest.mark.parametrize(
    ("status", "headers", "content"),
    [
        (400, JSON, b""),
        (400, JSON, b" \n\n "),
        (400, JSON, b"{bad"),
        (400, JSON, b"[" * 100_000),
        (400, JSON, b'{"model":"m\xff","ts":"2026-11-22T10:00:00Z","score":1}'),
        (400, PACKED, gzip.compress(lines([event(1)]))[:40]),
        (400, PACKED, gzip.compress(lines([event(1)]))[:-9] + b"\0" * 9),
        (400, LINES, zlib.compress(lines([event(1)]))[:-3]),
        (400, LINES, zstd(lines([event(1)]))[:-3]),
        (400, {"content-type": "application/vnd.apache.parquet"}, b"PAR1 and nothing else"),
        (400, {"content-type": "application/vnd.apache.arrow.stream"}, arrow_stream(table())[:99]),
        (400, {"content-type": "application/vnd.apache.arrow.stream"}, b"nothing of that kind"),
        (422, JSON, b'{"model":"m","score":1}'),
        (422, JSON, b'{"ts":"2026-11-22T10:00:00Z","score":1}'),
        (422, JSON, b'{"model":"m","ts":"2026-11-22T10:00:00Z","score":NaN}'),
        (422, JSON, b'{"model":"m","ts":"2026-11-22T10:00:00Z","features":' + b'{"a":' * 99
         + b"1" + b"}" * 100),
        (422, JSON, json.dumps(event(1, replica="x" * 70_000)).encode()),
        (415, {"content-type": "application/x-www-form-urlencoded"}, b"{}"),
        (415, {"content-type": "text/plain"}, b"{}"),
        (415, {"content-type": "application/json; charset=utf-16"}, b"{}"),
        (415, JSON | {"content-encoding": "br"}, b"{}"),
        (415, LINES, gzip.compress(gzip.compress(lines([event(1)])))),
        (415, LINES, zlib.compress(gzip.compress(lines([event(1)])))),
        (415, LINES, zstd(gzip.compress(lines([event(1)])))),
        (415, LINES, b"BZh91AY&SY"),
        (413, LINES, zlib.compress(b"0" * (65 * 2**20))),
        (413, LINES, zstd(b"0" * (65 * 2**20))),
        (413, PACKED, gzip.compress(b"0" * (65 * 2**20))),
        (413, LINES, b" " * (8 * 2**20 + 1)),
        (413, PACKED, gzip.compress(b"\n" * 100_001 + b"{}")),
        (413, JSON, json.dumps(event(1, features={f"f{i}": i for i in range(2_001)})).encode()),
    ],
)  # fmt: skip
def test_what_cannot_be_stored_is_refused_with_a_reason(client, status, headers, content):
    answer = client.post("/v1/predictions", content=content, headers=headers)

    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["detail"]


def test_a_compressed_arrow_stream_and_a_table_that_swells_are_refused(client):
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    small = arrow_stream(table(x=["a" * 1000] * 3), options=options)
    swelling = table(1_000, x=pa.DictionaryArray.from_arrays([0] * 1_000, ["y" * 100_000]))
    headers = {"content-type": "application/vnd.apache.arrow.stream"}

    assert client.post("/v1/predictions", content=small, headers=headers).status_code == 415
    large = client.post("/v1/predictions", content=arrow_stream(swelling), headers=headers)
    assert large.status_code == 413
    sink = io.BytesIO()
    pq.write_table(table(5_000, x=["z" * 60_000] * 5_000), sink)
    assert len(sink.getvalue()) < 2**20
    parquet = {"content-type": "application/vnd.apache.parquet"}
    assert (
        client.post("/v1/predictions", content=sink.getvalue(), headers=parquet).status_code == 413
    )


def test_a_stream_that_claims_more_rows_than_one_may_send_is_refused(client):
    rows = pa.table({"nothing": pa.nulls(200_000)})
    headers = {"content-type": "application/vnd.apache.arrow.stream"}

    assert (
        client.post("/v1/predictions", content=arrow_stream(rows), headers=headers).status_code
        == 413
    )


def test_an_empty_array_is_no_mistake(client):
    assert client.post("/v1/predictions", json=[]).status_code == 200


def test_integers_beyond_a_double_keep_their_digits(client, server, tmp_path):
    large = 2**53 + 1
    answer = client.post("/v1/predictions", json=event(1, model="digits", features={"id": large}))
    same = event(1, model="digits", prediction_id=None, features={"id": str(large)})
    other = event(1, model="digits", prediction_id=None, features={"id": large})

    assert answer.status_code == 201
    assert client.post("/v1/predictions", json=same).status_code == 201
    assert client.post("/v1/predictions", json=other).json()["duplicates"] == 1


def test_labels_may_come_before_their_prediction_and_need_a_model_where_there_are_many(client):
    label = {"prediction_id": "early", "label": "late"}
    for model in ("one", "two"):
        client.post("/v1/predictions", json=event(1, model=model))

    assert client.post("/v1/labels", json=label).status_code == 422
    assert client.post("/v1/labels?model=one", json=label).status_code == 201
    assert client.post("/v1/labels", json=label | {"model": "one"}).json()["duplicates"] == 1
    many = [label | {"prediction_id": f"e{i}", "model": "one"} for i in range(3)]
    assert counts(client.post("/v1/labels", json=many)) == (3, 0, 0)
    assert client.post("/v1/labels", json=[*many, {"label": "x"}]).status_code == 207


def test_where_there_is_one_model_labels_need_not_name_it(tmp_path):
    with serving(tmp_path) as running, running.client() as client:
        client.post("/v1/predictions", json=event(1))
        assert (
            client.post("/v1/labels", json={"prediction_id": "p-1", "label": "x"}).status_code
            == 201
        )
    with Store.open(tmp_path) as store:
        assert store.sql("select model, label from labels").to_pylist() == [
            {"model": "m", "label": "x"}
        ]


def test_what_was_refused_can_be_read_later(tmp_path):
    with serving(tmp_path) as running, running.client() as client:
        content = lines([event(1)]) + b"\n{bad\n"
        assert client.post("/v1/predictions", content=content, headers=LINES).status_code == 207
    with Store.open(tmp_path) as store:
        (line,) = store.rejected()
        assert (line.source, line.rejection.reason, line.rejection.raw) == (
            "http",
            "bad_json",
            b"{bad",
        )
        assert store.sources()["http"].predictions == 1


def test_a_language_is_answered_in(client):
    answer = client.post(
        "/v1/predictions", content=b"", headers=JSON | {"accept-language": "zh-CN"}
    )

    assert answer.json()["detail"] == texts()["api.collect.empty"]["zh"]


def test_a_length_that_is_a_lie_harms_nobody(server):
    import socket

    head = b"POST /v1/predictions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    for length in (b"7999999", b"99999999999999999999", b"-1", b"0x10"):
        with socket.create_connection(("127.0.0.1", server.port), 10) as connection:
            connection.sendall(head + b"Content-Length: " + length + b"\r\n\r\n{}")
            connection.shutdown(socket.SHUT_WR)
            connection.recv(1000)
    with server.client() as client:
        assert client.post("/v1/predictions", json=event(99, model="after")).status_code == 201


def test_a_damaged_arrow_message_ends_no_process(client, server):
    good = arrow_stream(table(20, x=["some text"] * 20))
    headers = {"content-type": "application/vnd.apache.arrow.stream"}
    for place in range(8, len(good) - 4, 37):
        damaged = bytearray(good)
        damaged[place : place + 4] = struct.pack("<i", -(2**20) + place)
        answer = client.post("/v1/predictions", content=bytes(damaged), headers=headers)
        assert answer.status_code in {200, 207, 400, 413, 415, 422}, (place, answer.text)
    assert server.process.poll() is None
