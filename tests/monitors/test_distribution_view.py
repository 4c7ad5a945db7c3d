"""The picture of a column is what its verdict was made of, whatever happens to the rows."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pytest

from detectors import psi
from domain.errors import NothingToJudgeError, UnknownNameError, UsageError
from domain.profile import ColumnKind, GridKind, Profile
from domain.run import Deployment
from domain.window import Window
from monitors.local_service import LocalService
from monitors.report_data import ReportRequest
from monitors.run import Reprocess
from monitors.views.drift import Against
from tests.golden.logs import START, Service
from tests.monitors.made import NOW, judge, judge_days, load, load_labels, opened

FIRST, END = 34, 50
MADE = Service(
    days=END,
    calls_a_day=150,
    versions={"1": (0, 47, 0.8), "2": (31, 10_000, 0.2), "3": (44, 10_000, 0.4)},
    drifts_from=46,
    missing_on=(48,),
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory):
    with opened(tmp_path_factory.mktemp("views") / "store") as service:
        load(service, MADE.events())
        load_labels(service, MADE.labels())
        judge_days(service, MADE, FIRST, END)
        yield service


def shown(
    service: LocalService,
    day: int,
    column: str = "weight_kg",
    against: Against = Against.CONFIGURED,
    version: str = "1",
):
    return service.distribution("parcel", version, MADE.window(day), column, against)


def named(service, day: int, other: str, against: Against = Against.OTHER_VERSION):
    return service.distribution("parcel", "1", MADE.window(day), "weight_kg", against, other)


def values(day: int, column: str, version: str = "1") -> np.ndarray:
    events = MADE.events(day, day + 1)
    return events.filter(pc.equal(events["version"], version))[column].to_numpy()


def same(one: Profile | None, other: Profile | None) -> bool:
    if one is None or other is None:
        return one is other
    return one.grid.to_json() == other.grid.to_json() and (one.counts == other.counts).all()


@pytest.mark.parametrize("day", [FIRST, 42, 46])
def test_the_current_side_is_a_count_of_the_windows_rows(service, day) -> None:
    current = shown(service, day).current
    assert current.grid.kind is GridKind.QUANTILES
    bins = [-np.inf, *current.grid.edges, np.inf]
    rows = values(day, "weight_kg")
    assert current.cells.tolist() == np.histogram(rows, bins)[0].tolist()
    assert (current.missing, current.unseen, current.n) == (0, 0, len(rows))


def test_categories_and_missing_values_are_counted_too(service) -> None:
    carrier, age = shown(service, 42, "carrier").current, shown(service, 42, "age_days").current
    counted = dict(zip(carrier.grid.labels, carrier.cells.tolist(), strict=True))
    assert counted == Counter(values(42, "carrier").tolist())
    assert age.missing == int(np.isnan(values(42, "age_days")).sum()) > 0


def test_both_sides_give_the_reading_that_the_run_stored(service) -> None:
    run = service.drift("parcel", "1", MADE.window(42)).run
    for stored in (f for f in run.findings if f.detector == psi.NAME):
        view = shown(service, 42, stored.column)
        again = psi.detect(view.reference, view.current, kind=stored.kind, alpha=0.01)
        assert again.statistic == stored.statistic
        assert (view.reference.n, view.current.n) == (stored.n_reference, stored.n_current)
        assert view.reference_name == run.baseline


@pytest.mark.parametrize(
    ("against", "version", "other_day"),
    [
        (Against.PREVIOUS, "1", 44),
        (Against.WEEK_BEFORE, "1", 38),
        (Against.OTHER_VERSION, "3", 45),
    ],
)
def test_another_reference_is_what_that_other_run_counted(
    service, against, version, other_day
) -> None:
    view = shown(service, 45, against=against)
    assert (view.reference_version, view.reference_window) == (version, MADE.window(other_day))
    assert same(view.reference, shown(service, other_day, version=version).current)
    # the picture changes, what was judged does not
    assert same(view.current, shown(service, 45).current)


def test_the_other_version_is_the_busiest_of_the_others_in_that_window(service) -> None:
    seen = {
        (day, version): shown(service, day, "carrier", Against.OTHER_VERSION, version)
        for day, version in ((40, "1"), (45, "1"), (45, "3"), (49, "2"))
    }
    assert {key: view.reference_version for key, view in seen.items()} == {
        (40, "1"): "2",
        (45, "1"): "3",
        (45, "3"): "1",
        (49, "2"): "3",
    }


@pytest.mark.parametrize(("day", "other"), [(45, "2"), (45, "3"), (40, "2")])
def test_the_version_that_is_named_is_the_one_beside_it(service, day, other) -> None:
    view = named(service, day, other)
    assert (view.reference_version, view.reference_window) == (other, MADE.window(day))
    assert same(view.reference, shown(service, day, version=other).current)
    assert view.reference.n == len(values(day, "weight_kg", other))


def test_a_named_version_without_that_window_is_not_replaced_by_another(service) -> None:
    # version 3 came on day 44
    view = named(service, 40, "3")
    assert (view.reference, view.reference_version, view.reference_window) == (None, None, None)
    assert view.current is not None


def test_a_version_that_cannot_stand_beside_is_refused(service) -> None:
    with pytest.raises(UnknownNameError, match="known: 1, 2, 3"):
        named(service, 45, "4")
    with pytest.raises(UsageError, match="name another version"):
        named(service, 45, "1")
    with pytest.raises(UsageError, match="against other-version"):
        named(service, 45, "2", Against.PREVIOUS)


def test_a_reference_that_is_not_there_is_none_and_not_the_configured_one(service) -> None:
    for day, against in ((FIRST, Against.PREVIOUS), (FIRST + 6, Against.WEEK_BEFORE)):
        view = shown(service, day, against=against)
        assert (view.reference, view.reference_window, view.reference_name) == (None, None, "")
        assert view.current is not None


def test_the_window_before_is_the_last_that_was_judged_before(tmp_path: Path) -> None:
    with opened(tmp_path) as service:
        load(service, MADE.events(0, 45))
        judge(service, [MADE.window(day) for day in (35, 41, 44)])
        found = [shown(service, d, against=Against.PREVIOUS).reference_window for d in (41, 44)]
    assert found == [MADE.window(35), MADE.window(41)]


def test_the_same_day_a_week_ago_is_found_where_the_clocks_changed(tmp_path: Path) -> None:
    # Berlin set its clocks forward on 31 March 2024, day 27
    settings = {"baseline": {"trailing": "14d"}}
    with opened(tmp_path, settings, timezone="Europe/Berlin") as service:
        load(service, MADE.events(0, 36))
        start = datetime(2024, 3, 26, 23, tzinfo=UTC)
        before = Window(start, start + timedelta(days=1))
        after = Window(start + timedelta(days=7, hours=-1), start + timedelta(days=8, hours=-1))
        judge(service, [before, after])
        view = service.distribution("parcel", "1", after, "weight_kg", Against.WEEK_BEFORE)
    assert view.reference_window == before


def test_a_column_that_came_later_has_no_picture_before_it(tmp_path: Path) -> None:
    events = MADE.events(0, 40)
    with opened(tmp_path) as service:
        load(service, events.drop_columns(["carrier"]).slice(0, 30 * 120))
        load(service, events.slice(30 * 120))
        judge_days(service, MADE, 20, 40)
        early, late = shown(service, 20, "carrier"), shown(service, 38, "carrier")
    assert (early.reference, early.current) == (None, None)
    assert late.current.n == 120


def test_pages_show_the_same_when_the_rows_are_gone(service, tmp_path: Path) -> None:
    service.store.checkpoint()
    (tmp_path / "copy").mkdir()
    copied = tmp_path / "copy" / "driftline.duckdb"
    copied.write_bytes(service.store.path.read_bytes())
    with opened(tmp_path / "copy") as bare:
        with bare.store._database.writing() as connection:
            schemas = connection.execute("select schema_name from models").fetchall()
            for (schema,) in schemas:
                for table in ("predictions", "calls", "labels"):
                    connection.execute(f'delete from "{schema}".{table}')
        assert bare.sql("select count(*) as n from predictions")["n"][0].as_py() == 0
        now = datetime(2024, 4, 23, tzinfo=UTC)
        alone = {"data_until": None, "next_check": None}
        assert replace(bare.fleet(now), **alone) == replace(service.fleet(now), **alone)
        for version in "123":
            assert bare.drift("parcel", version, None) == service.drift("parcel", version, None)
        assert bare.versions("parcel") == service.versions("parcel")
        assert bare.performance("parcel") == service.performance("parcel")
        (ours,), (theirs,) = bare.targets(), service.targets()
        assert replace(ours, data_span=None) == replace(theirs, data_span=None)
        for against in Against:
            bared, full = (shown(s, 45, against=against) for s in (bare, service))
            assert same(bared.reference, full.reference)
            assert same(bared.current, full.current)


def test_a_window_judged_again_shows_what_it_is_compared_with_now(tmp_path: Path) -> None:
    with opened(tmp_path, {}) as service:
        load(service, MADE.events(0, 42))
        judge_days(service, MADE, 40, 42)
        before = shown(service, 41)
        service.set_baseline("parcel", MADE.window(0, 14), NOW)
        planned = service.plan_backfill(
            "parcel", MADE.window(40).start, MADE.window(41).end, Reprocess.COMPLETED, NOW
        )
        service.execute(planned, NOW, lambda *_: None)
        after = shown(service, 41)
        kept = service.sql("select count(*) as n from run_references")["n"][0].as_py()
    assert after.reference.n == 14 * 120 != before.reference.n
    assert after.current.n == before.current.n == 120
    # both versions share the references of the inputs; only one had outputs in that span
    assert kept == 4 + 2


def test_a_report_of_an_old_window_shows_what_that_window_was_compared_with(service) -> None:
    view = service.report(ReportRequest("parcel", MADE.window(FIRST, 3), NOW))
    old = {c.column.name: c for c in view.columns if c.version == "1"}
    for name, column in old.items():
        picture = shown(service, FIRST + 2, name)
        assert same(column.reference, picture.reference)
        assert same(column.current, picture.current)
    assert old["weight_kg"].current.n == 120
    assert view.notes == ()


def test_what_an_earlier_version_did_not_keep_is_said(tmp_path: Path) -> None:
    with opened(tmp_path) as service:
        load(service, MADE.events(0, 42))
        judge_days(service, MADE, 40, 42)
        with service.store._database.writing() as connection:
            connection.execute("delete from run_profiles where column_name = 'weight_kg'")
        view = shown(service, 41)
        assert (view.reference, view.current) == (None, None)
        report = service.report(ReportRequest("parcel", None, MADE.window(41).end))
        assert report.notes == ("report.note.uncounted",)


def test_without_a_baseline_nothing_is_said_to_be_missing(tmp_path: Path) -> None:
    with opened(tmp_path) as service:
        load(service, MADE.events(0, 3))
        judge_days(service, MADE, 1, 2)
        report = service.report(ReportRequest("parcel", None, MADE.window(1).end))
        assert report.columns
        assert report.notes == ()


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"model": "parcl"}, UnknownNameError, "did you mean 'parcel'"),
        ({"version": "4"}, UnknownNameError, "known: 1, 2, 3"),
        ({"column": "weight"}, UnknownNameError, "did you mean 'weight_kg'"),
        (
            {"window": MADE.window(3)},
            NothingToJudgeError,
            "judged are 2024-04-07T00:00:00Z to 2024-04-20T00:00:00Z",
        ),
        ({"window": MADE.window(40, 2)}, NothingToJudgeError, "was not judged"),
    ],
    ids=["model", "version", "column", "window", "two windows"],
)
def test_what_is_not_there_is_named_with_what_is(service, change, error, said) -> None:
    asked = {"model": "parcel", "version": "1", "window": MADE.window(45), "column": "weight_kg"}
    with pytest.raises(error, match=said):
        service.distribution(**{**asked, **change}, against=Against.CONFIGURED)


def test_every_column_that_a_run_compared_is_kept_with_it(service) -> None:
    for run in service.store.runs("parcel"):
        kept = service.store.run_profiles("parcel", run.deployment.version, run.window)
        judged = [f for f in run.findings if f.kind not in ("calls", "label")]
        columns = {f.column for f in judged if f.n_reference}
        assert {p.column.name for p in kept} == columns
        assert all(p.current.n == run.n_predictions for p in kept)
        assert all((p.column.kind is ColumnKind.CATEGORY) == bool(p.current.grid.labels)
                   for p in kept if p.current.grid.n_cells)  # fmt: skip


def test_a_view_bears_the_deployment_it_was_asked_for(service) -> None:
    view = shown(service, 45, version="2")
    assert view.deployment == Deployment("parcel", "2")
    assert view.window == MADE.window(45)
    assert view.window.start == START + timedelta(days=45)
