"""Small networks for pictures and for rows of a table, and the simple rival of both."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.applications.two_markets import Rows, Subject
from bigmodel_utils.training.device import Device, choose

if TYPE_CHECKING:
    import torch

BATCH, RATE, LOOKS = 64, 2e-3, 8
_STRENGTHS = (0.01, 0.1, 1.0, 10.0)


class Network:
    """A small network on a device; `probabilities` as a Classifier's, of arrays instead of texts."""

    def __init__(self, model: torch.nn.Module, device: Device) -> None:
        self.model, self.device = model.to(device.kind).eval(), device

    def probabilities(self, x: np.ndarray) -> np.ndarray:
        """Return float64 probabilities, shape (rows, labels)."""
        import torch

        with torch.inference_mode():
            (rows,) = self.device.move(torch.as_tensor(np.ascontiguousarray(x)))
            return torch.softmax(self.model(rows).double(), dim=1).cpu().numpy()


def layers(shape: tuple[int, ...], labels: int) -> torch.nn.Module:
    """Return two convolutions for pictures, two hidden layers for rows of a table."""
    from torch import nn

    if len(shape) == 1:
        return nn.Sequential(nn.Linear(shape[0], 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, labels))
    pooled = 32 * (shape[0] // 2) * (shape[1] // 2)
    return nn.Sequential(
        nn.Unflatten(1, (1, shape[0])), nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(),
        nn.MaxPool2d(2), nn.Flatten(), nn.Linear(pooled, labels),
    )  # fmt: skip


def train(rows: Rows, tune: Rows, labels: int, steps: int, seed: int, start: Network | None = None) -> Network:
    """Return the network with the least loss on `tune`, looked at eight times within `steps` batches of `rows`.

    It begins with random weights, or with those of `start`, which it gives back when no batch makes them better.
    """
    import torch

    torch.manual_seed(seed)
    device = choose()
    model = (copy.deepcopy(start.model) if start else layers(rows.x.shape[1:], labels)).to(device.kind)
    x, y, *held = device.move(*map(torch.as_tensor, (rows.x, rows.y, tune.x, tune.y)))
    optimiser = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.05, steps)
    best, least = copy.deepcopy(model), _loss(model, *held) if start else float("inf")
    picks = np.random.default_rng(seed).integers(0, len(rows), (steps, min(BATCH, len(rows))))
    for step, pick in enumerate(picks, start=1):
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(model(x[pick]), y[pick]).backward()
        optimiser.step()
        schedule.step()
        if step % max(1, steps // LOOKS) == 0 and (loss := _loss(model, *held)) < least:
            best, least = copy.deepcopy(model), loss
    return Network(best, device)


def _loss(model: torch.nn.Module, x: torch.Tensor, y: torch.Tensor) -> float:
    import torch

    with torch.inference_mode():
        return float(torch.nn.functional.cross_entropy(model(x), y))


class Rival:
    """Logistic regression on the same labels, its strength chosen on the rows to tune on."""

    def __init__(self, subject: Subject, seed: int) -> None:
        from sklearn.linear_model import LogisticRegression

        x, y, self.labels = _flat(subject.adapt.x), subject.adapt.y, subject.labels
        fitted = [LogisticRegression(C=c, max_iter=1000, random_state=seed).fit(x, y) for c in _STRENGTHS]
        self.model = max(fitted, key=lambda model: model.score(_flat(subject.tune.x), subject.tune.y))

    def probabilities(self, x: np.ndarray) -> np.ndarray:
        answers = np.zeros((len(x), self.labels))
        answers[:, self.model.classes_] = self.model.predict_proba(_flat(x))
        return answers


def _flat(x: np.ndarray) -> np.ndarray:
    return x.reshape(len(x), -1)
