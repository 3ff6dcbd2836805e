"""Can an outsider tell whose rows a model has learned? Attacks that guess membership from how sure the model is.

The attacker sees each row's loss and guesses "member" where it is low (Yeom et al. 2018); the sharper one first subtracts the
loss that models without the row have on it, since some rows are easy for everybody (Watson et al. 2022, after Carlini et
al. 2022). The line is drawn on one half of the rows and judged on the other, so that chance does not look like skill.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.evaluation import intervals
from bigmodel_utils.trust import TrustError
from bigmodel_utils.trust.head import Head
from bigmodel_utils.trust.rows import Rows
from bigmodel_utils.units import Quantity

if TYPE_CHECKING:
    import pandas as pd

_HALVINGS, _STEPS, _RATE = 4, 80, 2.0
_BY_HEART = 2000, 8.0  # steps and rate on few rows, until hardly an error is left


@dataclass(frozen=True)
class Attack:
    """How well members are told from others. `advantage`: true minus false alarms, 0 is guessing, 1 is certainty.

    `roc`: false_alarms and hits at every line the attacker may draw.
    """

    advantage: Quantity
    auc: float
    roc: pd.DataFrame


def attack(members: np.ndarray, others: np.ndarray, confidence: float, seed: int) -> Attack:
    """Return what is told from scores (lower means member) of members and of rows the model has not seen.

    Raises TrustError with fewer than ten of either, or a score that is not a number.
    """
    from scipy.stats import mannwhitneyu

    if min(len(members), len(others)) < 10:
        raise TrustError(f"{min(len(members), len(others))} rows to attack", "ten members and ten others at least", "split")
    if not (np.isfinite(members).all() and np.isfinite(others).all()):
        raise TrustError("losses that are not numbers", "finite losses", "the model under attack")
    auc = 1 - float(mannwhitneyu(members, others).statistic) / (len(members) * len(others))
    return Attack(_advantage(members, others, confidence, seed), auc, _roc(members, others))


def _advantage(members: np.ndarray, others: np.ndarray, confidence: float, seed: int) -> Quantity:
    rng = np.random.default_rng(seed)
    inside, outside = (np.array_split(rng.permutation(scores), 2) for scores in (members, others))
    hits = alarms = 0
    for known, judged in ((0, 1), (1, 0)):
        line = _best_line(inside[known], outside[known])
        hits += int((inside[judged] <= line).sum())
        alarms += int((outside[judged] <= line).sum())
    return difference(hits, len(members), alarms, len(others), confidence)


def difference(first: int, of_first: int, second: int, of_second: int, confidence: float) -> Quantity:
    """Return the difference of two shares with its interval (Newcombe 1998, method 10)."""
    (p, low_p, high_p), (q, low_q, high_q) = (
        (count / of, *intervals.wilson(count, of, confidence)) for count, of in ((first, of_first), (second, of_second))
    )
    low, high = p - q - np.hypot(p - low_p, high_q - q), p - q + np.hypot(high_p - p, q - low_q)
    return Quantity(
        mid=p - q, low=min(float(low), p - q), high=max(float(high), p - q), unit="share", origin="measured",
        source="this run: rows learned, and held-out rows", n=of_first + of_second,
        method=f"line drawn on the other half; Newcombe interval, {confidence:.0%}",
    )  # fmt: skip


def _best_line(members: np.ndarray, others: np.ndarray) -> float:
    lines = np.unique(np.concatenate([members, others]))
    hits = np.searchsorted(np.sort(members), lines, side="right") / len(members)
    alarms = np.searchsorted(np.sort(others), lines, side="right") / len(others)
    return float(lines[np.argmax(hits - alarms)])


def _roc(members: np.ndarray, others: np.ndarray, points: int = 101) -> pd.DataFrame:
    import pandas as pd

    alarms = np.linspace(0, 1, points)
    lines = np.quantile(others, alarms, method="higher")
    hits = (members[:, None] < lines).mean(axis=0)
    return pd.DataFrame({"false_alarms": alarms, "hits": np.append(hits[:-1], 1.0)})


def usual_losses(members: Rows, others: Rows, classes: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return each row's mean loss under heads that were trained on random halves without it, members then others."""
    from threadpoolctl import threadpool_limits

    vectors, labels = np.vstack([members.vectors, others.vectors]), np.concatenate([members.labels, others.labels])
    everyone, rng = Rows(vectors, labels), np.random.default_rng(seed)
    total, seen = np.zeros(len(everyone)), np.zeros(len(everyone))
    for _ in range(_HALVINGS):
        half = rng.permutation(len(everyone)) < len(everyone) // 2
        for inside in (half, ~half):
            with threadpool_limits(1):  # small matrices, many steps: two threads took seven times the processor's time
                head = Head.fitted(everyone.take(inside), classes, _STEPS, _RATE)
            total += np.where(inside, 0, head.losses(everyone))
            seen += ~inside
    members_usual, others_usual = np.split(total / seen, [len(members)])
    return members_usual, others_usual


def learned_by_heart(rows: Rows, classes: int) -> Head:
    """Return a head trained on few rows for far too long: the reference that an attack must win against."""
    return Head.fitted(rows, classes, *_BY_HEART)
