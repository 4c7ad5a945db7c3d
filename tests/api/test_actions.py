"""The Service asked over HTTP by its own client, against a real server and a real store."""

from __future__ import annotations

import dataclasses
import shutil
import threading
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from api import steps, upload
from api.actions import Actions
from api.client import RemoteService
from api.guard import Guard
from api.methods import METHODS, PREFIX
from api.routes import guarded
from domain.errors import DiskFullError, DriftlineError, StoreError, UnknownNameError, UsageError
from domain.key import Scope
from domain.run import Run
from domain.window import Window
from ingest.sources import SourceFile
from monitors.config_file import load_config
from monitors.ingest_logs import Options
from monitors.local_service import LocalService
from monitors.report_data import ReportRequest
from monitors.run import Reprocess
from monitors.views.drift import Against
from tests.api.asking import Clock, bearer, empty_service, served
from tests.api.test_wire import same

KEY = "the-owner"
AS_OF = datetime(2014, 1, 1, 0, 5, tzinfo=UTC)
OPTIONS = Options(None, None, None, "auto", datetime(2024, 5, 1, tzinfo=UTC))
LINE = b'{"model":"m","version":"1","ts":"2024-04-30T10:00:00Z","score":1,"latency_ms":3}\n'


class Asked:
    """A service, and the same one through a server."""

    def __init__(self, local: LocalService, spool: Path) -> None:
        self.local = local
        self.judging = threading.Lock()
        self.actions = Actions(local, spool=spool, judging=self.judging)
        guard = Guard(local, Clock(), loopback=True, owner_secret=KEY)
        self.routes = guarded(self.actions.endpoints(), guard)


@pytest.fixture
def asked(tmp_path: Path) -> Generator[tuple[LocalService, RemoteService, Asked]]:
    """An empty store, its remote twin, and what joins them."""
    with empty_service(tmp_path / "store") as local:
        between = Asked(local, tmp_path)
        with served(between.routes) as port, RemoteService(f"http://127.0.0.1:{port}", KEY) as far:
            yield local, far, between
        between.actions.close()


# ------------------------------------------------------------------ the same answers


@pytest.fixture(scope="module")
def twins(demo, tmp_path_factory) -> Generator[tuple[LocalService, RemoteService]]:
    """The judged sample, and itself through a server."""
    folder = tmp_path_factory.mktemp("twins") / "demo"
    shutil.copytree(demo, folder)
    config = load_config(folder / "driftline.yaml", {})
    with LocalService.open(config, "0.1.0", create=False) as local:
        between = Asked(local, folder)
        with served(between.routes) as port, RemoteService(f"http://127.0.0.1:{port}", KEY) as far:
            yield local, far
        between.actions.close()


