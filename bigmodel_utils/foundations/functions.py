"""Activations, losses and penalties by hand, against the library's own values and automatic derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

Curve = Callable[[np.ndarray], np.ndarray]


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def relu(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0)


def tanh(x: np.ndarray) -> np.ndarray:
    return 1 - 2 / (np.exp(2 * x) + 1)


ACTIVATIONS: dict[str, tuple[Curve, Curve]] = {  # each with its derivative
    "sigmoid": (sigmoid, lambda x: sigmoid(x) * (1 - sigmoid(x))),
    "ReLU": (relu, lambda x: (x > 0).astype(float)),
    "tanh": (tanh, lambda x: 1 - tanh(x) ** 2),
}


def activations(reach: float = 5.0, points: int = 201) -> pd.DataFrame:
    """Return function, x, value, slope and what autograd says of both: `points` rows per activation from -reach to reach."""
    import pandas as pd
    import torch

    library = {"sigmoid": torch.sigmoid, "ReLU": torch.relu, "tanh": torch.tanh}
    grid = np.linspace(-reach, reach, points)
    frames = []
    for name, (value, slope) in ACTIVATIONS.items():
        x = torch.tensor(grid, requires_grad=True)
        y = library[name](x)
        (derivative,) = torch.autograd.grad(y.sum(), x)
        found = {
            "value": value(grid),
            "slope": slope(grid),
            "library_value": y.detach().numpy(),
            "autograd": derivative.numpy(),
        }
        frames.append(pd.DataFrame({"function": name, "x": grid, **found}))
    return pd.concat(frames, ignore_index=True)


def losses(seed: int, rows: int = 200, labels: int = 4) -> pd.DataFrame:
    """Return name, by_hand, library: losses and penalties on random numbers, computed twice.

    The lines of L1 and L2 compare gradients (sign(w) and 2w), that of dropout the mean of what is kept with its input.
    """
    import pandas as pd
    import torch
    from torch.nn import functional

    generator = torch.Generator().manual_seed(seed)
    scores = torch.randn(rows, labels, generator=generator, dtype=torch.float64)
    truth = torch.randint(labels, (rows,), generator=generator)
    wanted = torch.randn(rows, generator=generator, dtype=torch.float64)
    weights = torch.randn(rows, generator=generator, dtype=torch.float64, requires_grad=True)
    likely = np.exp(scores.numpy()) / np.exp(scores.numpy()).sum(axis=1, keepdims=True)
    event, p = (truth == 0).double(), sigmoid(scores[:, 0].numpy())
    pairs = {
        "mean squared error": (np.mean((scores[:, 0] - wanted).numpy() ** 2), functional.mse_loss(scores[:, 0], wanted)),
        "cross-entropy of two labels": (
            -np.mean(np.where(event == 1, np.log(p), np.log(1 - p))),
            functional.binary_cross_entropy_with_logits(scores[:, 0], event),
        ),
        "cross-entropy of many labels": (
            -np.mean(np.log(likely[np.arange(rows), truth])),
            functional.cross_entropy(scores, truth),
        ),
        "gradient of the L1 penalty": _slope(weights, weights.abs().sum(), np.sign),
        "gradient of the L2 penalty": _slope(weights, weights.square().sum(), lambda w: 2 * w),
        "mean after dropout of a half": _dropout(wanted, seed),
    }
    return pd.DataFrame([{"name": name, "by_hand": float(a), "library": float(b)} for name, (a, b) in pairs.items()])


def _slope(weights, penalty, by_hand: Curve) -> tuple[float, float]:
    """Return the length of a penalty's gradient by formula and by autograd."""
    import torch

    (gradient,) = torch.autograd.grad(penalty, weights)
    return np.linalg.norm(by_hand(weights.detach().numpy())), gradient.norm()


def _dropout(values, seed: int, draws: int = 4000) -> tuple[float, float]:
    """Return the mean square of the input, and of what dropout leaves of it on average: what stays is scaled up to make up."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        kept = torch.nn.functional.dropout(values.expand(draws, -1), 0.5).mean(dim=0)
    return values.square().mean(), (kept * values).mean()


def cross_entropy(probability: float) -> dict[str, float]:
    """Return readings of the cross-entropy of one true event seen at `probability`: the value, and three ways to slip.

    nats: -ln p, the value; bits: -log2 p; as_logit: p taken for a score and squashed again; complement: -ln(1 - p).
    """
    return {
        "nats": -float(np.log(probability)),
        "bits": -float(np.log2(probability)),
        "as_logit": float(np.log1p(np.exp(-probability))),
        "complement": -float(np.log1p(-probability)),
    }
