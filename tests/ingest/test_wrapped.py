"""Lines inside the lines of Kubernetes, docker and Filebeat: the same events, the same numbers."""

from __future__ import annotations

import gzip
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.lines import LINE_LIMIT_BYTES
from ingest.readers.registry import reader_for
from ingest.sources import SourceFile
from ingest.wrapped import unwrapped, whole_lines

AT = "2026-11-22T08:00:00.123456789Z"


def event(number: int, **fields: object) -> bytes:
    told = {"model": "m", "ts": "2026-11-22T08:00:00Z", "prediction_id": f"p-{number}"}
    return json.dumps(told | {"features": {"x": number}, "prediction": "ja é"} | fields).encode()


def cri(line: bytes, *, stream: str = "stdout", tag: str = "F") -> bytes:
    return f"{AT} {stream} {tag} ".encode() + line + b"\n"


def docker(line: bytes, *, stream: str = "stdout", ends: bool = True) -> bytes:
    log = line.decode() + ("\n" if ends else "")
    return json.dumps({"log": log, "stream": stream, "time": AT}).encode() + b"\n"


def filebeat(line: bytes) -> bytes:
    document = {
        "@timestamp": AT,
        "message": line.decode(),
        "log": {"file": {"path": "/var/log/model.log"}, "offset": 7},
        "agent": {"type": "filebeat", "version": "9.1.0"},
        "ecs": {"version": "8.0.0"},
        "input": {"type": "filestream"},
    }
    return json.dumps(document).encode() + b"\n"


def passed_on(line: bytes, *, stream: str = "stdout", tag: str = "F") -> bytes:
    """Write what Fluent Bit makes of a line that its parser `cri` took."""
    entry = {"time": AT, "stream": stream, "_p": tag, "log": line.decode(), "kubernetes": {}}
    return json.dumps(entry).encode() + b"\n"


def parsed(line: bytes) -> bytes:
    """Write what Fluentd's parser makes of such a line."""
    entry = {"stream": "stdout", "logtag": "F", "message": line.decode(), "time": AT}
    return json.dumps(entry).encode() + b"\n"


WRAPPINGS = {
    "fluent bit": passed_on,
    "fluentd": parsed,
    "a logger": lambda line: b"2026-11-22 08:00:00,123 INFO [app.py:12] served " + line + b"\n",
    "logging.basicConfig": lambda line: b"INFO:predictions:" + line + b"\n",
    "loguru": lambda line: b"2026-11-22 08:00:00.1 | INFO     | app:run:7 - " + line + b"\n",
    "colours": lambda line: b"\x1b[32mINFO\x1b[0m:     \x1b[1m" + line + b"\x1b[0m\n",
    "a logger in cri": lambda line: cri(b"INFO:predictions:" + line),
    "cri": cri,
    "docker": docker,
    "filebeat": filebeat,
    "filebeat of cri": lambda line: filebeat(cri(line).rstrip(b"\n")),
}


@pytest.mark.parametrize("wrap", WRAPPINGS.values(), ids=WRAPPINGS)
def test_wrapped_events_are_those_that_were_written(read, wrap):
    lines = [event(n) for n in range(600)]
    plain = read(b"\n".join(lines))
    wrapped = read(b"".join(map(wrap, lines)))
    assert wrapped.rows == plain.rows
    assert len(wrapped.rows) == 600


@pytest.mark.parametrize("wrap", WRAPPINGS.values(), ids=WRAPPINGS)
def test_a_bad_line_keeps_the_number_it_has_in_the_wrapped_log(read, wrap):
    log = wrap(event(1)) + wrap(b'{"model": "m", "score"') + wrap(event(2)) + wrap(b'{"ts": 1}')
    read_ = read(log)
    assert read_.positions == [2, 4]
    assert b'{"model": "m", "score"' in read_.rejections[0].raw
    assert [row["prediction_id"] for row in read_.rows] == ["p-1", "p-2"]


