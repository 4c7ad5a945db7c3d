"""One column of two files, judged by the two-sample tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from alerts.policy import AlertPolicy
from alerts.severity import severity_of
from detectors import completeness, missing, unseen
from detectors.evidence import unjudged
from domain.column import Column
from domain.finding import Finding, Verdict
from domain.profile import ColumnKind, ColumnRole, Profile
from domain.standing import badness
from ingest.kinds import GuessedColumn, GuessedRole
from ingest.table import TableSource
from monitors.config import DriftConfig
from monitors.report_view import ColumnView
from monitors.table_column import CategorySample, NumberSample, Pair, read_alone, read_pair
from monitors.two_samples import by_values, compare

_ROLES: Final = {
    GuessedRole.FEATURE: ColumnRole.FEATURE,
    GuessedRole.PREDICTION: ColumnRole.PREDICTION,
    GuessedRole.SCORE: ColumnRole.SCORE,
    GuessedRole.LABEL: ColumnRole.LABEL,
}


@dataclass(frozen=True, slots=True)
class JudgedColumn:
    """
    One compared column.

    Parameters
    ----------
    guess : GuessedColumn
        Corrected by what the whole column holds.
    view : ColumnView
        Its findings, worst first, and both distributions.
    """

    guess: GuessedColumn
    view: ColumnView

    @property
    def badness(self) -> tuple[int, int, bool, float, str]:
        """Sort key: the worst column comes first."""
        return badness(self.view.findings[0])


@dataclass(frozen=True, eq=False)
class ColumnJudge:
    """
    Judges the columns of two files, one at a time.

    Parameters
    ----------
    reference, current : TableSource
    drift : DriftConfig
    alpha : float
        Chance of a false alarm of each test of one column.
    """

    reference: TableSource
    current: TableSource
    drift: DriftConfig
    alpha: float

    def judge(self, guess: GuessedColumn) -> JudgedColumn:
        """
        Judge one column that is compared.

        Parameters
        ----------
        guess : GuessedColumn
            Its kind is known.
        """
        sides = guess.name in self.reference.types, guess.name in self.current.types
        if guess.role is GuessedRole.LABEL and not all(sides):
            return self._unjudged(guess, "no_labels")
        if not sides[0]:
            return self._unjudged(guess, "new_column")
        if not sides[1]:
            return self._absent(guess)
        pair = read_pair(self.reference, self.current, guess)
        return self._labels(pair) if guess.role is GuessedRole.LABEL else self._compared(pair)

    def _compared(self, pair: Pair) -> JudgedColumn:
        before, after = pair.profiles()
        role = _ROLES[pair.guess.role]
        findings = [completeness.detect(before, after, kind=role, type_now=pair.type_now)]
        if pair.type_now is None and min(before.n, after.n):
            findings += self._tested(pair, before, after, self.drift)
        return _judged(pair.guess, findings, before, after)

    def _labels(self, pair: Pair) -> JudgedColumn:
        """Compare the labels that are there: those that are missing have not arrived yet."""
        before, after = (_present(profile) for profile in pair.profiles())
        if not min(before.n, after.n):
            return self._unjudged(pair.guess, "no_labels")
        if pair.type_now is not None:
            role = ColumnRole.LABEL
            findings = [completeness.detect(before, after, kind=role, type_now=pair.type_now)]
        else:
            findings = self._tested(pair, before, after, _without_missing(self.drift))
        return _judged(pair.guess, findings, before, after)

    def _tested(
        self, pair: Pair, before: Profile, after: Profile, drift: DriftConfig
    ) -> list[Finding]:
        column, sides = _column(pair.guess), (pair.reference, pair.current)
        values = [side.values for side in sides if isinstance(side, NumberSample)]
        exact: dict[str, Finding] = {}
        if len(values) == 2:
            exact = by_values(*values, column=column, drift=drift, alpha=self.alpha)
        found = compare(before, after, exact, column=column, drift=drift, alpha=self.alpha)
        counts = [side.counts for side in sides if isinstance(side, CategorySample)]
        if len(counts) == 2:
            found.append(unseen.detect(*counts, kind=column.role, alpha=self.alpha))
        return found

    def _absent(self, guess: GuessedColumn) -> JudgedColumn:
        sample, role = read_alone(self.reference, guess), _ROLES[guess.role]
        profile = sample.profile(sample.grid())
        gone = completeness.detect(profile, None, kind=role, n_current=self.current.n_rows)
        return _judged(guess, [gone], profile, None)

    def _unjudged(self, guess: GuessedColumn, why: str) -> JudgedColumn:
        finding = unjudged(
            completeness.NAME,
            why,
            column=guess.name,
            kind=_ROLES[guess.role],
            n_reference=self.reference.n_rows,
            n_current=self.current.n_rows,
        )
        return _judged(guess, [finding], None, None)


def with_severity(finding: Finding) -> Finding:
    """Say how bad a deciding drift is; nothing about two files is calibrated."""
    if finding.verdict is not Verdict.DRIFTED or not finding.decides:
        return finding
    return replace(finding, severity=severity_of(finding, AlertPolicy(), others_calibrated=False))


def _judged(
    guess: GuessedColumn,
    findings: Sequence[Finding],
    reference: Profile | None,
    current: Profile | None,
) -> JudgedColumn:
    view = ColumnView(
        column=_column(guess),
        version="",
        findings=tuple(sorted(map(with_severity, findings), key=badness)),
        reference=reference,
        current=current,
    )
    return JudgedColumn(guess, view)


def _column(guess: GuessedColumn) -> Column:
    return Column(guess.name, guess.kind or ColumnKind.CATEGORY, _ROLES[guess.role])


def _present(profile: Profile) -> Profile:
    counts = profile.counts.copy()
    counts[-2] = 0
    return replace(profile, counts=counts)


def _without_missing(drift: DriftConfig) -> DriftConfig:
    kept = {
        "numeric": tuple(name for name in drift.numeric if name != missing.NAME),
        "categorical": tuple(name for name in drift.categorical if name != missing.NAME),
    }
    return drift.model_copy(update=kept)
