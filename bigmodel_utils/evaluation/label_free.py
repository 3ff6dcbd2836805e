"""How good a model is in a market without any label there, from its confidence alone, and how far off that guess is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.artifacts import Run
from bigmodel_utils.choices import Evaluation
from bigmodel_utils.evaluation import intervals
from bigmodel_utils.evaluation.judgement import Judgement
from bigmodel_utils.scenario import DATA

if TYPE_CHECKING:
    import pandas as pd

_DRAWS = 500  # a guess is steadier than an accuracy: fewer draws place its interval


def average_confidence(abroad: np.ndarray) -> float:
    """Return mean confidence, the guess of a calibrated model. `abroad`: probabilities (rows, labels)."""
    return float(abroad.max(axis=1).mean())


def difference_of_confidence(home: np.ndarray, truth: np.ndarray, abroad: np.ndarray) -> float:
    """Return home accuracy less the confidence lost on the way (DoC, Guillory et al. 2021), within 0 and 1."""
    accuracy = (home.argmax(axis=1) == truth).mean()
    return float(np.clip(accuracy - (home.max(axis=1).mean() - abroad.max(axis=1).mean()), 0, 1))


def thresholded_confidence(home: np.ndarray, truth: np.ndarray, abroad: np.ndarray) -> float:
    """Return the share abroad above the confidence that exactly the right rows would pass at home (ATC, Garg et al. 2022).

    Confidence is the negative entropy of the answer, as in the paper's better variant.
    """
    errors = (home.argmax(axis=1) != truth).mean()
    threshold = np.quantile(_negative_entropy(home), errors)
    return float((_negative_entropy(abroad) >= threshold).mean())


METHODS: dict[str, Callable[[np.ndarray, np.ndarray, np.ndarray], float]] = {
    "average confidence": lambda home, truth, abroad: average_confidence(abroad),
    "difference of confidence": difference_of_confidence,
    "thresholded confidence": thresholded_confidence,
}


def estimates(
    home: np.ndarray, truth: np.ndarray, abroad: np.ndarray, abroad_truth: np.ndarray, settings: Evaluation, seed: int
) -> pd.DataFrame:
    """Return method, guess, low, high, truth, error: three label-free guesses of accuracy abroad beside the measured one.

    `home` and `truth` are held-out probabilities and labels of the market the model was trained on. The interval is a
    bootstrap of the rows of both markets: it knows how few rows there are, not how wrong the method is, which `error` says.
    """
    import pandas as pd

    measured = float((abroad.argmax(axis=1) == abroad_truth).mean())
    draws = [intervals.resamples(len(p), min(_DRAWS, settings.resamples), seed + i) for i, p in enumerate((home, abroad))]
    tail, rows = (1 - settings.confidence) / 2, []
    for method, guess in METHODS.items():
        mid = guess(home, truth, abroad)
        drawn = [guess(home[own], truth[own], abroad[other]) for own, other in zip(*draws, strict=True)]
        low, high = np.quantile(drawn, [tail, 1 - tail])
        rows.append({"method": method, "guess": mid, "low": min(float(low), mid), "high": max(float(high), mid),
                     "truth": measured, "error": mid - measured})  # fmt: skip
    return pd.DataFrame(rows)


def of_home_model(run: Run, judged: Judgement) -> pd.DataFrame:
    """Return `estimates` for M_A as it is in the target market, whose labels are read only to check the guess."""
    by_a, home = judged.answers["a"], run.table(DATA, "source_test")["label"].to_numpy()
    truth = judged.predictions["label"].to_numpy()
    return estimates(by_a.home, home, by_a.abroad, truth, run.scenario.evaluation, run.scenario.seed)


def _negative_entropy(probabilities: np.ndarray) -> np.ndarray:
    return (probabilities * np.log(probabilities.clip(1e-12))).sum(axis=1)
