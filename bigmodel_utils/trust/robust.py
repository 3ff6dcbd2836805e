"""How a coordinator puts answers together when a holder may be silent, broken or hostile."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bigmodel_utils.trust import TrustError

Answer = tuple[np.ndarray, int] | None  # weights and rows of one holder, or silence


def average(weights: np.ndarray, answers: Sequence[Answer]) -> np.ndarray:
    """Return the mean of the answers, weighted by rows (FedAvg, McMahan et al. 2017); it believes everything."""
    heard = [answer for answer in answers if answer is not None]
    counts = np.array([count for _, count in heard], dtype=float)
    return np.average([answer for answer, _ in heard], axis=0, weights=counts) if counts.sum() else weights


def trimmed(weights: np.ndarray, answers: Sequence[Answer]) -> np.ndarray:
    """Return the weights moved by what most holders agree on; one liar among three or more holders cannot lead it astray.

    Answers that are not numbers are dropped, each step is shortened to the median length, and of each weight the highest
    and the lowest proposal are left out (Yin et al. 2018). Raises TrustError when fewer than three answers are numbers.
    """
    heard = [np.asarray(answer[0], dtype=float) for answer in answers if answer is not None]
    steps = [answer - weights for answer in heard if answer.shape == weights.shape and np.isfinite(answer).all()]
    if len(steps) < 3:
        raise TrustError(f"{len(steps)} usable answers", "three or more: of two, nobody can tell the liar", "trust.holders")
    lengths = np.array([np.linalg.norm(step) for step in steps])
    limit = np.median(lengths)
    short = [step * min(1.0, limit / length) if length else step for step, length in zip(steps, lengths, strict=True)]
    return weights + np.sort(np.stack(short), axis=0)[1:-1].mean(axis=0)