MODEL = "flight-delay"
DAY = Window(datetime(2013, 11, 14, tzinfo=UTC), datetime(2013, 11, 15, tzinfo=UTC))
MONTH = Window(datetime(2013, 11, 1, tzinfo=UTC), datetime(2013, 12, 1, tzinfo=UTC))
QUESTIONS = {
    "config": lambda s: s.config,
    "code_version": lambda s: s.code_version,
    "checkpoints": lambda s: s.checkpoints(),
    "rejected": lambda s: s.rejected(5),
    "rejected_counts": lambda s: s.rejected_counts(),
    "rejected_tallies": lambda s: s.rejected_tallies(),
    "label_standing": lambda s: s.label_standing(),
    "models": lambda s: s.models(MODEL),
    "starter": lambda s: s.starter("./store"),
    "facts": lambda s: s.facts(),
    "plan_due": lambda s: s.plan_due(AS_OF),
    "plan_backfill": lambda s: s.plan_backfill(None, None, None, Reprocess.COMPLETED, AS_OF),
    "stale": lambda s: s.stale(datetime(2014, 3, 1, tzinfo=UTC)),
    "show_baseline": lambda s: s.show_baseline(MODEL, None, AS_OF),
    "acceptances": lambda s: s.acceptances(MODEL),
    "incidents": lambda s: s.incidents(MODEL, now=AS_OF),
    "incident": lambda s: s.incident("199c", AS_OF),
    "acknowledgements": lambda s: s.acknowledgements("199c", AS_OF),
    "report": lambda s: s.report(ReportRequest(MODEL, MONTH, AS_OF)),
    "report_rows": lambda s: s.report_rows(ReportRequest(MODEL, DAY, AS_OF)),
    "sql": lambda s: s.sql("select version, count(*), max(ts) from calls group by 1 order by 1"),
    "revision": lambda s: s.revision(),
    "targets": lambda s: s.targets(),
    "fleet": lambda s: s.fleet(AS_OF),
    "drift": lambda s: s.drift(MODEL, "2", DAY),
    "distribution": lambda s: s.distribution(MODEL, "2", DAY, "sched_dep_hour", Against.CONFIGURED),
    "service_levels": lambda s: s.service_levels(MODEL, "1", MONTH),
    "resources": lambda s: s.resources(MODEL, "1", MONTH),
    "notable_calls": lambda s: s.notable_calls(MODEL, "1", MONTH),
    "versions": lambda s: s.versions(MODEL),
    "performance": lambda s: s.performance(MODEL),
    "data": lambda s: s.data(AS_OF),
    "keys": lambda s: s.keys(),
}
# asked in other tests, or by them that made them
ELSEWHERE = {
    *{name for name, method in METHODS.items() if method.changes and name != "keys"},
    *{"runs_page", "findings_page", "slos_page", "incidents_page"},
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_page_gets_the_same_through_a_server(twins, name):
    near, far = (QUESTIONS[name](service) for service in twins)
    assert same(near, far)


def test_the_version_that_is_named_travels(twins):
    for service in twins:
        with pytest.raises(UsageError, match="name another version"):
            service.distribution(MODEL, "2", DAY, "score", Against.OTHER_VERSION, "2")


def test_every_reading_method_is_compared():
    assert set(QUESTIONS) == set(METHODS) - ELSEWHERE


def test_what_judges_decides_comes_back_and_is_stored(twins):
    local, far = twins
    told: list[tuple[str, int, int]] = []
    span = (DAY.start, DAY.end)
    planned = far.plan_backfill(MODEL, *span, Reprocess.COMPLETED, AS_OF)
    runs = far.execute(planned, AS_OF, lambda *step: told.append(step))
    assert told == [(MODEL, 1, 1)]
    again = local.execute(planned, AS_OF, lambda *_: None)
    assert [timeless(run) for run in runs] == [timeless(run) for run in again]
    assert [timeless(run) for run in far.run(MODEL, DAY, AS_OF, AS_OF)] == [
        timeless(run) for run in runs
    ]


def timeless(run: Run) -> Run:
    return dataclasses.replace(run, duration_s=0.0)


# ------------------------------------------------------------------ the same errors


@pytest.mark.parametrize(
    "ask",
    [
        lambda s: s.models("nope"),
        lambda s: s.run(None, None, AS_OF, AS_OF),
        lambda s: s.incident("nope", AS_OF),
        lambda s: s.sql("drop table runs"),
        lambda s: s.sql("select * from nowhere"),
        lambda s: s.accept("nope", [], AS_OF, "x", "me", AS_OF),
        lambda s: s.ingest([SourceFile("a", data=LINE)], dataclasses.replace(OPTIONS, format="x")),
        lambda s: s.ingest([SourceFile("gone.csv", Path("gone.csv"))], OPTIONS),
        lambda s: s.labels([SourceFile("cut.parquet", data=b"PAR1")], OPTIONS),
    ],
)  # fmt: skip
def test_an_error_comes_back_as_itself(asked, ask):
    local, far, _ = asked
    raised: list[DriftlineError] = []
    for service in (local, far):
        with pytest.raises(DriftlineError) as found:
            ask(service)
        raised.append(found.value)
    near, remote = raised
    assert (type(remote), str(remote), remote.exit_code) == (type(near), str(near), near.exit_code)


def test_a_fault_of_ours_leaves_a_reference_and_no_value(asked, monkeypatch, caplog):
    _, far, between = asked

    def broken(*_: object, **__: object):
        raise RuntimeError("the patient's name")

    for name in ("models", "execute"):
        monkeypatch.setattr(LocalService, name, broken)
    for ask in (far.models, lambda: far.execute([], AS_OF, lambda *_: None)):
        with pytest.raises(DriftlineError) as found:
            ask()
        reference = str(found.value).split()[-1]
        assert any(getattr(one, "reference", None) == reference for one in caplog.records)
    assert "patient" not in caplog.text + str([vars(one) for one in caplog.records])
    assert between.judging.acquire(blocking=False), "a failed run lets the next one in"


# ------------------------------------------------------------------ logs


def test_sources_are_stored_one_by_one_and_counted_together(asked, tmp_path):
    local, far, _ = asked
    (tmp_path / "a.ndjson").write_bytes(LINE + b"nothing\n")
    sources = [
        SourceFile("a.ndjson", tmp_path / "a.ndjson"),
        SourceFile("body", data=LINE.replace(b'"1"', b'"2"') + LINE),
    ]
    counts = far.ingest(sources, OPTIONS)
    assert (counts.stored.predictions, counts.stored.duplicates, counts.rejected) == (2, 1, 1)
    assert [line.source for line in local.rejected(5)] == ["a.ndjson"]
    assert not list(tmp_path.glob("log-*")), "what was received is gone again"


def test_a_log_larger_than_a_piece_arrives_whole(asked):
    local, far, _ = asked
    many = b"".join(LINE.replace(b"10:00:00", b"10:%02d:%02d" % divmod(n, 60)) for n in range(3600))
    big = b"".join(many.replace(b'"1"', b'"%d"' % version) for version in range(8))
    assert len(big) > 2 * upload._PIECE_BYTES
    counts = far.ingest([SourceFile("big.ndjson", data=big)], OPTIONS)
    assert counts.stored.predictions == 8 * 3600
    assert local.facts().data_spans.keys() == {"m"}


@pytest.mark.parametrize("pieces", [1, 7, 1000])
def test_a_log_is_the_same_however_its_body_is_cut(tmp_path, pieces):
    body = b'{"source": "x"}\n' + LINE * 50
    with upload.Upload(tmp_path) as received:
        for start in range(0, len(body), pieces):
            if received.take(body[start : start + pieces]):
                received.write()
        received.finish()
        (source,) = received.sources()
        assert source.name == "x"
        with source.raw() as file:
            assert file.read() == LINE * 50
    assert list(tmp_path.iterdir()) == []


def test_a_body_without_its_first_line_is_refused(asked):
    _, far, _ = asked
    answer = httpx.post(f"{far.url}{PREFIX}/ingest", content=b"{}", headers=bearer(KEY))
    assert (answer.status_code, answer.json()["error"]) == (400, "InputError")


def test_a_log_that_does_not_fit_beside_the_store_says_so(asked, monkeypatch):
    _, far, _ = asked

    def full(*_: object):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(upload.Upload, "write", full)
    with pytest.raises(DiskFullError, match="free some space"):
        far.ingest([SourceFile("a", data=LINE)], OPTIONS)


# ------------------------------------------------------------------ what takes long


def leaving(monkeypatch) -> threading.Event:
    """Return what is set when the server has noticed that an asker left."""
    noticed, leave = threading.Event(), steps.Steps.leave

    def notice(self: steps.Steps) -> None:
        leave(self)
        noticed.set()

    monkeypatch.setattr(steps.Steps, "leave", notice)
    return noticed


def test_a_run_that_nobody_waits_for_any_more_stops_and_is_not_begun(asked, monkeypatch):
    _, far, between = asked
    begun, told, pause = threading.Event(), threading.Event(), threading.Event()
    noticed = leaving(monkeypatch)

    def long_run(_self: object, planned: object, now: object, progress) -> list[Run]:
        begun.set()
        while True:  # until the progress cannot be told any more
            pause.wait(0.01)
            try:
                progress("m", 1, 2)
            except BaseException:
                told.set()
                raise

    monkeypatch.setattr(LocalService, "execute", long_run)
    monkeypatch.setattr(steps, "HEARTBEAT_S", 0.05)
    body = {"planned": [], "now": "2024-01-01T00:00:00Z"}
    url = f"{far.url}{PREFIX}/execute"
    with httpx.stream("POST", url, json=body, headers=bearer(KEY)) as answer:
        assert next(answer.iter_lines()) == '{"progress":["m",1,2]}'
        assert begun.is_set()
    assert told.wait(30)
    assert between.judging.acquire(timeout=30)
    assert noticed.wait(30)
    begun.clear()
    noticed.clear()
    with httpx.stream("POST", url, json=body, headers=bearer(KEY)) as answer:
        assert next(answer.iter_lines()) == "", "a sign of life while it waits for its turn"
    assert noticed.wait(30)
    between.judging.release()
    assert not begun.wait(0.3)


def test_no_two_runs_are_judged_at_once(asked, monkeypatch):
    _, far, _ = asked
    inside, most = [], []

    def judge(_self: object, *_: object, **__: object) -> list[Run]:
        inside.append(1)
        most.append(len(inside))
        threading.Event().wait(0.02)
        inside.pop()
        return []

    monkeypatch.setattr(LocalService, "run", judge)
    threads = [threading.Thread(target=far.run, args=(None, None, AS_OF, AS_OF)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 6


# ------------------------------------------------------------------ who may ask


def test_without_a_key_nothing_is_answered_even_on_loopback(asked):
    _, far, _ = asked
    with httpx.Client(base_url=far.url) as client:
        for method in METHODS.values():
            answer = client.post(f"{PREFIX}/{method.name}", content=b"{}")
            assert answer.status_code == 401, method.name
            assert answer.headers["content-type"] == "application/problem+json"


def test_a_key_for_reading_changes_nothing(asked):
    local, far, _ = asked
    now = Clock()()
    read = local.create_key("reader", [Scope.READ], None, None, now).secret
    send = local.create_key("sender", [Scope.INGEST], None, None, now).secret
    some = local.create_key("some", [Scope.READ], ["m"], None, now).secret
    with httpx.Client(base_url=far.url) as client:
        for method in METHODS.values():
            url = f"{PREFIX}/{method.name}"
            asked_by = {
                key: client.post(url, content=b"{}", headers=bearer(key)).status_code
                for key in (read, send, some)
            }
            assert (asked_by[read] == 403) == method.changes, method.name
            # who sends may send, and ask what it takes to go on
            sends = Scope.INGEST in {method.scope, method.also}
            assert (asked_by[send] == 403) == (not sends), method.name
            assert (asked_by[some] == 403) == (method.also is None), method.name


def test_a_refused_key_names_the_variable_it_is_taken_from(asked):
    _, far, _ = asked
    with (
        RemoteService(far.url, "no key") as other,
        pytest.raises(UsageError, match="DRIFTLINE_KEY"),
    ):
        other.models()


# ------------------------------------------------------------------ who is asked


def test_an_answer_of_something_else_is_told_as_such(tmp_path):
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    async def hello(_request: object) -> PlainTextResponse:
        return PlainTextResponse("hello", 404)

    async def numbers(_request: object) -> PlainTextResponse:
        return PlainTextResponse("[1]")

    routes = [
        Route(f"{PREFIX}/models", hello, methods=["POST"]),
        Route(f"{PREFIX}/facts", numbers, methods=["POST"]),
        Route(f"{PREFIX}/run", numbers, methods=["POST"]),
    ]
    with served(routes) as port, RemoteService(f"http://127.0.0.1:{port}", None) as far:
        with pytest.raises(StoreError, match="not as a Driftline does"):
            far.models()
        with pytest.raises(StoreError, match="use the same version"):
            far.facts()
        with pytest.raises(StoreError):
            far.run(None, None, AS_OF, AS_OF)
    with (
        RemoteService(f"http://127.0.0.1:{port}", None) as far,
        pytest.raises(StoreError, match="does not answer"),
    ):
        far.models()


def test_missing_arguments_are_named(asked):
    _, far, _ = asked
    answer = httpx.post(f"{far.url}{PREFIX}/drift", content=b"{}", headers=bearer(KEY))
    assert answer.status_code == 400
    assert "model, version, window" in answer.json()["detail"]


def test_unknown_names_are_offered_the_nearest(twins):
    _, far = twins
    with pytest.raises(UnknownNameError, match="did you mean 'flight-delay'"):
        far.models("flight-dela")
