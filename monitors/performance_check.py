"""How good a deployment's predictions were, over the labels that have arrived."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from detectors import metrics
from detectors.performance import detect
from domain.finding import Finding
from domain.outcome import Outcomes
from domain.run import Performance
from domain.window import Window
from store.store import Store

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
        None: guessed from all labelled windows.
    """

    store: Store
    model: str
    version: str
    task: str | None
    _outcomes: dict[Window, Outcomes] = field(default_factory=dict[Window, Outcomes])
    _measured: dict[Window, dict[str, metrics.Measured]] = field(
        default_factory=dict[Window, dict[str, metrics.Measured]]
    )

    def read(self, windows: Sequence[Window]) -> None:
        """Read and measure windows that were not read before."""
        fresh = [w for w in windows if w not in self._outcomes]
        if not fresh:
            return
        for outcomes in self.store.outcomes(self.model, self.version, fresh):
            self._outcomes[outcomes.window] = outcomes
        task, positive = self._nature()
        for window in fresh:
            seen = self._outcomes[window]
            if seen.labelled:
                self._measured[window] = metrics.compute(
                    task, seen.labels, seen.predictions, seen.scores, positive=positive
                )

    def _nature(self) -> tuple[str, str | None]:
        """Tell task and positive label from all that was read: a window may hold one class."""
        labelled = [o for o in self._outcomes.values() if o.labelled]
        if not labelled:
            return self.task or "binary", None
        labels = np.concatenate([o.labels for o in labelled])
        predictions = np.concatenate([o.predictions for o in labelled])
        scores = np.concatenate([o.scores for o in labelled])
        task = self.task or metrics.guess_task(labels, predictions)
        if task != "binary":
            return task, None
        return task, metrics.guess_positive(labels, predictions, scores)

    def performance(self, window: Window) -> Performance | None:
        """Return what is known of one window; None where no label has arrived."""
        seen = self._outcomes.get(window)
        if seen is None or not seen.labelled:
            return None
        return Performance(
            task=self._nature()[0],
            labelled=seen.labelled,
            pending=seen.pending,
            metrics={name: m.value for name, m in self._measured.get(window, {}).items()},
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
        seen = self._outcomes.get(window)
        if seen is None or not seen.labelled:
            return []
        own = self._measured.get(window, {})
        order = DECIDING[self._nature()[0]]
        # labels that come late are not like those that come early: half a window misleads
        whole = seen.labelled >= WHOLE_SHARE * (seen.labelled + seen.pending)
        deciding = next((name for name in order if name in own), order[0])
        found: list[Finding] = []
        for name in sorted({*own, deciding}, key=lambda n: (n != deciding, n)):
            usual = [self._measured[w][name] for w in baseline if name in self._measured.get(w, {})]
            found.append(
                detect(
                    name,
                    own.get(name),
                    usual,
                    labelled=seen.labelled,
                    decides=whole and name == deciding,
                )
            )
        return found
