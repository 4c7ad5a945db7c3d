"""What is to be hidden never reaches the store's folder, by whatever way it comes."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from domain.erasure import Condition, Erasing
from domain.errors import ConfigurationError
from domain.privacy import PrivacyRules
from ingest.sources import SourceFile
from monitors.collect_logs import Body, Kind
from monitors.config import Config
from monitors.config_file import load_config
from monitors.ingest_logs import Options
from monitors.local_service import LocalService
from store.counted import LoadCounts
from store.privacy import Privacy

NOW = datetime(2026, 11, 22, tzinfo=UTC)
KEY = "a secret of the environment"
SECRETS = ["Hildegard-von-Bingen", "customer-4711-x", "pid-0815-secret", "rid-9-secret",
           "trace-7-secret", "tag-secret-42", "4008005551234"]  # fmt: skip
NAME, CUSTOMER, PREDICTION, REQUEST, TRACE, TAG, PHONE = SECRETS
RULES = {
    "hash": ["customer", "prediction_id", "request_id", "tags.user", "phone"],
    "drop": ["name", "trace_id"],
}


def service(folder, rules=RULES, secret=KEY, **monitors):
    configured = {"*": {"privacy": rules}} if rules else {}
    raw = {"store": folder, "monitors": {**configured, **monitors}}
    if secret and rules:
        raw["privacy"] = {"secret": secret}
    return LocalService.open(Config.model_validate(raw), "0", create=True)


def row(number=0, **fields):
    return {
        "model": "m", "ts": f"2026-11-20T10:00:{number:02d}Z", "score": 0.25,
        "prediction_id": f"{PREDICTION}-{number}", "request_id": REQUEST, "trace_id": TRACE,
        "features": {"name": NAME, "customer": CUSTOMER, "phone": int(PHONE), "n": number},
        "tags": {"user": TAG, "plan": "gold"}, **fields,
    }  # fmt: skip


def label(number=0, **fields):
    named = {"model": "m", "prediction_id": f"{PREDICTION}-{number}", "label": "yes"}
    return {**named, **fields}


def lines(*rows):
    return b"".join((r if isinstance(r, bytes) else json.dumps(r).encode()) + b"\n" for r in rows)


BAD = [
    row(7, ts="soon", customer=CUSTOMER),
    row(8, score=NAME),
    b'{"name": "' + NAME.encode() + b'", oops',
]


def by_file(own):
    sources = [SourceFile("log", data=lines(row(0), row(1), *BAD))]
    own.ingest(sources, Options(None, None, None, "auto", NOW))


def by_large_file(own):
    many = lines(*(row(i % 60, prediction_id=f"{PREDICTION}-{i}") for i in range(20_500)))
    own.ingest([SourceFile("log", data=many)], Options(None, None, None, "auto", NOW))


def by_parquet(own):
    rows = [row(0), row(1), row(7, ts="soon")]
    flat = [{**r, **r["features"], "tags": json.dumps(r["tags"])} for r in rows]
    table = pa.Table.from_pylist([{k: v for k, v in r.items() if k != "features"} for r in flat])
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    source = SourceFile("log.parquet", data=sink.getvalue().to_pybytes())
    own.ingest([source], Options(None, None, None, "auto", NOW))


def by_bodies(own):
    events = Body(Kind.PREDICTIONS, lines(row(0), row(1), *BAD), "ndjson")
    other = Body(Kind.PREDICTIONS, json.dumps([row(3), row(4)]).encode(), "json")
    told = lines(label(0), label(1, request_id=REQUEST), label(9, label=None))
    labels = Body(Kind.LABELS, told, "ndjson")
    own.collecting().collect([events, other, labels], NOW, "http")


def by_labels(own):
    by_file(own)
    told = lines(label(0), label(5), label(6, label=None), {"model": "m", "label": NAME, "ts": 1})
    own.labels([SourceFile("labels", data=told)], Options(None, None, None, "auto", NOW))


WAYS = [by_file, by_large_file, by_parquet, by_bodies, by_labels]


def on_disk(folder):
    """Every byte below the folder, and every value that DuckDB would unpack from it."""
    content = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    return {secret for secret in SECRETS if secret.encode() in content}


def in_tables(own):
    connection = own.store._database.connection
    tables = connection.execute(
        "select database_name, schema_name, table_name from duckdb_tables()"
    ).fetchall()
    said = "".join(
        str(connection.execute('select * from "' + '"."'.join(names) + '"').fetchall())
        for names in tables
    )
    return {secret for secret in SECRETS if secret in said}


@pytest.mark.parametrize("way", WAYS)
def test_a_hidden_value_is_nowhere_in_the_store(tmp_path, way, caplog):
    caplog.set_level(logging.DEBUG)
    folder = tmp_path / "store"
    with service(folder) as own:
        way(own)
        assert own.store.sql("select count(*) as n from predictions").to_pylist()[0]["n"] >= 2
        assert in_tables(own) == set()
        assert on_disk(folder) == set()
        own.store.checkpoint()
        assert on_disk(folder) == set()
        assert own.rejected(10) == [] or all(one.rejection.raw == b"" for one in own.rejected(10))
    assert on_disk(folder) == set()
    assert not any(secret in caplog.text for secret in SECRETS)


def test_without_rules_every_one_of_them_is_found_there(tmp_path):
    folder = tmp_path / "store"
    with service(folder, rules=None) as own:
        by_file(own)
        assert in_tables(own) == set(SECRETS)
        assert on_disk(folder) >= set(SECRETS) - {PHONE}


def test_hashes_are_those_of_hmac_and_equal_values_have_one(tmp_path):
    with service(tmp_path / "store") as own:
        by_file(own)
        by_bodies(own)
        kept = own.store.sql("select * from predictions order by ts").to_pylist()
    expected = hmac.new(KEY.encode(), CUSTOMER.encode(), hashlib.sha256).hexdigest()[:32]
    phone = hmac.new(KEY.encode(), PHONE.encode(), hashlib.sha256).hexdigest()[:32]
    (customers,) = [{r[c] for r in kept} for c in kept[0] if c.endswith("customer")]
    (phones,) = [{r[c] for r in kept} for c in kept[0] if c.endswith("phone")]
    assert (customers, phones) == ({expected}, {phone})
    assert not [c for c in kept[0] if c.endswith(":name") or c == "name"]
    tags = {r["tags"] for r in kept}
    user = hmac.new(KEY.encode(), TAG.encode(), hashlib.sha256).hexdigest()[:32]
    assert [json.loads(one) for one in tags] == [{"plan": "gold", "user": user}]


def test_labels_find_the_predictions_whose_ids_are_hashed(tmp_path):
    with service(tmp_path / "store") as own:
        by_labels(own)
        by_bodies(own)
        window = own.store.logs("m").data_span()
        (outcome,) = own.store.logs("m").outcomes("", [window])
    assert (outcome.labels.tolist(), outcome.pending) == (["yes", "yes"], 2)


def test_the_same_log_again_stores_nothing_twice(tmp_path):
    with service(tmp_path / "store") as own:
        by_file(own)
        options = Options(None, None, None, "auto", NOW)
        again = own.ingest([SourceFile("copy", data=lines(row(0), row(1)))], options)
    assert again.stored == LoadCounts(duplicates=2)


def test_what_is_kept_of_a_rejected_line_is_its_reason_and_its_place(tmp_path):
    with service(tmp_path / "store") as own:
        by_file(own)
        found = {(one.rejection.position, one.rejection.reason) for one in own.rejected(10)}
        by_file(own)
        assert len(own.rejected(10)) == 3
    assert found == {(3, "bad_ts"), (4, "wrong_type"), (5, "bad_json")}


def test_lines_of_a_model_without_rules_are_kept_where_it_is_known_whose_they_are(tmp_path):
    other = json.dumps(row(1, model="open", ts="soon")).encode()
    with service(tmp_path / "s", rules=None, hidden={"privacy": RULES}) as own:
        content = lines(other, row(2, model="hidden", ts="soon"), b"{oops")
        own.ingest([SourceFile("a", data=content)], Options(None, None, None, "auto", NOW))
        raws = {one.rejection.position: one.rejection.raw for one in own.rejected(9)}
    assert raws == {1: other, 2: b"", 3: b""}


def test_another_secret_is_refused_and_the_same_one_is_not(tmp_path):
    with service(tmp_path / "s"):
        pass
    with service(tmp_path / "s"):
        pass
    for other in ("quite another secret", None):
        with pytest.raises(ConfigurationError, match="secret"):
            service(tmp_path / "s", secret=other)


def test_a_salt_of_the_store_is_kept_and_differs_between_stores(tmp_path):
    def hashed(name):
        with service(tmp_path / name, secret=None) as own:
            return own.store.privacy.of_text(CUSTOMER)

    assert hashed("a") == hashed("a") != hashed("b")


def test_the_secret_is_shown_to_nobody(tmp_path):
    with service(tmp_path / "s") as own:
        told = own.config.model_dump_json(exclude_unset=True) + repr(own.config)
        assert KEY not in told
        # and a client reads the configuration back
        assert Config.model_validate_json(own.config.model_dump_json(exclude_unset=True))
        assert KEY not in str(own.store.sql("select * from meta").to_pylist())


def test_a_person_is_erased_by_the_value_that_the_store_does_not_hold(tmp_path):
    with service(tmp_path / "s") as own:
        by_file(own)
        one = Erasing("m", (Condition("prediction_id", f"{PREDICTION}-1"),), None)
        assert own.erase(one, "me", NOW, dry_run=True).predictions == 1
        assert own.erase(one, "me", NOW, dry_run=False).predictions == 1
        every = Erasing("m", (Condition("feature.customer", CUSTOMER),), None)
        assert own.erase(every, "me", NOW, dry_run=False).predictions == 1


def test_a_baseline_file_is_compared_as_the_store_holds_its_columns(tmp_path):
    rows = [{"name": NAME, "customer": f"c{i % 3}", "n": float(i)} for i in range(90)]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "train.parquet")
    monitor = {"privacy": RULES, "baseline": {"file": str(tmp_path / "train.parquet")}}
    served = lines(
        *(row(i % 60, prediction_id=f"p{i}", features={"customer": f"c{i % 3}", "n": i})
          for i in range(90))
    )  # fmt: skip
    with service(tmp_path / "s", m=monitor) as own:
        own.ingest([SourceFile("a", data=served)], Options(None, None, None, "auto", NOW))
        (run,) = own.run("m", None, NOW - timedelta(days=1), NOW)
        found = {f.column: f for f in run.findings if f.detector == "psi"}
        assert in_tables(own) == set()
    assert found["customer"].n_reference == 90
    assert found["customer"].statistic == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({"hash": ["ts"]}, "ts is what is judged"),
        ({"drop": ["score"]}, "score is what is judged"),
        ({"drop": ["prediction_id"]}, "hash it instead"),
        ({"hash": ["a"], "drop": ["a"]}, "take it out of one"),
        ({"hash": ["tags"]}, "tags.NAME"),
        ({"hashed": ["a"]}, "hash"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused_with_what_to_do(tmp_path, rules, said):
    path = tmp_path / "driftline.yaml"
    path.write_text(json.dumps({"monitors": {"m": {"privacy": rules}}}))
    with pytest.raises(ConfigurationError, match=said):
        load_config(path, {})


@pytest.mark.parametrize("place", ["*", "m"])
def test_hashing_is_refused_for_logs_that_are_read_where_they_lie(tmp_path, place):
    monitors = {"m": {"source": {"path": "logs"}}}
    monitors.setdefault(place, {})["privacy"] = {"hash": ["customer"]}
    path = tmp_path / "driftline.yaml"
    path.write_text(json.dumps({"monitors": monitors}))
    with pytest.raises(ConfigurationError, match="read where they lie"):
        load_config(path, {})


def test_a_dropped_column_of_logs_in_place_is_not_looked_at(tmp_path):
    rows = [{"ts": NOW - timedelta(hours=i), "score": 0.5, "name": NAME, "n": i} for i in range(9)]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "log.parquet")
    source = {"path": str(tmp_path / "log.parquet")}
    monitors = {"m": {"source": source, "privacy": {"drop": ["name"]}}}
    with service(tmp_path / "s", rules=None, **monitors) as own:
        own.store.look("m")
        assert [column.name for column in own.store.logs("m").columns()] == ["n", "score"]


def test_a_feature_may_be_called_like_a_field():
    privacy = Privacy(
        lambda _: PrivacyRules(frozenset({"feature.replica"}), frozenset({"feature.tags"})),
        anywhere=True,
        key=b"k",
    )
    events = pa.table({"ts": [NOW], "replica": ["pod-1"]})
    features = pa.table({"replica": ["x"], "tags": ["y"]})

    kept, shown = privacy.events("m", events, features)

    assert kept["replica"].to_pylist() == ["pod-1"]
    assert shown.column_names == ["replica"]
    assert shown["replica"].to_pylist() == [privacy.of_text("x")]


def test_values_that_events_take_for_equal_have_one_hash():
    privacy = Privacy(key=b"k")
    three = privacy.of_text("3")
    for column in (pa.array([3.0, None]), pa.array([3, None]), pa.array(["3", None])):
        assert privacy.values(column).to_pylist() == [three, None]
    assert privacy.values(pa.array([0.5])).to_pylist() == [privacy.of_text("0.5")]
    assert privacy.values(pa.array([True])).to_pylist() == [privacy.of_text("true")]
