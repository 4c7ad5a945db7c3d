"""Files that answer for a model: what is read of them, where they may lie, what is said of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from domain.column import Column
from domain.errors import InputError
from domain.profile import ColumnKind
from domain.run import Deployment
from domain.window import Rows, Window
from ingest.in_place import InPlace
from ingest.mapping import Mapping
from store.file_places import place_of
from store.in_place.facts import FileFacts
from store.in_place.lake import lake_of
from store.store import Store
from tests.store.s3_server import s3_bucket

START = datetime(2013, 7, 1, tzinfo=UTC)
DAYS = 6
A_DAY = 4000
X = Column("x3", ColumnKind.NUMBER)


def day(number: int) -> pa.Table:
    rng = np.random.default_rng(number)
    begin = int((START + timedelta(days=number)).timestamp()) * 10**6
    us = np.sort(rng.integers(0, 86_400 * 10**6, A_DAY)) + begin
    columns = {
        "ts": pa.array(us, pa.timestamp("us", tz="UTC")),
        "score": rng.random(A_DAY),
        "latency_ms": rng.gamma(2, 3, A_DAY),
        "status": np.full(A_DAY, 200, np.int32),
    }
    return pa.table(columns | {f"x{i}": rng.normal(size=A_DAY) for i in range(20)})


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lake")
    for number in range(DAYS):
        pq.write_table(day(number), folder / f"{number}.parquet", row_group_size=500)
    return folder


def opened(folder: Path, path: str) -> Store:
    store = Store.open(folder)
    store.attach_files("m", path, InPlace(Mapping(), "m"))
    return store


def values(store: Store, window: Window) -> np.ndarray:
    rows = Rows((window,), ("",))
    return store.logs("m").each_sorted([X], rows, Rows(), lambda _c, whole, _a: whole.values)[X]


def test_a_question_reads_the_row_groups_and_the_column_that_it_is_about(
    lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    touched: list[tuple[str, list[int], list[str]]] = []
    genuine = pq.ParquetFile.iter_batches

    def watched(self: pq.ParquetFile, *args, **options):
        touched.append((self, options["row_groups"], options["columns"]))
        return genuine(self, *args, **options)

    with opened(tmp_path, str(lake)) as store:
        store.look("m")
        monkeypatch.setattr(pq.ParquetFile, "iter_batches", watched)
        moments = np.asarray(day(2)["ts"].cast(pa.int64()))
        for hours in range(0, 18, 3):
            begin = START + timedelta(days=2, hours=hours, minutes=7 * hours)
            window = Window(begin, begin + timedelta(hours=6))
            low, high = (int(t.timestamp()) * 10**6 for t in (window.start, window.end))
            expected = np.asarray(day(2)["x3"])[(moments >= low) & (moments < high)]
            np.testing.assert_array_equal(values(store, window), np.sort(expected))
    # a quarter of one day lies in four of its eight row groups at the most
    assert {len(groups) for _, groups, _ in touched} <= {1, 2, 3, 4}
    assert {name for _, _, names in touched for name in names} == {"ts", "x3"}


def test_a_file_that_did_not_change_is_not_looked_over_again(
    lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with opened(tmp_path, str(lake)) as store:
        first = store.look("m")
    monkeypatch.setattr("store.engines.parquet_engine.survey", None)
    with opened(tmp_path, str(lake)) as again:
        assert again.look("m") == first
        assert sum(d.predictions for d in again.logs("m").deployments()) == DAYS * A_DAY


def test_what_is_known_of_a_file_survives_being_stored(lake: Path, tmp_path: Path):
    with opened(tmp_path, str(lake)) as store:
        state = store.look("m")
    assert state is not None
    for _, facts in state.files:
        assert FileFacts.from_json(facts.to_json()) == facts
        assert facts.rows == A_DAY


def test_files_in_a_bucket_answer_as_those_in_a_folder(lake: Path, tmp_path: Path):
    window = Window(START, START + timedelta(days=2))
    with opened(tmp_path / "here", str(lake)) as here, s3_bucket("logs") as bucket:
        address = bucket.replace("s3://logs", "s3://logs/flights")
        there = place_of(address)
        for file in sorted(lake.iterdir()):
            with there.filesystem.open_output_stream(there.path(file.name)) as out:
                out.write(file.read_bytes())
        with opened(tmp_path / "there", address) as far:
            np.testing.assert_array_equal(values(far, window), values(here, window))
            assert far.logs("m").deployments() == here.logs("m").deployments()
        pattern = address.replace("flights", "flights/[01].parquet")
        with opened(tmp_path / "some", pattern) as some:
            assert sum(d.predictions for d in some.logs("m").deployments()) == 2 * A_DAY


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*.parquet", {"a"}),
        ("**/*.parquet", {"a", "b", "c"}),
        ("x/*", {"b"}),
        ("x/**", {"b", "c"}),
        ("?.parquet", {"a"}),
        ("x/[a-b].parquet", {"b"}),
        ("", {"a", "b", "c"}),
    ],
)
def test_a_pattern_names_files_as_a_shell_does(tmp_path: Path, pattern: str, found: set[str]):
    for name in ("a", "x/b", "x/y/c", "_temporary/d", ".hidden/e"):
        file = tmp_path / f"{name}.parquet"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"")
    (tmp_path / "_SUCCESS").write_bytes(b"")
    files = lake_of(f"{tmp_path}/{pattern}").files()
    assert {Path(file.path).stem for file in files} == found


def test_a_file_that_was_written_anew_meanwhile_is_said(lake: Path, tmp_path: Path):
    copy = tmp_path / "lake"
    copy.mkdir()
    pq.write_table(day(0), copy / "0.parquet")
    with opened(tmp_path / "store", str(copy)) as store:
        store.look("m")
        pq.write_table(day(0).slice(1), copy / "0.parquet")
        with pytest.raises(InputError, match="written anew meanwhile"):
            values(store, Window(START, START + timedelta(days=1)))


def test_folders_tell_the_version_where_no_column_does(tmp_path: Path):
    for version in ("1", "2", "3"):
        folder = tmp_path / "lake" / f"version={version}"
        folder.mkdir(parents=True)
        table = day(int(version))
        if version == "3":  # its own column counts
            table = table.append_column("version", pa.array(["own"] * A_DAY))
        pq.write_table(table, folder / "part.parquet")
    with opened(tmp_path / "store", str(tmp_path / "lake")) as store:
        assert {d.version: d.predictions for d in store.logs("m").deployments()} == {
            "1": A_DAY,
            "2": A_DAY,
            "own": A_DAY,
        }
        assert "version" not in {column.name for column in store.logs("m").columns()}
        window = Window(START + timedelta(days=1), START + timedelta(days=4))
        assert set(store.logs("m").row_counts([window])) == {"1", "2", "own"}


def test_of_single_calls_only_the_row_groups_of_their_hours_are_read(
    lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    span = Window(START, START + timedelta(days=DAYS))
    read: list[int] = []
    genuine = pq.ParquetFile.iter_batches

    def watched(self: pq.ParquetFile, *args, **options):
        read.extend(options["row_groups"])
        return genuine(self, *args, **options)

    with opened(tmp_path, str(lake)) as store:
        store.look("m")
        store.refresh_call_hours("m")
        monkeypatch.setattr(pq.ParquetFile, "iter_batches", watched)
        found = store.notable_calls(Deployment("m", ""), span, 3)
    assert found is not None
    failed, slowest = found
    assert failed == []
    every = np.concatenate([np.asarray(day(number)["latency_ms"]) for number in range(DAYS)])
    assert [one.latency_ms for one in slowest] == np.sort(every)[::-1][:3].tolist()
    # of 48 groups a few: each of the hours lies in two at most
    assert 0 < len(read) <= 16
