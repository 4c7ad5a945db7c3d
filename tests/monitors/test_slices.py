"""A fault in one slice is named where people look, and nothing is asked before there is one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from domain.finding import Finding, Verdict
from domain.headlines import sentences
from domain.located import readings_in
from domain.run import Run
from domain.sentences import finding_sentence
from domain.slice import Slice, SliceKind
from monitors.local_service import LocalService
from monitors.slices import slice_faults
from store.engines.duckdb_engine import DuckDBEngine
from tests.golden.logs import Service
from tests.monitors.made import SETTINGS, judge_days, load, opened

MADE = Service(days=35, calls_a_day=300)
BAD_FROM = 32
SLICED = {**SETTINGS, "slices": ["carrier", "replica"]}


def heavier(events: pa.Table, chosen: pa.ChunkedArray) -> pa.Table:
    """Parcels of some calls weigh five times as much."""
    place = events.column_names.index("weight_kg")
    weight = events["weight_kg"]
    return events.set_column(
        place, "weight_kg", pc.if_else(chosen, pc.multiply(weight, 5.0), weight)
    )


def faulty(where: tuple[str, str]) -> pa.Table:
    """Logs of which the last two days have a fault in one slice."""
    column, value = where
    usual, late = MADE.events(0, BAD_FROM), MADE.events(BAD_FROM, MADE.days)
    return pa.concat_tables([usual, heavier(late, pc.equal(late[column], value))])


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, int]]:
    """Every question about slices: which column, by which, of how many windows."""
    questions: list[tuple[str, str, int]] = []
    genuine = DuckDBEngine.sliced_counts

    def counted(self: DuckDBEngine, column, grid, by, whole, apart, **more):
        questions.append((column.name, by.name, len(apart.windows)))
        return genuine(self, column, grid, by, whole, apart, **more)

    monkeypatch.setattr(DuckDBEngine, "sliced_counts", counted)
    return questions


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("logs") / "store"
    with opened(folder, SLICED) as made:
        load(made, faulty(("carrier", "red")))
        judge_days(made, MADE, BAD_FROM, MADE.days)
    return folder


@pytest.fixture
def judged(logs: Path, tmp_path: Path) -> Path:
    """A store of its own, in which the days of the fault are judged."""
    return shutil.copytree(logs, tmp_path / "judged")


@pytest.fixture
def service(judged: Path) -> Iterator[LocalService]:
    with opened(judged, SLICED) as made:
        yield made


def drifted(runs: list[Run], column: str) -> list[Finding]:
    return [
        finding
        for run in runs
        for finding in run.findings
        if finding.column == column and finding.decides and finding.verdict is Verdict.DRIFTED
    ]


def test_a_fault_in_one_slice_is_named_by_the_finding_and_the_alert(service: LocalService):
    found = drifted(service.store.runs("parcel"), "weight_kg")[-1]
    assert (found.values["slice"], found.values["slice_where"]) == ("carrier=red", "within")
    assert found.values["slice_psi"] > 10 * found.values["rest_psi"]
    assert found.values["slice_share"] == pytest.approx(0.15, abs=0.05)
    said = f"PSI {found.values['slice_psi']:.2f} there, {found.values['rest_psi']:.2f} elsewhere."
    assert finding_sentence(found).endswith(said)
    assert "carrier=red" in finding_sentence(found, "zh")
    told = [
        sentence
        for incident in service.store.incidents("parcel")
        for sentence in sentences(incident)
        if sentence.startswith("weight_kg: ")
    ]
    assert told
    assert all("mostly in carrier=red" in sentence for sentence in told)


def test_the_run_keeps_every_slice_as_a_plain_recount_of_the_window_has_it(service: LocalService):
    kept = drifted(service.store.runs("parcel"), "weight_kg")[-1]
    window = MADE.events(MADE.days - 1, MADE.days)
    # a failed call is no prediction; none fails here
    carriers = np.array(window["carrier"].to_pylist())
    rows = {one.slice: one.n_current for one in readings_in(kept.values)}
    assert rows == {
        Slice("carrier", SliceKind.VALUE, name): int((carriers == name).sum())
        for name in ("blue", "green", "red")
    }
    assert sum(one.part for one in readings_in(kept.values)) == pytest.approx(1)
    assert all("slices" not in a.values for i in service.store.incidents() for a in i.alerts)


def test_a_fault_of_one_replica_is_found_beside_slices_that_do_not_explain_it(tmp_path: Path):
    with opened(tmp_path / "store", SLICED) as service:
        load(service, faulty(("replica", "pod-1")))
        runs = judge_days(service, MADE, BAD_FROM, MADE.days)
        assert drifted(runs, "weight_kg")[-1].values["slice"] == "replica=pod-1"


def test_only_a_column_that_drifted_is_asked_about_and_only_its_windows(
    service: LocalService, asked: list[tuple[str, str, int]]
):
    judge_days(service, MADE, BAD_FROM - 2, BAD_FROM)
    assert asked == []

    runs = judge_days(service, MADE, BAD_FROM - 2, MADE.days)
    by_column = {
        name: len({run.window for run in runs if drifted([run], name)})
        for name in {f.column for run in runs for f in run.findings}
        if drifted(runs, name)
    }
    assert by_column["weight_kg"] > 1
    wanted = [
        (name, by, n)
        for name, n in by_column.items()
        for by in ("carrier", "replica")
        if by != name
    ]
    assert sorted(asked) == sorted(wanted)


def test_without_slices_nothing_is_asked_and_nothing_is_said(
    judged: Path, asked: list[tuple[str, str, int]]
):
    with opened(judged) as service:
        runs = judge_days(service, MADE, BAD_FROM, MADE.days)
        found = drifted(runs, "weight_kg")
        assert found
        assert asked == []
        assert not any(name.startswith("slice") for f in found for name in f.values)


def test_a_window_is_told_alike_alone_and_with_others(service: LocalService):
    together = service.store.runs("parcel")
    alone = judge_days(service, MADE, BAD_FROM + 1, MADE.days)
    assert together[-1].findings == alone[-1].findings


def test_a_slice_that_is_not_there_is_named_with_the_nearest_and_the_others_are_counted(
    judged: Path,
):
    with opened(judged, {**SLICED, "slices": ["carier", "carrier"]}) as service:
        assert list(slice_faults(service.store, service.config)) == [
            "parcel has no column 'carier'; did you mean 'carrier'?"
        ]
        assert service.facts().slice_faults == tuple(slice_faults(service.store, service.config))
        runs = judge_days(service, MADE, BAD_FROM, MADE.days)
        assert drifted(runs, "weight_kg")[-1].values["slice"] == "carrier=red"


def test_the_rows_of_a_baseline_file_are_not_counted_by_slice_and_that_is_said(
    judged: Path, tmp_path: Path, asked: list[tuple[str, str, int]]
):
    pq.write_table(MADE.events(0, 20), tmp_path / "train.parquet")
    settings = {"baseline": {"file": str(tmp_path / "train.parquet")}, "slices": ["carrier"]}
    with opened(judged, settings) as service:
        runs = judge_days(service, MADE, BAD_FROM, MADE.days)
        assert drifted(runs, "weight_kg")
        assert asked == []
        assert list(slice_faults(service.store, service.config)) == [
            "parcel: the rows of a baseline file are not counted by slice"
        ]


def test_a_column_that_is_not_judged_may_part_the_traffic(judged: Path):
    settings = {**SLICED, "slices": ["carrier"], "columns": {"exclude": ["carrier"]}}
    with opened(judged, settings) as service:
        runs = judge_days(service, MADE, BAD_FROM, MADE.days)
        assert drifted(runs, "weight_kg")[-1].values["slice"] == "carrier=red"
