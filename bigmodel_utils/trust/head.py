"""The last layer alone: a linear classifier on vectors, as plain numbers that can be sent, averaged and attacked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import softmax

from bigmodel_utils.trust.rows import Rows


@dataclass(frozen=True)
class Head:
    """`weights` (classes, features + 1), the last column being the constant; `temperature` divides its logits."""

    weights: np.ndarray
    temperature: float = 1.0

    @classmethod
    def fitted(cls, rows: Rows, classes: int, steps: int, learning_rate: float) -> Head:
        """Return the head after `steps` of gradient descent from zeros, see `gradient_descent`."""
        return cls(gradient_descent(zero_weights(classes, rows.vectors.shape[1]), rows, steps, learning_rate))

    def logits(self, vectors: np.ndarray) -> np.ndarray:
        return (vectors @ self.weights[:, :-1].T + self.weights[:, -1]) / self.temperature

    def probabilities(self, vectors: np.ndarray) -> np.ndarray:
        """Return probabilities (rows, classes)."""
        return softmax(self.logits(vectors), axis=1)

    def accuracy(self, rows: Rows) -> float:
        return float((self.logits(rows.vectors).argmax(axis=1) == rows.labels).mean())

    def losses(self, rows: Rows) -> np.ndarray:
        """Return the cross-entropy of each row, nats."""
        return losses(self.probabilities(rows.vectors), rows.labels)

    def calibrated(self, rows: Rows) -> Head:
        """Return the head with the temperature that suits `rows`."""
        from bigmodel_utils.evaluation import metrics  # a holder that only answers the coordinator has no need of it

        return Head(self.weights, metrics.temperature(self.logits(rows.vectors), rows.labels))


def losses(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the cross-entropy of each row's true label, nats, at most about 690."""
    return -np.log(np.clip(probabilities[np.arange(len(labels)), labels], 1e-300, 1))


def zero_weights(classes: int, features: int) -> np.ndarray:
    """Return the weights every training starts from: zeros, which favour no label."""
    return np.zeros((classes, features + 1))


def gradient_descent(weights: np.ndarray, rows: Rows, steps: int, learning_rate: float) -> np.ndarray:
    """Return `weights` after `steps` of gradient descent on the mean cross-entropy of all `rows`."""
    inputs = np.column_stack([rows.vectors, np.ones(len(rows))])
    wanted, current = np.eye(len(weights))[rows.labels], weights.copy()
    for _ in range(steps):
        current -= learning_rate * (softmax(inputs @ current.T, axis=1) - wanted).T @ inputs / len(rows)
    return current
