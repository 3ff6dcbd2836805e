"""What a training minimises and how it is judged: the one seam between the loop and a task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from bigmodel_utils.training.batches import Encoded

if TYPE_CHECKING:
    import torch


class Objective(Protocol):
    """Texts to learn from and to validate on, and the loss of a model's answers on them.

    `measure` names what `score` returns beside the loss, as a column of the history.
    """

    train: Encoded
    validation: Encoded
    measure: str

    def weight(self, rows: np.ndarray) -> float:
        """Return what the summed loss of these training rows is divided by: their number of rows or tokens."""

    def loss(self, answers: torch.Tensor, rows: np.ndarray) -> torch.Tensor:
        """Return the summed loss of float32 `answers` to these training rows."""

    def observe(self, answers: torch.Tensor, rows: np.ndarray) -> Any:
        """Return what judging needs to keep of float32 `answers` to these validation rows."""

    def score(self, observed: list[Any]) -> tuple[float, float]:
        """Return mean validation loss and the measure, from all that was observed."""
