"""A network of one hidden layer, its forward and backward pass written out."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

INPUTS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
TARGETS = np.array([[0.0], [1.0], [1.0], [0.0]])  # exclusive or: no single layer can draw it


class Weights(NamedTuple):
    """Both layers: hidden (inputs, hidden), its bias, output (hidden, 1), its bias."""

    hidden: np.ndarray
    hidden_bias: np.ndarray
    output: np.ndarray
    output_bias: np.ndarray


def initial(seed: int, hidden: int = 8) -> Weights:
    rng = np.random.default_rng(seed)
    return Weights(rng.standard_normal((2, hidden)), np.zeros(hidden), rng.standard_normal((hidden, 1)), np.zeros(1))


def forward(weights: Weights, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return hidden activations tanh(x W + b) and outputs, (rows, hidden) and (rows, 1)."""
    hidden = np.tanh(x @ weights.hidden + weights.hidden_bias)
    return hidden, hidden @ weights.output + weights.output_bias


def backward(weights: Weights, x: np.ndarray, y: np.ndarray) -> tuple[float, Weights]:
    """Return the mean squared error and its gradient by the chain rule, shaped as the weights."""
    hidden, answer = forward(weights, x)
    error = 2 * (answer - y) / len(x)  # dL/d answer
    before = error @ weights.output.T * (1 - hidden**2)  # dL/d input of the tanh
    return float(np.mean((answer - y) ** 2)), Weights(x.T @ before, before.sum(axis=0), hidden.T @ error, error.sum(axis=0))


def train(seed: int, steps: int = 150, rate: float = 0.1, sign: int = -1) -> pd.DataFrame:
    """Return step and loss of gradient descent; `sign` +1 makes the textbook's slip and walks uphill.

    Stops early once the loss exceeds a million: uphill there is no end.
    """
    import pandas as pd

    weights, losses = initial(seed), []
    for _ in range(steps):
        loss, gradient = backward(weights, INPUTS, TARGETS)
        losses.append(loss)
        if loss > 1e6:
            break
        weights = Weights(*(w + sign * rate * g for w, g in zip(weights, gradient, strict=True)))
    return pd.DataFrame({"step": range(len(losses)), "loss": losses})


def distance_to_autograd(seed: int) -> float:
    """Return the largest difference between the hand-written gradient and PyTorch's, over all weights."""
    import torch

    weights = initial(seed)
    _, by_hand = backward(weights, INPUTS, TARGETS)
    tensors = [torch.tensor(w, requires_grad=True) for w in weights]
    hidden = torch.tanh(torch.tensor(INPUTS) @ tensors[0] + tensors[1])
    loss = torch.nn.functional.mse_loss(hidden @ tensors[2] + tensors[3], torch.tensor(TARGETS))
    gradients = torch.autograd.grad(loss, tensors)
    return max(float(np.abs(a - b.numpy()).max()) for a, b in zip(by_hand, gradients, strict=True))
