"""A side of a call is read as its source said, however late and by whatever way the other comes."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from domain.privacy import PrivacyRules
from ingest.mapping import Mapping
from ingest.sources import SourceFile
from monitors.collect_logs import Collecting
from monitors.collected import Body, Kind
from monitors.halves import CORRECTS, give_up
from monitors.ingest_logs import Options, ingest_events
from monitors.retrying import Retrying, retry_rejected
from store.store import Store
from tests.monitors.followed import Followed

T = datetime(2026, 6, 1, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LOANS = {
    "model": {"value": "loans"},
    "exclude": ["age"],
    "rename": {"pay": "income"},
    "prediction": "outputs.risk",
}
ASKED, ANSWERED = "request", "response"


def told(call, side, **more):
    """One record; what was answered is made of what was asked."""
    asked = {"instances": [{"age": 40.0 + call, "pay": 100.0 * call}]}
    answered = {"predictions": [{"risk": f"r{call}", "class": f"c{call}"}]}
    at = T + call * timedelta(seconds=1) + timedelta(milliseconds=40 * (side == ANSWERED))
    return {
        "specversion": "1.0", "type": f"org.kubeflow.serving.inference.{side}",
        "source": "http://localhost:9081/", "id": f"call-{call}", "time": at.isoformat(),
        "inferenceservicename": "credit", "datacontenttype": "application/json",
        "data": asked if side == ASKED else answered, **more,
    }  # fmt: skip


def lines(records):
    return b"".join(json.dumps(one).encode() + b"\n" for one in records)


def ingest(store, records, mapping=None, *, now=T, model=None, version=None, models=None):
    plan = None if mapping is None else Mapping.model_validate(mapping)
    options = Options(plan, model, version, "auto", now, models)
    return ingest_events(store, [SourceFile("log.json", data=lines(records))], options)


def post(store, records, *, now=T, model=None, version=None):
    body = Body(Kind.PREDICTIONS, lines(records), "cloudevents", model, version)
    return Collecting(store).collect([body], now, "http")[0]


def rows(store):
    """Every stored prediction: its model, version, features and answer."""
    found = store.sql("select * from predictions").to_pylist()
    features = [
        {name[2:]: told for name, told in row.items() if name[:2] == "f_" and told is not None}
        for row in found
    ]
    said = [(row["model"], row["version"], row["prediction"]) for row in found]
    return sorted(((*one, told) for one, told in zip(said, features, strict=True)), key=str)


def calls(store):
    found = store.sql("select model, version, request_id, status, latency_ms from calls")
    return sorted(tuple(row.values()) for row in found.to_pylist())


def waiting(store):
    halves = store.halves_waiting()
    return halves.requests, halves.responses


def n_mappings(store):
    connection = store._database.connection
    return connection.execute("select count(*) from half_mappings").fetchall()[0][0]


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path) as opened:
        yield opened


WHOLE = [("loans", "", "r1", {"income": 100.0}), ("loans", "", "r2", {"income": 200.0})]


@pytest.mark.parametrize("mapped", [(True, False), (False, True), (True, True)])
@pytest.mark.parametrize("order", [(ASKED, ANSWERED), (ANSWERED, ASKED)], ids="-".join)
def test_sides_of_two_commands_are_read_as_those_of_one(store, mapped, order):
    for side, is_mapped in zip(order, mapped, strict=True):
        ingest(store, [told(n, side) for n in (1, 2)], LOANS if is_mapped else None)
    assert rows(store) == WHOLE
    assert calls(store) == [("loans", "", f"call-{n}", 200, 40.0) for n in (1, 2)]


@pytest.mark.parametrize("order", [(ASKED, ANSWERED), (ANSWERED, ASKED)], ids="-".join)
def test_what_is_posted_meets_what_waits_as_its_file_said(store, order):
    first, second = order
    ingest(store, [told(n, first) for n in (1, 2)], LOANS)
    post(store, [told(n, second) for n in (1, 2)])
    assert rows(store) == WHOLE
    assert calls(store) == [("loans", "", f"call-{n}", 200, 40.0) for n in (1, 2)]


@pytest.mark.parametrize("first", [ASKED, ANSWERED])
def test_what_fills_in_fills_in_whichever_side_it_came_with(store, first):
    """No side says its model or version; the first one's sender did, beside it."""
    (second,) = {ASKED, ANSWERED} - {first}
    nameless = {"inferenceservicename": None}
    post(store, [told(1, first, **nameless)], model="a", version="7")
    post(store, [told(1, second, **nameless)])
    ingest(store, [told(2, first, **nameless)], model="b", version="8")
    ingest(store, [told(2, second, **nameless)])
    assert [row[:2] for row in rows(store)] == [("a", "7"), ("b", "8")]


