"""One label per text: weighted cross-entropy, judged by accuracy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from bigmodel_utils.choices import Training
from bigmodel_utils.training.batches import Encoded


@dataclass(frozen=True)
class Labelled:
    """Encoded texts and their label indices, shape (texts,)."""

    encoded: Encoded
    labels: np.ndarray


class Classification:
    """The objective of a text classifier with `count` labels."""

    measure = "validation_accuracy"

    def __init__(self, train: Labelled, validation: Labelled, count: int, settings: Training) -> None:
        self.train, self.validation = train.encoded, validation.encoded
        self._targets, self._wanted = (torch.from_numpy(part.labels.astype(np.int64)) for part in (train, validation))
        self._weights = label_weights(train.labels, count, settings.balance_labels)
        self._smoothing = settings.label_smoothing

    def weight(self, rows: np.ndarray) -> float:
        return len(rows)

    def loss(self, answers: torch.Tensor, rows: np.ndarray) -> torch.Tensor:
        wanted, weights = self._targets[rows].to(answers.device), self._weights.to(answers.device)
        return cross_entropy(answers, wanted, weights, reduction="sum", label_smoothing=self._smoothing)

    def observe(self, answers: torch.Tensor, rows: np.ndarray) -> tuple[float, float, float]:
        """Return the summed weighted loss, the summed weights and how many answers are right."""
        wanted, answers = self._wanted[rows], answers.double().cpu()
        loss = cross_entropy(answers, wanted, self._weights.double(), reduction="sum")
        return float(loss), float(self._weights[wanted].sum()), float((answers.argmax(dim=1) == wanted).sum())

    def score(self, observed: list[tuple[float, float, float]]) -> tuple[float, float]:
        loss, weight, right = np.sum(observed, axis=0)
        return float(loss / weight), float(right / len(self._wanted))


def label_weights(labels: np.ndarray, count: int, balanced: bool) -> torch.Tensor:
    """Return a weight per label with mean one over the rows: equal, or inverse to how often the label occurs."""
    occurs = np.bincount(labels, minlength=count).clip(min=1)  # one that never occurs is never asked for
    weights = len(labels) / (count * occurs) if balanced else np.ones(count)
    return torch.tensor(weights, dtype=torch.float32)
