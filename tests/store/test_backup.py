"""A copy of a store that is being written, and putting it back."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from domain.errors import DriftlineError, StoreError, StoreLockedError, UsageError
from store.backup import restore
from store.store import Store
from tests.store.made import batch, event

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


def load(store: Store, number: int) -> None:
    events = [event(number, prediction_id=f"{number}-{i}", score=0.5) for i in range(50)]
    store.load([batch(events)], "made")


def count(path: Path) -> int:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute("select count(*) from predictions").fetchall()[0][0]


def test_a_backup_is_a_store_of_its_own_with_all_that_was_stored(store: Store, tmp_path: Path):
    load(store, 0)
    size = store.backup(tmp_path / "copy.duckdb")
    load(store, 1)
    assert size == (tmp_path / "copy.duckdb").stat().st_size
    assert count(tmp_path / "copy.duckdb") == 50
    restore(tmp_path / "copy.duckdb", tmp_path / "elsewhere", NOW)
    with Store.open(tmp_path / "elsewhere", create=False) as again:
        assert again.models() == store.models()
        assert again.sql("select count(*) as n from predictions")["n"].to_pylist() == [50]


def test_loads_go_on_while_it_is_copied_and_every_copy_holds_whole_loads(
    store: Store, tmp_path: Path
):
    done, failures = threading.Event(), []

    def write() -> None:
        number = 0
        try:
            while not done.is_set():
                load(store, number)
                number += 1
        except DriftlineError as error:
            failures.append(error)

    # every commit would change the file at once, were it not kept still
    store._database.connection.execute("set global wal_autocheckpoint = '1 KB'")
    writer = threading.Thread(target=write)
    load(store, 999_999)
    writer.start()
    try:
        counts = []
        for i in range(6):
            store.backup(tmp_path / f"{i}.duckdb")
            counts.append(count(tmp_path / f"{i}.duckdb"))
    finally:
        done.set()
        writer.join()
    assert not failures
    assert all(n % 50 == 0 for n in counts)
    assert counts == sorted(counts)
    assert counts[-1] > counts[0], "nothing was loaded meanwhile"


def test_the_file_does_not_change_while_it_is_copied_whatever_is_loaded(store: Store):
    store._database.connection.execute("set global wal_autocheckpoint = '1 KB'")
    load(store, 0)
    with store._database.still():
        before = digest(store.path)
        for number in range(1, 4):
            load(store, number)
        store.checkpoint()
        assert digest(store.path) == before
    load(store, 4)
    assert digest(store.path) != before
    assert store.sql("select count(*) as n from predictions")["n"].to_pylist() == [250]


def digest(path: Path) -> str:
    """Ask another process: reading it here would drop the lock."""
    command = ["sha256sum", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_after_a_backup_the_store_is_still_this_process_alone(store: Store, tmp_path: Path):
    # closing any descriptor of the file in this process would drop DuckDB's lock on it
    load(store, 0)
    store.backup(tmp_path / "copy.duckdb")
    probe = "import duckdb, sys; duckdb.connect(sys.argv[1])"
    command = [sys.executable, "-c", probe, str(store.path)]
    other = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Could not set lock" in other.stderr


def test_the_log_is_emptied_again_after_a_backup(store: Store, tmp_path: Path):
    store._database.connection.execute("set global wal_autocheckpoint = '3 MiB'")
    setting = "select current_setting('wal_autocheckpoint') as s"
    before = store.sql(setting)["s"].to_pylist()
    store.backup(tmp_path / "copy.duckdb")
    assert store.sql(setting)["s"].to_pylist() == before
    with pytest.raises(DriftlineError):
        store.backup(tmp_path / "copy.duckdb")
    assert store.sql(setting)["s"].to_pylist() == before


@pytest.mark.parametrize(
    ("target", "says"), [("there.duckdb", "exists"), ("no/folder/x.duckdb", "no folder")]
)
def test_a_backup_overwrites_nothing_and_makes_no_folder(
    store: Store, tmp_path: Path, target: str, says: str
):
    (tmp_path / "there.duckdb").write_bytes(b"mine")
    with pytest.raises(UsageError, match=says):
        store.backup(tmp_path / target)
    assert (tmp_path / "there.duckdb").read_bytes() == b"mine"
    assert not list(tmp_path.glob("*.part"))


def test_what_was_there_before_a_restore_is_kept_under_another_name(store: Store, tmp_path: Path):
    load(store, 0)
    store.backup(tmp_path / "copy.duckdb")
    load(store, 1)
    store.close()
    kept = restore(tmp_path / "copy.duckdb", tmp_path / "store", NOW)
    assert kept is not None
    assert kept.name == "driftline.before-20261122T100000.duckdb"
    assert (count(tmp_path / "store" / "driftline.duckdb"), count(kept)) == (50, 100)


def test_a_damaged_store_can_be_replaced_and_an_open_one_cannot(store: Store, tmp_path: Path):
    load(store, 0)
    store.backup(tmp_path / "copy.duckdb")
    with pytest.raises(StoreLockedError):
        restore_elsewhere(tmp_path / "copy.duckdb", store.path.parent)
    store.close()
    store.path.write_bytes(b"not a database any more" * 400)
    kept = restore(tmp_path / "copy.duckdb", store.path.parent, NOW)
    assert kept is not None
    assert kept.read_bytes().startswith(b"not a database")
    assert count(store.path) == 50


def restore_elsewhere(source: Path, directory: Path) -> None:
    """Restore in another process: in its own, DuckDB would share the open file."""
    script = (
        "import sys; from pathlib import Path; from datetime import UTC, datetime\n"
        "from store.backup import restore; from domain.errors import StoreLockedError\n"
        "try: restore(Path(sys.argv[1]), Path(sys.argv[2]), datetime.now(UTC))\n"
        "except StoreLockedError: sys.exit(7)\n"
    )
    command = [sys.executable, "-c", script, str(source), str(directory)]
    done = subprocess.run(command, check=False, cwd=Path(__file__).parents[2])
    if done.returncode == 7:
        raise StoreLockedError(str(directory))


@pytest.mark.parametrize("content", [b"", b"hello" * 5000, None])
def test_only_a_backup_of_a_store_is_put_back(tmp_path: Path, content: bytes | None):
    source = tmp_path / "copy.duckdb"
    if content is None:
        with duckdb.connect(str(source)) as connection:
            connection.execute("create table other (x integer)")
    else:
        source.write_bytes(content)
    with pytest.raises(StoreError, match="no backup"):
        restore(source, tmp_path / "store", NOW)
    assert not (tmp_path / "store" / "driftline.duckdb").exists()
