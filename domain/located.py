"""Where in the traffic a column's change sits: what is known of its slices, and what is kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from domain.finding import Finding, Value
from domain.slice import Slice, SliceKind

KEPT: Final = "slices"
"""Name of the value of a finding that holds the readings of all slices, as JSON."""


class Where(StrEnum):
    """
    The four answers.

    `within`: one slice changed, the others by less than half as much.
    `mix`: the slices' shares of the traffic moved, and that makes most of the change.
    `everywhere`: no slice stands out.
    `unclear`: too few rows, or too small a change, to say.
    """

    WITHIN = "within"
    MIX = "mix"
    EVERYWHERE = "everywhere"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceReading:
    """
    What one slice has to do with the change of a column.

    Parameters
    ----------
    slice : Slice
    n_reference, n_current : int
    share_reference, share_current : float
        Of the rows of each side, in [0, 1].
    psi : float or None
        Of the column inside the slice, in nats beyond what sampling gives, at least 0; None with
        too few rows.
    part : float
        Of the column's PSI that it carries; those of all slices add up to 1, and one that went
        against the change is below 0.
    """

    slice: Slice
    n_reference: int
    n_current: int
    share_reference: float
    share_current: float
    psi: float | None
    part: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """
    Where the change of one column in one window sits.

    Parameters
    ----------
    where : Where
    named : SliceReading
        Where it is `within`, the slice that changed; of a `mix`, the one whose share adds
        most to the PSI of the shares; else the one that carries most.
    rest_psi : float or None
        PSI of all other slices together beyond what sampling gives, at least 0; None with too few
        rows.
    mix : float
        Part of the PSI that moved shares of slices make; the rest happened inside of slices.
    readings : tuple of SliceReading
        Of every slice.
    """

    where: Where
    named: SliceReading
    rest_psi: float | None
    mix: float
    readings: tuple[SliceReading, ...]

    def values(self) -> dict[str, Value]:
        """Return it as values of a finding."""
        return {
            "slice": str(self.named.slice),
            "slice_by": self.named.slice.by,
            "slice_kind": self.named.slice.kind.value,
            "slice_value": self.named.slice.value,
            "slice_where": self.where.value,
            "slice_psi": self.named.psi,
            "rest_psi": self.rest_psi,
            "slice_share": self.named.share_current,
            "slice_share_reference": self.named.share_reference,
            "slice_part": self.named.part,
            "slice_mix": self.mix,
            KEPT: json.dumps([_told(one) for one in self.readings], ensure_ascii=False),
        }


def readings_in(values: Mapping[str, Value]) -> tuple[SliceReading, ...]:
    """Return the readings of all slices that a finding's values hold; none where it was not cut."""
    kept = values.get(KEPT)
    if not isinstance(kept, str):
        return ()
    by = str(values["slice_by"])
    return tuple(
        SliceReading(
            slice=Slice(by, SliceKind(kind), value),
            n_reference=n_reference,
            n_current=n_current,
            share_reference=share_reference,
            share_current=share_current,
            psi=psi,
            part=part,
        )
        for kind, value, n_reference, n_current, share_reference, share_current, psi, part in (
            json.loads(kept)
        )
    )


def without_slice(finding: Finding) -> Finding:
    """Return a finding that does not say where, for one that stands below another that does."""
    kept = {name: value for name, value in finding.values.items() if name != "slice_where"}
    return replace(finding, values=kept)


def _told(one: SliceReading) -> list[Value]:
    return [
        one.slice.kind.value,
        one.slice.value,
        one.n_reference,
        one.n_current,
        one.share_reference,
        one.share_current,
        one.psi,
        one.part,
    ]
