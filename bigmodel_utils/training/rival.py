"""The rival that costs nothing: TF-IDF of characters and words with logistic regression, on the same labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.training.loop import TrainingError

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.pipeline import Pipeline

_WITHOUT_SPACES = {"zh", "ja", "th", "lo", "km", "my"}  # languages whose words are not told apart by spaces
_STRENGTHS = (1.0, 3.0, 10.0, 30.0)


class Rival:
    """A fitted pipeline; `probabilities` as a Classifier's."""

    def __init__(self, pipeline: Pipeline, labels: int) -> None:
        self.pipeline, self.labels = pipeline, labels

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """Return probabilities, shape (texts, labels)."""
        answers = np.zeros((len(texts), self.labels))
        answers[:, self.pipeline.classes_] = self.pipeline.predict_proba(list(texts))
        return answers


def fit_rival(train: pd.DataFrame, validation: pd.DataFrame, language: str, labels: int, seed: int) -> Rival:
    """Return the rival with the regularisation that is best on `validation` (text, label).

    Raises TrainingError when `train` holds fewer than two labels.
    """
    if train["label"].nunique() < 2:
        raise TrainingError("training data of one label", "rows of at least two labels", "the market's data in the scenario")
    candidates = [_pipeline(language, strength, seed).fit(train["text"], train["label"]) for strength in _STRENGTHS]
    return Rival(max(candidates, key=lambda p: p.score(validation["text"], validation["label"])), labels)


def _pipeline(language: str, strength: float, seed: int) -> Pipeline:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import FeatureUnion, Pipeline

    spaced = language.partition("-")[0] not in _WITHOUT_SPACES
    parts = [
        (
            "characters",
            TfidfVectorizer(analyzer="char_wb" if spaced else "char", ngram_range=(1, 5 if spaced else 3), sublinear_tf=True),
        )
    ]
    if spaced:
        parts.append(("words", TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)))
    model = LogisticRegression(C=strength, max_iter=2000, random_state=seed)
    return Pipeline([("features", FeatureUnion(parts)), ("model", model)])
