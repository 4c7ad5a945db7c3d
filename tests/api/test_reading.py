"""What programs read: the shapes of ``--json``, page by page, only of what their key is for."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.cursor import read_cursor, write_cursor
from api.guard import Guard
from api.meters import Meters
from api.routes import routes, table
from domain.key import Scope
from domain.page import Mark
from monitors.config_file import load_config
from monitors.local_service import LocalService
from tests.api.asking import Clock, TestClient, bearer, client
from tests.golden.logs import Service as Made
from tests.golden.logs import batch

# within an hour of the last window: no monitor stands still
NOW = datetime(2014, 1, 1, 1, tzinfo=UTC)
LISTS = ("runs", "findings", "alerts", "slos")


@pytest.fixture(scope="module")
def judged(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("read") / "demo"
    shutil.copytree(demo, folder)
    return folder


@pytest.fixture(scope="module")
def service(judged: Path) -> Iterator[LocalService]:
    """The judged sample, and a model that nobody has judged yet."""
    config = load_config(judged / "driftline.yaml", {})
    config = config.model_copy(update={"store": judged / "store"})
    with LocalService.open(config, "1.0", create=False) as service:
        service.store.load([batch(Made(days=2, calls_a_day=5).events(), "parcel")], "made")
        yield service


@pytest.fixture(scope="module")
def ask(service: LocalService) -> TestClient:
    return asking(service, Clock(NOW))


def asking(service: LocalService, clock: Clock) -> TestClient:
    guard = Guard(service, clock, loopback=True, owner_secret="owner")
    return client(routes(table(service, Meters(service, clock), clock), guard, lambda *_: None))


def every(ask: TestClient, path: str, **parameters: Any) -> list[dict[str, Any]]:
    """All items of a list, from all its pages."""
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        answer = ask.get(path, params={**parameters, **cursor})
        assert answer.status_code == 200, answer.text
        body = answer.json()
        [items] = [value for value in body.values() if isinstance(value, list)]
        found += items
        if body["next_cursor"] is None:
            return found
        assert len(items) == parameters.get("limit", 100)
        assert cursor != {"cursor": body["next_cursor"]}, "or this never ends"
        cursor = {"cursor": body["next_cursor"]}


# ------------------------------------------------------------------ the shapes


def test_runs_and_incidents_read_as_the_command_line_prints_them(demo: Path, tmp_path: Path, ask):
    """`report --format json` and `alerts list --json` are the other way to the same numbers."""
    shutil.copytree(demo, tmp_path / "demo")
    driftline = Path(sys.executable).with_name("driftline")

    def printed(*words: str) -> Any:
        where = ["--config", "demo/driftline.yaml", "--store", "demo/store"]
        command = [driftline, *words, *where]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
        return json.loads(done.stdout)

    span = "2013-05-13/2013-05-16"
    report = printed("report", "--format", "json", "--window", span, "--out", "-")
    runs = every(ask, "/v1/runs", **{"from": "2013-05-13", "to": "2013-05-16"})
    assert [run["window"] for run in runs] == [run["window"] for run in report["runs"]]
    for read, shown in zip(runs, report["runs"], strict=True):
        # a report keeps all findings of its newest window only
        assert {**read, "findings": None} == {**shown, "findings": None}
        assert all(finding in read["findings"] for finding in shown["findings"])
    assert runs[0]["findings"] == report["runs"][0]["findings"]
    listed = printed("alerts", "list", "--all", "--json")["incidents"]
    by_id = {i["incident_id"]: i for i in listed if i["cause"] != "monitor"}
    read = every(ask, "/v1/alerts", model="flight-delay")
    assert {i["incident_id"]: i for i in read if i["cause"] != "monitor"} == by_id


def test_findings_and_objectives_are_those_of_the_runs(ask):
    span = {"from": "2013-05-13", "to": "2013-05-16"}
    runs = every(ask, "/v1/runs", **span)

    def told(name: str) -> list[dict[str, Any]]:
        return [
            {"model": run["model"], "version": run["version"], "window": run["window"], **one}
            for run in runs
            for one in run[name]
        ]

    assert every(ask, "/v1/findings", **span) == told("findings")
    assert every(ask, "/v1/slos", **span) == told("slos")


def test_models_and_versions_say_what_there_is_and_how_far_it_was_judged(ask, service):
    flights, parcel = every(ask, "/v1/models")
    assert (flights["model"], parcel["model"]) == ("flight-delay", "parcel")
    assert flights["versions"] == ["2", "1"]
    assert flights["newest_window"]["end"] == "2014-01-01T00:00:00Z"
    assert (parcel["judged_windows"], parcel["newest_window"]) == (0, None)
    assert parcel["data"] is not None
    versions = every(ask, "/v1/models/flight-delay/versions")
    assert [one["version"] for one in versions] == ["1", "2"]
    newest = max(service.store.runs("flight-delay", "2"), key=lambda run: run.window)
    assert versions[1]["n_predictions"] == newest.n_predictions
    assert versions[1]["performance"]["labelled"] == newest.performance.labelled
    [unjudged] = every(ask, "/v1/models/parcel/versions")
    assert (unjudged["newest_status"], unjudged["n_predictions"]) == (None, None)


def test_a_monitor_that_stands_still_is_among_the_incidents(service):
    before = every(asking(service, Clock(NOW)), "/v1/alerts", model="flight-delay")
    late = asking(service, Clock(datetime(2014, 2, 1, tzinfo=UTC)))
    after = every(late, "/v1/alerts", model="flight-delay", limit=2)
    [added] = [one for one in after if one["cause"] == "monitor"]
    assert added["state"] == "firing"
    assert [one for one in after if one is not added] == [
        one for one in before if one["cause"] != "monitor"
    ]
    assert [one["started_at"] for one in after] == sorted(
        (one["started_at"] for one in after), reverse=True
    )
    assert not [
        one for one in every(late, "/v1/alerts", state="resolved") if one["cause"] == "monitor"
    ]


@pytest.mark.parametrize(
    ("header", "query"), [("zh-CN,zh;q=0.9,en;q=0.8", {}), ("", {"language": "zh"})]
)
def test_sentences_come_in_chinese_where_that_is_asked_for(ask, header, query):
    path = "/v1/alerts"
    chinese = ask.get(path, params=query, headers={"Accept-Language": header}).json()
    english = ask.get(path).json()
    assert any("一" <= sign <= "鿿" for sign in chinese["incidents"][0]["headline"])
    assert english["incidents"][0]["headline"].isascii()
    assert [i["incident_id"] for i in chinese["incidents"]] == [
        i["incident_id"] for i in english["incidents"]
    ]


# ------------------------------------------------------------------ filters and pages


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        ("/v1/runs", {"status": ["violations"]}),
        ("/v1/runs", {"status": ["violations", "insufficient"]}),
        ("/v1/findings", {"verdict": ["drifted"], "severity": ["warning", "info"]}),
        ("/v1/alerts", {"state": ["resolved"]}),
        ("/v1/alerts", {"severity": ["critical"]}),
        ("/v1/slos", {"state": ["exhausted", "burning-page"]}),
    ],
)
def test_a_filter_keeps_what_it_names_and_all_of_that(
    ask, path: str, parameters: dict[str, list[str]]
):
    span = {"from": "2013-05-10", "to": "2013-05-20", "limit": 1000}
    whole = every(ask, path, **span)
    wanted = [one for one in whole if all(one[key] in of for key, of in parameters.items())]
    assert every(ask, path, **parameters, **span) == wanted
    assert every(ask, path, **parameters), "or the filter names nothing that there is"


def test_a_span_is_half_open_and_takes_dates_times_and_zones(ask):
    def starts(**span: str) -> list[str]:
        return sorted({one["window"]["start"][:10] for one in every(ask, "/v1/runs", **span)})

    days = ["2013-05-14", "2013-05-15"]
    assert starts(**{"from": "2013-05-14", "to": "2013-05-16"}) == days
    zoned = {"from": "2013-05-14T02:00:00+02:00", "to": "2013-05-15T23:00:00Z"}
    assert starts(**zoned) == days
    answer = ask.get("/v1/runs?from=2013-05-14T02:00:00+02:00&to=2013-05-16")  # a bare plus sign
    assert answer.status_code == 200


@pytest.mark.parametrize("path", [f"/v1/{name}" for name in LISTS])
def test_pages_of_any_size_are_the_same_list(ask, path: str):
    span = {} if path == "/v1/alerts" else {"from": "2013-05-14", "to": "2013-05-16"}
    whole = every(ask, path, **span, limit=1000)
    assert len(whole) > 1
    for limit in (1, 7):
        assert every(ask, path, **span, limit=limit) == whole


def test_a_cursor_of_one_list_is_none_of_another(ask):
    cursor = ask.get("/v1/runs", params={"limit": 1}).json()["next_cursor"]
    answer = ask.get("/v1/slos", params={"cursor": cursor})
    assert answer.status_code == 400
    assert answer.json()["parameter"] == "cursor"


MOMENTS = st.integers(-(10**16), 10**17).map(
    lambda us: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)
)
MARKS = st.builds(Mark, MOMENTS, MOMENTS, st.text(), st.text(), st.integers(0, 2**31))
TEXT = st.text(st.characters(codec="utf-8"))


@given(MARKS, st.sampled_from(LISTS))
def test_a_cursor_is_read_as_it_was_written_and_needs_no_escaping(mark: Mark, kind: str):
    try:
        text = write_cursor(kind, mark)
    except TypeError:  # half of a surrogate pair is no text that a store could hold
        return
    assert read_cursor(kind, text) == mark
    assert all(sign.isalnum() or sign in "-_" for sign in text)


@given(TEXT)
def test_no_text_at_all_is_more_than_no_cursor(text: str):
    read_cursor("runs", text)


# ------------------------------------------------------------------ what cannot be meant


@pytest.mark.parametrize(
    ("query", "parameter", "says"),
    [
        ("limit=0", "limit", "from 1 to 1000"),
        ("limit=1001", "limit", "from 1 to 1000"),
        ("limit=٣", "limit", "a whole number"),
        ("limit=" + "9" * 5000, "limit", "a whole number"),
        ("limit=1&limit=2", "limit", "only once"),
        ("from=yesterday", "from", "a date or a time with its zone"),
        ("from=2013-05-14T00:00:00", "from", "a date or a time with its zone"),
        ("from=0001-01-01T00:00:00%2B05:00", "from", "a date or a time"),
        ("status=fine", "status", "one of ok, violations, insufficient, failed"),
        ("cursor=abc", "cursor", "next_cursor"),
        ("modle=x", "modle", "did you mean 'model'?"),
        ("language=fr", "language", "one of en, zh"),
    ],
)
def test_a_parameter_that_cannot_be_meant_is_named(ask, query: str, parameter: str, says: str):
    answer = ask.get(f"/v1/runs?{query}")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["parameter"] == parameter
    assert says in answer.json()["detail"]


def test_a_span_that_ends_before_it_starts_is_refused(ask):
    answer = ask.get("/v1/runs?from=2013-05-14&to=2013-05-14")
    assert (answer.status_code, answer.json()["error"]) == (400, "InvalidWindowError")


def test_an_unknown_model_is_told_with_the_nearest(ask):
    for path in ("/v1/runs?model=flight-dely", "/v1/models/flight-dely/versions"):
        answer = ask.get(path)
        assert answer.status_code == 404
        assert "did you mean 'flight-delay'?" in answer.json()["detail"]


QUERIES = st.dictionaries(
    st.sampled_from(["model", "version", "from", "to", "limit", "cursor", "status", "language"]),
    TEXT,
    min_size=1,
    max_size=3,
)


@settings(max_examples=60)
@given(QUERIES)
def test_nothing_that_is_asked_is_the_servers_fault(ask, query: dict[str, str]):
    answer = ask.get("/v1/runs", params={"limit": "1", **query})
    assert answer.status_code in {200, 400, 404}


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1/nothing", "/v1/runs/", "/v1/models/x"])
def test_what_is_not_there_is_a_problem_too(ask, path: str):
    answer = ask.get(path)
    assert (answer.status_code, answer.json()["title"]) == (404, "Not Found")
    assert answer.headers["content-type"] == "application/problem+json"


# ------------------------------------------------------------------ keys for some models


def test_a_key_for_some_models_is_told_of_no_other(service):
    clock = Clock(NOW)
    ask = asking(service, clock)
    of_parcel = service.create_key("parcel", [Scope.READ], ["parcel", "gone"], None, NOW).secret
    of_flights = service.create_key("flights", [Scope.READ], ["flight-delay"], None, NOW).secret
    own, other = bearer(of_parcel), bearer(of_flights)
    for path in LISTS:
        assert not any(
            "flight" in str(one) for one in ask.get(f"/v1/{path}", headers=own).json().values()
        )
        assert ask.get(f"/v1/{path}?model=flight-delay", headers=own).status_code == 403
        assert every_as(ask, f"/v1/{path}", other)
    assert [m["model"] for m in ask.get("/v1/models", headers=own).json()["models"]] == ["parcel"]
    assert ask.get("/v1/models/flight-delay/versions", headers=own).status_code == 403
    for path in ("/v1/runs?model=gone", "/v1/models/gone/versions"):
        missing = ask.get(path, headers=own)
        assert missing.status_code == 404
        assert "flight" not in missing.text


def every_as(ask: TestClient, path: str, headers: dict[str, str]) -> list[Any]:
    body = ask.get(path, headers=headers).json()
    [items] = [value for value in body.values() if isinstance(value, list)]
    return items
