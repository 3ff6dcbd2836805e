"""Is one split enough? Every training row read once by an adaptation that has not learned from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.artifacts import Run
from bigmodel_utils.evaluation import intervals
from bigmodel_utils.evaluation.predict import Classifier
from bigmodel_utils.training.finetune import FitResult
from bigmodel_utils.training.learned import TrainingError
from bigmodel_utils.training.trial import Lesson, trained

if TYPE_CHECKING:
    import pandas as pd


def cross_validated(run: Run, lesson: Lesson, given: FitResult, folds: int) -> pd.DataFrame:
    """Return part, n, accuracy, low, high: a row for `validation` (by `given`, trained on all rows), for each fold, for `all`.

    Each model stops by the same validation rows, and is judged by the fold it has not seen; without folds only the first row
    is there. Raises TrainingError when a label has fewer rows than there are folds.
    """
    import pandas as pd

    n = len(lesson.validation)
    rows = [_row("validation", round(given.validation_accuracy * n), n)]
    if folds:
        right = [_fold(run, lesson, number, *split) for number, split in enumerate(_splits(lesson, folds), start=1)]
        rows += [_row(str(number), int(part.sum()), len(part)) for number, part in enumerate(right, start=1)]
        rows.append(_row("all", int(sum(part.sum() for part in right)), sum(map(len, right))))
    return pd.DataFrame(rows)


def _splits(lesson: Lesson, folds: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return (rows to learn from, rows to judge by) of each fold, every label in equal share."""
    from sklearn.model_selection import StratifiedKFold

    labels = lesson.train["label"]
    rarest = int(labels.value_counts().min())
    if rarest < folds:
        raise TrainingError(f"strategies.folds = {folds}", f"at most {rarest}, the rows of the rarest label", "the scenario")
    divided = StratifiedKFold(folds, shuffle=True, random_state=lesson.seed)
    return list(divided.split(np.zeros(len(labels)), labels))


def _fold(run: Run, lesson: Lesson, number: int, known: np.ndarray, unseen: np.ndarray) -> np.ndarray:
    """Return which rows of the fold are read right by a model that learned from the others."""
    own = Lesson(lesson.start, lesson.train.iloc[known], lesson.validation, lesson.settings, lesson.seed)
    judged = lesson.train.iloc[unseen]
    with trained(run, f"fold_{number}", own) as result:
        answers = Classifier.load(result.folder).probabilities(judged["text"].tolist()).argmax(axis=1)
    return answers == judged["label"].to_numpy()


def _row(part: str, right: int, n: int) -> dict[str, float | str]:
    accuracy = intervals.share(right, n)
    return {"part": part, "n": n, "accuracy": accuracy.mid, "low": accuracy.low, "high": accuracy.high}
