"""Finding logs and unpacking them, as far as they go."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import InputError, UsageError
from ingest.read import read_events
from ingest.sources import SourceFile, find
from ingest.unpack import LogStream


def lines(n: int) -> list[bytes]:
    event = {"model": "m", "ts": "2013-07-01T10:00:00Z"}
    return [
        json.dumps(event | {"score": i / 1000, "prediction_id": f"p{i}"}).encode() for i in range(n)
    ]


LOG = b"\n".join(lines(50)) + b"\n"


def zstd(content: bytes) -> bytes:
    return pa.Codec("zstd").compress(content, asbytes=True)


PACKERS = {"gzip": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zstd": zstd}


@pytest.mark.parametrize("packer", PACKERS)
def test_packed_logs_are_told_by_their_bytes_and_not_by_their_name(read, packer):
    assert len(read(PACKERS[packer](LOG), name="predictions.ndjson").rows) == 50


def test_a_log_that_only_claims_to_be_packed_is_read(read):
    assert len(read(LOG, name="predictions.ndjson.gz").rows) == 50


def test_packed_files_put_together_are_one_log(read):
    members = [gzip.compress(line + b"\n") for line in lines(5)]
    assert len(read(b"".join(members)).rows) == 5
    assert len(read(b"".join(members) + b"\0" * 512).rows) == 5


@pytest.mark.parametrize("packer", ["gzip", "bz2", "xz", "zstd"])
def test_of_a_packed_log_that_is_cut_off_the_whole_lines_are_kept(read, packer):
    events = (
        {"model": "m", "ts": 1372672800 + i, "score": i * 7919 % 10007} for i in range(40_000)
    )
    noise = [json.dumps(event).encode() for event in events]
    whole = PACKERS[packer](b"\n".join(noise) + b"\n")
    outcome = read(whole[: len(whole) * 3 // 4])
    assert outcome.reasons == ["truncated"]
    n_lines = len(outcome.rows)
    # bz2 unpacks blocks of 900 kB and zstd of 128 kB, so less of them can be had
    assert n_lines > 5000
    assert outcome.positions == [n_lines + 1]
    torso = outcome.rejections[0].raw
    assert noise[n_lines].startswith(torso)
    assert "fetch it again" in outcome.rejections[0].message


def test_a_packed_csv_that_is_cut_off_keeps_its_whole_rows(read):
    rows = [f"m,{1372672800 + i},{i * 7919 % 10007}" for i in range(20_000)]
    whole = gzip.compress("\n".join(["model,ts,score", *rows]).encode())
    outcome = read(whole[: len(whole) // 2])
    assert outcome.reasons == ["truncated"]
    assert outcome.positions == [len(outcome.rows) + 2]
    assert len(outcome.rows) > 5000


def test_rubbish_behind_a_packed_log_is_said(read):
    outcome = read(gzip.compress(LOG) + b"rubbish")
    assert (len(outcome.rows), outcome.reasons) == (50, ["truncated"])


@settings(max_examples=60, deadline=None)
@given(
    content=st.binary(max_size=400).map(lambda content: b"{" + content),
    sizes=st.lists(st.integers(1, 50), max_size=6),
    pack=st.sampled_from([bytes, *PACKERS.values()]),
)
def test_a_stream_gives_the_bytes_that_were_packed_however_they_are_taken(content, sizes, pack):
    with LogStream("log", io.BytesIO(pack(content))) as stream:
        head = stream.peek(7)
        taken = [stream.read(size) for size in sizes] + [stream.read(10**6)]
        assert stream.read(1) == b""
    assert head == content[:7]
    assert b"".join(taken) == content
    assert stream.damage is None


@pytest.fixture
def folder(tmp_path):
    for name in ("b/two.csv.gz", "a/one.ndjson", ".hidden/x.csv", "a/_SUCCESS", "a/notes.md",
                 "a/.tmp.csv", "c.PARQUET"):  # fmt: skip
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(LOG)
    return tmp_path


def names(sources, folder) -> list[str]:
    return [str(source.path.relative_to(folder)) for source in sources]


def test_a_folder_is_searched_for_logs_by_name(folder):
    assert names(find([str(folder)]), folder) == ["a/one.ndjson", "b/two.csv.gz", "c.PARQUET"]


def test_globs_and_files_are_taken_as_said_and_once(folder):
    words = [str(folder / "**" / "*.gz"), str(folder / "a" / "notes.md"), str(folder / "b")]
    assert names(find(words), folder) == ["b/two.csv.gz", "a/notes.md"]


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("gone.csv", "no such file"),
        ("*.gone", "matches nothing"),
        ("a_folder", "no log in this folder"),
    ],
)
def test_words_that_lead_nowhere_are_one_error_each(tmp_path, word, said):
    (tmp_path / "a_folder").mkdir()
    with pytest.raises(InputError, match=said) as error:
        find([str(tmp_path / word)])
    assert word in str(error.value)
    assert "\n" not in str(error.value)


def test_standard_input_is_read_whatever_its_format(monkeypatch):
    for content in (LOG, gzip.compress(LOG), b"model,ts,score\nm,2013-07-01T10:00:00Z,0.5\n"):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
        (source,) = find(["-"])
        assert sum(b.n_rows for step in read_events(source) for b in step.batches) in (50, 1)


def test_a_file_that_may_not_be_read_is_an_error_of_one_line(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        list(read_events(SourceFile("logs", tmp_path)))


def test_an_unknown_format_names_the_nearest(read):
    with pytest.raises(UsageError, match="did you mean 'ndjson'"):
        read(LOG, format="ndjsn")


@pytest.mark.parametrize(
    "document",
    [
        b"[" + b",\n".join(lines(3)) + b"]",
        json.dumps([json.loads(line) for line in lines(3)], indent=2).encode(),
        b"\n".join(json.dumps(json.loads(line), indent=1).encode() for line in lines(3)),
        b" [ " + b" , ".join(lines(3)) + b" ] ",
    ],
)
def test_documents_of_json_are_read_object_by_object(read, document):
    assert [row["prediction_id"] for row in read(document).rows] == ["p0", "p1", "p2"]


def test_an_array_keeps_what_comes_before_its_fault(read):
    one, two, three = lines(3)
    outcome = read(b"[" + one + b", 5, " + two + b', {"half": ')
    assert len(outcome.rows) == 2
    assert (outcome.reasons, outcome.positions) == (["bad_json", "bad_json"], [2, 4])
    assert read(b"[" + three).reasons == ["bad_json"]
    assert read(b"[]").rows == []
