"""What an incident of an objective is in words: who was slow or failed, how many calls, when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from domain.calls import say_status
from domain.catalogue import say
from domain.finding import Value
from domain.incident import Alert, Cause, Incident
from domain.window import parse_time

_DAY: Final = "%Y-%m-%d"
_TIME: Final = "%H:%M"


def objective_headline(
    incident: Incident, own: Sequence[Alert], language: str, timezone: str
) -> str:
    """
    Say who is slow or failing: a replica where one explains it, else the objective.

    Parameters
    ----------
    incident : Incident
    own : sequence of Alert
        Its alerts of its own cause, the worst first.
    language : {"en", "zh"}
    timezone : str
        In which times are written.
    """
    known = [a for a in own if isinstance(a.values.get("bad_share"), int | float)]
    if not known:
        spent = bool(own) and own[0].reason == "slo.exhausted"
        reason = "exhausted" if spent else "burning"
        return say(f"alert.headline.{reason}", language, name=incident.subjects[0])
    # the overall objective knows the share of all calls; a replica's own alert who it is
    replicas = {str(a.values["replica"]) for a in own if a.values.get("replica")}
    replica = replicas.pop() if len(replicas) == 1 else None
    main = next((a for a in known if "@" not in a.subject), known[0])
    blamed = [a for a in known if replica and a.subject.endswith(f"@{replica}")]
    shown = (blamed or [main])[0]
    text = _bad_calls(shown, incident.cause, replica, language)
    return text + _between(shown, language, timezone)


def _bad_calls(alert: Alert, cause: Cause, replica: str | None, language: str) -> str:
    """Say how many calls failed or were slow: the larger part first, each as what it is."""
    bad, share = _count(alert.values.get("bad_calls")), float(alert.values["bad_share"] or 0)
    known = "bad_failed" in alert.values
    failed = bad
    if cause is Cause.LATENCY:
        failed = min(_count(alert.values.get("bad_failed")), bad)
    slow = bad - failed
    kind = "failed" if cause is Cause.AVAILABILITY or failed > slow else "slow"
    main = failed if kind == "failed" else slow
    values: dict[str, Value] = {
        "replica": replica,
        "share": _share(share * main / bad if bad else share),
        "calls": round(bad / share) if share else 0,
        "limit": number(alert.values.get("latency_ms")),
        "slow": slow,
        "failed": failed,
    }
    text = say(f"alert.headline.{kind}" + (".replica" if replica else ""), language, **values)
    if kind == "failed":
        text = _status(alert.values.get("status"), language) + text
    if cause is Cause.AVAILABILITY or (known and not (failed and slow)):
        return text
    also = "also-slow" if kind == "failed" else "also-failed" if known else "or-failed"
    return text + say(f"alert.headline.{also}", language, **values)


def _status(status: Value, language: str) -> str:
    if not isinstance(status, int | float):
        return ""
    return say("alert.headline.status", language, status=say_status(status, language))


def _between(alert: Alert, language: str, timezone: str) -> str:
    """Say from when to when these calls were bad; with the day where the incident has several."""
    since, until = alert.values.get("bad_from"), alert.values.get("bad_to")
    if not isinstance(since, str) or not isinstance(until, str):
        return ""
    zone = ZoneInfo(timezone)
    first, last = (parse_time(text).astimezone(zone) for text in (since, until))
    one_day = f"{first:{_DAY}}" == _day_of_end(last)
    opening = _TIME if one_day and alert.windows == 1 else f"{_DAY} {_TIME}"
    closing = f"{last:{_TIME}}" if one_day else f"{last:{_DAY} {_TIME}}"
    return say("alert.headline.between", language, since=f"{first:{opening}}", until=closing)


def _share(share: float) -> str:
    """Write a share in whole percent, but what is not all or nothing never as that."""
    whole = f"{share:.0%}"
    return f"{share:.1%}" if whole in {"0%", "100%"} and 0 < share < 1 else whole


def _day_of_end(moment: datetime) -> str:
    """Write the day that ends here, or in which this is: midnight belongs to the day before."""
    return f"{moment - timedelta(microseconds=1):{_DAY}}"


def _count(value: Value) -> int:
    return round(value) if isinstance(value, int | float) else 0


def number(value: Value) -> str:
    """Write a number in four digits, or a dash."""
    return f"{value:.4g}" if isinstance(value, int | float) else "—"
