"""The sentences of findings, objectives and alerts, filled from their own numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from domain.catalogue import say
from domain.finding import Finding
from domain.incident import Alert
from domain.slo import SLOResult, SLOState


class _Unknown:
    """A number that was not computed: a dash, whatever format the text asks for."""

    def __format__(self, spec: str) -> str:
        return "—"


_UNKNOWN: Final = _Unknown()
SMALLEST_P: Final = 1e-300


def finding_sentence(finding: Finding, language: str = "en") -> str:
    """
    Say what one finding says.

    Parameters
    ----------
    finding : Finding
        Its `reason` is the key of the text; `values`, the column, the readings and the sizes of
        both sides fill it in. What is None reads as a dash.
    language : {"en", "zh"}

    Raises
    ------
    KeyError
        If the catalogue has no such text: a fault of the code, held by tests.
    """
    return _fill_with_slice(
        finding.reason,
        language,
        {
            "column": finding.column,
            "statistic": finding.statistic,
            "p_value": finding.p_value,
            "threshold": finding.threshold,
            "n_reference": finding.n_reference,
            "n_current": finding.n_current,
            **finding.values,
        },
    )


def bare_sentence(finding: Finding, language: str = "en") -> str:
    """
    Say what one finding says without its column's name, where that stands beside it.

    Parameters
    ----------
    finding : Finding
    language : {"en", "zh"}

    Raises
    ------
    KeyError
        If the catalogue has no such text: a fault of the code, held by tests.
    """
    sentence = finding_sentence(finding, language)
    for mark in (": ", "："):
        rest = sentence.removeprefix(finding.column + mark)
        if rest != sentence:
            return rest[:1].upper() + rest[1:]
    return sentence


def slo_sentence(result: SLOResult, language: str = "en") -> str:
    """
    Say how one objective stands.

    Parameters
    ----------
    result : SLOResult
        Its state chooses the text ``slo.<state>``; a burn that was not raised, because chance
        explains it, is told behind it.
    language : {"en", "zh"}

    Raises
    ------
    KeyError
        If the catalogue has no such text: a fault of the code, held by tests.
    """
    values: dict[str, object] = {
        "name": result.slo.name + (f"@{result.replica}" if result.replica else ""),
        "target": result.slo.target,
        "period_days": result.slo.period_days,
        "latency_ms": result.slo.latency_ms,
        "good": result.good,
        "total": result.total,
        "bad": result.total - result.good,
        "window_good": result.window_good,
        "window_total": result.window_total,
        "sli": result.sli,
        "budget_remaining": result.budget_remaining,
        "coverage": result.coverage,
        **result.values,
        "replica": result.replica or result.values.get("replica"),
    }
    said = _fill(_objective_key(result), language, values)
    if result.values.get("untold_bad") is None:
        return said
    return say("slo.behind", language, said=said, untold=_fill("slo.untold", language, values))


def _objective_key(result: SLOResult) -> str:
    """Return which text tells the state: what is below its target is never said to hold."""
    if result.state is SLOState.INSUFFICIENT and result.values.get("outage_visible"):
        return "slo.insufficient.untold"
    below = result.sli is not None and result.sli < result.slo.target
    return "slo.ok.below" if result.state is SLOState.OK and below else f"slo.{result.state}"


def alert_sentence(alert: Alert, language: str = "en") -> str:
    """
    Say what one alert is about.

    Parameters
    ----------
    alert : Alert
        Its `reason` is the key of the text; `values` and its own subject and times fill it in.
    language : {"en", "zh"}

    Raises
    ------
    KeyError
        If the catalogue has no such text: a fault of the code, held by tests.
    """
    return _fill_with_slice(
        alert.reason,
        language,
        {
            "subject": alert.subject,
            "column": alert.subject,
            "model": alert.model,
            "versions": ", ".join(alert.versions),
            "windows": alert.windows,
            "started_at": alert.started_at,
            "last_seen_at": alert.last_seen_at,
            **alert.values,
            # an objective of a replica is named with it
            **({"name": alert.subject} if alert.reason.startswith("slo.") else {}),
        },
    )


def _fill_with_slice(key: str, language: str, values: Mapping[str, object]) -> str:
    """Fill a text, and say behind it where in the traffic the change sits."""
    said, where = _fill(key, language, values), values.get("slice_where")
    if where is None:
        return said
    name = say(
        f"slice.name.{values['slice_kind']}",
        language,
        by=values["slice_by"],
        value=values["slice_value"],
    )
    located = _fill(f"slice.{where}", language, {**values, "slice_name": name})
    return say("slice.behind", language, said=said, located=located)


def _fill(key: str, language: str, values: Mapping[str, object]) -> str:
    known = {name: _UNKNOWN if value is None else value for name, value in values.items()}
    remaining = values.get("budget_remaining")
    if isinstance(remaining, int | float):
        known["budget"] = _budget(remaining, language)
    p_value = values.get("p_value")
    if isinstance(p_value, float):
        known["p_value"] = max(p_value, SMALLEST_P)
    target = values.get("target")
    if isinstance(target, float):
        known["target_share"] = f"{100 * target:.10g}%"
    said = say(key, language, **known)
    # a tail too thin for a float is not impossible: no "p = 0"
    return said.replace(f"p = {SMALLEST_P:.2g}", f"p < {SMALLEST_P:.2g}")


def _budget(remaining: float, language: str) -> str:
    """Say what is left of an error budget, or how often it is spent."""
    if remaining >= 0:
        return say("slo.budget.left", language, share=remaining)
    return say("slo.budget.overspent", language, times=1 - remaining)
