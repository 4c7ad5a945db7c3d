"""How good a deployment's predictions were, over the labels that have arrived."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from detectors import metrics
from detectors.performance import detect
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
# of the metrics that a task has, the first one that the rows allow decides
DECIDING = {
    "binary": ("roc_auc", "accuracy"),
    "multiclass": ("accuracy",),
    "regression": ("rmse", "mae"),
}


@dataclass
class Quality:
    """
    The metrics of one deployment, window by window.

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
    _outcomes: dict[Window, Outcomes] = field(default_factory=dict[Window, Outcomes])
    _natures: dict[tuple[Window, ...], Nature] = field(
        default_factory=dict[tuple[Window, ...], Nature]
    )
    _measured: dict[tuple[Window, Nature], Metrics] = field(
        default_factory=dict[tuple[Window, Nature], Metrics]
    )

    def read(self, windows: Sequence[Window]) -> None:
        """Read windows that were not read before."""
        fresh = [w for w in windows if w not in self._outcomes]
        if fresh:
            found = self.store.outcomes(self.model, self.version, fresh)
            self._outcomes |= {one.window: _in_order(one) for one in found}

    def performance(self, window: Window, baseline: Sequence[Window]) -> Performance | None:
        """Return what is known of one window; None where no label has arrived."""
        seen = self._outcomes[window]
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
        seen = self._outcomes[window]
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
        key = tuple(w for w in baseline if self._outcomes[w].labelled) or (window,)
        if key not in self._natures:
            self._natures[key] = self._guess([self._outcomes[w] for w in key])
        return self._natures[key]

    def _guess(self, labelled: Sequence[Outcomes]) -> Nature:
        labels = np.concatenate([o.labels for o in labelled])
        predictions = np.concatenate([o.predictions for o in labelled])
        scores = np.concatenate([o.scores for o in labelled])
        task = self.task or metrics.guess_task(labels, predictions)
        if task != "binary":
            return task, None
        return task, metrics.guess_positive(labels, predictions, scores)

    def _metrics(self, window: Window, nature: Nature) -> Metrics:
        key = (window, nature)
        if key not in self._measured:
            seen, (task, positive) = self._outcomes[window], nature
            self._measured[key] = (
                metrics.compute(task, seen.labels, seen.predictions, seen.scores, positive=positive)
                if seen.labelled
                else {}
            )
        return self._measured[key]


def _in_order(outcomes: Outcomes) -> Outcomes:
    """Sort the rows: a join gives them in any order, and a sum of floats must not hang on it."""
    order = np.lexsort((outcomes.scores, outcomes.predictions, outcomes.labels))
    return replace(
        outcomes,
        labels=outcomes.labels[order],
        predictions=outcomes.predictions[order],
        scores=outcomes.scores[order],
    )
