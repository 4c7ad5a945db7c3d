"""Order, filters and words of the alert desk."""

import re
from datetime import timedelta

import pytest

from alerts.desk import carry_acknowledgement, chosen, find, ordered, stale
from alerts.lifecycle import replay
from alerts.policy import AlertPolicy
from domain.catalogue import texts
from domain.errors import UnknownNameError
from domain.finding import Severity
from domain.headlines import headline, sentences
from domain.incident import AlertState, Cause, Incident
from domain.texts.alerts import TEXTS
from domain.window import Window
from tests.alerts.history import DAY, START, History, day


def incident(name, severity=Severity.WARNING, days=0, **more):
    moment = START + days * DAY
    return Incident(
        **{
            "incident_id": name,
            "model": "m",
            "cause": Cause.DRIFT,
            "severity": severity,
            "state": AlertState.FIRING,
            "started_at": moment,
            "last_seen_at": moment + DAY,
            "resolved_at": None,
            "subjects": ("temp",),
            "versions": ("1",),
            **more,
        }
    )


def raised(history):
    (found,) = replay("m", history.windows(), AlertPolicy())
    return found


def test_the_worst_come_first_then_the_unacknowledged_then_the_newest():
    known = {"acknowledged_by": "li", "acknowledged_at": START}
    every = [
        incident("old", days=1),
        incident("info", Severity.INFO, days=9),
        incident("seen", days=8, **known),
        incident("new", days=5),
        incident("worst", Severity.CRITICAL, days=0, **known),
    ]
    assert [i.incident_id for i in ordered(every)] == ["worst", "new", "old", "seen", "info"]
    assert ordered(every[::-1]) == ordered(every)


def test_filters_keep_what_is_asked_for():
    slow = incident(
        "slow", Severity.CRITICAL, 3, cause=Cause.LATENCY, subjects=("latency", "latency@pod-3")
    )
    over = incident("over", days=5, state=AlertState.RESOLVED, resolved_at=START + 9 * DAY)
    every = [slow, over]
    assert chosen(every) == every
    assert chosen(every, severity=Severity.CRITICAL) == [slow]
    assert chosen(every, severity=Severity.INFO) == every
    assert chosen(every, state=AlertState.RESOLVED) == [over]
    assert chosen(every, cause=Cause.LATENCY) == [slow]
    assert chosen(every, subject="pod-3") == chosen(every, subject="latency@pod-3") == [slow]
    assert chosen(every, span=Window(START, START + 4 * DAY)) == [slow]
    assert chosen(every, span=Window(START + 4 * DAY, START + 5 * DAY)) == []


def test_an_incident_is_found_by_the_beginning_of_its_id():
    every = [incident("abc1"), incident("abd2"), incident("ab")]
    assert find(every, "abc").incident_id == "abc1"
    assert find(every, "ab").incident_id == "ab"
    with pytest.raises(UnknownNameError, match="no incident 'abx1'; did you mean 'abc1'"):
        find(every, "abx1")
    with pytest.raises(UnknownNameError, match="3 incidents begin with 'a'"):
        find(every, "a")
    with pytest.raises(UnknownNameError, match="no incident ''"):
        find(every, "")


def test_an_acknowledgement_holds_until_it_gets_worse_or_wider():
    earlier = incident("i", acknowledged_by="li", acknowledged_at=START, note="known")
    kept = carry_acknowledgement(incident("i"), earlier)
    assert (kept.acknowledged_by, kept.note) == ("li", "known")
    worse = carry_acknowledgement(incident("i", Severity.CRITICAL), earlier)
    wider = carry_acknowledgement(incident("i", subjects=("temp", "dewp")), earlier)
    assert worse.acknowledged_by is wider.acknowledged_by is None
    assert worse.note == wider.note == "known"
    assert carry_acknowledgement(incident("i"), None) == incident("i")


# ---------------------------------------------------------------------- headlines


def test_inputs_that_drift_are_named_worst_first_with_their_beginning():
    history = History(20)
    for strength, column in enumerate(("humid", "dewp", "temp")):
        history.bad(Cause.DRIFT, column, range(11, 20), strength=1.0 + strength)
    found = raised(history)
    assert headline(found) == "3 inputs drift: temp, dewp, humid (since 2013-04-12)"
    assert headline(found, "zh") == "3 个输入发生漂移：temp、dewp、humid（自 2013-04-12 起）"


def test_many_names_are_cut_and_counted():
    history = History(9)
    for k in range(9):
        history.bad(Cause.DRIFT, f"c{k}", [5])
    assert "c0, c1, c2, c3, c4, c5 and 3 more" in headline(raised(history))


