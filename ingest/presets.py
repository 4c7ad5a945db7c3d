"""Mappings of logs that were written for other monitoring tools, by the tool's name."""

from __future__ import annotations

from typing import Any, Final

# As each tool's documents call the columns. A log may lack any of them but the time.
PRESETS: Final[dict[str, dict[str, Any]]] = {
    # file upload and pandas SDK: prediction_ts in whole seconds
    "arize": {
        "ts": "prediction_ts",
        "ts_unit": "s",
        "version": "model_version",
        "prediction_id": "prediction_id",
        "prediction": "prediction_label",
        "score": "prediction_score",
        "label": "actual_label",
        "exclude": ["actual_score", "batch_id", "environment"],
    },
    # numeric models: the score is the answer
    "arize-regression": {
        "ts": "prediction_ts",
        "ts_unit": "s",
        "version": "model_version",
        "prediction_id": "prediction_id",
        "prediction": "prediction_score",
        "label": "actual_score",
        "exclude": ["prediction_label", "actual_label", "batch_id", "environment"],
    },
    # ColumnMapping's defaults
    "evidently": {
        "ts": "datetime",
        "prediction_id": "id",
        "prediction": "prediction",
        "label": "target",
        "exclude": ["user_id", "item_id"],
    },
    "nannyml": {
        "ts": "timestamp",
        "prediction_id": "id",
        "prediction": "y_pred",
        "score": "y_pred_proba",
        "label": "y_true",
        # of several classes each has a column of its own: what was answered, and no input
        "exclude": ["period", "partition", "y_pred_proba_*"],
    },
    # what log_classification_metrics and log_regression_metrics call the columns
    "whylogs": {
        "ts": "dataset_timestamp",
        "prediction": "predictions",
        "score": "scores",
        "label": "targets",
    },
}
