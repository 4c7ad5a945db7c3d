from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from domain.errors import StoreError, StoreLockedError, StoreVersionError
from store import versions
from store.filesystem import filesystem_type, refuse_network
from store.store import Store
from tests.store.made import batch, event

ROOT = Path(__file__).parents[2]


def one_line(error: pytest.ExceptionInfo[StoreError], *parts: object) -> None:
    message = str(error.value)
    assert "\n" not in message
    for part in parts:
        assert str(part) in message


def test_a_store_is_made_where_there_is_none(tmp_path: Path):
    with Store.open(tmp_path / "a" / "b") as store:
        assert store.models() == ()
        assert store.version() == versions.newest_version()
        assert store.path == tmp_path / "a" / "b" / "driftline.duckdb"
        assert store.size_bytes() > 0


def tables_of(folder: Path) -> list[tuple[object, ...]]:
    with duckdb.connect(str(folder / "driftline.duckdb")) as connection:
        return connection.execute(
            "select table_name, column_name, data_type, is_nullable, column_default "
            "from duckdb_columns() where not internal order by all"
        ).fetchall()


def test_a_store_made_at_once_is_one_that_came_through_every_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with Store.open(tmp_path / "at once"):
        pass
    known = versions.migrations()
    for newest in sorted(known):
        then = {number: name for number, name in known.items() if number <= newest}
        monkeypatch.setattr(versions, "migrations", lambda then=then: then)
        with Store.open(tmp_path / "step by step") as store:
            assert store.version() == newest

    assert tables_of(tmp_path / "at once") == tables_of(tmp_path / "step by step")


def test_a_store_whose_making_fails_is_not_there_in_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with monkeypatch.context() as patch:
        known = versions.migrations()
        patch.setattr(versions, "migrations", lambda: known | {99: "0099_nowhere.sql"})
        with pytest.raises(FileNotFoundError):
            Store.open(tmp_path)
    assert tables_of(tmp_path) == []
    with Store.open(tmp_path) as store:
        assert store.version() == versions.newest_version()


def test_a_missing_store_is_named_with_what_to_do(tmp_path: Path):
    with pytest.raises(StoreError) as error:
        Store.open(tmp_path / "nowhere", create=False)

    one_line(error, tmp_path / "nowhere", "driftline ingest")
    assert not (tmp_path / "nowhere").exists()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path):
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError) as error:
        Store.open(tmp_path / "file" / "store")

    one_line(error, tmp_path / "file" / "store")


def test_a_store_that_another_process_holds_is_named_with_that_process(tmp_path: Path):
    code = """if True:
        import sys
        from pathlib import Path
        from store.store import Store
        store = Store.open(Path(sys.argv[1]))
        print("open", flush=True)
        sys.stdin.read()
    """
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(StoreLockedError) as error:
            Store.open(tmp_path)
        one_line(error, tmp_path / "driftline.duckdb", f"process {holder.pid}", "wait")
    finally:
        holder.communicate()
    with Store.open(tmp_path) as store:
        assert store.models() == ()


def test_a_store_of_a_newer_driftline_is_left_alone(tmp_path: Path):
    with Store.open(tmp_path) as store:
        store.load([batch([event(0, score=0.5)])], "f")
        path = store.path
    with duckdb.connect(str(path)) as newer:
        newer.execute("update meta set value = '99' where name = 'store_version'")
    before = path.read_bytes()

    with pytest.raises(StoreVersionError) as error:
        Store.open(tmp_path)

    one_line(error, path, "99", "upgrade")
    assert path.read_bytes() == before


def test_a_file_of_a_newer_duckdb_is_said_to_be_that(tmp_path: Path):
    with Store.open(tmp_path) as store:
        path = store.path
    damaged = bytearray(path.read_bytes())
    assert damaged[8:12] == b"DUCK"
    damaged[12] = 250  # the storage version
    path.write_bytes(damaged)

    with pytest.raises(StoreError) as error:
        Store.open(tmp_path)

    one_line(error, path)


@pytest.mark.parametrize(
    "content", [b"no database at all" * 1000, b"x", b"SQLite format 3\0" * 999]
)
def test_a_file_that_is_no_database_is_said_to_be_none(tmp_path: Path, content: bytes):
    path = tmp_path / "driftline.duckdb"
    path.write_bytes(content)

    with pytest.raises(StoreError) as error:
        Store.open(tmp_path)

    one_line(error, path)
    assert path.read_bytes() == content


def test_a_cut_off_file_is_an_error_of_one_line(tmp_path: Path):
    with Store.open(tmp_path) as store:
        store.load([batch([event(i, score=0.5) for i in range(500)])], "f")
        path = store.path
    # the headers stay, most of the blocks go
    path.write_bytes(path.read_bytes()[:20_000])

    with pytest.raises(StoreError) as error, Store.open(tmp_path) as store:
        store.sql("select sum(score) from predictions")

    one_line(error, path)


def test_somebody_elses_database_is_left_alone(tmp_path: Path):
    path = tmp_path / "driftline.duckdb"
    with duckdb.connect(str(path)) as other:
        other.execute("create table mine (a integer)")

    with pytest.raises(StoreError) as error:
        Store.open(tmp_path)

    one_line(error, path, "no Driftline store")
    with duckdb.connect(str(path)) as other:
        assert other.execute("show tables").fetchall() == [("mine",)]


MOUNTS = """\
overlay / overlay rw 0 0
server:/export /mnt/nfs nfs4 rw,vers=4.2 0 0
//box/share /mnt/with\\040space cifs rw 0 0
/dev/sda1 /mnt/nfs/local ext4 rw 0 0
user@host:/ /home/me/far fuse.sshfs rw 0 0
tmpfs /mnt/over tmpfs rw 0 0
server:/x /mnt/over nfs rw 0 0
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/srv/store", "overlay"),
        ("/mnt/nfs", "nfs4"),
        ("/mnt/nfs/store", "nfs4"),
        ("/mnt/nfsx/store", "overlay"),
        ("/mnt/nfs/local/store", "ext4"),
        ("/mnt/with space/store", "cifs"),
        ("/home/me/far/store", "fuse.sshfs"),
        ("/mnt/over/store", "nfs"),
    ],
)
def test_the_file_system_of_a_folder_is_that_of_the_nearest_mount(folder: str, kind: str):
    assert filesystem_type(Path(folder), MOUNTS) == kind


def test_a_store_on_a_network_file_system_is_refused(tmp_path: Path):
    mounts = f"server:/x {tmp_path} nfs4 rw 0 0\n"

    with pytest.raises(StoreError) as error:
        refuse_network(tmp_path / "store", mounts)

    one_line(error, tmp_path / "store", "nfs4", "local disk")
    refuse_network(tmp_path / "store", "overlay / overlay rw 0 0\n")


def test_without_a_list_of_mounts_nothing_is_refused(tmp_path: Path):
    refuse_network(tmp_path, "")


def test_the_store_imports_nothing_heavy():
    code = (
        "import sys; import store.store; "
        "heavy = {'pandas', 'scipy', 'pytz', 'streamlit', 'plotly'} & set(sys.modules); "
        "print(sorted(heavy))"
    )

    found = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert found.stdout == "[]\n"
