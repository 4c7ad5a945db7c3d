"""What an incident is, in words: one line for it, one sentence for each of its alerts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from domain.call_headlines import number, objective_headline
from domain.catalogue import say
from domain.finding import Value
from domain.incident import Alert, AlertState, Cause, Incident
from domain.sentences import alert_sentence
from domain.window import parse_time

SHOWN: Final = 6
_OUTPUTS: Final = frozenset({"prediction", "score", "label"})
_GONE: Final = "finding.completeness."
_MOMENT: Final = "%Y-%m-%d %H:%M"
_DAY: Final = "%Y-%m-%d"


def headline(incident: Incident, language: str = "en", timezone: str = "UTC") -> str:
    """
    Say what an incident is in one line.

    Parameters
    ----------
    incident : Incident
    language : {"en", "zh"}
    timezone : str, default="UTC"
        In which times are written; days without a time where they begin and end at midnight.

    Examples
    --------
    ``3 inputs drift: temp, dewp, humid (since 2013-04-12)``
    """
    own = [a for a in incident.alerts if a.cause is incident.cause] or list(incident.alerts)
    if incident.cause in {Cause.LATENCY, Cause.AVAILABILITY}:
        text = objective_headline(incident, own, language, timezone)
    else:
        text = _columns(incident, own, language)
    return say("alert.headline", language, what=text, when=_when(incident, own, language, timezone))


def sentences(incident: Incident, language: str = "en") -> list[str]:
    """
    Say what each alert of an incident is about, its own first, then what followed from it.

    Parameters
    ----------
    incident : Incident
    language : {"en", "zh"}
    """
    return [alert_sentence(alert, language) for alert in incident.alerts]


def _columns(incident: Incident, own: list[Alert], language: str) -> str:
    names = list(dict.fromkeys(a.subject for a in own)) or list(incident.subjects)
    worst = own[0].values if own else {}
    values: dict[str, Value] = {
        "names": _listed(names, language),
        "count": len(names),
        "value": number(worst.get("value")),
        "usual": number(worst.get("usual")),
        "missed": worst.get("missed"),
    }
    return say(f"alert.headline.{_kind(incident, own, names)}", language, **values)


def _kind(incident: Incident, own: list[Alert], names: list[str]) -> str:
    many = "many" if len(names) > 1 else "one"
    if incident.cause is Cause.DRIFT:
        which = "drift-columns" if _OUTPUTS & set(names) else "drift"
        return f"{which}.{many}"
    if incident.cause is Cause.MISSING:
        return f"{_missing_kind(own)}.{many}"
    if incident.cause is Cause.TRAFFIC:
        silent = bool(own) and all(a.reason == "finding.silence.silent" for a in own)
        return "silence" if silent else "traffic"
    return f"performance.{many}" if incident.cause is Cause.PERFORMANCE else "monitor"


def _missing_kind(own: list[Alert]) -> str:
    gone = [a.reason.removeprefix(_GONE) for a in own if a.reason.startswith(_GONE)]
    if not gone:
        return "more-missing"
    return "changed-type" if all(why.startswith("changed_type") for why in gone) else "missing"


def _listed(names: list[str], language: str) -> str:
    mark = say("alert.comma", language)
    if len(names) <= SHOWN:
        return mark.join(names)
    return say("alert.and-more", language, names=mark.join(names[:SHOWN]), more=len(names) - SHOWN)


def _when(incident: Incident, own: list[Alert], language: str, timezone: str) -> str:
    zone = ZoneInfo(timezone)
    since = min((a.started_at for a in own), default=incident.started_at).astimezone(zone)
    until = max((_seen_until(a) for a in own), default=incident.last_seen_at).astimezone(zone)
    # what took a day or more is told in days
    long = until - since >= timedelta(days=1)
    first, last = _moment(since, days=long), _moment(until, days=long, end=True)
    over = any(until < a.last_seen_at for a in own)
    if incident.state is not AlertState.RESOLVED and not over:
        return say("alert.since", language, since=first)
    if first[:10] == last[:10]:
        return say("alert.on", language, day=first[:10])
    return say("alert.from-to", language, since=first, until=last)


def _seen_until(alert: Alert) -> datetime:
    """
    Return until when an alert was what its headline says.

    A column that was missing stays in the memory of the detector for a while after it is back.
    """
    until = alert.values.get("worst_until")
    if alert.cause is not Cause.MISSING or not isinstance(until, str):
        return alert.last_seen_at
    return parse_time(until)


def _moment(moment: datetime, *, days: bool, end: bool = False) -> str:
    """Write a day where that is enough; an end at midnight belongs to the day before."""
    midnight = (moment.hour, moment.minute, moment.second) == (0, 0, 0)
    if not days and not midnight:
        return moment.strftime(_MOMENT)
    return (moment - timedelta(days=1) if end and midnight else moment).strftime(_DAY)