def test_what_is_over_has_an_end_and_one_day_is_one_day():
    assert headline(raised(History(20).bad(Cause.DRIFT, "temp", range(2, 6)))) == (
        "temp drifts (2013-04-03 to 2013-04-06)"
    )
    assert headline(raised(History(20).bad(Cause.DRIFT, "score", [2]))) == (
        "the model's score drifts (2013-04-03)"
    )


def test_days_are_those_of_the_readers_zone():
    found = raised(History(20).bad(Cause.DRIFT, "temp", range(2, 6)))
    assert "(2013-04-02 to 2013-04-06)" in headline(found, timezone="America/New_York")
    assert "(2013-04-03 to 2013-04-06)" in headline(found, timezone="UTC")


def test_what_took_less_than_a_day_is_told_with_its_times():
    at = START + timedelta(hours=22)
    short = incident("i", started_at=at, last_seen_at=at + timedelta(hours=5))
    assert headline(short).endswith("(since 2013-04-01 22:00)")
    over = incident(
        "i", started_at=at, last_seen_at=at + timedelta(hours=5), state=AlertState.RESOLVED
    )
    assert headline(over).endswith("(2013-04-01 22:00 to 2013-04-02 03:00)")


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("finding.completeness.all_missing", "hour is missing"),
        ("finding.completeness.absent", "hour is missing"),
        ("finding.completeness.changed_type.number", "hour changed its type"),
        ("finding.forecast.drifted.missing", "hour has more missing values than usual"),
    ],
)
def test_a_missing_feature_is_said_as_it_is(reason, words):
    found = raised(History(20).bad(Cause.MISSING, "hour", range(10, 20), reason=reason))
    assert headline(found) == f"{words} (since 2013-04-11)"


def test_a_feature_is_missing_until_it_is_back_not_until_it_is_forgotten():
    history = History(30).bad(Cause.MISSING, "hour", range(10, 14))
    history.bad(
        Cause.MISSING,
        "hour",
        range(14, 30),
        Severity.WARNING,
        reason="finding.forecast.drifted.missing",
    )
    found = raised(history)
    assert found.state is AlertState.FIRING
    assert headline(found) == "hour is missing (2013-04-11 to 2013-04-14)"


def slow(bad, of, **values):
    return {"bad_share": bad / of, "bad_calls": bad, "bad_failed": 0, "latency_ms": 100.0, **values}


def test_a_slow_replica_is_named_with_its_own_share():
    history = History(20)
    history.bad(Cause.LATENCY, "latency", [5, 6], **slow(203, 700, replica="pod-3"))
    history.bad(Cause.LATENCY, "latency@pod-3", [5, 6], **slow(198, 200, replica="pod-3"))
    assert headline(raised(history)) == (
        "pod-3 is slow: 99% of its 200 calls took longer than 100 ms (2013-04-06 to 2013-04-07)"
    )
    assert headline(raised(history), "zh").startswith("pod-3 变慢：200 次调用中 99% 超过 100 毫秒")


def told(cause=Cause.LATENCY, days=(5,), **values):
    return headline(raised(History(20).bad(cause, str(cause), days, **values)))


def test_slow_calls_without_a_culprit_are_all_calls():
    assert told(**slow(58, 200)).startswith("29% of 200 calls took longer than 100 ms (")


def test_calls_that_failed_are_never_told_as_slow():
    """An objective of latency counts a failed call as bad, however quickly it failed."""
    assert (
        told(**slow(3, 3, bad_failed=3, status=503)) == "503: 100% of 3 calls failed (2013-04-06)"
    )
    mixed = told(**slow(60, 200, bad_failed=10, status=503))
    assert mixed.startswith("25% of 200 calls took longer than 100 ms, 10 failed (")
    mostly = told(**slow(60, 200, bad_failed=40, status=0))
    assert mostly.startswith("no answer: 20% of 200 calls failed, 20 took longer than 100 ms (")


@pytest.mark.parametrize(("bad", "words"), [(999, "99.9%"), (1000, "100%"), (3, "0.3%"), (7, "1%")])
def test_a_share_is_all_or_nothing_only_where_it_is(bad, words):
    assert told(**slow(bad, 1000)).startswith(f"{words} of 1,000 calls")


def test_a_run_that_did_not_count_failed_calls_apart_says_that_it_may_be_both():
    older = slow(58, 200)
    del older["bad_failed"]
    assert told(**older).startswith("29% of 200 calls took longer than 100 ms or failed (")


