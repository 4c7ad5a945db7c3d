"""Hard rules without delay: a column that is absent, all missing or of another type now."""

from __future__ import annotations

from dataclasses import replace

from detectors.evidence import unjudged
from domain.finding import Finding, Verdict
from domain.profile import ColumnKind, ColumnRole, Profile

NAME = "completeness"
NEARLY_ALL = 0.9
USUALLY_THERE = 0.5


def detect(
    reference: Profile,
    current: Profile | None,
    *,
    kind: ColumnRole,
    n_current: int = 0,
    type_now: ColumnKind | None = None,
    alpha: float = 1e-4,
) -> Finding:
    """
    Tell at once when a column that the reference had is gone, all but empty or of another type.

    All but empty: missing in 90 % of the rows or more where the reference missed half or less. A
    forecast remembers shares over many windows; an outage of one window would drown in it.

    Parameters
    ----------
    reference : Profile
    current : Profile or None
        None: the logs of this window do not have the column at all.
    kind : ColumnRole
    n_current : int, default=0
        Rows of the window where `current` is None; else the profile knows.
    type_now : ColumnKind or None, default=None
        What the values of this window are, where that is known.
    alpha : float, default=1e-4
        All missing is a drift where so many missing values in a row have a smaller chance under
        the reference's missing share (with one row present and one missing added to it); so is
        nearly all missing, by its missing rows alone.

    Returns
    -------
    Finding
        `statistic` is the share of missing rows now, in [0, 1]. `values`: ``missing``,
        ``reference_share`` (missing, in [0, 1]), ``type_before``, ``type_now``.
    """
    rows = current.n if current is not None else n_current
    lack = "empty" if min(reference.n, rows) == 0 else None
    if lack is None and reference.present == 0:
        lack = "never_present"
    if lack is not None:
        return unjudged(
            NAME,
            lack,
            column=reference.column,
            kind=kind,
            n_reference=reference.n,
            n_current=rows,
        )
    missing = current.missing if current is not None else rows
    type_before = reference.grid.column_kind
    ok = _ok(reference, kind, missing, rows, type_now or type_before)
    if current is not None and type_now not in {None, type_before}:
        return _drifted(ok, f"changed_type.{type_before.value}")
    if missing < rows and not _nearly_all(missing / rows, ok):
        return ok
    chance = ((reference.missing + 1) / (reference.n + 2)) ** missing
    if chance >= alpha:
        return replace(ok, verdict=Verdict.INCONCLUSIVE, reason="finding.completeness.too_small")
    line = 1.0 if missing == rows else NEARLY_ALL
    why = "absent" if current is None else "all_missing" if line == 1 else "nearly_all_missing"
    return replace(_drifted(ok, why), p_value=chance, threshold=line)


def _ok(
    reference: Profile, kind: ColumnRole, missing: int, rows: int, type_now: ColumnKind
) -> Finding:
    return Finding(
        column=reference.column,
        kind=kind,
        detector=NAME,
        verdict=Verdict.OK,
        reason="finding.completeness.ok",
        statistic=missing / rows,
        n_reference=reference.n,
        n_current=rows,
        values={
            "missing": missing,
            "reference_share": reference.missing / reference.n,
            "type_before": reference.grid.column_kind.value,
            "type_now": type_now.value,
        },
    )


def _drifted(ok: Finding, why: str) -> Finding:
    return replace(ok, verdict=Verdict.DRIFTED, reason=f"finding.completeness.{why}")


def _nearly_all(share: float, ok: Finding) -> bool:
    """Tell an outage of most of a window from a column that is often missing."""
    usual = ok.values["reference_share"]
    return share >= NEARLY_ALL and isinstance(usual, float) and usual <= USUALLY_THERE