def test_each_side_has_its_own_mapping_where_both_came_with_one(store):
    ingest(store, [told(1, ASKED)], {"model": {"value": "a"}, "exclude": ["pay"]})
    ingest(
        store, [told(1, ANSWERED)],
        {"model": {"value": "b"}, "exclude": ["age"], "prediction": "outputs.risk"},
    )  # fmt: skip
    assert rows(store) == [("b", "", "r1", {"age": 41.0})]


def test_a_request_that_nobody_answers_is_a_failed_call_as_its_mapping_names_it(store):
    ingest(store, [told(1, ANSWERED), told(1, ASKED), told(2, ASKED)], LOANS)
    give_up(store, T + 20 * MINUTE)
    assert calls(store) == [("loans", "", "call-1", 200, 40.0), ("loans", "", "call-2", 0, None)]


def test_an_answer_that_comes_too_late_mends_the_call_of_a_mapped_model(store):
    ingest(store, [told(1, ANSWERED), told(1, ASKED), told(2, ASKED)], LOANS)
    give_up(store, T + 20 * MINUTE)
    post(store, [told(2, ANSWERED)], now=T + 30 * MINUTE)
    assert rows(store) == WHOLE
    assert calls(store) == [("loans", "", f"call-{n}", 200, 40.0) for n in (1, 2)]


def test_a_request_that_comes_again_after_its_mapped_call_is_no_failed_one(store):
    ingest(store, [told(1, ANSWERED), told(1, ASKED)], LOANS)
    ingest(store, [told(1, ASKED)], LOANS)
    give_up(store, T + 20 * MINUTE)
    assert calls(store) == [("loans", "", "call-1", 200, 40.0)]


def test_no_answer_has_no_status_though_a_mapping_gives_one_to_all(store):
    ingest(store, [told(1, ANSWERED), told(1, ASKED)], {"status": {"value": 201}})
    ingest(store, [told(2, ASKED)], {"status": {"value": 201}})
    give_up(store, T + 20 * MINUTE)
    assert [call[3] for call in calls(store)] == [201, 0]


@pytest.mark.parametrize("side", [ASKED, ANSWERED])
def test_a_side_that_stays_alone_is_read_as_its_source_said(store, side):
    """Of a sender that never told the other one."""
    ingest(store, [told(1, side), told(2, side)], LOANS)
    give_up(store, T + 20 * MINUTE)
    alone = {
        ASKED: [("loans", "", None, {"income": 100.0}), ("loans", "", None, {"income": 200.0})],
        ANSWERED: [("loans", "", "r1", {}), ("loans", "", "r2", {})],
    }
    assert rows(store) == alone[side]


def test_sides_of_two_followed_logs_are_read_as_each_says(tmp_path):
    followed = Followed(tmp_path, mapping=LOANS)
    with followed.service as service:
        (followed.logs / "asked.json").write_bytes(lines([told(1, ASKED), told(3, ASKED)]))
        followed.look()
        assert waiting(service.store) == (2, 0)
        followed._how = {}
        followed.follower = followed.another()
        (followed.logs / "answered.json").write_bytes(lines([told(1, ANSWERED), told(2, ANSWERED)]))
        followed.look()
        give_up(service.store, followed.now + 20 * MINUTE)
        assert rows(service.store) == [("credit", "", "c2", {}), WHOLE[0]]
        assert [call[:4] for call in calls(service.store)] == [
            ("credit", "", "call-2", 200), ("loans", "", "call-1", 200), ("loans", "", "call-3", 0),
        ]  # fmt: skip


