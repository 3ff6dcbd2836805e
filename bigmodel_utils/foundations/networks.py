"""Small networks trained with PyTorch: a regression, a yes-or-no answer, ten digits."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    import torch

    Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class Trained:
    """`history`: step, loss. `right` of `n` unseen rows were answered rightly (0 of 0 for a regression)."""

    history: pd.DataFrame
    right: int = 0
    n: int = 0

    @property
    def final_loss(self) -> float:
        return float(self.history["loss"].iloc[-1])


def layers(*sizes: int) -> torch.nn.Sequential:
    """Return fully connected layers of these sizes with ReLU between them."""
    from torch import nn

    parts: list[nn.Module] = []
    for inner, outer in itertools.pairwise(sizes):
        parts += [nn.Linear(inner, outer), nn.ReLU()]
    return nn.Sequential(*parts[:-1])


def regression(seed: int, steps: int = 1000, rate: float = 0.1) -> Trained:
    """Return a 10-10-10-1 network on 100 rows of 10 numbers, mean squared error, plain gradient descent.

    The target is a linear function of the row plus noise of standard deviation 0.1.
    """
    import torch

    torch.manual_seed(seed)
    x = torch.randn(100, 10)
    y = x @ torch.randn(10, 1) / 10**0.5 + 0.1 * torch.randn(100, 1)
    model = layers(10, 10, 10, 1)
    optimiser = torch.optim.SGD(model.parameters(), lr=rate)
    return Trained(_fit(model, optimiser, torch.nn.functional.mse_loss, [(x, y)] * steps))


def yes_or_no(seed: int, epochs: int = 100) -> Trained:
    """Return a 10-50-1 network, Adam 1e-3, cross-entropy of scores; 800 rows to learn from, 400 to be judged on.

    The answer is whether a row is longer than the median one: a line cannot say that, a hidden layer can.
    """
    import torch

    torch.manual_seed(seed)
    x = torch.randn(1200, 10)
    length = x.square().sum(dim=1, keepdim=True)
    y = (length > length.median()).float()
    model = layers(10, 50, 1)
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    history = _fit(model, optimiser, torch.nn.functional.binary_cross_entropy_with_logits, _batches(x[:800], y[:800], epochs))
    with torch.inference_mode():
        right = ((model(x[800:]) > 0) == (y[800:] > 0.5)).sum()
    return Trained(history, int(right), 400)


def digits(seed: int, epochs: int = 10) -> Trained:
    """Return a 64-64-10 softmax classifier, Adam 5e-3, batches of 64, on 1,347 scanned digits; judged on 450 others."""
    import torch
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    pictures, labels = load_digits(return_X_y=True)
    parts = train_test_split(pictures / 16, labels, test_size=450, stratify=labels, random_state=seed)
    x, unseen = (torch.tensor(part, dtype=torch.float32) for part in parts[:2])
    y, truth = (torch.tensor(part) for part in parts[2:])
    torch.manual_seed(seed)
    model = layers(64, 64, 10)
    optimiser = torch.optim.Adam(model.parameters(), lr=5e-3)
    history = _fit(model, optimiser, torch.nn.functional.cross_entropy, _batches(x, y, epochs))
    with torch.inference_mode():
        right = (model(unseen).argmax(dim=1) == truth).sum()
    return Trained(history, int(right), len(truth))


def slips() -> dict[str, str]:
    """Return what PyTorch says to the two slips of the text: a tensor called as a function, scores given to BCELoss."""
    import torch

    answer, truth = torch.tensor([2.5, -1.0]), torch.tensor([1.0, 0.0])
    loss = torch.nn.functional.mse_loss(answer, truth)
    said = {}
    for name, call in {"a tensor called": lambda: loss(answer), "BCELoss": lambda: torch.nn.BCELoss()(answer, truth)}.items():
        try:
            said[name] = f"no error, {float(call()):.4f}"
        except (TypeError, RuntimeError) as error:
            said[name] = f"{type(error).__name__}: {str(error).splitlines()[0]}"
    return said


def _fit(model: torch.nn.Module, optimiser: torch.optim.Optimizer, loss: Loss, batches) -> pd.DataFrame:
    import pandas as pd

    losses = []
    for x, y in batches:
        optimiser.zero_grad()
        value = loss(model(x), y)
        value.backward()
        optimiser.step()
        losses.append(value.item())
    return pd.DataFrame({"step": range(len(losses)), "loss": losses})


def _batches(x: torch.Tensor, y: torch.Tensor, epochs: int, size: int = 64):
    import torch

    for _ in range(epochs):
        for rows in torch.randperm(len(x)).split(size):
            yield x[rows], y[rows]
