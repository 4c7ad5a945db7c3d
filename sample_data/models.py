"""The two served models: trained on January to March, and scored there out of fold."""

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from sample_data.flights import BASELINE_END, CATEGORICAL, FEATURES, NUMERIC, START

VERSIONS: Final = ("1", "2")
FOLDS: Final = 5
SCORE_DECIMALS: Final = 4


def make_model(version: str) -> Pipeline:
    """
    Make an untrained model of a version.

    Parameters
    ----------
    version : {"1", "2"}
        1: logistic regression on scaled and one-hot columns; 2: gradient boosted trees.

    Returns
    -------
    Pipeline
        Takes a frame with the 16 features, missing values included.
    """
    if version == "1":
        numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
        names = OneHotEncoder(handle_unknown="ignore", min_frequency=20)
        columns = ColumnTransformer(
            [("numbers", numbers, list(NUMERIC)), ("names", names, list(CATEGORICAL))]
        )
        return make_pipeline(columns, LogisticRegression(max_iter=1000))
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan)
    columns = ColumnTransformer(
        [("names", codes, list(CATEGORICAL)), ("numbers", "passthrough", list(NUMERIC))]
    )
    trees = HistGradientBoostingClassifier(
        learning_rate=0.06,
        max_iter=150,
        max_leaf_nodes=15,
        min_samples_leaf=200,
        l2_regularization=5.0,
        categorical_features=list(range(len(CATEGORICAL))),
        random_state=0,
    )
    return make_pipeline(columns, trees)


def is_baseline(ts: "pd.Series[pd.Timestamp]") -> "pd.Series[bool]":
    """Tell which requests fall into January to March 2013 (UTC), where the models learned."""
    return (ts >= START) & (ts < BASELINE_END)


def fold_of(ts: "pd.Series[pd.Timestamp]") -> "pd.Series[int]":
    """
    Give the fold of each request: whole weeks in turn, so a day is never split.

    Parameters
    ----------
    ts : Series of Timestamp (UTC)
        Time of the request.

    Returns
    -------
    Series of int
        0 to 4. Weeks, not days, because the weather of one day tells about the next.
    """
    return (ts - START).dt.days // 7 % FOLDS


def fit(version: str, requests: pd.DataFrame) -> Pipeline:
    """Train a version on the requests whose outcome is known."""
    known = requests[requests["late"].notna()]
    return make_model(version).fit(known[list(FEATURES)], known["late"])


def score(model: Pipeline, requests: pd.DataFrame) -> npt.NDArray[np.float64]:
    """
    Score requests with a trained model.

    Parameters
    ----------
    model : Pipeline
        What `fit` returns.
    requests : DataFrame
        Requests with the 16 features.

    Returns
    -------
    ndarray of float64, shape (n,)
        Probability of arriving late, to four decimals.
    """
    late = model.predict_proba(requests[list(FEATURES)])[:, 1]
    return np.round(late.astype(np.float64), SCORE_DECIMALS)


def score_out_of_fold(version: str, requests: pd.DataFrame) -> npt.NDArray[np.float64]:
    """
    Score baseline requests, each by a model that did not see its week.

    Parameters
    ----------
    version : {"1", "2"}
        Which model.
    requests : DataFrame
        The requests of January to March.

    Returns
    -------
    ndarray of float64, shape (n,)
        Probability of arriving late, to four decimals.
    """
    folds = fold_of(requests["ts"]).to_numpy()
    scores = np.full(len(requests), np.nan)
    for fold in range(FOLDS):
        held_out = folds == fold
        scores[held_out] = score(fit(version, requests[~held_out]), requests[held_out])
    return scores


def threshold_for(scores: npt.NDArray[np.float64], late: "pd.Series[float]") -> float:
    """
    Choose the score from which a version says "late".

    Parameters
    ----------
    scores : ndarray of float64, shape (n,)
        Out-of-fold scores.
    late : Series of float, length n
        1, 0 or missing.

    Returns
    -------
    float
        The threshold at which as many flights are called late as were late, to four decimals.
    """
    known = late.notna().to_numpy()
    share_late = float(late[known].mean())
    return round(float(np.quantile(scores[known], 1.0 - share_late)), SCORE_DECIMALS)


def auc(scores: npt.NDArray[np.float64], late: "pd.Series[float]") -> float:
    """Compute the area under the ROC curve over requests with a score and an outcome."""
    known = late.notna().to_numpy() & ~np.isnan(scores)
    return float(roc_auc_score(late[known], scores[known]))
