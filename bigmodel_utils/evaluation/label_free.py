"""How good a model is in a market without any label there, from its confidence alone, and how far off that guess is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


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


def estimates(home: np.ndarray, truth: np.ndarray, abroad: np.ndarray, abroad_truth: np.ndarray) -> pd.DataFrame:
    """Return method, guess, truth, error: three label-free guesses of accuracy abroad beside the measured one.

    `home` and `truth` are held-out probabilities and labels of the market the model was trained on.
    """
    import pandas as pd

    guesses = {
        "average confidence": average_confidence(abroad),
        "difference of confidence": difference_of_confidence(home, truth, abroad),
        "thresholded confidence": thresholded_confidence(home, truth, abroad),
    }
    measured = float((abroad.argmax(axis=1) == abroad_truth).mean())
    return pd.DataFrame([{"method": m, "guess": g, "truth": measured, "error": g - measured} for m, g in guesses.items()])


def _negative_entropy(probabilities: np.ndarray) -> np.ndarray:
    return (probabilities * np.log(probabilities.clip(1e-12))).sum(axis=1)
