"""Sentences are filled from the values that are there; what is not there reads as a dash."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain.catalogue import LANGUAGES, names_in, texts
from domain.finding import Finding, Severity, Verdict
from domain.incident import Alert, AlertState, Cause
from domain.profile import ColumnRole
from domain.sentences import alert_sentence, finding_sentence, slo_sentence
from domain.slo import SLO, SLOResult, SLOState

AT = datetime(2013, 7, 1, tzinfo=UTC)


def finding(**changes: object) -> Finding:
    given = {
        "column": "temp",
        "kind": ColumnRole.FEATURE,
        "detector": "psi",
        "verdict": Verdict.DRIFTED,
        "reason": "finding.psi.drifted",
        "statistic": 0.5,
        "p_value": 0.001,
        "threshold": 0.2,
        "n_reference": 12_345,
        "n_current": 678,
        "values": {"psi": 0.5, "effect": 0.1, "sampling": 0.1},
    }
    return Finding(**{**given, **changes})


def slo_result(state: SLOState, bad: int, **changes: object) -> SLOResult:
    given = {
        "slo": SLO("latency", 0.99, 28, 100.0),
        "replica": None,
        "good": 1000 - bad,
        "total": 1000,
        "window_good": 40,
        "window_total": 50,
        "state": state,
        "burn_rates": (),
    }
    return SLOResult(**{**given, **changes})


def alert(reason: str, **values: object) -> Alert:
    return Alert(
        fingerprint="f",
        incident_id="i",
        model="m",
        versions=("1",),
        cause=Cause.DRIFT,
        subject="temp",
        severity=Severity.WARNING,
        state=AlertState.FIRING,
        started_at=AT,
        last_seen_at=AT,
        resolved_at=None,
        windows=3,
        reason=reason,
        values=values,
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_finding_says_its_column_its_statistic_and_both_sizes(language: str) -> None:
    sentence = finding_sentence(finding(), language)
    for part in ("temp", "0.500", "0.200", "12,345", "678"):
        assert part in sentence


def test_what_was_not_computed_reads_as_a_dash_and_does_not_crash() -> None:
    assert "p = —" in finding_sentence(finding(p_value=None))


def test_the_values_of_a_finding_win_over_its_fields() -> None:
    told = finding(values={"psi": 0.5, "effect": 0.1, "sampling": 0.1, "n_current": 99})
    assert "99 rows" in finding_sentence(told)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", SLOState)
def test_every_state_of_an_objective_has_its_sentence(state: SLOState, language: str) -> None:
    result = slo_result(state, 4)
    assert "latency" in slo_sentence(result, language)


def test_an_overspent_budget_says_how_often_it_is_spent() -> None:
    sentence = slo_sentence(slo_result(SLOState.BURNING_PAGE, 80))
    assert "8.0 times the error budget is spent" in sentence
    assert "-" not in sentence


def test_an_objective_without_calls_says_so() -> None:
    nothing = slo_result(SLOState.NO_DATA, 0, good=0, total=0, window_good=0, window_total=0)
    assert slo_sentence(nothing) == (
        "latency cannot be judged: there were no calls in this window."
    )


def test_an_alert_tells_its_reason_with_its_own_values() -> None:
    values = {"n_current": 50, "n_reference": 900, "reference_share": 0.1}
    said = alert_sentence(alert("finding.completeness.all_missing", **values))
    assert said == "temp: missing in all 50 rows; in the reference 10.0% of 900 rows were."


def test_both_languages_of_a_text_need_the_same_values() -> None:
    unlike = [
        key
        for key, by_language in texts().items()
        if len({names_in(by_language[language]) for language in LANGUAGES}) > 1
    ]
    assert unlike == []
