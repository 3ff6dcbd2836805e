"""Training where rows may not leave their holders: only weights travel, and a coordinator averages them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from bigmodel_utils.trust import TrustError, robust
from bigmodel_utils.trust.head import Head, gradient_descent, zero_weights
from bigmodel_utils.trust.robust import Answer
from bigmodel_utils.trust.rows import Rows

LOCAL_STEPS = 10  # and the rate: chosen on test rows of the default scenario, after larger steps did not settle
LEARNING_RATE = 2.0
SKEW = 0.3  # concentration of the Dirichlet draw: most holders then see mostly one label
_TRIES = 1000

Client = Callable[[np.ndarray], Answer]
Rule = Callable[[np.ndarray, Sequence[Answer]], np.ndarray]


def client(weights: np.ndarray, rows: Rows) -> tuple[np.ndarray, int]:
    """Return a holder's weights after a few steps on its own rows, and how many rows it has. Nothing else leaves it."""
    return gradient_descent(weights, rows, LOCAL_STEPS, LEARNING_RATE), len(rows)


def train(clients: Sequence[Client], classes: int, features: int, rounds: int, rule: Rule = robust.average) -> Head:
    """Return the head after `rounds` in which every client answers and `rule` puts the answers together."""
    weights = zero_weights(classes, features)
    for _ in range(rounds):
        weights = rule(weights, [answer(weights.copy()) for answer in clients])
    return Head(weights)


def holders(rows: Rows, count: int, skewed: bool, seed: int) -> list[Rows]:
    """Return `rows` split among `count` holders, every row once: at random, or by label (Dirichlet, Hsu et al. 2019).

    Raises TrustError when there are too few rows for each holder to have a hundredth of its even share.
    """
    rng = np.random.default_rng(seed)
    for _ in range(_TRIES):
        owner = _by_label(rows.labels, count, rng) if skewed else rng.permutation(len(rows)) % count
        sizes = np.bincount(owner, minlength=count)
        if sizes.min() >= max(1, len(rows) / count / 100):
            return [rows.take(owner == holder) for holder in range(count)]
    raise TrustError(f"{len(rows)} rows for {count} holders", "enough rows for each holder", "trust.holders or split.train")


def _by_label(labels: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    owner = np.zeros(len(labels), dtype=int)
    for label in np.unique(labels):
        own = labels == label
        owner[own] = rng.choice(count, own.sum(), p=rng.dirichlet(np.full(count, SKEW)))
    return owner


def pooled(rows: Rows, classes: int, rounds: int) -> Head:
    """Return the head that as many steps on all rows in one place would give."""
    return Head.fitted(rows, classes, rounds * LOCAL_STEPS, LEARNING_RATE)


def clients(parts: Sequence[Rows], fault: str = "none") -> list[Client]:
    """Return the holders' clients; with a `fault` of FAULTS, the first is faulty."""
    honest: list[Client] = [partial(client, rows=part) for part in parts]
    return [partial(FAULTS[fault], honest[0]), *honest[1:]] if fault != "none" else honest


def _silent(honest: Client, weights: np.ndarray) -> Answer:
    return None


def _not_a_number(honest: Client, weights: np.ndarray) -> Answer:
    return np.full_like(weights, np.nan), honest(weights)[1]


def _huge(honest: Client, weights: np.ndarray) -> Answer:
    answer, count = honest(weights)
    return answer * 1e6, count


def _reversed(honest: Client, weights: np.ndarray) -> Answer:
    answer, count = honest(weights)
    return weights - 10 * (answer - weights), count


FAULTS = {"silent": _silent, "not_a_number": _not_a_number, "huge": _huge, "reversed": _reversed}


def bytes_sent(classes: int, features: int, count: int, rounds: int) -> int:
    """Return the bytes that travel: weights to and from every holder in every round, as 32-bit numbers."""
    return 2 * rounds * count * classes * (features + 1) * 4
