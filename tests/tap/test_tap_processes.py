"""Taps of forked, spawned and ending processes, and what they write to files."""

import json
import os
import pickle
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import driftline_tap
from tests.tap.conftest import PATIENCE_S, sent, until

ROOT = Path(__file__).resolve().parents[2]

FORKED = """
import os, sys
from driftline_tap import Tap

tap = Tap("m", url=sys.argv[1], resources_every_s=0)
tap.record({"who": "parent"}, 0)
tap.queue.put.__self__._lock.acquire()   # another thread may hold it while the process forks
for child in (1, 2):
    if not os.fork():
        with tap.call("p"):
            tap.record({"who": "child"}, child)
        assert tap.flush(20), tap.counts()
        assert tap.counts()["recorded"] == 1
        os._exit(0)
tap.queue._lock.release()
assert [os.wait()[1] for _ in range(2)] == [0, 0]
tap.record({"who": "parent"}, 3)
"""


def run(script, *arguments, **environment):
    outside = {k: v for k, v in os.environ.items() if not k.startswith("DRIFTLINE_")}
    return subprocess.run(
        [sys.executable, "-c", script, *arguments], cwd=ROOT, env=outside | environment,
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_forked_processes_record_each_its_own(sink):
    done = run(FORKED, sink.url)
    assert done.returncode == 0, done.stderr
    lines = sink.lines()
    # the parent's last one is sent at its exit, and what waited when it forked is sent once
    assert sorted(line["prediction"] for line in lines) == [0, 1, 2, 3]
    assert len({line["replica"] for line in lines}) == 1
    assert len({line["request_id"] for line in lines}) == 4


def test_a_process_that_ends_says_what_it_could_not_send():
    script = "from driftline_tap import Tap; Tap('m').record({'n': 1}, 1)"
    done = run(script, DRIFTLINE_URL="http://127.0.0.1:9")
    assert done.returncode == 0
    assert "not all calls reached Driftline" in done.stderr


CHILDREN = """
import multiprocessing, sys
import driftline_tap
from driftline_tap import Tap

driftline_tap._INTERVAL_S = 60   # nothing is sent before the end
tap = Tap("m", url=sys.argv[1], resources_every_s=0)


def work(n):
    for _ in range(2):
        tap.record({"n": n}, n)


if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[2])
    child = context.Process(target=work, args=(1,))
    child.start()
    child.join()
    with context.Pool(1) as pool:
        pool.map(work, [2])
        pool.close()
        pool.join()
"""


@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
def test_the_children_of_multiprocessing_send_what_they_recorded(sink, tmp_path, method):
    script = tmp_path / "children.py"
    script.write_text(CHILDREN)
    done = subprocess.run(
        [sys.executable, str(script), sink.url, method], env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert sorted(line["prediction"] for line in sink.lines()) == [1, 1, 2, 2]


def test_a_tap_can_be_taken_to_another_process(new_tap, sink):
    tap = new_tap(drop=["ssn"], sampling_rate=0.5)
    tap.record({"n": 1}, 1)
    other = pickle.loads(pickle.dumps(tap))
    assert (other.drop, other.sampling_rate, other.url) == (["ssn"], 0.5, sink.url)
    assert other.counts()["recorded"] == 0


def test_a_tap_that_was_closed_records_again(new_tap, sink):
    tap = new_tap()
    for n in range(2):
        tap.record({"n": n}, n)
        assert tap.close(PATIENCE_S)
    assert [line["prediction"] for line in sink.lines()] == [0, 1]


def written(folder):
    texts = (path.read_text() for path in sorted(folder.iterdir()))
    return [json.loads(line) for text in texts for line in text.splitlines()]


def test_a_file_that_is_full_is_never_touched_again(new_tap, tmp_path, monkeypatch):
    monkeypatch.setattr(driftline_tap, "_FILE_BYTES", 1_000)
    tap = new_tap(folder=str(tmp_path / "log"))
    seen = {}
    for n in range(20):
        tap.record({"n": n}, n)
        assert tap.flush(PATIENCE_S)
        for path, text in seen.items():
            assert path.read_text().startswith(text)
        full = {path: text for path, text in seen.items() if len(text) >= 1_000}
        assert all(path.read_text() == text for path, text in full.items())
        seen = {path: path.read_text() for path in (tmp_path / "log").iterdir()}
    assert len(seen) > 3
    assert [line["prediction"] for line in written(tmp_path / "log")] == list(range(20))


def test_of_a_folder_that_is_full_the_oldest_files_go(new_tap, tmp_path, monkeypatch):
    monkeypatch.setattr(driftline_tap, "_FILE_BYTES", 300)
    monkeypatch.setattr(driftline_tap, "_FOLDER_BYTES", 2_000)
    (tmp_path / "other.ndjson").write_text("{}\n" * 1_000)
    tap = new_tap(folder=str(tmp_path))
    for n in range(40):
        tap.record({"n": n}, n)
        assert tap.flush(PATIENCE_S)
    (tmp_path / "other.ndjson").unlink()
    kept = [line["prediction"] for line in written(tmp_path)]
    assert kept == list(range(40 - len(kept), 40))
    assert 1_000 < sum(path.stat().st_size for path in tmp_path.iterdir()) <= 2_300


def test_the_files_of_many_processes_stay(new_tap, tmp_path, monkeypatch):
    tap = new_tap(folder=str(tmp_path))
    for n in range(40):
        monkeypatch.setattr(driftline_tap.os, "getpid", lambda n=n: 1_000 + n)
        tap.record({"n": n}, n)
        assert tap.flush(PATIENCE_S)
    assert [line["prediction"] for line in written(tmp_path)] == list(range(40))


def test_a_folder_that_cannot_be_made_keeps_no_server_from_its_start(new_tap, tmp_path, caplog):
    (tmp_path / "taken").write_text("a file")
    tap = new_tap(folder=str(tmp_path / "taken" / "log"))
    tap.record({"n": 1}, 1)
    until(lambda: "calls wait for Driftline" in caplog.text)
    (tmp_path / "taken").unlink()
    assert tap.flush(PATIENCE_S)
    assert [line["prediction"] for line in written(tmp_path / "taken" / "log")] == [1]


def test_a_disk_that_is_full_leaves_no_half_line(new_tap, tmp_path, monkeypatch):
    tap = new_tap(folder=str(tmp_path))
    tap.record({"n": 0}, 0)
    assert tap.flush(PATIENCE_S)
    monkeypatch.setattr(driftline_tap, "_BACKOFF_S", 0.005)
    left = [3]
    real = driftline_tap.Path.open

    def full(path, *words, **more):
        file = real(path, *words, **more)
        if not left[0]:
            return file
        left[0] -= 1
        return _Full(file)

    with monkeypatch.context() as patch:
        patch.setattr(driftline_tap.Path, "open", full)
        tap.record({"n": 1}, 1)
        until(lambda: not left[0])
        assert tap.flush(PATIENCE_S)
    assert [line["prediction"] for line in written(tmp_path)] == [0, 1]


class _Full:
    """A file that takes ten bytes more."""

    def __init__(self, file):
        self._file = file

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()

    def __getattr__(self, name):
        return getattr(self._file, name)

    def write(self, content):
        self._file.write(content[:10])
        self._file.flush()
        raise OSError(28, "No space left on device")


@pytest.mark.parametrize("name", ["m", None])
def test_a_replica_is_called_like_its_host(new_tap, sink, name):
    tap = new_tap(model=name)
    tap.record({"n": 1}, 1)
    [line] = sent(tap, sink)
    assert line["replica"] == socket.gethostname()
    assert line.get("model") == name