def test_lines_in_parts_are_put_together_for_each_stream_by_itself(read):
    out, err = event(1), event(2)
    log = (
        cri(b"started")
        + cri(out[:20], tag="P")
        + cri(err[:31], stream="stderr", tag="P")
        + cri(out[20:45], tag="P")
        + cri(err[31:], stream="stderr")
        + cri(out[45:])
        + cri(b"{")
    )
    read_ = read(log)
    assert [row["prediction_id"] for row in read_.rows] == ["p-2", "p-1"]
    assert read_.positions == [1, 7]


def test_docker_lines_without_a_break_go_on_in_the_next(read):
    line = event(1)
    log = docker(line[:17], ends=False) + docker(line[17:]) + docker(b"{")
    read_ = read(log)
    assert [row["prediction_id"] for row in read_.rows] == ["p-1"]
    assert read_.positions == [3]


def test_what_an_agent_passed_on_in_parts_is_put_together(read):
    line = event(1)
    log = passed_on(line[:17], tag="P") + passed_on(b"oh", stream="stderr") + passed_on(line[17:])
    read_ = read(log)
    assert [row["prediction_id"] for row in read_.rows] == ["p-1"]
    assert read_.positions == [2]


def test_a_logger_s_lines_and_lines_without_its_words_are_read_together(read):
    texts = [b"INFO:root:started {fast}", b'WARNING:root:{"model": ', b"Traceback (most recent"]
    read_ = read(b"\n".join([*texts, b"INFO:root:" + event(1), event(2)]))
    assert [row["prediction_id"] for row in read_.rows] == ["p-1", "p-2"]
    assert read_.positions == [1, 2, 3]


@pytest.mark.parametrize("mark", ["\t", ";", "|"])
def test_a_cell_of_a_table_that_holds_an_object_is_no_logger_s_line(read, mark):
    head, row = ["model", "ts", "score", "tags"], ["m", AT, "0.5", '{"a": "b"}']
    log = "\n".join(mark.join(cells) for cells in (head, row)).encode()
    (found,) = read(log, name="log.csv").rows
    assert (found["score"], found["tags"]) == (0.5, '{"a":"b"}')


def test_text_between_the_events_of_a_server_is_refused_line_by_line(read):
    log = cri(b"INFO:     Started server process [1]") + cri(event(1)) + cri(b"")
    read_ = read(log)
    assert [row["prediction_id"] for row in read_.rows] == ["p-1"]
    assert [(one.position, one.reason) for one in read_.rejections] == [(1, "bad_json")]


def test_a_line_that_begins_before_the_log_does_not_hide_how_it_is_wrapped(read):
    read_ = read(b'"features": {"x": 1}}\n' + cri(event(1)))
    assert len(read_.rows) == 1
    assert read_.positions == [1]


def test_what_was_never_finished_is_refused_and_not_lost(read):
    read_ = read(cri(event(1)) + cri(event(2)[:40], tag="P"))
    assert len(read_.rows) == 1
    assert [one.raw for one in read_.rejections] == [event(2)[:40]]


def test_parts_without_an_end_take_no_memory_beyond_a_line():
    part = b"x" * 1024 * 1024
    log = cri(b"{}") + b"".join(cri(part, tag="P") for _ in range(12)) + cri(b"")
    with SourceFile("log", data=log).open() as outer:
        stream = unwrapped(outer)
        longest = max(map(len, stream.seekable().read().split(b"\n")))
    assert LINE_LIMIT_BYTES < longest <= LINE_LIMIT_BYTES + 2 * len(part)


def test_packed_and_with_windows_line_ends_and_a_mark_at_the_start(read):
    log = b"\xef\xbb\xbf" + cri(event(1)).replace(b"\n", b"\r\n") + cri(event(2))
    assert len(read(log).rows) == 2
    assert len(read(gzip.compress(log)).rows) == 2
    many = b"".join(cri(event(n)) for n in range(2000))
    cut = read(gzip.compress(many)[:-30])
    assert cut.reasons[-1] == "truncated"
    assert len(cut.rows) > 1500


