"""How good a deployment's predictions were, over the labels that have arrived."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np

from detectors import metrics
from detectors.performance import detect
from detectors.task_signs import TaskSigns
from domain.finding import Finding
from domain.outcome import Outcomes
from domain.run import Performance
from domain.window import Window
from store.store import Store

# task, and the label that a high score stands for
Nature = tuple[str, str | None]
Metrics = dict[str, metrics.Measured]

# share of a window's predictions whose labels must have arrived for the metrics to decide
WHOLE_SHARE = 0.8
# predictions whose labels are read at once: 100 MB of texts and scores
ROWS_AT_ONCE = 1_000_000
# of the metrics that a task has, the first one that the rows allow decides
DECIDING = {
    "binary": ("roc_auc", "accuracy"),
    "multiclass": ("accuracy",),
    "regression": ("rmse", "mae"),
}


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is kept of one window's labelled rows beside their metrics."""

    labelled: int
    pending: int
    newest_label_at: datetime | None
    signs: TaskSigns


@dataclass
class Quality:
    """
    The metrics of one deployment, window by window; the rows of one go before the next ones come.

    Parameters
    ----------
    store : Store
    model, version : str
    task : str or None
        None: guessed from the labelled windows that a window is compared with, or from itself.
    """

    store: Store
    model: str
    version: str
    task: str | None
    _seen: dict[Window, _Seen] = field(default_factory=dict[Window, _Seen])
    _natures: dict[tuple[Window, ...], Nature] = field(
        default_factory=dict[tuple[Window, ...], Nature]
    )
    _measured: dict[tuple[Window, Nature], Metrics] = field(
        default_factory=dict[tuple[Window, Nature], Metrics]
    )
    _signs: TaskSigns = field(default_factory=TaskSigns)

    def read(self, windows: Sequence[Window]) -> None:
        """Read windows that were not read before."""
        fresh = [w for w in windows if w not in self._seen]
        for part in self._parts(fresh):
            for one in self.store.logs(self.model).outcomes(self.version, part):
                self._take(_in_order(one))

    def _parts(self, windows: Sequence[Window]) -> list[list[Window]]:
        """Part windows so that few rows are read at once; a window is never cut."""
        rows = (
            self.store.logs(self.model).row_counts(windows).get(self.version) if windows else None
        )
        if rows is None:
            rows = np.zeros(len(windows), np.int64)
        parts: dict[int, list[Window]] = defaultdict(list)
        for window, before in zip(windows, (np.cumsum(rows) - rows).tolist(), strict=True):
            parts[before // ROWS_AT_ONCE].append(window)
        return list(parts.values())

    def _take(self, outcomes: Outcomes) -> None:
        """
        Measure a window as the task that all windows so far tell of, and keep no row.

        Where the windows that it is compared with tell of another one, it is read again.
        """
        signs = TaskSigns.of(outcomes.labels, outcomes.predictions, outcomes.scores)
        self._seen[outcomes.window] = _Seen(
            outcomes.labelled, outcomes.pending, outcomes.newest_label_at, signs
        )
        self._signs = TaskSigns.together((self._signs, signs))
        self._measure(outcomes, self._guess(self._signs))

    def performance(self, window: Window, baseline: Sequence[Window]) -> Performance | None:
        """Return what is known of one window; None where no label has arrived."""
        seen = self._seen[window]
        if not seen.labelled:
            return None
        nature = self._nature(window, baseline)
        return Performance(
            task=nature[0],
            labelled=seen.labelled,
            pending=seen.pending,
            metrics={name: m.value for name, m in self._metrics(window, nature).items()},
            labels_until=seen.newest_label_at,
        )

    def findings(self, window: Window, baseline: Sequence[Window]) -> list[Finding]:
        """
        Judge one window's metrics against those of the baseline's windows.

        Parameters
        ----------
        window : Window
        baseline : sequence of Window
            Read before.
        """
        seen = self._seen[window]
        if not seen.labelled:
            return []
        nature = self._nature(window, baseline)
        own = self._metrics(window, nature)
        order = DECIDING[nature[0]]
        # labels that come late are not like those that come early: half a window misleads
        whole = seen.labelled >= WHOLE_SHARE * (seen.labelled + seen.pending)
        deciding = next((name for name in order if name in own), order[0])
        usual = [self._metrics(w, nature) for w in baseline]
        return [
            detect(
                name,
                own.get(name),
                [measured[name] for measured in usual if name in measured],
                labelled=seen.labelled,
                decides=whole and name == deciding,
            )
            for name in sorted({*own, deciding}, key=lambda n: (n != deciding, n))
        ]

    def _nature(self, window: Window, baseline: Sequence[Window]) -> Nature:
        """
        Tell task and positive label, from the baseline where it has labels.

        A single window may hold one class only; windows that come later must not change what
        was said of this one.
        """
        key = tuple(w for w in baseline if self._seen[w].labelled) or (window,)
        if key not in self._natures:
            told = TaskSigns.together(self._seen[w].signs for w in key)
            self._natures[key] = self._guess(told)
        return self._natures[key]

    def _guess(self, told: TaskSigns) -> Nature:
        task = self.task or told.task()
        return (task, told.positive()) if task == metrics.BINARY else (task, None)

    def _metrics(self, window: Window, nature: Nature) -> Metrics:
        if (window, nature) not in self._measured:
            [outcomes] = self.store.logs(self.model).outcomes(self.version, [window])
            self._measure(_in_order(outcomes), nature)
        return self._measured[window, nature]

    def _measure(self, outcomes: Outcomes, nature: Nature) -> None:
        task, positive = nature
        self._measured[outcomes.window, nature] = (
            metrics.compute(
                task, outcomes.labels, outcomes.predictions, outcomes.scores, positive=positive
            )
            if outcomes.labelled
            else {}
        )


def _in_order(outcomes: Outcomes) -> Outcomes:
    """Sort the rows: a join gives them in any order, and a sum of floats must not hang on it."""
    order = np.lexsort((outcomes.scores, outcomes.predictions, outcomes.labels))
    return replace(
        outcomes,
        labels=outcomes.labels[order],
        predictions=outcomes.predictions[order],
        scores=outcomes.scores[order],
    )
