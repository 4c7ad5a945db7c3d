"""A lasting shift that somebody accepts: whose alerts end, what is judged otherwise then."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from domain.errors import UsageError
from domain.finding import Finding, Verdict
from domain.incident import AlertState
from domain.run import Run
from monitors.local_service import LocalService
from tests.golden.logs import DAY, START, Service
from tests.monitors.made import NOW, judge, judge_days, load, opened

SHIFTED = Service(days=42, calls_a_day=120, drifts_from=32, shift=1.0)


def columns_of(run: Run) -> set[str]:
    return {f.column for f in run.findings if f.kind.value in {"feature", "prediction", "score"}}


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("judged") / "store"
    with opened(folder) as service:
        load(service, SHIFTED.events())
        judge_days(service, SHIFTED, 29, 37)
    return folder


@pytest.fixture
def shifted(judged: Path, tmp_path: Path):
    with opened(shutil.copytree(judged, tmp_path / "store")) as service:
        yield service


SINCE = START + 32 * DAY


def drift_of(service: LocalService) -> dict[str, tuple[AlertState, str]]:
    return {
        alert.subject: (alert.state, f"{alert.started_at:%m-%d}")
        for incident in service.incidents()
        for alert in incident.alerts
    }


def test_accepting_a_column_ends_its_alert_and_no_other(shifted: LocalService):
    before = drift_of(shifted)
    assert before["weight_kg"] == (AlertState.FIRING, "04-05")
    assert before["score"][0] is AlertState.FIRING

    shifted.accept("parcel", ["weight_kg"], SINCE, "new scales", "mia", NOW)

    after = drift_of(shifted)
    assert after["weight_kg"] == (AlertState.RESOLVED, "04-05")
    assert {k: v for k, v in after.items() if k != "weight_kg"} == {
        k: v for k, v in before.items() if k != "weight_kg"
    }
    (kept,) = shifted.store.acceptances("parcel")
    assert (kept.columns, kept.since, kept.why, kept.who, kept.at) == (
        ("weight_kg",), SINCE, "new scales", "mia", NOW,
    )  # fmt: skip


def test_accepting_all_columns_ends_the_incident(shifted: LocalService):
    shifted.accept("parcel", [], SINCE, "new scales", "mia", NOW)
    (incident,) = shifted.incidents()
    assert incident.state is AlertState.RESOLVED
    assert incident.resolved_at is not None
    assert incident.resolved_at >= incident.last_seen_at


def later_findings(service: LocalService, *, accepted: bool) -> dict[str, list[Finding]]:
    if accepted:
        service.accept("parcel", ["weight_kg"], SINCE, "new scales", "mia", NOW)
    (run,) = judge(service, [SHIFTED.window(41)], now=NOW + timedelta(hours=1))
    return {name: [f for f in run.findings if f.column == name] for name in columns_of(run)}


def test_later_windows_of_an_accepted_column_are_compared_with_what_came_since(
    shifted: LocalService,
):
    before = later_findings(shifted, accepted=False)
    after = later_findings(shifted, accepted=True)

    assert {f.verdict for f in before["weight_kg"] if f.decides} >= {Verdict.DRIFTED}
    assert Verdict.DRIFTED not in {f.verdict for f in after["weight_kg"]}
    # from the acceptance to the Monday of the judged week, less a quarter as a gap
    assert {f.n_reference for f in after["weight_kg"] if f.detector == "psi"} == {2 * 120}
    del before["weight_kg"], after["weight_kg"]
    assert after == before, "nothing else changes"


def test_drift_that_begins_after_an_acceptance_is_news(shifted: LocalService):
    shifted.accept("parcel", [], START + 29 * DAY, "wrong day", "mia", NOW - timedelta(days=1))
    (incident,) = shifted.incidents()
    # runs of today were made after that acceptance: what they saw is not covered by it
    assert incident.state is AlertState.FIRING


@pytest.mark.parametrize(
    ("columns", "since", "why", "says"),
    [
        (["wieght_kg"], SINCE, "x", "did you mean 'weight_kg'"),
        ([], SINCE, "  ", "--why is empty"),
        ([], NOW + DAY, "x", "lies ahead"),
    ],
)
def test_an_acceptance_that_cannot_be_meant_is_refused(
    shifted: LocalService, columns: list[str], since, why: str, says: str
):
    with pytest.raises(UsageError, match=says):
        shifted.accept("parcel", columns, since, why, "mia", NOW)
    assert shifted.store.acceptances("parcel") == ()


def test_a_feature_that_is_gone_for_good_can_be_accepted(tmp_path: Path):
    made = Service(days=36, calls_a_day=80, missing_on=range(33, 36))
    with opened(tmp_path / "store") as service:
        load(service, made.events())
        judge_days(service, made, 30, 36)
        assert {i.cause.value for i in service.incidents()} >= {"missing"}
        service.accept("parcel", ["distance_km"], START + 33 * DAY, "removed", "mia", NOW)
        assert drift_of(service)["distance_km"][0] is AlertState.RESOLVED