def test_bytes_that_are_no_text_are_refused_at_their_line(read):
    broken = event(2).replace(b"ja", b"\xff\xfe")
    read_ = read(cri(event(1)) + cri(broken) + cri(event(3)))
    assert len(read_.rows) == 2
    assert [(one.position, one.reason) for one in read_.rejections] == [(2, "invalid_utf8")]


def test_a_csv_can_be_wrapped_as_well(read):
    rows = [b"model,ts,score", b"m,2026-11-22T08:00:00Z,0.5", b"m,2026-11-22T08:00:01Z,0.25"]
    assert [row["score"] for row in read(b"".join(map(cri, rows))).rows] == [0.5, 0.25]


@pytest.mark.parametrize(
    "line",
    [
        b'{"model":"m","ts":"2026-11-22T08:00:00Z","features":{"log":"a","stream":"b","time":"c"}}',
        event(1, log="x", stream="stdout"),
        event(1, message='{"a": 1}'),
        event(1, features={"message": "2026-11-22T08:00:00Z stdout F {}"}),
        b'[\n    {"a": 1},\n    {"a": 2}\n]',
        b'{\n    "a": {"b": 2}}',
        b'\x0a\x23\x00 INFO:root:{"a": 1}\n',
    ],
)
def test_an_event_that_only_resembles_a_wrapper_stays_as_it_is(line):
    with SourceFile("log", data=line).open() as outer:
        assert unwrapped(outer) is outer


def test_the_format_inside_a_wrapping_is_told_before_it_is_taken_off():
    document = b'{"@timestamp":"2026-11-22T08:00:00Z","service.name":"m","ml.score":0.5}'
    for log, name in [(cri(document), "ecs"), (docker(document), "ecs"), (cri(event(1)), "ndjson")]:
        with SourceFile("app.log", data=log).open() as stream:
            assert reader_for(stream).name == name


def test_a_piece_of_a_growing_log_ends_where_a_line_does():
    start, end = cri(b"{", tag="P") + cri(b'"a"', tag="P"), cri(b":1}")
    log = cri(b"{}") + start + end
    assert [whole_lines(log[:cut]) for cut in (len(log), len(log) - 1, len(log) - len(end))] == [
        len(log), len(cri(b"{}")), len(cri(b"{}")),
    ]  # fmt: skip
    assert whole_lines(docker(b"a") + docker(b"b", ends=False)) == len(docker(b"a"))
    assert whole_lines(start) == 0
    assert whole_lines(b'{"a":1}\n{"b"') == 8
    assert whole_lines(b"") == 0


def test_a_message_for_people_is_not_taken_for_the_event():
    line = filebeat(b"scored one request")
    with SourceFile("log", data=line).open() as outer:
        assert unwrapped(outer).read(10_000) == line


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_lines_cut_anywhere_come_out_as_they_went_in(data):
    kept = st.builds(lambda text: json.dumps({"a": text}).encode(), TEXT)
    lines = data.draw(st.lists(kept, min_size=1, max_size=8))
    form = data.draw(st.sampled_from(["cri", "docker"]))
    log, expected = b"", b""
    for line in lines:
        cuts = sorted(data.draw(st.sets(st.integers(1, len(line) - 1), max_size=3)))
        ends = [*cuts, len(line)]
        for begin, end in zip([0, *cuts], ends, strict=True):
            whole = end == len(line)
            piece = line[begin:end]
            log += cri(piece, tag="FP"[not whole]) if form == "cri" else docker(piece, ends=whole)
            expected += b"\n" if not whole else line + b"\n"
    with SourceFile("log", data=log).open() as outer:
        assert unwrapped(outer).read(1_000_000) == expected
