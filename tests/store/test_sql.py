from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from domain.errors import UsageError
from store.store import Store
from tests.store.made import batch, event


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    a = [event(0, version="1", score=0.5, features={"x": 1, "ts": "t"}, latency_ms=3.0, label="y")]
    b = [event(1, version="2", prediction="p", features={"X": "text"})]
    with Store.open(tmp_path_factory.mktemp("sql")) as store:
        store.load([batch(a, "a"), batch(b, "b")], "f")
        yield store


def test_views_span_the_models(filled: Store):
    rows = filled.sql("select model, f_x, f_ts from predictions order by model").to_pylist()
    assert rows == [
        {"model": "a", "f_x": "1.0", "f_ts": "t"},
        {"model": "b", "f_x": "text", "f_ts": None},
    ]
    assert filled.sql("select model, latency_ms from calls order by model").num_rows == 2
    assert filled.sql("select model, label from labels").to_pylist() == [
        {"model": "a", "label": "y"}
    ]


def test_views_are_there_before_any_model(store: Store):
    for name in ("predictions", "calls", "labels", "runs", "findings", "slos", "alerts"):
        assert store.sql(f"select model from {name}").num_rows == 0


READING = [
    "select 1",
    "with x as (select model from predictions) select count(*) from x",
    "from calls",
    "describe predictions",
    "explain select 1",
    "select * from calls;",
]


@pytest.mark.parametrize("query", READING)
def test_a_reading_query_runs(filled: Store, query: str):
    assert filled.sql(query).num_rows >= 1


WRITING = [
    "delete from m_a.predictions",
    "insert into runs select * from runs",
    "update models set model = 'x'",
    "drop view predictions",
    "create table t (a int)",
    "create temp table t as select 1 as a",
    "with gone as (delete from m_a.predictions returning id) select * from gone",
    "select 1; drop view predictions",
    "attach '{path}/other.duckdb'",
    "copy predictions to '{path}/out.csv'",
    "copy (select 1) to '{path}/out.csv'",
    "export database '{path}/out'",
    "select * from read_text('{path}/secret')",
    "select * from read_csv('{path}/secret')",
    "select * from '{path}/secret'",
    "select * from glob('{path}/*')",
    "set enable_external_access = true",
    "set memory_limit = '1TB'",
    "pragma enable_profiling",
    "install httpfs",
    "load httpfs",
    "checkpoint",
    "begin",
    "commit",
    "call pragma_version()",
    "",
    ";",
    "select nothing",
    "selec 1",
    "detach driftline",
    "prepare q as select 1",
    "vacuum",
]


@pytest.mark.parametrize("query", WRITING)
def test_what_writes_or_reaches_out_is_refused_in_one_line(
    filled: Store, tmp_path: Path, query: str
):
    (tmp_path / "secret").write_text("a,b\n1,2\n")

    with pytest.raises(UsageError) as refused:
        filled.sql(query.format(path=tmp_path))

    assert "\n" not in str(refused.value)
    assert {p.name for p in tmp_path.iterdir()} == {"secret"}
    assert filled.sql("select * from predictions").num_rows == 2


def test_any_duckdb_client_reads_the_copied_file(filled: Store, tmp_path: Path):
    filled.checkpoint()
    copy = tmp_path / "copy.duckdb"
    copy.write_bytes(filled.path.read_bytes())

    with duckdb.connect(str(copy), read_only=True) as client:
        assert client.execute("select count(*) from predictions").fetchall() == [(2,)]
        [(tags,)] = client.execute(
            "select tags from duckdb_databases() where database_name = 'copy'"
        ).fetchall()
    assert tags["storage_version"].startswith("v1.5.0")