def burst(**values):
    return {
        "status": 503,
        "bad_share": 0.41,
        "bad_calls": 123,
        "bad_from": "2013-04-06T13:00:00Z",
        "bad_to": "2013-04-06T19:00:00Z",
        **values,
    }


def test_a_burst_says_status_share_calls_and_hours():
    found = raised(History(20).bad(Cause.AVAILABILITY, "availability", [5], **burst()))
    assert headline(found) == "503: 41% of 300 calls failed between 13:00 and 19:00 (2013-04-06)"
    assert "09:00 and 15:00" in headline(found, timezone="America/New_York")
    silent = raised(History(20).bad(Cause.AVAILABILITY, "availability", [5], **burst(status=0)))
    assert headline(silent).startswith("no answer: 41% of 300 calls failed")
    assert headline(silent, "zh").startswith("无应答：")
    unknown = told(Cause.AVAILABILITY, **burst(status=None))
    assert unknown.startswith("41% of 300 calls failed")


def test_a_share_of_one_window_of_several_says_of_which():
    """Without its own time the share would read as that of the whole incident."""
    assert told(Cause.AVAILABILITY, (5, 6), **burst()) == (
        "503: 41% of 300 calls failed between 2013-04-06 13:00 and 19:00 (2013-04-06 to 2013-04-07)"
    )


def test_a_stretch_over_midnight_says_both_days_and_one_until_midnight_does_not():
    long = burst(bad_to="2013-04-07T02:00:00Z")
    assert "between 2013-04-06 13:00 and 2013-04-07 02:00 (" in told(Cause.AVAILABILITY, **long)
    evening = burst(bad_to="2013-04-07T00:00:00Z")
    assert "between 13:00 and 00:00 (" in told(Cause.AVAILABILITY, **evening)


@pytest.mark.parametrize(
    ("cause", "subject", "values", "words"),
    [
        (Cause.TRAFFIC, "calls", {}, "traffic is lost"),
        (Cause.TRAFFIC, "calls", {"reason": "finding.silence.silent"}, "calls stopped"),
        (
            Cause.PERFORMANCE,
            "roc_auc",
            {"value": 0.611, "usual": 0.684},
            "roc_auc is 0.611, usual is 0.684",
        ),
        (Cause.MONITOR, "runs", {"missed": 3}, "no run for 3 windows"),
        (Cause.AVAILABILITY, "availability", {"reason": "slo.exhausted"}, "has used up"),
        (Cause.AVAILABILITY, "availability", {}, "spends its error budget too fast"),
    ],
)
def test_every_cause_has_its_words(cause, subject, values, words):
    assert words in headline(raised(History(9).bad(cause, subject, [5], **values)))


@pytest.mark.parametrize("cause", list(Cause))
@pytest.mark.parametrize("many", [False, True])
def test_every_incident_has_a_headline_in_both_languages(cause, many):
    history = History(9).bad(cause, "x", [5], missed=2)
    if many:
        history.bad(
            cause, "x@pod-1" if cause in {"latency", "availability"} else "y", [5], missed=2
        )
    found = raised(history)
    assert headline(found, "en") != headline(found, "zh")


def test_sentences_are_one_per_alert_its_own_first():
    history = History(9).bad(
        Cause.MISSING, "hour", [5], n_current=300, n_reference=9000, reference_share=0.0
    )
    history.bad(
        Cause.DRIFT,
        "score",
        [5],
        k=90,
        once_in=1e5,
        line_once_in=1e4,
        n_current=300,
        n_reference=9000,
    )
    first, second = sentences(raised(history))
    assert first.startswith("hour: missing in all 300 rows")
    assert second.startswith("score: its shape")


def test_languages_need_the_same_values():
    for key, both in TEXTS.items():
        names = [set(re.findall(r"{(\w+)", both[language])) for language in ("en", "zh")]
        assert names[0] == names[1], key
        assert key in texts()


# ---------------------------------------------------------------------- the monitor itself


@pytest.mark.parametrize(
    ("missed_h", "is_stale"), [(0, False), (47.9, False), (48, True), (100, True)]
)
def test_a_monitor_is_stale_after_two_windows_without_a_run(missed_h, is_stale):
    now = START + timedelta(hours=missed_h)
    found = stale(START, DAY, now)
    assert (found is not None) == is_stale
    if found is not None:
        assert (found.cause, found.at, found.until) == (Cause.MONITOR, START, now)
        assert found.values["missed"] == int(missed_h / 24)
    assert stale(START, timedelta(hours=1), START + timedelta(hours=2)) is not None
    assert day(0).start == START
