"""Gradient descent and its relatives, each rule in one line, on one small problem."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8  # Kingma and Ba 2015
Gradient = Callable[[np.ndarray], np.ndarray]
Path = Iterator[np.ndarray]


def descent(gradient: Gradient, start: np.ndarray, rate: float) -> Path:
    """Yield the points of gradient descent; with a gradient of a few rows at a time this is SGD."""
    w = start
    while True:
        yield w
        w = w - rate * gradient(w)


def momentum(gradient: Gradient, start: np.ndarray, rate: float, keep: float = BETA_1) -> Path:
    """Yield the points of descent that keeps a share of its last step (Polyak 1964)."""
    w, speed = start, np.zeros_like(start)
    while True:
        yield w
        speed = keep * speed + gradient(w)
        w = w - rate * speed


def adam(gradient: Gradient, start: np.ndarray, rate: float, corrected: bool = True) -> Path:
    """Yield the points of Adam; uncorrected, as the text has it, both running means start near zero and stay biased."""
    w, mean, square, step = start, np.zeros_like(start), np.zeros_like(start), 0
    while True:
        yield w
        g, step = gradient(w), step + 1
        mean = BETA_1 * mean + (1 - BETA_1) * g
        square = BETA_2 * square + (1 - BETA_2) * g**2
        first, second = (1 - BETA_1**step, 1 - BETA_2**step) if corrected else (1.0, 1.0)
        w = w - rate * (mean / first) / (np.sqrt(square / second) + EPSILON)


def problem(seed: int, rows: int = 64) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return x (rows, 2), y and the best weights of a least-squares problem whose valley is four times longer than wide."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((rows, 2)) * [1.0, 0.25]
    y = x @ [1.0, 2.0] + 0.1 * rng.standard_normal(rows)
    return x, y, np.linalg.lstsq(x, y, rcond=None)[0]


def paths(seed: int, steps: int = 60) -> pd.DataFrame:
    """Return optimiser, step, w1, w2, loss: five walks from the same place; loss is above the best reachable."""
    import pandas as pd

    x, y, best = problem(seed)
    rng, start = np.random.default_rng(seed), np.array([-1.5, -1.5])

    def full(w: np.ndarray) -> np.ndarray:
        return 2 * x.T @ (x @ w - y) / len(x)

    def few(w: np.ndarray) -> np.ndarray:
        rows = rng.integers(0, len(x), 8)
        return 2 * x[rows].T @ (x[rows] @ w - y[rows]) / len(rows)

    walks = {
        "gradient descent": descent(full, start, 0.4),
        "SGD": descent(few, start, 0.4),
        "momentum": momentum(full, start, 0.1),
        "Adam": adam(full, start, 0.2),
        "Adam, not corrected": adam(full, start, 0.2, corrected=False),
    }
    least = np.mean((x @ best - y) ** 2)
    return pd.DataFrame(
        [
            {"optimiser": name, "step": step, "w1": w[0], "w2": w[1], "loss": float(np.mean((x @ w - y) ** 2) - least)}
            for name, walk in walks.items()
            for step, w in zip(range(steps + 1), walk, strict=False)
        ]
    )


def first_step_ratio() -> float:
    """Return how much longer Adam's first step is without bias correction: (1 - beta1) / sqrt(1 - beta2)."""
    steps = [list(zip(range(2), adam(np.sign, np.array([1.0]), 0.01, corrected=c), strict=False)) for c in (True, False)]
    right, wrong = (abs(float((walk[1][1] - walk[0][1])[0])) for walk in steps)
    return wrong / right


def distance_to_library(seed: int, steps: int = 25) -> dict[str, float]:
    """Return by optimiser the largest difference between these rules and torch.optim's after `steps` steps."""
    import torch

    x, y, _ = problem(seed)
    rules = {
        "gradient descent": (descent, torch.optim.SGD, {"lr": 0.1}),
        "momentum": (momentum, torch.optim.SGD, {"lr": 0.1, "momentum": BETA_1}),
        "Adam": (adam, torch.optim.Adam, {"lr": 0.1}),
    }
    found = {}
    for name, (ours, theirs, options) in rules.items():
        walk = ours(lambda w: 2 * x.T @ (x @ w - y) / len(x), np.array([-1.5, -1.5]), 0.1)
        *_, (_, here) = zip(range(steps + 1), walk, strict=False)
        w = torch.tensor([-1.5, -1.5], dtype=torch.float64, requires_grad=True)
        optimiser = theirs([w], **options)
        for _ in range(steps):
            optimiser.zero_grad()
            (torch.tensor(x) @ w - torch.tensor(y)).square().mean().backward()
            optimiser.step()
        found[name] = float(np.abs(w.detach().numpy() - here).max())
    return found