def test_a_side_that_is_read_again_with_a_mended_mapping_waits_with_that(store):
    ingest(store, [told(1, ASKED), told(2, ASKED)], {"exclude": ["pay"]}, version="1")
    ingest(store, [told(1, ASKED), told(2, ASKED)], LOANS)
    assert waiting(store) == (2, 0)
    post(store, [told(1, ANSWERED), told(2, ANSWERED)])
    assert rows(store) == WHOLE


def test_what_was_told_of_a_side_stays_what_it_was_told_as(store):
    """Its failed call is one of loans: under another mapping it would not be found again."""
    ingest(store, [told(1, ANSWERED), told(1, ASKED), told(2, ASKED)], LOANS)
    give_up(store, T + 20 * MINUTE)
    ingest(store, [told(2, ASKED)], LOANS | {"model": {"value": "other"}}, now=T + 21 * MINUTE)
    post(store, [told(2, ANSWERED)], now=T + 30 * MINUTE)
    assert rows(store) == WHOLE
    assert calls(store) == [("loans", "", f"call-{n}", 200, 40.0) for n in (1, 2)]


def test_a_mapping_is_kept_once_and_no_longer_than_what_waits_with_it(store):
    for n in range(5):
        ingest(store, [told(n, ASKED)], LOANS if n else None)
    assert n_mappings(store) == 1
    ingest(store, [told(9, ASKED)], {"exclude": ["age"]})
    assert n_mappings(store) == 2
    give_up(store, T + 20 * MINUTE)
    assert n_mappings(store) == 2  # for a late answer
    give_up(store, T + 21 * MINUTE + CORRECTS)
    assert n_mappings(store) == 0


def test_a_refused_pair_is_kept_with_how_it_was_read(store):
    ingest(store, [told(1, ASKED)], LOANS | {"ts": "features.when"}, version="3")
    post(store, [told(1, ANSWERED)])
    (kept,) = store.rejected()
    assert (kept.rejection.reason, kept.read_as.version) == ("missing_ts", "3")
    assert json.loads(kept.read_as.mapping)["ts"] == "features.when"
    # told anew where the time is, it is the call that both sides tell
    mended = Mapping.model_validate(LOANS)
    assert retry_rejected(store, Retrying(now=T, mapping=mended)).read == 1
    assert rows(store) == [("loans", "3", "r1", {"income": 100.0})]


@pytest.mark.parametrize(
    ("model", "may"),
    [({"value": "loans"}, True), ({"value": "other"}, False), ("features.pay", False)],
)
def test_a_key_for_some_models_brings_sides_of_no_other_by_a_mapping(store, model, may):
    counts = ingest(
        store, [told(1, ASKED)], {"model": model}, models=frozenset({"loans", "credit"})
    )
    assert waiting(store) == (int(may), 0)
    assert counts.rejected_reasons == ({} if may else {"wrong_model": 1})


def test_columns_of_a_mapped_model_stay_hidden_in_what_is_given_up(store):
    hides = {"loans": PrivacyRules(frozenset(), frozenset({"income"}))}
    store.hide(lambda model: hides.get(model, PrivacyRules()), "secret", hides["loans"])
    ingest(store, [told(1, ASKED), told(2, ASKED)], LOANS | {"exclude": []})
    give_up(store, T + 20 * MINUTE)
    assert [row[3] for row in rows(store)] == [{"age": 41.0}, {"age": 42.0}]
    # as they came, they hold what is hidden: they wait for no late answer
    assert store._database.connection.execute("select count(*) from halves").fetchall() == [(0,)]
